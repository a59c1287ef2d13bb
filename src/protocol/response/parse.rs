//! From a server's bytes to the head of a response (RFC 9112).

use super::tidy::{tidy, Tidy, MAX_NAME};
use super::Response;
use crate::error::Error;

/// The longest head of a response, in bytes.
pub const MAX_HEAD: usize = 64 * 1024;

/// The most headers that a response may have.
pub const MAX_HEADERS: usize = 128;

/// A parsed head and its size in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub response: Response,
    /// Its size in bytes.
    pub size: usize,
    /// The faults of the lines that were left out. They contain no values.
    pub dropped: Vec<String>,
}

/// Parses a response head. `input` is everything received so far. `None`: the head is not complete.
///
/// Input that is not HTTP is refused at its first wrong byte. HTTP/1.0 is read too, because proxies
/// and plain web servers use it to refuse; but it has no upgrade.
pub fn parse_response(input: &[u8]) -> Result<Option<Head>, Error> {
    check_start(input)?;
    let head = &input[..input.len().min(MAX_HEAD)];
    // Parsed only when complete, because input may arrive a byte at a time.
    let Some(size) = head_size(head) else {
        return match input.len() < MAX_HEAD {
            true => Ok(None),
            false => Err(Error::http(format!(
                "the head of the server's response is longer than {MAX_HEAD} bytes"
            ))),
        };
    };
    let head = &head[..size];
    match parse_head(head) {
        Err(Malformed::Line) => {
            let Tidy { head, dropped } = tidy(head)?;
            let response = parse_head(&head).map_err(|malformed| match malformed {
                Malformed::Line => Error::http("the server's response is not HTTP"),
                Malformed::Head(error) => error,
            })?;
            Ok(Some(Head { response, size, dropped }))
        }
        Err(Malformed::Head(error)) => Err(error),
        Ok(response) => Ok(Some(Head { response, size, dropped: Vec::new() })),
    }
}

enum Malformed {
    /// One of the header lines.
    Line,
    Head(Error),
}

/// Parses a complete head with valid lines.
fn parse_head(head: &[u8]) -> Result<Response, Malformed> {
    use httparse::Error::{HeaderName, HeaderValue, NewLine};
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    match parsed.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(Malformed::Line),
        // The parser sets the status before it reads the first header.
        Err(HeaderName | HeaderValue | NewLine) if parsed.code.is_some() => {
            return Err(Malformed::Line)
        }
        Err(error) => return Err(Malformed::Head(Error::http(explain(error)))),
    }
    if parsed.headers.iter().any(|header| header.name.len() > MAX_NAME) {
        return Err(Malformed::Line);
    }
    let status = parsed.code.unwrap_or_default();
    if parsed.version != Some(1) && status == 101 {
        let words = "the server answered the upgrade with HTTP/1.0, which has no upgrade";
        return Err(Malformed::Head(Error::http(words)));
    }
    let headers = parsed.headers.iter().map(|header| (header.name, header.value));
    let mut response = Response::new(status, parsed.reason.unwrap_or_default(), headers);
    response.is_old = parsed.version != Some(1);
    Ok(response)
}

/// Refuses input that does not begin like an HTTP/1 response. The error says what it seems to be.
fn check_start(input: &[u8]) -> Result<(), Error> {
    const START: &[u8] = b"HTTP/1.";
    let len = input.len().min(START.len());
    if input[..len] == START[..len] {
        return Ok(());
    }
    Err(Error::http(match input {
        [0x15 | 0x16, ..] => {
            "the server answered with TLS where HTTP was expected: is the URL's scheme wss?"
                .to_owned()
        }
        [b'H', b'T', b'T', b'P', b'/', version, ..] if version.is_ascii_digit() => format!(
            "the server answered with HTTP/{}, and not with HTTP/1.1",
            version.escape_ascii()
        ),
        // A SETTINGS frame on stream 0, or the preface that precedes it.
        [0, _, _, 4, ..] | [b'P', b'R', b'I', b' ', ..] => {
            "the server answered with HTTP/2, and not with HTTP/1.1".to_owned()
        }
        _ => format!(
            "the server does not speak HTTP; its answer begins with \"{}\"",
            input[..input.len().min(24)].escape_ascii()
        ),
    }))
}

/// The size of the head with its blank line, if it is complete.
fn head_size(head: &[u8]) -> Option<usize> {
    if !has_blank_line(head) {
        return None;
    }
    (1..=head.len()).find(|&end| {
        let head = &head[..end];
        head.ends_with(b"\n\n") || head.ends_with(b"\n\r\n")
    })
}

/// Whether there is a line feed followed by another line feed or by CR LF.
pub(super) fn has_blank_line(head: &[u8]) -> bool {
    const BLOCK: usize = 256;
    let from = |at: usize| head.get(at..).unwrap_or_default().chunks(BLOCK);
    // In blocks without branches, which become vector code, because this scans everything again for
    // each piece that arrives.
    let mut blocks = from(0).zip(from(1)).zip(from(2));
    head.ends_with(b"\n\n")
        || blocks.any(|((first, second), third)| {
            let bytes = first.iter().zip(second).zip(third);
            let hits = bytes.map(|((&a, &b), &c)| {
                let end = (b == b'\n') | ((b == b'\r') & (c == b'\n'));
                u8::from((a == b'\n') & end)
            });
            hits.fold(0, |any, hit| any | hit) != 0
        })
}

fn explain(error: httparse::Error) -> String {
    let what = match error {
        httparse::Error::TooManyHeaders => {
            return format!("the server's response has more than {MAX_HEADERS} headers")
        }
        httparse::Error::HeaderName => "a header name is malformed",
        httparse::Error::HeaderValue => "a header value is malformed",
        httparse::Error::NewLine => "a line ends wrongly",
        httparse::Error::Status => "the status is malformed",
        httparse::Error::Token => "a character is out of place",
        httparse::Error::Version => "the HTTP version is neither 1.1 nor 1.0",
    };
    format!("the server's response is not HTTP: {what}")
}
