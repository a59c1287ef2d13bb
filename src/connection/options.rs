//! The options of a connection: what the host gave, and the settings that follow from them.

mod kind;
mod table;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::kind::*;
pub(crate) use self::table::options_table;
use super::backoff::Backoff;
use super::outbox::SendBound;
use super::policy::{Codes, Policy, Scope};
use crate::dial::{
    impossible, parse_pins, ClientIdentity, Content, DialConfig, Elsewhere, Family, KeyLog, Locals,
    Pem, Proxies, SocketConfig, Target, TlsConfig, TlsVersion, Topic, Topics, Verify, CAN_ASK,
    CAN_FORGET_SESSIONS,
};
use crate::error::{Code, Error, Result};
use crate::protocol::{check_header, check_subprotocols, DeflateOffer, MAX_FRAMING};

/// The default of `send_queue_max`.
const SEND_QUEUE: u64 = 16 * MIB;

/// How messages are delivered, and how they are sent by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum DataType {
    Text = 1,
    Blob = 2,
    Object = 3,
}

impl DataType {
    #[inline]
    pub fn from_number(number: i32) -> Result<DataType> {
        match number {
            1 => Ok(DataType::Text),
            2 => Ok(DataType::Blob),
            3 => Ok(DataType::Object),
            _ => Err(no_data_type(number)),
        }
    }
}

#[cold]
fn no_data_type(number: i32) -> Error {
    let words = format!("{number} is not a data type; 1 is text, 2 blob, 3 object");
    Error::ws(Code::Argument, words)
}

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $kind:ty,)*) => {
        /// The options as a host gives them: zero and `None` are the defaults.
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct Options {
            pub queue: i32,
            pub headers: Vec<(String, String)>,
            $(pub $name: <$kind as Kind>::Given,)*
        }

        /// The values of the options, checked, with their defaults.
        struct Values {
            headers: Vec<(String, String)>,
            $($name: <$kind as Kind>::Value,)*
        }

        /// Leaves out all values, because headers, the proxy and others may contain secrets.
        impl fmt::Debug for Options {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Options").finish_non_exhaustive()
            }
        }

        impl Options {
            /// Whether the option with that name is a switch, whose 1 and 0 are true and false.
            pub fn is_switch(name: &str) -> bool {
                match name {
                    $(stringify!($name) => <$kind as Kind>::IS_SWITCH,)*
                    _ => false,
                }
            }

            fn check(self) -> Result<Values> {
                Ok(Values {
                    headers: self.headers,
                    $($name: <$kind>::check(self.$name)
                        .map_err(|words| bad(stringify!($name), words))?,)*
                })
            }
        }
    };
}
options_table!(options);

/// The deadlines and limits of a connection. `None` and the largest number mean "off".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub open_timeout: Option<Duration>,
    pub close_timeout: Duration,
    pub ping_interval: Option<Duration>,
    pub ping_timeout: Option<Duration>,
    /// How long data may wait for a server that takes none of it.
    pub write_timeout: Option<Duration>,
    /// How long a message may wait before it begins to leave.
    pub message_ttl: Option<Duration>,
    pub max_message: u64,
    pub send: SendBound,
    pub receive_queue_max: usize,
    /// Larger messages are delivered in parts of this size.
    pub stream_threshold: Option<usize>,
    /// Shorter messages are not compressed; `None`: no message is.
    pub deflate_threshold: Option<usize>,
    /// `Some` if the connection is opened again when it is lost.
    pub backoff: Option<Backoff>,
    /// Which ends lead to another attempt, if there are attempts.
    pub reconnect: Policy,
    /// The host decides about each attempt.
    pub asks_to_reconnect: bool,
}

/// The settings that follow from the options.
pub struct Settings {
    pub config: DialConfig,
    pub limits: Limits,
    /// The connected socket from the host.
    pub given: Option<i64>,
}

impl Options {
    /// Checks everything that can be checked without network and disk. Reads the environment if it
    /// determines the proxy.
    pub fn resolve(self, url: &str, data_type: DataType) -> Result<Settings> {
        let target = Target::parse(url)?;
        let mut values = self.check()?;
        if values.stream_threshold.is_some() && data_type == DataType::Object {
            let words = "an object is checked as a whole and cannot come in parts";
            return Err(bad("stream_threshold", words));
        }
        let limits = values.limits()?;
        values.check_given()?;
        let headers = std::mem::take(&mut values.headers);
        check_headers(&headers)?;
        let subprotocols = check_subprotocols(values.subprotocols.as_deref().unwrap_or_default())
            .map_err(|words| bad("subprotocols", words))?;
        let given = values.fd;
        let proxies = match given {
            None => Proxies::new(values.proxy.as_deref())?,
            Some(_) => Proxies::Fixed(None),
        };
        let config = DialConfig {
            headers,
            subprotocols,
            deflate: values.deflate_offer(),
            proxy: proxies.choose(&target)?,
            proxies,
            max_redirects: values.max_redirects,
            family: values.ip_family,
            elsewhere: Elsewhere::parse(values.connect_to.as_deref().unwrap_or_default())
                .map_err(|words| bad("connect_to", words))?,
            sockets: Arc::new(values.sockets()?),
            is_given: given.is_some(),
            ask: values.ask()?,
            tls: Arc::new(values.tls()?),
            target,
        };
        Ok(Settings { config, limits, given })
    }
}

