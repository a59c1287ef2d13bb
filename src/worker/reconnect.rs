//! Which ends are worth another attempt, and how long the server asks to wait. All functions are
//! pure. The connection's `Backoff` decides about the number of attempts and their delays.

use std::io;
use std::time::{Duration, SystemTime};

use crate::error::{Code, Component, Error};
use crate::protocol::Response;

/// Whether a server that closes with this code may be back soon (RFC 6455 7.4.1 and the registry
/// of close codes): going away, lost, internal error, restart, try again later, bad gateway.
pub fn is_passing_close(code: u16) -> bool {
    matches!(code, 1001 | 1006 | 1011..=1014)
}

/// Whether an opening that failed like this may succeed later. Failures of the network or of a busy
/// or broken server may pass; a wrong request, certificate or protocol does not.
pub fn is_passing_failure(error: &Error) -> bool {
    // These two only say where the opening failed.
    let says_where = |error: &&Error| is(error, Code::Open) || is(error, Code::Proxy);
    let Some(error) = error.chain().find(|error| !says_where(error)) else { return false };
    match error.component {
        Component::Http if is_passing_status(error.code) => true,
        Component::Proxy if is_passing_status(error.code) || is_passing_reply(error.code) => true,
        Component::Tls if is_cut_short(error) => true,
        Component::Os if is_unattended(error) => true,
        _ => [Code::Dns, Code::Tcp, Code::Timeout, Code::Lost, Code::Resources]
            .into_iter()
            .any(|code| is(error, code)),
    }
}

/// The HTTP status with which the server or the proxy refused the opening, if one did.
pub fn refusing_status(error: &Error) -> Option<u16> {
    let error = error.chain().find(|error| {
        let is_of_http = matches!(error.component, Component::Http | Component::Proxy);
        is_of_http && matches!(error.code, 100..=599)
    })?;
    u16::try_from(error.code).ok()
}

/// Whether an end may affect all clients of the server at once: the server, or a gateway in front
/// of it, restarts, is overloaded or has gone. A missing network or an unknown name affects this
/// client only.
pub fn may_hit_all(error: &Error, close_code: u16) -> bool {
    if let Some(status) = refusing_status(error) {
        return matches!(status, 429 | 500..=599);
    }
    match close_code {
        // A server that stops sends one of these to all clients, or nothing at all.
        1000 | 1001 | 1005 | 1012..=1014 => true,
        1006 | 1015 => error.chain().any(is_turned_away),
        _ => false,
    }
}

/// Nobody listens, or the peer has gone.
fn is_turned_away(error: &Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset};
    let of_system = matches!(error.component, Component::Os | Component::Tls) && error.code > 0;
    let kind = of_system.then(|| io::Error::from_raw_os_error(error.code).kind());
    match kind {
        Some(kind) => matches!(kind, ConnectionRefused | ConnectionReset | BrokenPipe),
        // Without a cause, the stream simply ended. For SOCKS 5: connection refused (RFC 1928
        // section 6).
        None => {
            (is(error, Code::Lost) && error.cause.is_none())
                || (error.component == Component::Proxy && error.code == 5)
        }
    }
}

fn is(error: &Error, code: Code) -> bool {
    error.code == code as i32
}

fn is_passing_status(status: i32) -> bool {
    matches!(status, 408 | 421 | 425 | 429 | 500 | 502..=504 | 506..=599)
}

/// Replies of a proxy about the network behind it (RFC 1928 section 6).
fn is_passing_reply(reply: i32) -> bool {
    matches!(reply, 1 | 3..=6)
}

/// The peer or the network cut the handshake short, with an errno or without.
fn is_cut_short(failure: &Error) -> bool {
    failure.cause.as_ref().is_some_and(|cause| {
        cause.component == Component::Tls && (cause.code > 0 || is(cause, Code::Lost))
    })
}

