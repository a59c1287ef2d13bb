//! Parsing URLs. An error never contains a part of the URL that may be a credential.

use percent_encoding::percent_decode_str;
use url::{Host, ParseError, Url};

use super::Target;
use crate::dial::address::split_socket;
use crate::dial::auth::Credentials;
use crate::error::{Code, Error};

/// The longest URL in bytes.
const MAX_URL: usize = 8192;

impl Target {
    /// Parses a URL. Fails with `Code::Url` and words that say what is wrong.
    pub fn parse(url: &str) -> Result<Target, Error> {
        let (Scheme { secure, is_local }, rest) = split_scheme(url)?;
        if is_local {
            return Target::parse_local(secure, rest);
        }
        let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, resource) = rest.split_at(authority_end);
        let (userinfo, host_port) = match authority.rsplit_once('@') {
            Some((userinfo, host_port)) => (Some(userinfo), host_port),
            None => (None, authority),
        };
        // The URL standard reads `ws:///path` as a host named "path".
        if host_port.is_empty() || host_port.starts_with(':') {
            return Err(no_host());
        }
        let (host_port, zone) = split_zone(host_port)?;

        let scheme = if secure { "wss" } else { "ws" };
        let at = if userinfo.is_some() { "@" } else { "" };
        let userinfo = userinfo.unwrap_or_default();
        let plain = format!("{scheme}://{userinfo}{at}{host_port}{resource}");
        let url = Url::parse(&plain).map_err(unparseable)?;

        let host = match url.host().ok_or_else(no_host)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => match zone {
                Some(zone) => format!("{address}%{zone}"),
                None => address.to_string(),
            },
        };
        let port = match url.port_or_known_default() {
            Some(0) | None => return Err(bad_port()),
            Some(port) => port,
        };
        let mut host_header = url.host_str().unwrap_or_default().to_owned();
        if let Some(port) = url.port() {
            host_header = format!("{host_header}:{port}");
        }
        let mut resource = url.path().to_owned();
        if let Some(query) = url.query() {
            resource = format!("{resource}?{query}");
        }
        let credentials = credentials(&url)?;
        Ok(Target { secure, host, port, host_header, resource, credentials, socket: None })
    }

    /// Parses the URL of a Unix socket. The host name of its server is `localhost`.
    fn parse_local(secure: bool, rest: &str) -> Result<Target, Error> {
        let (socket, resource) = split_socket(rest).map_err(refuse)?;
        let scheme = if secure { "wss" } else { "ws" };
        let target = Target::parse(&format!("{scheme}://localhost{resource}"))?;
        Ok(Target { socket: Some(socket), ..target })
    }
}

/// The URL as the host gave it, without its user and password.
pub fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    match rest[..authority_end].rfind('@') {
        // An abstract socket.
        _ if scheme.to_ascii_lowercase().ends_with("+unix") => url.to_owned(),
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

struct Scheme {
    secure: bool,
    is_local: bool,
}

/// Splits a URL into its scheme and the part after the `://`.
fn split_scheme(url: &str) -> Result<(Scheme, &str), Error> {
    if url.is_empty() {
        return Err(refuse("the URL is empty"));
    }
    if url.len() > MAX_URL {
        return Err(refuse(format!(
            "the URL has {} bytes, more than the {MAX_URL} that are allowed",
            url.len()
        )));
    }
    // The URL parser would silently remove some of these.
    if let Some(at) = url.find(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(refuse(format!(
            "the URL contains white space or a control character at byte {at}"
        )));
    }
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        // The text before a colon may be a user name here, so it is not quoted.
        _ => return Err(refuse("the URL does not begin with ws:// or wss://")),
    };
    let (secure, is_local) = match scheme.to_ascii_lowercase().as_str() {
        "ws" => (false, false),
        "wss" => (true, false),
        "ws+unix" => (false, true),
        "wss+unix" => (true, true),
        _ => {
            let scheme: String = scheme.chars().take(32).collect();
            return Err(refuse(format!("the URL's scheme is \"{scheme}\", not ws or wss")));
        }
    };
    if rest.contains('#') {
        return Err(refuse("the URL has a fragment (#), which a WebSocket URL must not have"));
    }
    // The URL parser reads a backslash as a slash, but RFC 3986 does not. A program that checks the
    // URL by the RFC would see a different host in it.
    if rest.split('?').next().is_some_and(|head| head.contains('\\')) {
        return Err(refuse("the URL contains a backslash; write it as %5C"));
    }
    Ok((Scheme { secure, is_local }, rest))
}

