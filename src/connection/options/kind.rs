//! The kinds of options: how a host gives them, their values and their defaults.

use std::marker::PhantomData;
use std::time::Duration;

use crate::connection::policy::Scope;
use crate::dial::{Family, SocketHook, TlsVersion, Topics, Verify};
use crate::secret::Secret;
use crate::sys;

/// The kind of an option in the table.
pub trait Kind {
    /// The type that a host gives: a number, or a text that may be missing.
    type Given;
    type Value;

    /// Whether 1 and 0 are true and false.
    const IS_SWITCH: bool = false;

    /// The checked value, or words that follow the option's name and say what is wrong.
    fn check(given: Self::Given) -> Result<Self::Value, String>;
}

/// Text, which may be empty.
pub struct Text;

impl Kind for Text {
    type Given = Option<String>;
    type Value = Option<String>;

    fn check(given: Option<String>) -> Result<Option<String>, String> {
        Ok(given)
    }
}

/// Text that is secret.
pub struct SecretText;

impl Kind for SecretText {
    type Given = Option<Secret>;
    type Value = Option<Secret>;

    fn check(given: Option<Secret>) -> Result<Option<Secret>, String> {
        Ok(given)
    }
}

/// 0 or 1.
pub struct Switch;

impl Kind for Switch {
    type Given = i32;
    type Value = bool;

    const IS_SWITCH: bool = true;

    fn check(given: i32) -> Result<bool, String> {
        match given {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("is {other}; 0 is off, 1 on")),
        }
    }
}

/// 0 is on, -1 off.
pub struct OnOrOff;

impl Kind for OnOrOff {
    type Given = i32;
    type Value = bool;

    fn check(given: i32) -> Result<bool, String> {
        match given {
            0 => Ok(true),
            -1 => Ok(false),
            other => Err(format!("is {other}; 0 is on, -1 off")),
        }
    }
}

/// One of a few values.
pub struct OneOf<T>(PhantomData<T>);

/// The numbers of such values.
pub trait Choice: Copy + 'static {
    /// The numbers and their values. 0 is the default.
    const NUMBERS: &'static [(i32, Self)];
    /// The numbers and their meaning, for an error.
    const MEANING: &'static str;
}

impl<T: Choice> Kind for OneOf<T> {
    type Given = i32;
    type Value = T;

    fn check(given: i32) -> Result<T, String> {
        let known = T::NUMBERS.iter().find(|(number, _)| *number == given);
        known.map(|(_, value)| *value).ok_or_else(|| format!("is {given}; {}", T::MEANING))
    }
}

impl Choice for Verify {
    const NUMBERS: &'static [(i32, Verify)] =
        &[(0, Verify::Full), (1, Verify::NoHostname), (-1, Verify::None)];
    const MEANING: &'static str = "0 is full, 1 no host name, -1 none";
}

impl Choice for TlsVersion {
    const NUMBERS: &'static [(i32, TlsVersion)] = &[
        (0, TlsVersion::V1_2),
        (10, TlsVersion::V1_0),
        (11, TlsVersion::V1_1),
        (12, TlsVersion::V1_2),
        (13, TlsVersion::V1_3),
    ];
    const MEANING: &'static str = "it goes from 10 (TLS 1.0) to 13 (TLS 1.3)";
}

impl Choice for Family {
    const NUMBERS: &'static [(i32, Family)] = &[(0, Family::Any), (4, Family::V4), (6, Family::V6)];
    const MEANING: &'static str = "0 is any, 4 IPv4, 6 IPv6";
}

impl Choice for Scope {
    const NUMBERS: &'static [(i32, Scope)] = &[(0, Scope::Lost), (1, Scope::Any)];
    const MEANING: &'static str = "0 is what is lost, 1 any end that was not asked for";
}

/// A time in milliseconds; 0 is the default.
pub struct Time<const DEFAULT: u64>;

impl<const DEFAULT: u64> Kind for Time<DEFAULT> {
    type Given = i32;
    type Value = Duration;

    fn check(given: i32) -> Result<Duration, String> {
        match given {
            -1 => Err("cannot be switched off".to_owned()),
            0 => Ok(Duration::from_millis(DEFAULT)),
            1.. => Ok(Duration::from_millis(given.unsigned_abs().into())),
            _ => Err(format!("is {given} ms; it must be 0 or more")),
        }
    }
}

/// The same; -1 is no limit.
pub struct TimeOrOff<const DEFAULT: u64>;

impl<const DEFAULT: u64> Kind for TimeOrOff<DEFAULT> {
    type Given = i32;
    type Value = Option<Duration>;

    fn check(given: i32) -> Result<Option<Duration>, String> {
        match given {
            -1 => Ok(None),
            0.. => Time::<DEFAULT>::check(given).map(Some),
            _ => Err(format!("is {given} ms; it must be -1 or more")),
        }
    }
}

/// A time in milliseconds; with 0 the library decides in each case.
pub struct TimeIfSet;

impl Kind for TimeIfSet {
    type Given = i32;
    type Value = Option<Duration>;

    fn check(given: i32) -> Result<Option<Duration>, String> {
        Ok(Some(Time::<0>::check(given)?).filter(|time| !time.is_zero()))
    }
}

/// A time in milliseconds; 0 and -1: none.
pub struct TimeOrNone;

impl Kind for TimeOrNone {
    type Given = i32;
    type Value = Option<Duration>;