/// Nobody listens on the Unix socket yet.
fn is_unattended(failure: &Error) -> bool {
    let kind = io::Error::from_raw_os_error(failure.code).kind();
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// How long the server asks to wait (RFC 9110 10.2.3).
pub fn retry_after(response: &Response, now: SystemTime) -> Option<Duration> {
    let value = response.text("retry-after")?;
    let value = value.trim();
    if let Some(seconds) = seconds(value) {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    // Relative to the server's clock, if its answer has a date.
    let clock = response.text("date").and_then(|date| httpdate::parse_http_date(&date).ok());
    at.duration_since(clock.unwrap_or(now)).ok()
}

/// Parses whole seconds. A fraction, which some servers send, is rounded up. A number that is too
/// large becomes the largest.
fn seconds(value: &str) -> Option<u64> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let is_more = fraction.bytes().any(|digit| digit != b'0');
    Some(whole.parse().unwrap_or(u64::MAX).saturating_add(is_more.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn close_codes() {
        let passing: Vec<u16> = (0..5000).filter(|&code| is_passing_close(code)).collect();
        assert_eq!(passing, [1001, 1006, 1011, 1012, 1013, 1014]);
    }

    #[test]
    fn failures() {
        let opening = |cause| Error::ws(Code::Open, "could not open").because(cause);
        let new = |code, component| opening(Error::new(code, component, "x"));
        let status = |status| opening(Error::numbered(status, Component::Http, "x"));
        let cut_short =
            |code| opening(Error::tls("x").because(Error::numbered(code, Component::Tls, "x")));
        let reply = |reply| opening(Error::numbered(reply, Component::Proxy, "x"));
        for passing in [
            new(Code::Dns, Component::Dns),
            new(Code::Tcp, Component::Tcp),
            new(Code::Timeout, Component::Http),
            new(Code::Timeout, Component::Tls),
            new(Code::Lost, Component::Http),
            cut_short(Code::Lost as i32),
            cut_short(libc::ECONNRESET),
            new(Code::Lost, Component::Proxy),
            opening(Error::new(Code::Proxy, Component::Proxy, "x").because(Error::new(
                Code::Tcp,
                Component::Tcp,
                "x",
            ))),
            opening(io::Error::from_raw_os_error(libc::ECONNREFUSED).into()),
            reply(4),
            status(408),
            status(421),
            status(425),
            status(429),
            status(500),
            status(502),
            status(503),
            status(599),
        ] {
            assert!(is_passing_failure(&passing), "{passing:?}");
        }
        for lasting in [
            new(Code::Http, Component::Http),
            new(Code::Tls, Component::Tls),
            new(Code::Protocol, Component::Ws),
            new(Code::Proxy, Component::Proxy),
            cut_short(Code::Tls as i32),
            opening(Error::tls("x").because(io::Error::from_raw_os_error(libc::ENOENT))),
            opening(io::Error::from_raw_os_error(libc::EACCES).into()),
            reply(2),
            reply(407),
            new(Code::Url, Component::Ws),
            status(200),
            status(301),
            status(400),
            status(401),
            status(404),
            status(501),
            status(505),
            status(600),
        ] {
            assert!(!is_passing_failure(&lasting), "{lasting:?}");
        }
    }

    #[test]
    fn what_may_hit_all_clients() {
        let tcp = |errno: i32| {
            let cause = io::Error::from_raw_os_error(errno);
            Error::new(Code::Tcp, Component::Tcp, "x").because(cause)
        };
        let lost = || Error::ws(Code::Lost, "x");
        let opening = |cause| Error::ws(Code::Open, "could not open").because(cause);
        let status = |status| opening(Error::numbered(status, Component::Http, "x"));
        for common in [
            lost(),
            lost().because(tcp(libc::ECONNRESET)),
            lost().because(tcp(libc::EPIPE)),
            opening(tcp(libc::ECONNREFUSED)),
            opening(Error::numbered(5, Component::Proxy, "x")),
            opening(Error::tls("x").because(Error::new(Code::Lost, Component::Tls, "x"))),
            opening(Error::tls("x").because(Error::numbered(
                libc::ECONNRESET,
                Component::Tls,
                "x",
            ))),
            status(429),
            status(500),
            status(503),
        ] {
            assert!(may_hit_all(&common, 1006), "{common:?}");
        }
        let timeout = || Error::ws(Code::Timeout, "x");
        for own in [
            lost().because(timeout()),
            lost().because(tcp(libc::ETIMEDOUT)),
            lost().because(tcp(libc::ENETDOWN)),
            opening(tcp(libc::ENETUNREACH)),
            opening(tcp(libc::EHOSTUNREACH)),
            opening(timeout()),
            opening(Error::new(Code::Dns, Component::Dns, "x")),
            opening(Error::numbered(4, Component::Proxy, "x")),
            status(401),
            status(408),
        ] {
            assert!(!may_hit_all(&own, 1006), "{own:?}");
        }
        let common = |code: &u16| may_hit_all(&lost(), *code);
        let codes: Vec<u16> = (1000..5000).filter(common).collect();
        assert_eq!(codes, [1000, 1001, 1005, 1006, 1012, 1013, 1014, 1015]);
    }

    #[test]
    fn the_server_says_when() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let seconds = |headers: &[(&str, &str)]| {
            let response = Response::new(503, "", headers.iter().copied());
            retry_after(&response, now).map(|wait| wait.as_secs())
        };
        assert_eq!(seconds(&[]), None);
        assert_eq!(seconds(&[("Retry-After", " 120 ")]), Some(120));
        assert_eq!(seconds(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")]), Some(60));
        assert_eq!(seconds(&[("retry-after", "Sunday, 06-Nov-94 08:50:37 GMT")]), Some(60));
        assert_eq!(seconds(&[("retry-after", "Sun Nov  6 08:49:37 1994")]), Some(0));
        assert_eq!(seconds(&[("retry-after", "Sun, 06 Nov 1994 08:49:36 GMT")]), None, "over");
        let dates = [
            ("Date", "Sun, 06 Nov 1994 08:49:07 GMT"),
            ("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ];
        assert_eq!(seconds(&dates), Some(30), "by the server's clock");
        for (value, wait) in
            [("0", 0), ("2.5", 3), ("0.001", 1), ("7.000", 7), ("99999999999999999999", u64::MAX)]
        {
            assert_eq!(seconds(&[("Retry-After", value)]), Some(wait), "{value:?}");
        }
        for bad in ["", "-1", "soon", ".5", "1.5.2", "1e3", "+1"] {
            assert_eq!(seconds(&[("Retry-After", bad)]), None, "{bad:?}");
        }
    }
}
