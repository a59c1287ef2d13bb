//! What a host asks for, and what that comes to: the options of a connection.

use std::sync::Arc;
use std::time::Duration;

use crate::dial::{
    parse_pins, ClientIdentity, Content, DialConfig, Family, Pem, Proxies, Target, TlsConfig,
    TlsVersion, Verify,
};
use crate::error::{Code, Error, Result};
use crate::protocol::{check_header, check_subprotocols, DeflateOffer};
use crate::secret::Secret;

/// How messages are delivered, and sent when the host does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum DataType {
    Text = 1,
    Blob = 2,
    Object = 3,
}

impl DataType {
    pub fn from_number(number: i32) -> Result<DataType> {
        match number {
            1 => Ok(DataType::Text),
            2 => Ok(DataType::Blob),
            3 => Ok(DataType::Object),
            _ => Err(Error::ws(
                Code::Argument,
                format!("{number} is not a data type; 1 is text, 2 blob, 3 object"),
            )),
        }
    }
}

/// The options as a host gives them: zero and `None` are the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    pub queue: i32,
    pub headers: Vec<(String, String)>,
    pub subprotocols: Option<String>,
    pub tls_ca: Option<String>,
    pub tls_server_name: Option<String>,
    pub tls_verify: i32,
    pub tls_min_version: i32,
    pub open_timeout_ms: i32,
    pub close_timeout_ms: i32,
    pub ping_interval_ms: i32,
    pub ping_timeout_ms: i32,
    pub max_message: i64,
    pub send_queue_max: i64,
    pub receive_queue_max: i64,
    pub stream_threshold: i64,
    pub deflate: i32,
    pub deflate_threshold: i32,
    pub deflate_server_no_context_takeover: i32,
    pub deflate_client_no_context_takeover: i32,
    pub deflate_server_max_window_bits: i32,
    pub deflate_client_max_window_bits: i32,
    pub proxy: Option<String>,
    pub ip_family: i32,
    pub max_redirects: i32,
    pub tls_cert: Option<String>,
    pub tls_key: Option<Secret>,
    pub tls_key_password: Option<Secret>,
    pub tls_pins: Option<String>,
    pub tls_ca_only: i32,
    pub reconnect_max: i32,
    pub reconnect_min_ms: i32,
    pub reconnect_max_ms: i32,
    pub write_timeout_ms: i32,
}

/// The deadlines and limits of a connection; `None` and the largest number are "off".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub open_timeout: Option<Duration>,
    pub close_timeout: Duration,
    pub ping_interval: Option<Duration>,
    pub ping_timeout: Option<Duration>,
    /// How long what waits to be sent may wait for a server that takes nothing.
    pub write_timeout: Option<Duration>,
    pub max_message: u64,
    pub send_queue_max: usize,
    pub receive_queue_max: usize,
    /// Larger messages are delivered in parts of this size.
    pub stream_threshold: Option<usize>,
    /// Shorter messages are not compressed; `None`: none is.
    pub deflate_threshold: Option<usize>,
}

/// Parts that are smaller cost more than they save.
const MIN_STREAM_THRESHOLD: i64 = 1024;
/// Below it, compressing rarely saves a packet.
const DEFLATE_THRESHOLD: usize = 64;

const MIB: i64 = 1 << 20;