    fn check(given: i32) -> Result<Option<Duration>, String> {
        match given {
            -1 | 0 => Ok(None),
            _ => TimeIfSet::check(given),
        }
    }
}

/// The same in a field of 64 bits, so that the struct has no padding at its end.
pub struct WideTimeOrNone;

impl Kind for WideTimeOrNone {
    type Given = i64;
    type Value = Option<Duration>;

    fn check(given: i64) -> Result<Option<Duration>, String> {
        let narrow =
            i32::try_from(given).map_err(|_| format!("is {given} ms; the most is {}", i32::MAX))?;
        TimeOrNone::check(narrow)
    }
}

/// The same, for an option that not every system has.
pub struct UserTimeout;

impl Kind for UserTimeout {
    type Given = i32;
    type Value = Option<Duration>;

    fn check(given: i32) -> Result<Option<Duration>, String> {
        match TimeOrNone::check(given)? {
            Some(_) if !sys::HAS_USER_TIMEOUT => Err("does not exist on this system".to_owned()),
            time => Ok(time),
        }
    }
}

pub const MIB: u64 = 1 << 20;

/// A limit in bytes; 0 is the default, -1 is none.
pub struct Bytes<const DEFAULT: u64>;

impl<const DEFAULT: u64> Kind for Bytes<DEFAULT> {
    type Given = i64;
    type Value = u64;

    fn check(given: i64) -> Result<u64, String> {
        match given {
            -1 => Ok(u64::MAX),
            0 => Ok(DEFAULT),
            1.. => Ok(given.unsigned_abs()),
            _ => Err(format!("is {given} bytes; it must be -1 or more")),
        }
    }
}

/// The same, if the default is not just a number of bytes.
pub struct BytesIfGiven;

impl Kind for BytesIfGiven {
    type Given = i64;
    type Value = Option<u64>;

    fn check(given: i64) -> Result<Option<u64>, String> {
        match given {
            0 => Ok(None),
            _ => Bytes::<0>::check(given).map(Some),
        }
    }
}

/// The size of a part in bytes; 0 and -1: no parts.
pub struct PartSize<const LEAST: i64>;

impl<const LEAST: i64> Kind for PartSize<LEAST> {
    type Given = i64;
    type Value = Option<usize>;

    fn check(given: i64) -> Result<Option<usize>, String> {
        match given {
            0 | -1 => Ok(None),
            _ if given >= LEAST => Ok(Some(in_memory(given.unsigned_abs()))),
            _ => Err(format!("is {given} bytes; it must be at least {LEAST}")),
        }
    }
}

/// The least number of bytes for something to happen; 0 is the default, -1 means always.
pub struct Threshold<const DEFAULT: usize>;

impl<const DEFAULT: usize> Kind for Threshold<DEFAULT> {
    type Given = i32;
    type Value = usize;

    fn check(given: i32) -> Result<usize, String> {
        match given {
            -1 => Ok(0),
            0 => Ok(DEFAULT),
            1.. => Ok(given.unsigned_abs() as usize),
            _ => Err(format!("is {given} bytes; it must be -1 or more")),
        }
    }
}

/// The binary logarithm of a window's size.
pub struct WindowBits;

impl Kind for WindowBits {
    type Given = i32;
    type Value = Option<u8>;

    fn check(given: i32) -> Result<Option<u8>, String> {
        match u8::try_from(given) {
            Ok(0) => Ok(None),
            Ok(bits @ 9..=15) => Ok(Some(bits)),
            _ => Err(format!("is {given}; it goes from 9 to 15, and 0 asks for nothing")),
        }
    }
}

/// A sum of HOSTWS_ASK_ constants.
pub struct Questions;

impl Kind for Questions {
    type Given = i64;
    type Value = Topics;

    fn check(given: i64) -> Result<Topics, String> {
        Topics::from_number(given)
            .ok_or_else(|| format!("is {given}; it is a sum of HOSTWS_ASK_ constants, 1, 2 and 4"))
    }
}

/// A descriptor of the host; 0: none.
pub struct Descriptor;

impl Kind for Descriptor {
    type Given = i64;
    type Value = Option<i64>;

    fn check(given: i64) -> Result<Option<i64>, String> {
        match given {
            0 => Ok(None),
            _ => sys::check_given(given).map(|()| Some(given)),
        }
    }
}

/// A function of the host.
pub struct Function;

impl Kind for Function {
    type Given = Option<SocketHook>;
    type Value = Option<SocketHook>;

    fn check(given: Option<SocketHook>) -> Result<Option<SocketHook>, String> {
        Ok(given)
    }
}

/// A pointer that only the host uses.
pub struct Pointer;

impl Kind for Pointer {
    type Given = usize;
    type Value = usize;

    fn check(given: usize) -> Result<usize, String> {
        Ok(given)
    }
}

/// A count.
pub struct Count;

impl Kind for Count {
    type Given = i32;
    type Value = u32;

    fn check(given: i32) -> Result<u32, String> {
        u32::try_from(given).map_err(|_| format!("is {given}; it must be 0 or more"))
    }
}

/// A number of attempts in a row; `u32::MAX` is no limit.
pub struct Attempts;

impl Kind for Attempts {
    type Given = i32;
    type Value = u32;

    fn check(given: i32) -> Result<u32, String> {
        match given {
            -1 => Ok(u32::MAX),
            0.. => Ok(given.unsigned_abs()),
            _ => Err(format!("is {given}; -1 is for ever, 0 off, else it counts attempts")),
        }
    }
}

pub fn in_memory(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
