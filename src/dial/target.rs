//! The destination of a URL: host, port, resource and credentials.

mod parse;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use url::Host;

use super::address::shown_socket;
use super::auth::Credentials;
pub use parse::without_credentials;

/// The destination of a URL.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub secure: bool,
    /// A name or an address without brackets, with its zone if it has one.
    pub host: String,
    pub port: u16,
    /// The value of the Host header: with brackets, and with the port unless it is the default.
    pub host_header: String,
    /// Path and query.
    pub resource: String,
    /// The URL's user and password.
    pub credentials: Option<Credentials>,
    /// The server's Unix socket, if it is not reached by TCP.
    pub socket: Option<PathBuf>,
}

impl Target {
    /// `HOST:PORT` or a socket's path, for people.
    pub fn authority(&self) -> String {
        if let Some(socket) = &self.socket {
            shown_socket(socket)
        } else if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The same for a proxy: without the zone, which only this machine knows.
    pub fn tunnel_authority(&self) -> String {
        let host = self.tls_name();
        if host.contains(':') {
            format!("[{host}]:{}", self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether secrets for one target may be sent to the other.
    pub fn is_same_origin(&self, other: &Target) -> bool {
        (self.secure, &self.host, self.port, &self.socket)
            == (other.secure, &other.host, other.port, &other.socket)
    }

    pub fn is_same_resource(&self, other: &Target) -> bool {
        self.is_same_origin(other) && self.resource == other.resource
    }

    /// Whether the server has a Unix socket on this machine.
    pub fn is_local_socket(&self) -> bool {
        self.socket.is_some()
    }

    /// The host as a certificate names it: without zone and without the dot of the DNS root.
    pub fn tls_name(&self) -> &str {
        match self.host.split_once('%') {
            Some((address, _)) => address,
            None => self.host.strip_suffix('.').unwrap_or(&self.host),
        }
    }
}

/// Without the credentials and the resource, which may contain a token.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        let unix = if self.is_local_socket() { "+unix" } else { "" };
        write!(f, "{scheme}{unix}://{}", self.authority())
    }
}

/// Whether `name` can be a host name or an address in a certificate.
pub fn is_host_name(name: &str) -> bool {
    if name.parse::<IpAddr>().is_ok() {
        return true;
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    match Host::parse(name) {
        Ok(Host::Domain(ascii)) => {
            let ascii = ascii.strip_suffix('.').unwrap_or(&ascii);
            ascii.len() <= 253 && ascii.split('.').all(is_label)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(url: &str) -> Target {
        Target::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn knows_the_name_in_a_certificate() {
        assert_eq!(good("wss://example.com./").tls_name(), "example.com");
        assert_eq!(good("wss://[fe80::1%252]/").tls_name(), "fe80::1");
        assert_eq!(good("wss://[::1]:4/").authority(), "[::1]:4");
        for name in ["example.com", "a_b.c", "127.0.0.1", "::1", "bücher.example", "example.com."]
        {
            assert!(is_host_name(name), "{name}");
        }
        for name in ["", ".", "a..b", "a b", "*.example.com", "h:443", "[::1]", "a/b", "ws://h"] {
            assert!(!is_host_name(name), "{name}");
        }
    }
}