impl Options {
    /// Checks everything that can be told without network and disk. Reads the
    /// environment, if it is to name the proxy.
    pub fn resolve(self, url: &str, data_type: DataType) -> Result<(DialConfig, Limits)> {
        let target = Target::parse(url)?;
        for (name, value) in &self.headers {
            check_header(name, value).map_err(|words| bad("headers", words))?;
        }
        if self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).count() > 1 {
            return Err(bad("headers", "there can be only one Host"));
        }
        let subprotocols = match self.subprotocols.as_deref() {
            None | Some("") => Vec::new(),
            Some(list) => check_subprotocols(list).map_err(|words| bad("subprotocols", words))?,
        };
        let deflate = self.deflate_offer()?;
        let deflate_threshold = self.deflate_threshold()?.filter(|_| deflate.is_some());
        let tls = TlsConfig {
            ca: match self.tls_ca.filter(|ca| !ca.is_empty()) {
                Some(ca) => Some(Arc::new(Pem::new("tls_ca", Content::Certificates, ca.into())?)),
                None => None,
            },
            ca_only: switch("tls_ca_only", self.tls_ca_only)?,
            identity: ClientIdentity::new(self.tls_cert, self.tls_key, self.tls_key_password)?,
            pins: match self.tls_pins.as_deref() {
                None | Some("") => Vec::new(),
                Some(list) => parse_pins(list)?,
            },
            server_name: self.tls_server_name.filter(|name| !name.is_empty()),
            verify: match self.tls_verify {
                0 => Verify::Full,
                1 => Verify::NoHostname,
                -1 => Verify::None,
                other => {
                    let words = format!("is {other}; 0 is full, 1 no host name, -1 none");
                    return Err(bad("tls_verify", words));
                }
            },
            min_version: match self.tls_min_version {
                10 => TlsVersion::V1_0,
                11 => TlsVersion::V1_1,
                0 | 12 => TlsVersion::V1_2,
                13 => TlsVersion::V1_3,
                other => {
                    let words = format!("is {other}; it goes from 10 (TLS 1.0) to 13 (TLS 1.3)");
                    return Err(bad("tls_min_version", words));
                }
            },
            ..TlsConfig::default()
        };
        tls.check()?;
        let limits = Limits {
            open_timeout: duration("open_timeout_ms", self.open_timeout_ms, 30_000)?,
            close_timeout: duration("close_timeout_ms", self.close_timeout_ms, 5_000)?
                .ok_or_else(|| bad("close_timeout_ms", "cannot be switched off"))?,
            ping_interval: duration("ping_interval_ms", self.ping_interval_ms, 30_000)?,
            ping_timeout: duration("ping_timeout_ms", self.ping_timeout_ms, 30_000)?,
            write_timeout: duration("write_timeout_ms", self.write_timeout_ms, 30_000)?,
            max_message: size("max_message", self.max_message, 64 * MIB)?,
            send_queue_max: in_memory(size("send_queue_max", self.send_queue_max, 16 * MIB)?),
            receive_queue_max: in_memory(size(
                "receive_queue_max",
                self.receive_queue_max,
                16 * MIB,
            )?),
            stream_threshold: match self.stream_threshold {
                0 | -1 => None,
                MIN_STREAM_THRESHOLD.. if data_type == DataType::Object => {
                    let words = "an object is checked as a whole and cannot come in parts";
                    return Err(bad("stream_threshold", words));
                }
                MIN_STREAM_THRESHOLD.. => Some(in_memory(self.stream_threshold.unsigned_abs())),
                other => {
                    let words =
                        format!("is {other} bytes; it must be at least {MIN_STREAM_THRESHOLD}");
                    return Err(bad("stream_threshold", words));
                }
            },
            deflate_threshold,
        };
        let proxies = Proxies::new(self.proxy.as_deref())?;
        let config = DialConfig {
            tls: Arc::new(tls),
            headers: self.headers,
            subprotocols,
            deflate,
            proxy: proxies.choose(&target)?,
            proxies,
            max_redirects: u32::try_from(self.max_redirects).map_err(|_| {
                bad("max_redirects", format!("is {}; it must be 0 or more", self.max_redirects))
            })?,
            family: match self.ip_family {
                0 => Family::Any,
                4 => Family::V4,
                6 => Family::V6,
                other => {
                    return Err(bad("ip_family", format!("is {other}; 0 is any, 4 IPv4, 6 IPv6")));
                }
            },
            target,
        };
        Ok((config, limits))
    }
}

impl Options {
    /// What to ask of compression; each part is checked also where it is off.
    fn deflate_offer(&self) -> Result<Option<DeflateOffer>> {
        let offer = DeflateOffer {
            server_no_context_takeover: switch(
                "deflate_server_no_context_takeover",
                self.deflate_server_no_context_takeover,
            )?,
            client_no_context_takeover: switch(
                "deflate_client_no_context_takeover",
                self.deflate_client_no_context_takeover,
            )?,
            server_max_window_bits: window_bits(
                "deflate_server_max_window_bits",
                self.deflate_server_max_window_bits,
            )?,
            client_max_window_bits: window_bits(
                "deflate_client_max_window_bits",
                self.deflate_client_max_window_bits,
            )?,
        };
        Ok(switch("deflate", self.deflate)?.then_some(offer))
    }

    fn deflate_threshold(&self) -> Result<Option<usize>> {
        match self.deflate_threshold {
            -1 => Ok(Some(0)),
            0 => Ok(Some(DEFLATE_THRESHOLD)),
            1.. => Ok(Some(self.deflate_threshold.unsigned_abs() as usize)),
            other => {
                let words = format!("is {other} bytes; it must be -1 or more");
                Err(bad("deflate_threshold", words))
            }
        }
    }
}

fn switch(option: &str, value: i32) -> Result<bool> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(bad(option, format!("is {other}; 0 is off, 1 on"))),
    }
}

fn window_bits(option: &str, bits: i32) -> Result<Option<u8>> {
    match u8::try_from(bits) {
        Ok(0) => Ok(None),
        Ok(bits @ 9..=15) => Ok(Some(bits)),
        _ => Err(bad(option, format!("is {bits}; it goes from 9 to 15, and 0 asks for nothing"))),
    }
}

pub(super) fn bad(option: &str, words: impl std::fmt::Display) -> Error {
    Error::ws(Code::Option, format!("option {option}: {words}"))
}

