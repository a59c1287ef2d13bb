//! A proxy and its URL.
//!
//! An error never contains a part of the URL that may be a credential.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::dial::auth::Credentials;
use crate::error::{Code, Component, Error};

/// RFC 1929 encodes the length of the user and of the password in one byte.
const MAX_SOCKS_CREDENTIAL: usize = 255;
const MAX_URL: usize = 8192;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// CONNECT.
    Http,
    /// CONNECT, inside TLS.
    Https,
    /// SOCKS 5; this machine resolves names.
    Socks5,
    /// SOCKS 5; the proxy resolves names.
    Socks5h,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub scheme: Scheme,
    /// A name or an address without brackets.
    pub host: String,
    pub port: u16,
    pub credentials: Option<Credentials>,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Socks5 => "socks5",
            Scheme::Socks5h => "socks5h",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::Socks5 | Scheme::Socks5h => 1080,
        }
    }
}

impl Proxy {
    /// Parses the URL of a proxy. A URL without a scheme is an HTTP proxy. Fails with words that
    /// say what is wrong.
    pub fn parse(text: &str) -> Result<Proxy, String> {
        let wrong = |words: &str| Err(words.to_owned());
        if text.len() > MAX_URL {
            return Err(format!("the URL is longer than {MAX_URL} bytes"));
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return wrong("the URL contains white space or a control character");
        }
        let (scheme, rest) = match text.split_once("://") {
            None => (Scheme::Http, text),
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "http" => (Scheme::Http, rest),
                "https" => (Scheme::Https, rest),
                "socks5" => (Scheme::Socks5, rest),
                // Desktops write `socks`, without a version, into the environment.
                "socks5h" | "socks" => (Scheme::Socks5h, rest),
                _ => return wrong("the scheme is not http, https, socks, socks5 or socks5h"),
            },
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '\\']) {
            return wrong(
                "something follows the host and port; in a user or password, / ? # and \\ are \
                 written as %2F, %3F, %23 and %5C",
            );
        }
        let (userinfo, host_port) = match authority.rsplit_once('@') {
            Some((userinfo, host_port)) => (Some(userinfo), host_port),
            None => (None, authority),
        };
        if host_port.is_empty() || host_port.starts_with(':') {
            return wrong("the URL names no host");
        }
        // The URL standard parses the host of this scheme as that of http, and its default port is
        // that of no proxy.
        let url = Url::parse(&format!("ftp://{host_port}/"))
            .map_err(|error| format!("the host or the port cannot be read: {error}"))?;
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return wrong("the URL names no host"),
        };
        let named = host_port.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
        let port = match named.map(|(_, port)| port) {
            None | Some("") => scheme.default_port(),
            Some(port) => match port.parse() {
                Ok(port) if port > 0 => port,
                _ => return wrong("the port is not a number from 1 to 65535"),
            },
        };
        let credentials = match userinfo {
            None | Some("" | ":") => None,
            Some(userinfo) => Some(credentials(userinfo, scheme)?),
        };
        Ok(Proxy { scheme, host, port, credentials })
    }

    pub fn is_http(&self) -> bool {
        matches!(self.scheme, Scheme::Http | Scheme::Https)
    }

    pub fn is_tls(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether the proxy must get addresses instead of names.
    pub fn wants_address(&self) -> bool {
        self.scheme == Scheme::Socks5
    }

    /// The host as a certificate names it.
    pub fn tls_name(&self) -> &str {
        self.host.strip_suffix('.').unwrap_or(&self.host)
    }

    /// The error of a connection to this proxy or of its handshake. It replaces "the server" in the
    /// cause, which was written without a proxy in mind, by the proxy.
    pub fn failed(&self, words: &str, cause: Error) -> Error {
        let error = Error::new(Code::Proxy, Component::Proxy, format!("{words} the proxy {self}"));
        cause.chain().fold(error, |error, cause| {
            let message = cause.message.replace("the server", "the proxy");
            error.because(Error::numbered(cause.code, cause.component, message))
        })
    }

    /// The proxy closed the connection during its handshake.
    pub fn lost(&self, words: &str) -> Error {
        Error::new(Code::Lost, Component::Proxy, format!("the proxy {self} {words}"))
    }

    /// The proxy has broken the protocol.
    pub fn misbehaved(&self, words: impl fmt::Display) -> Error {
        Error::new(Code::Proxy, Component::Proxy, format!("the proxy {self} {words}"))
    }
}