/// Splits `[fe80::1%25eth0]:80` (RFC 6874; a bare `%` is accepted) into
/// `[fe80::1]:80` and `eth0`, because the URL parser knows no zones.
fn split_zone(host_port: &str) -> Result<(String, Option<String>), Error> {
    let zoned = host_port
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .and_then(|(host, port)| Some((host.split_once('%')?, port)));
    let Some(((address, zone), port)) = zoned else {
        return Ok((host_port.to_owned(), None));
    };
    let zone = zone.strip_prefix("25").unwrap_or(zone);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._~-".contains(c);
    if zone.is_empty() || !zone.chars().all(is_name) {
        return Err(refuse("the zone of the URL's IPv6 address is not the name of an interface"));
    }
    Ok((format!("[{address}]{port}"), Some(zone.to_owned())))
}

/// The user info, percent-decoded.
fn credentials(url: &Url) -> Result<Option<Credentials>, Error> {
    let password = url.password();
    if url.username().is_empty() && password.is_none() {
        return Ok(None);
    }
    let credentials = Credentials {
        user: percent_decode_str(url.username()).collect(),
        password: percent_decode_str(password.unwrap_or_default()).collect(),
    };
    if !credentials.fits_http() {
        return Err(refuse("the user name in the URL contains a colon"));
    }
    Ok(Some(credentials))
}

fn unparseable(error: ParseError) -> Error {
    match error {
        ParseError::EmptyHost => no_host(),
        ParseError::InvalidPort => bad_port(),
        ParseError::InvalidIpv4Address => {
            refuse("the URL's host looks like an IPv4 address and is none")
        }
        ParseError::InvalidIpv6Address => {
            refuse("the URL's host is in brackets and is no IPv6 address")
        }
        ParseError::IdnaError | ParseError::InvalidDomainCharacter => {
            refuse("the URL's host is no host name")
        }
        other => refuse(format!("the URL cannot be read: {other}")),
    }
}

fn no_host() -> Error {
    refuse("the URL names no host")
}

fn bad_port() -> Error {
    refuse("the URL's port is not a number from 1 to 65535")
}

