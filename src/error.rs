//! What can go wrong: one error type with a cause chain, used by every room.
//!
//! `Code` is what a program branches on, `Component` says which part of the
//! way failed, `message` is one line for a person. The general error comes
//! first and carries its cause.

use std::fmt;
use std::io;

use crate::{sys, words};

/// What a program branches on. The numbers are the ABI and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Code {
    /// An argument is NULL, negative or out of range.
    Argument = -1,
    /// The URL is not a WebSocket URL.
    Url = -2,
    /// An option is unknown, of the wrong type or out of range.
    Option = -3,
    /// This library cannot read a struct of that `struct_size`.
    Struct = -4,
    /// The id or queue was never issued.
    NoSuchId = -5,
    /// The connection is closing or closed.
    Closed = -6,
    /// The send queue is full; a DRAIN event follows.
    Again = -7,
    /// The message is larger than the limit.
    TooBig = -8,
    /// The bytes are not UTF-8.
    Utf8 = -9,
    /// The bytes are not a JSON object or array.
    Json = -10,
    /// The time was up first.
    Timeout = -11,
    /// Nothing is left that could ever bring an event.
    Idle = -12,
    /// Another thread is polling this queue.
    Busy = -13,
    /// The call belongs to another thread.
    WrongThread = -14,
    /// The call cannot be made from inside this callback.
    Reentrant = -15,
    /// This process is a fork and has not called `ws_shutdown` yet.
    Forked = -16,
    /// The library is shutting down.
    Shutdown = -17,
    /// Memory, threads or file descriptors ran out.
    Resources = -18,
    /// A defect in this library.
    Internal = -19,
    /// There is nothing of that name.
    NotFound = -20,
    /// The name could not be resolved.
    Dns = -21,
    /// No TCP connection could be made, or it broke.
    Tcp = -22,
    /// The TLS handshake failed, or the certificate is not trusted.
    Tls = -23,
    /// The server refused the upgrade.
    Http = -24,
    /// The server broke the WebSocket protocol.
    Protocol = -25,
    /// The connection could not be opened.
    Open = -26,
    /// The connection was lost.
    Lost = -27,
    /// The proxy could not be reached, or broke its protocol, or refused.
    Proxy = -28,
}

/// The part of the way where an error arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    Ws,
    Http,
    Proxy,
    Tls,
    Tcp,
    Dns,
    Json,
    Os,
}

impl Component {
    pub fn name(self) -> &'static str {
        match self {
            Component::Ws => "ws",
            Component::Http => "http",
            Component::Proxy => "proxy",
            Component::Tls => "tls",
            Component::Tcp => "tcp",
            Component::Dns => "dns",
            Component::Json => "json",
            Component::Os => "os",
        }
    }
}

/// An error and, behind it, its cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// A `Code`. In a cause it may be the component's own number: an HTTP status, an errno.
    pub code: i32,
    pub component: Component,
    /// One line that says what the caller does not know yet.
    pub message: String,
    pub cause: Option<Box<Error>>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(code: Code, component: Component, message: impl Into<String>) -> Error {
        Error::numbered(code as i32, component, message)
    }

    /// An error whose number is the component's own, such as an HTTP status.
    pub fn numbered(code: i32, component: Component, message: impl Into<String>) -> Error {
        // The server's text may be part of it.
        Error { code, component, message: words::one_line(message.into()), cause: None }
    }

    /// An error of the library itself: bad arguments, states and limits.
    pub fn ws(code: Code, message: impl Into<String>) -> Error {
        Error::new(code, Component::Ws, message)
    }

    pub fn http(message: impl Into<String>) -> Error {
        Error::new(Code::Http, Component::Http, message)
    }

    pub fn tls(message: impl Into<String>) -> Error {
        Error::new(Code::Tls, Component::Tls, message)
    }

    /// Puts `cause` at the end of the chain.
    pub fn because(mut self, cause: impl Into<Error>) -> Error {
        let mut end = &mut self.cause;
        while let Some(error) = end {
            end = &mut error.cause;
        }
        *end = Some(Box::new(cause.into()));
        self
    }

    /// The error and its causes, the general one first.
    pub fn chain(&self) -> impl Iterator<Item = &Error> {
        std::iter::successors(Some(self), |error| error.cause.as_deref())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, error) in self.chain().enumerate() {
            let colon = if depth == 0 { "" } else { ": " };
            write!(f, "{colon}{}", error.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The operating system's own words and errno. If a resource has run out, that comes first.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        let code = error.raw_os_error().unwrap_or(Code::Internal as i32);
        let words = Error::numbered(code, Component::Os, error.to_string());
        match sys::shortage(&error) {
            Some(shortage) => Error::ws(Code::Resources, shortage).because(words),
            None => words,
        }
    }
}