fn credentials(userinfo: &str, scheme: Scheme) -> Result<Credentials, String> {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let user: Vec<u8> = percent_decode_str(user).collect();
    let password: Vec<u8> = percent_decode_str(password).collect();
    match scheme {
        Scheme::Socks5 | Scheme::Socks5h
            if user.len().max(password.len()) > MAX_SOCKS_CREDENTIAL =>
        {
            Err(format!("the user or the password is longer than {MAX_SOCKS_CREDENTIAL} bytes"))
        }
        Scheme::Socks5 | Scheme::Socks5h if user.is_empty() => {
            Err("a password without a user name is nothing that SOCKS could send".to_owned())
        }
        _ => {
            let credentials = Credentials { user, password };
            let is_http = matches!(scheme, Scheme::Http | Scheme::Https);
            if is_http && !credentials.fits_http() {
                return Err("the user name contains a colon".to_owned());
            }
            Ok(credentials)
        }
    }
}

/// Without its credentials.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = (self.scheme.name(), &self.host, self.port);
        match host.contains(':') {
            true => write!(f, "{scheme}://[{host}]:{port}"),
            false => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_urls_apart() {
        for (url, shown) in [
            ("http://h", "http://h:80"),
            ("HTTPS://H/", "https://h:443"),
            ("socks5://127.0.0.1", "socks5://127.0.0.1:1080"),
            ("socks5h://[::1]:9", "socks5h://[::1]:9"),
            ("socks://h:9/", "socks5h://h:9"),
            ("SOCKS://h", "socks5h://h:1080"),
            ("http://[::1]", "http://[::1]:80"),
            ("h:3128", "http://h:3128"),
            ("http://h:80", "http://h:80"),
            ("http://h:21", "http://h:21"),
            ("http://h:", "http://h:80"),
            ("http://@h:1", "http://h:1"),
            ("http://b\u{fc}cher.example:8080", "http://xn--bcher-kva.example:8080"),
        ] {
            let proxy = Proxy::parse(url).unwrap_or_else(|words| panic!("{url}: {words}"));
            assert_eq!(proxy.to_string(), shown, "{url}");
            assert!(proxy.credentials.is_none(), "{url}");
        }
    }

    #[test]
    fn user_and_password_are_decoded_and_never_shown() {
        for (url, user, password) in [
            ("http://me:p%40ss%3Aword@h", "me", "p@ss:word"),
            ("socks5://me@h", "me", ""),
            ("http://:hunter2@h", "", "hunter2"),
            ("http://me:a:b@h", "me", "a:b"),
            ("me:pw@h:1", "me", "pw"),
        ] {
            let proxy = Proxy::parse(url).unwrap_or_else(|words| panic!("{url}: {words}"));
            assert!(!format!("{proxy} {proxy:?}").contains('@'));
            let credentials = proxy.credentials.expect(url);
            assert_eq!(credentials.user, user.as_bytes(), "{url}");
            assert_eq!(credentials.password, password.as_bytes(), "{url}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_no_secret() {
        let long = format!("socks5://me:{}hunter2@h", "x".repeat(255));
        for (url, words) in [
            ("", "names no host"),
            ("http://", "names no host"),
            ("http://:80", "names no host"),
            ("http://me:hunter2@", "names no host"),
            ("ftp://me:hunter2@h", "the scheme is not"),
            ("socks4://h", "the scheme is not"),
            ("me:hunter2://h", "the scheme is not"),
            ("http://h/path", "follows the host"),
            ("http://me:hun/ter2@h", "follows the host"),
            ("http://me:hunter2@h?x", "follows the host"),
            ("http://me:hunter2@h:0", "the port is not"),
            ("http://me:hunter2@h:99999", "port"),
            ("http://me:hunter2@h:x", "port"),
            ("http://me:hunt er2@h", "white space"),
            ("http://m%3Ae:hunter2@h", "a colon"),
            ("http://[::g]", "cannot be read"),
            (&long, "longer than 255"),
            ("socks5h://:hunter2@h", "without a user name"),
        ] {
            let error = Proxy::parse(url).expect_err(url);
            assert!(error.contains(words), "{url}: {error}");
            assert!(!error.contains("hunt") && !error.contains("er2"), "{url}: {error}");
        }
    }

    #[test]
    fn causes_are_told_of_the_proxy() {
        let proxy = Proxy::parse("https://me:hunter2@h").unwrap();
        let cause = Error::tls("the server's certificate is self-signed");
        let error = proxy.failed("TLS failed with", cause);
        let words =
            "TLS failed with the proxy https://h:443: the proxy's certificate is self-signed";
        assert_eq!(error.to_string(), words);
        assert_eq!(error.component, Component::Proxy);
    }
}