fn refuse(words: impl Into<String>) -> Error {
    Error::ws(Code::Url, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(url: &str) -> Target {
        Target::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn takes_urls_apart() {
        for (url, secure, host, port, host_header, resource) in [
            ("ws://example.com", false, "example.com", 80, "example.com", "/"),
            ("WSS://Example.COM/", true, "example.com", 443, "example.com", "/"),
            ("ws://example.com:80/a?b=c", false, "example.com", 80, "example.com", "/a?b=c"),
            ("wss://example.com:80?x", true, "example.com", 80, "example.com:80", "/?x"),
            ("ws://example.com:", false, "example.com", 80, "example.com", "/"),
            ("ws://127.0.0.1:9001/p", false, "127.0.0.1", 9001, "127.0.0.1:9001", "/p"),
            ("ws://[::1]/", false, "::1", 80, "[::1]", "/"),
            ("wss://[0:0::1]:8443", true, "::1", 8443, "[::1]:8443", "/"),
            ("ws://[fe80::1%25eth0]:81/", false, "fe80::1%eth0", 81, "[fe80::1]:81", "/"),
            ("ws://[fe80::1%3]/", false, "fe80::1%3", 80, "[fe80::1]", "/"),
            ("ws://bücher.example/ü", false, "xn--bcher-kva.example", 80, "", "/%C3%BC"),
            ("ws://h/a?redirect=http://x\\y", false, "h", 80, "h", "/a?redirect=http://x\\y"),
            ("ws://h:65535/?", false, "h", 65535, "h:65535", "/?"),
        ] {
            let target = good(url);
            assert_eq!(target.secure, secure, "{url}");
            assert_eq!(target.host, host, "{url}");
            assert_eq!(target.port, port, "{url}");
            if !host_header.is_empty() {
                assert_eq!(target.host_header, host_header, "{url}");
            }
            assert_eq!(target.resource, resource, "{url}");
            assert!(target.credentials.is_none(), "{url}");
        }
    }

    #[test]
    fn a_socket_takes_the_place_of_the_network() {
        let target = good("ws+unix:///run/a%20b.sock:/chat?x=\u{fc}");
        assert_eq!(target.socket, Some("/run/a b.sock".into()));
        assert_eq!((target.host.as_str(), target.host_header.as_str()), ("localhost", "localhost"));
        assert_eq!((target.resource.as_str(), target.secure), ("/chat?x=%C3%BC", false));
        assert_eq!((target.authority(), target.tls_name()), ("/run/a b.sock".into(), "localhost"));
        assert_eq!(format!("{target:?}"), "ws+unix:///run/a b.sock");
        let target = good("WSS+unix:///run/x.sock");
        assert_eq!((target.resource.as_str(), target.secure), ("/", true));
        assert!(Target::parse("ws+unix://run/x.sock").is_err());
        assert!(Target::parse("http+unix:///run/x.sock").is_err());
    }

    #[test]
    fn says_what_is_wrong() {
        let long = format!("ws://h/{}", "x".repeat(MAX_URL - 6));
        for (url, words) in [
            ("", "is empty"),
            (&long, "8193 bytes"),
            ("http://h/", "\"http\""),
            ("localhost:8080/x", "does not begin with ws://"),
            ("ws:h", "does not begin with ws://"),
            ("ws:/h", "does not begin with ws://"),
            ("//h/", "does not begin with ws://"),
            ("://h/", "does not begin with ws://"),
            ("h", "does not begin with ws://"),
            ("ws://", "names no host"),
            ("ws:///path", "names no host"),
            ("ws://:80/", "names no host"),
            ("ws://user@/", "names no host"),
            ("ws://?x", "names no host"),
            ("ws://h:0/", "port"),
            ("ws://h:65536/", "port"),
            ("ws://h:http/", "port"),
            ("ws://h:-1/", "port"),
            ("ws://h/#x", "fragment"),
            ("ws://h/#", "fragment"),
            ("ws://h#", "fragment"),
            ("ws://h/a b", "white space"),
            (" ws://h/", "at byte 0"),
            ("ws://h/\n", "at byte 7"),
            ("ws://h\t/", "white space"),
            ("ws://h/\0", "control character"),
            ("ws://h/\u{a0}", "white space"),
            ("ws://h\\x/", "backslash"),
            ("ws://[::1", "IPv6"),
            ("ws://[::g]/", "IPv6"),
            ("ws://[::1%25]/", "zone"),
            ("ws://[fe80::1%]/", "zone"),
            ("ws://[fe80::1%a/b]/", "IPv6"),
            ("ws://1.2.3.999/", "IPv4"),
            ("ws://a<b/", "host name"),
            ("ws://a%00b/", "host name"),
        ] {
            let error = Target::parse(url).expect_err(url);
            assert_eq!(error.code, Code::Url as i32, "{url}");
            assert!(error.message.contains(words), "{url}: {error}");
        }
    }

    #[test]
    fn user_info_is_decoded_and_nothing_else() {
        for (url, user, password) in [
            ("ws://Aladdin:open%20sesame@h/", "Aladdin", "open sesame"),
            ("ws://user@h/", "user", ""),
            ("ws://:pw@h/", "", "pw"),
            ("ws://a:b:c@h/", "a", "b:c"),
        ] {
            let target = good(url);
            assert_eq!(
                (target.host_header.as_str(), format!("{target:?}")),
                ("h", "ws://h:80".into())
            );
            let credentials = target.credentials.expect(url);
            assert_eq!(credentials.user, user.as_bytes(), "{url}");
            assert_eq!(credentials.password, password.as_bytes(), "{url}");
        }
        assert!(good("ws://@h/").credentials.is_none());
        assert!(Target::parse("ws://a%3Ab:c@h/").is_err());
    }

    #[test]
    fn no_error_repeats_a_credential() {
        for url in [
            "hunter2:hunter2@h/",
            "http://hunter2:hunter2@h/",
            "ws://hunter2:hunter2@h:99999/",
            "ws://hunter2:hunter2@[::g]/",
            "ws://hunter2:hunt er2@h/",
            "ws://hunter2:hunter2@h/#f",
            "ws://hunter2:hunter2@/",
            "ws://hunter%3A2:hunter2@h/",
        ] {
            let error = Target::parse(url).expect_err("refused");
            assert!(!error.to_string().contains("hunt"), "{url}: {error}");
        }
    }
}
