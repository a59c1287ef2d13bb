//! The local addresses that connections come from.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::sys;

/// The longest list.
const MAX_LOCALS: usize = 1024;

/// A local address or interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local {
    /// The port may be 0.
    Address(SocketAddr),
    Interface(String),
}

impl Local {
    fn parse(text: &str) -> Result<Local, String> {
        if let Some(name) = text.strip_prefix("if!") {
            if !sys::HAS_INTERFACES {
                return Err("a socket cannot be bound to an interface on this system".to_owned());
            }
            // The kernel's limit is 16 bytes with the NUL.
            let is_name = (1..16).contains(&name.len()) && !name.contains(['/', ' ']);
            return match is_name {
                true => Ok(Local::Interface(name.to_owned())),
                false => Err(format!("{text:?} does not name an interface, as \"if!eth1\" does")),
            };
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let address = match bare.parse::<IpAddr>() {
            Ok(ip) => Some(SocketAddr::new(ip, 0)),
            Err(_) => text.parse().ok(),
        };
        address.map(Local::Address).ok_or_else(|| {
            format!("{text:?} is not an address of this machine, as \"192.0.2.7\" or \"[::1]:0\"")
        })
    }

    /// Whether a connection to `address` can use it.
    fn suits(&self, address: SocketAddr) -> bool {
        match self {
            Local::Address(local) => local.is_ipv4() == address.is_ipv4(),
            Local::Interface(_) => true,
        }
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Local::Address(address) if address.port() == 0 => write!(f, "{}", address.ip()),
            Local::Address(address) => write!(f, "{address}"),
            Local::Interface(name) => write!(f, "interface {name}"),
        }
    }
}

/// A list of local addresses, which are used in turn. If it is empty, the system chooses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locals(Vec<Local>);

impl Locals {
    /// Parses a list such as `192.0.2.7, [2001:db8::1]:0, if!eth1`. Fails with words that say what
    /// is wrong.
    pub fn parse(list: &str) -> Result<Locals, String> {
        if list.is_empty() {
            return Ok(Locals::default());
        }
        let locals: Vec<Local> =
            list.split(',').map(|text| Local::parse(text.trim())).collect::<Result<_, _>>()?;
        match locals.len() {
            0..=MAX_LOCALS => Ok(Locals(locals)),
            count => Err(format!("has {count} addresses, more than {MAX_LOCALS}")),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of entries that a connection to `address` can use.
    pub fn count_for(&self, address: SocketAddr) -> usize {
        self.0.iter().filter(|local| local.suits(address)).count()
    }

    /// The entry for `address` in this turn, if any can be used.
    pub fn pick(&self, address: SocketAddr, turn: usize) -> Option<&Local> {
        let count = self.count_for(address);
        self.0.iter().filter(|local| local.suits(address)).nth(turn.checked_rem(count)?)
    }
}

/// The list as it was given.
impl fmt::Display for Locals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, local) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{local}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_used_in_turn_within_a_family() {
        let locals = Locals::parse("127.0.0.2, ::1,127.0.0.3:7,[::2],[::3]:8").unwrap();
        let v4 = "192.0.2.1:80".parse().unwrap();
        let v6 = "[2001:db8::1]:80".parse().unwrap();
        let picked = |address| {
            let shown = |turn| locals.pick(address, turn).unwrap().to_string();
            (0..4).map(shown).collect::<Vec<_>>()
        };
        assert_eq!(picked(v4), ["127.0.0.2", "127.0.0.3:7", "127.0.0.2", "127.0.0.3:7"]);
        assert_eq!(picked(v6), ["::1", "::2", "[::3]:8", "::1"]);
        assert_eq!((locals.count_for(v4), locals.count_for(v6)), (2, 3));
        let v4_only = Locals::parse("127.0.0.2").unwrap();
        assert_eq!(v4_only.pick(v6, 0), None);
        assert_eq!(Locals::parse("").unwrap().pick(v4, 0), None);
    }

    #[test]
    fn where_there_are_interfaces_one_suits_every_family() {
        let locals = Locals::parse("if!eth1");
        assert_eq!(locals.is_ok(), sys::HAS_INTERFACES, "{locals:?}");
        if let Ok(locals) = locals {
            let picked = locals.pick("[::1]:1".parse().unwrap(), 3).unwrap();
            assert_eq!(picked.to_string(), "interface eth1");
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        for bad in ["eth1", "if!", "if!a/b", "if!sixteencharacter", "1.2.3", "1.2.3.4:x", "a,b"] {
            let words = Locals::parse(bad).expect_err(bad);
            assert!(words.contains(bad.split(',').next().unwrap()), "{bad}: {words}");
        }
        assert!(Locals::parse("127.0.0.2,").is_err());
        assert!(Locals::parse(&vec!["1.1.1.1"; 1025].join(","))
            .expect_err("long")
            .contains("1025"));
    }
}
