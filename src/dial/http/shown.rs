//! The heads of requests and answers as the log shows them at level trace, and as the trail keeps
//! them. Possible secrets are `***`: paths, queries, and the values of all headers that are not
//! known to be harmless.

use super::refusal::spoken_status;
use crate::dial::trail::Notes;
use crate::log;
use crate::protocol::Response;

/// Headers whose values are not secret.
const HARMLESS: [&str; 27] = [
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    "origin",
    "proxy-authenticate",
    "proxy-connection",
    "retry-after",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-version",
    "server",
    "strict-transport-security",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "warning",
    "www-authenticate",
];

/// Logs a head and keeps it in the trail.
pub fn tell_head(notes: &Notes, is_request: bool, head: &[u8]) {
    if !notes.wants_heads() && !log::wants(log::Level::Trace) {
        return;
    }
    let (id, arrow) = (notes.id, if is_request { ">" } else { "<" });
    let lines = lines(head);
    notes.head(is_request, &lines);
    for line in lines {
        log::line!(Trace, "connection {id}: {arrow} {line}");
    }
}

/// The lines of an answer, without secrets.
pub fn shown_answer(response: &Response) -> Vec<String> {
    let first = format!("HTTP/1.1 {}", spoken_status(response));
    let line = |(name, value): (&str, &[u8])| {
        format!("{name}: {}", shown(name, &String::from_utf8_lossy(value)))
    };
    std::iter::once(first).chain(response.headers().map(line)).collect()
}

fn lines(head: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let first = lines.next().map(start_line).into_iter();
    first.chain(lines.take_while(|line| !line.is_empty()).map(header_line)).collect()
}

/// A request line without its path and query, or a status line unchanged.
fn start_line(line: &str) -> String {
    let parts: Vec<&str> = line.split(' ').collect();
    match parts[..] {
        [method, target, version @ "HTTP/1.1"] if target.starts_with('/') && target.len() > 1 => {
            format!("{method} /*** {version}")
        }
        _ => line.to_owned(),
    }
}

fn header_line(line: &str) -> String {
    match line.split_once(':') {
        Some((name, value)) => format!("{name}: {}", shown(name.trim_end(), value.trim())),
        // A folded line continues a header whose value may be secret.
        None => "***".to_owned(),
    }
}

fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    let is_harmless = HARMLESS.iter().any(|harmless| harmless.eq_ignore_ascii_case(name));
    if is_harmless || value.is_empty() {
        value
    } else {
        "***"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_hidden() {
        let request = "GET /s3cret?token=s3cret HTTP/1.1\r\nHost: h:80\r\nUpgrade: websocket\r\n\
            Authorization: Bearer s3cret\r\nCookie: a=s3cret\r\nX-Api-Key: s3cret\r\n\
            Sec-WebSocket-Protocol: chat, s3cret\r\nX-Empty:\r\n\r\ns3cret";
        let expected = [
            "GET /*** HTTP/1.1",
            "Host: h:80",
            "Upgrade: websocket",
            "Authorization: ***",
            "Cookie: ***",
            "X-Api-Key: ***",
            "Sec-WebSocket-Protocol: ***",
            "X-Empty: ",
        ];
        assert_eq!(lines(request.as_bytes()), expected);
        let answer = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
            set-cookie: s3cret;\r\n path=s3cret\r\nLocation: /s3cret\r\nServer : nginx\r\n\r\n";
        let expected = [
            "HTTP/1.1 401 Unauthorized",
            "WWW-Authenticate: Basic realm=\"x\"",
            "set-cookie: ***",
            "***",
            "Location: ***",
            "Server : nginx",
        ];
        assert_eq!(lines(answer), expected);
        assert_eq!(lines(b"GET / HTTP/1.1\r\n\r\n"), ["GET / HTTP/1.1"]);
        let connect = b"CONNECT h:443 HTTP/1.1\r\nProxy-Authorization: Basic s3cret\r\n\r\n";
        assert_eq!(lines(connect), ["CONNECT h:443 HTTP/1.1", "Proxy-Authorization: ***"]);
    }
}