pub(super) fn duration(option: &str, milliseconds: i32, default: u64) -> Result<Option<Duration>> {
    match milliseconds {
        -1 => Ok(None),
        0 => Ok(Some(Duration::from_millis(default))),
        1.. => Ok(Some(Duration::from_millis(milliseconds.unsigned_abs().into()))),
        _ => Err(bad(option, format!("is {milliseconds} ms; it must be -1 or more"))),
    }
}

fn size(option: &str, bytes: i64, default: i64) -> Result<u64> {
    match bytes {
        -1 => Ok(u64::MAX),
        0 => Ok(default.unsigned_abs()),
        1.. => Ok(bytes.unsigned_abs()),
        _ => Err(bad(option, format!("is {bytes} bytes; it must be -1 or more"))),
    }
}

fn in_memory(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(options: Options) -> String {
        options.resolve("ws://h", DataType::Text).err().expect("refused").message
    }

    #[test]
    fn zero_is_the_default() {
        let (_, limits) = Options::default().resolve("ws://h", DataType::Text).unwrap();
        assert_eq!(limits.open_timeout, Some(Duration::from_secs(30)));
        assert_eq!(limits.close_timeout, Duration::from_secs(5));
        assert_eq!(limits.ping_interval, Some(Duration::from_secs(30)));
        assert_eq!(limits.ping_timeout, Some(Duration::from_secs(30)));
        assert_eq!(limits.write_timeout, Some(Duration::from_secs(30)));
        assert_eq!(limits.max_message, 64 << 20);
        assert_eq!(limits.send_queue_max, 16 << 20);
        assert_eq!(limits.receive_queue_max, 16 << 20);
    }

    #[test]
    fn minus_one_is_off() {
        let options = Options {
            open_timeout_ms: -1,
            ping_interval_ms: -1,
            ping_timeout_ms: -1,
            max_message: -1,
            send_queue_max: -1,
            receive_queue_max: -1,
            ..Options::default()
        };
        let (_, limits) = options.resolve("ws://h", DataType::Text).unwrap();
        assert_eq!(
            (limits.open_timeout, limits.ping_interval, limits.ping_timeout),
            (None, None, None)
        );
        assert_eq!((limits.max_message, limits.send_queue_max), (u64::MAX, usize::MAX));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let base = Options::default;
        assert!(refused(Options { open_timeout_ms: -2, ..base() }).contains("open_timeout_ms"));
        assert!(refused(Options { close_timeout_ms: -1, ..base() }).contains("close_timeout_ms"));
        assert!(refused(Options { write_timeout_ms: -2, ..base() }).contains("write_timeout_ms"));
        assert!(refused(Options { max_message: -5, ..base() }).contains("max_message"));
        assert!(refused(Options { send_queue_max: i64::MIN, ..base() }).contains("send_queue_max"));
        assert!(refused(Options { stream_threshold: 1023, ..base() }).contains("stream_threshold"));
        let object = Options { stream_threshold: 4096, ..base() };
        let words = object.resolve("ws://h", DataType::Object).err().expect("refused").message;
        assert!(words.contains("stream_threshold"), "{words}");
        assert!(refused(Options { deflate: 2, ..base() }).contains("option deflate:"));
        assert!(refused(Options { deflate_threshold: -2, ..base() }).contains("deflate_threshold"));
        for (options, name) in [
            (
                Options { deflate_server_no_context_takeover: 2, ..base() },
                "deflate_server_no_context_takeover",
            ),
            (
                Options { deflate_client_no_context_takeover: -1, ..base() },
                "deflate_client_no_context_takeover",
            ),
            (
                Options { deflate_server_max_window_bits: 8, ..base() },
                "deflate_server_max_window_bits",
            ),
            (
                Options { deflate_client_max_window_bits: 16, ..base() },
                "deflate_client_max_window_bits",
            ),
        ] {
            assert!(refused(options).contains(name), "{name}");
        }
        assert!(refused(Options { tls_verify: 7, ..base() }).contains("tls_verify"));
        assert!(refused(Options { tls_ca_only: 2, ..base() }).contains("tls_ca_only"));
        assert!(refused(Options { tls_ca_only: 1, ..base() }).contains("tls_ca_only"));
        assert!(refused(Options { tls_pins: Some("x".into()), ..base() }).contains("tls_pins"));
        assert!(refused(Options { tls_min_version: 14, ..base() }).contains("tls_min_version"));
        assert!(refused(Options { ip_family: 5, ..base() }).contains("ip_family"));
        assert!(refused(Options { max_redirects: -1, ..base() }).contains("max_redirects"));
        assert!(refused(Options { subprotocols: Some("a,,b".into()), ..base() })
            .contains("subprotocols"));
        let headers = vec![("Bad Name".to_owned(), "x".to_owned())];
        assert!(refused(Options { headers, ..base() }).contains("headers"));
    }
}