impl Values {
    fn limits(&self) -> Result<Limits> {
        let codes = Codes::parse(self.reconnect_codes.as_deref().unwrap_or_default())
            .map_err(|words| bad("reconnect_codes", words))?;
        Ok(Limits {
            open_timeout: self.open_timeout_ms,
            close_timeout: self.close_timeout_ms,
            ping_interval: self.ping_interval_ms,
            ping_timeout: self.ping_timeout_ms,
            write_timeout: self.write_timeout_ms,
            message_ttl: self.message_ttl_ms,
            max_message: self.max_message,
            send: self.send_bound(),
            receive_queue_max: in_memory(self.receive_queue_max),
            stream_threshold: self.stream_threshold,
            deflate_threshold: self.deflate.then_some(self.deflate_threshold),
            backoff: self.backoff()?,
            reconnect: Policy { scope: self.reconnect_on, codes },
            asks_to_reconnect: self.ask.has(Topic::Reconnect),
        })
    }

    /// By default, a message that can be received can also be sent.
    fn send_bound(&self) -> SendBound {
        match self.send_queue_max {
            Some(queue) => SendBound { queue: in_memory(queue), alone: in_memory(queue) },
            None => {
                let queue = in_memory(SEND_QUEUE);
                let largest = in_memory(self.max_message).saturating_add(MAX_FRAMING);
                SendBound { queue, alone: queue.max(largest) }
            }
        }
    }

    /// The decisions that the host wants to make.
    fn ask(&self) -> Result<Topics> {
        if self.ask.has(Topic::Reconnect) && self.reconnect_max == 0 {
            let words =
                "has HOSTWS_ASK_RECONNECT, and without reconnect_max there is no attempt to \
                         ask about";
            return Err(bad("ask", words));
        }
        if self.ask.has(Topic::Certificate) && !CAN_ASK {
            let why = "does not stop at the certificate: HOSTWS_ASK_CERTIFICATE is not possible";
            return Err(impossible("ask", why));
        }
        Ok(self.ask)
    }

    /// When the connection is opened again, if at all.
    fn backoff(&self) -> Result<Option<Backoff>> {
        let max = (self.reconnect_max != u32::MAX).then_some(self.reconnect_max);
        let backoff = Backoff::new(max, self.reconnect_min_ms, self.reconnect_max_ms)
            .map_err(|words| bad("reconnect_min_ms", words))?;
        Ok((self.reconnect_max > 0).then_some(backoff))
    }

    /// The compression to offer.
    fn deflate_offer(&self) -> Option<DeflateOffer> {
        self.deflate.then_some(DeflateOffer {
            server_no_context_takeover: self.deflate_server_no_context_takeover,
            client_no_context_takeover: self.deflate_client_no_context_takeover,
            server_max_window_bits: self.deflate_server_max_window_bits,
            client_max_window_bits: self.deflate_client_max_window_bits,
        })
    }

    fn sockets(&self) -> Result<SocketConfig> {
        let bytes = |count: u32| (count > 0).then_some(in_memory(count.into()));
        Ok(SocketConfig {
            locals: Locals::parse(self.local_address.as_deref().unwrap_or_default())
                .map_err(|words| bad("local_address", words))?,
            keepalive: self.tcp_keepalive_ms,
            user_timeout: self.tcp_user_timeout_ms,
            send_buffer: bytes(self.tcp_send_buffer),
            receive_buffer: bytes(self.tcp_receive_buffer),
            hook: self.on_socket.clone().map(|hook| hook.with_argument(self.on_socket_data)),
        })
    }

    /// Refuses options that do not apply to a connected socket from the host, or need a second
    /// socket.
    fn check_given(&self) -> Result<()> {
        let is_text = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let others = [
            ("reconnect_max", self.reconnect_max > 0),
            ("max_redirects", self.max_redirects > 0),
            ("proxy", is_text(&self.proxy)),
            ("local_address", is_text(&self.local_address)),
            ("connect_to", is_text(&self.connect_to)),
            ("on_socket", self.on_socket.is_some()),
            ("tcp_keepalive_ms", self.tcp_keepalive_ms.is_some()),
            ("tcp_user_timeout_ms", self.tcp_user_timeout_ms.is_some()),
            ("tcp_send_buffer", self.tcp_send_buffer > 0),
            ("tcp_receive_buffer", self.tcp_receive_buffer > 0),
        ];
        match others.into_iter().find(|(_, is_set)| *is_set) {
            Some((name, _)) if self.fd.is_some() => {
                let words = format!("{name} cannot be used with a socket that is connected");
                Err(bad("fd", words))
            }
            _ => Ok(()),
        }
    }

    fn tls(self) -> Result<TlsConfig> {
        if !self.tls_resume && !CAN_FORGET_SESSIONS {
            let why = "resumes sessions as it sees fit: -1 is not possible";
            return Err(impossible("tls_resume", why));
        }
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let pem = |ca: String| Pem::new("tls_ca", Content::Certificates, ca.into());
        let tls = TlsConfig {
            ca: filled(self.tls_ca).map(pem).transpose()?.map(Arc::new),
            ca_only: self.tls_ca_only,
            identity: ClientIdentity::new(self.tls_cert, self.tls_key, self.tls_key_password)?,
            pins: match filled(self.tls_pins) {
                None => Vec::new(),
                Some(list) => parse_pins(&list)?,
            },
            server_name: filled(self.tls_server_name),
            verify: self.tls_verify,
            min_version: self.tls_min_version,
            resumes: self.tls_resume,
            key_log: if self.tls_key_log { KeyLog::from_environment()? } else { None },
            ..TlsConfig::default()
        };
        tls.check()?;
        Ok(tls)
    }
}

fn check_headers(headers: &[(String, String)]) -> Result<()> {
    for (name, value) in headers {
        check_header(name, value).map_err(|words| bad("headers", words))?;
    }
    if headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).count() > 1 {
        return Err(bad("headers", "there can be only one Host"));
    }
    Ok(())
}

fn bad(option: &str, words: impl std::fmt::Display) -> Error {
    Error::ws(Code::Option, format!("option {option}: {words}"))
}

#[cfg(test)]
mod tests;
