//! Which endings are worth another attempt, and how long the server asks to wait. Pure; how
//! often and how long otherwise is the connection's `Backoff`.

use std::io;
use std::time::{Duration, SystemTime};

use crate::error::{Code, Component, Error};
use crate::protocol::Response;

/// Whether a server that closes with this code may be there again soon (RFC 6455 7.4.1 and
/// the registry of close codes): going away, lost, an internal error, a restart, try again
/// later, a bad gateway.
pub fn is_passing_close(code: u16) -> bool {
    matches!(code, 1001 | 1006 | 1011..=1014)
}

/// Whether an opening that failed so may succeed later: the network, a server that is busy or
/// broken; but not what is wrong with the request, the certificate or the protocol.
pub fn is_passing_failure(error: &Error) -> bool {
    // These two only say on which way it was.
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

fn is(error: &Error, code: Code) -> bool {
    error.code == code as i32
}

fn is_passing_status(status: i32) -> bool {
    matches!(status, 429 | 500..=599)
}

/// What a proxy has to say of the network behind it (RFC 1928 section 6).
fn is_passing_reply(reply: i32) -> bool {
    matches!(reply, 1 | 3..=6)
}

/// A handshake that the peer or the network broke off, with an errno or without.
fn is_cut_short(failure: &Error) -> bool {
    failure.cause.as_ref().is_some_and(|cause| {
        cause.component == Component::Tls && (cause.code > 0 || is(cause, Code::Lost))
    })
}

/// Nobody listens on a local socket, yet.
fn is_unattended(failure: &Error) -> bool {
    let kind = io::Error::from_raw_os_error(failure.code).kind();
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// How long the server asks to wait (RFC 9110 10.2.3).
pub fn retry_after(response: &Response, now: SystemTime) -> Option<Duration> {
    let value = response.text("retry-after")?;
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    // By the server's clock, if it tells it.
    let clock = response.text("date").and_then(|date| httpdate::parse_http_date(&date).ok());
    at.duration_since(clock.unwrap_or(now)).ok()
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
            status(429),
            status(500),
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
            status(600),
        ] {
            assert!(!is_passing_failure(&lasting), "{lasting:?}");
        }
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
        for bad in ["", "-1", "soon", "1.5"] {
            assert_eq!(seconds(&[("Retry-After", bad)]), None, "{bad:?}");
        }
    }
}
