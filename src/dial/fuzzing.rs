//! The fuzz targets for this module's parsers. Each function checks what holds for every input.

use std::io::Write;
use std::time::Instant;

use super::auth::Credentials;
use super::http::Body;
use super::proxy::{Proxy, Reply, Tunnel};
use super::{without_credentials, Notes, Proxies, Target};
use crate::error::Error;
use crate::protocol::Response;
use crate::sys::LocalStream;
use crate::transport::{Socket, Stream};

/// A password that no error may repeat.
pub const SECRET: &str = "hunter2";

/// Checks that each message of an error is one line.
pub fn check_words(error: &Error, is_secret: bool) {
    for error in error.chain() {
        let words = &error.message;
        assert!(!words.is_empty() && words.len() < 4096, "{} bytes of words", words.len());
        assert!(!words.contains(char::is_control), "{words:?}");
        assert!(!is_secret || !words.contains(SECRET), "{words}");
    }
}

/// A parsed URL is clean, and parses to the same target when it is written out again. An error does
/// not contain the password.
pub fn url(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let target = match Target::parse(&text) {
        Ok(target) => target,
        Err(error) => {
            // The error may quote the secret if it is not in the credentials.
            return check_words(&error, !without_credentials(&text).contains(SECRET));
        }
    };
    assert!(!target.host.is_empty() && target.port != 0 && target.resource.starts_with('/'));
    for part in [&target.host, &target.host_header, &target.resource] {
        assert!(!part.contains(|c: char| c.is_whitespace() || c.is_control()), "{part:?}");
    }
    assert!(target.credentials.as_ref().is_none_or(Credentials::fits_http));
    if target.is_local_socket() {
        return;
    }
    let scheme = if target.secure { "wss" } else { "ws" };
    let written = format!("{scheme}://{}{}", target.host_header, target.resource);
    let again = Target::parse(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(again.host, target.tls_host());
    assert_eq!((again.port, again.resource), (target.port, target.resource));
    assert!(again.credentials.is_none());
}

impl Target {
    /// The host as in the Host header: without the zone, which only this machine knows.
    fn tls_host(&self) -> &str {
        self.host.split('%').next().unwrap_or_default()
    }
}

/// `URL\nLIST`: a list of exceptions matches exactly if one of its entries matches.
pub fn no_proxy(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (url, list) = text.split_once('\n').unwrap_or(("ws://example.com", &text));
    let Ok(target) = Target::parse(url) else { return };
    let is_direct = |list: &str| {
        let proxies = Proxies::of(&[("all_proxy", "http://p"), ("no_proxy", list)]);
        proxies.choose(&target).expect("a good proxy").is_none()
    };
    let entries = list.split([',', ' ', '\t']);
    assert_eq!(is_direct(list), target.is_local_socket() || entries.into_iter().any(is_direct));
}

/// The body of a refusal does not depend on how it is split. The first byte chooses the split.
pub fn chunked(input: &[u8]) {
    let [size, bytes @ ..] = input else { return };
    let read = |size: usize, bytes: &[u8]| {
        let response = Response::new(401, "", [("Transfer-Encoding", "chunked")]);
        let mut body = Body::new(&response);
        bytes.chunks(size).for_each(|piece| body.push(piece));
        (body.is_complete(), body.into_content())
    };
    let (is_complete, content) = read(usize::MAX, bytes);
    assert!(content.len() <= bytes.len());
    assert_eq!(read(usize::from(*size) + 1, bytes), (is_complete, content));

    let size = usize::from(*size) + 1;
    let mut written = Vec::new();
    for chunk in bytes.chunks(size) {
        written.extend(format!("{:x};x=y\r\n", chunk.len()).bytes());
        written.extend([chunk, b"\r\n"].concat());
    }
    written.extend(b"0\r\n\r\n");
    assert_eq!(read(7, &written), (true, bytes.to_vec()));
}

/// The outcome of a handshake with a proxy.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Through,
    Refused,
    /// With the error's text.
    Failed(String),
}

/// The answers of a proxy: the outcome does not depend on how they are split. The first byte
/// chooses the proxy, the second the split.
pub fn proxy(input: &[u8]) {
    let [kind, size, answer @ ..] = input else { return };
    let urls = ["http://p", "http://me:hunter2@p", "socks5h://p", "socks5h://me:hunter2@p"];
    let proxy = Proxy::parse(urls[usize::from(*kind) % urls.len()]).expect("a good URL");
    let whole = shake_hands(&proxy, answer, usize::MAX);
    let pieces = shake_hands(&proxy, answer, usize::from(*size) + 1);
    match (&whole, &pieces) {
        (Outcome::Failed(words), Outcome::Through) => {
            assert!(words.contains("sent more than its answer"), "{words}");
        }
        (Outcome::Failed(_), Outcome::Failed(_)) => {}
        _ => assert_eq!(whole, pieces),
    }
}

/// The proxy sends `answer`, in pieces, and closes.
fn shake_hands(proxy: &Proxy, answer: &[u8], size: usize) -> Outcome {
    let target = Target::parse("wss://example.com/").expect("a good URL");
    let (ours, theirs) = LocalStream::pair().expect("two sockets");
    let stream = Stream::from(Socket::Unix(ours));
    let now = Instant::now();
    let notes = Notes::new(1, None);
    let tunnel = Tunnel::new(stream, proxy, &target, None, None, &notes);
    let mut tunnel = tunnel.expect("a short name");
    let mut pieces = answer.chunks(size);
    loop {
        let is_last = match pieces.next() {
            // If a piece does not fit, it is lost with everything after it.
            Some(piece) => (&theirs).write_all(piece).is_err(),
            None => true,
        };
        if is_last {
            theirs.shutdown(std::net::Shutdown::Write).expect("it is open");
        }
        tunnel = match tunnel.advance(proxy, &target, now) {
            Ok(Reply::Pending(tunnel)) => tunnel,
            Ok(Reply::Through(_)) => return Outcome::Through,
            Ok(Reply::Refused(_)) => return Outcome::Refused,
            Ok(Reply::Silence(error)) | Err(error) => {
                check_words(&error, true);
                return Outcome::Failed(Error::to_string(&error));
            }
        };
        assert!(!is_last, "the proxy has closed, and is waited for");
    }
}
