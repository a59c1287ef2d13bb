//! The body of a refused upgrade, up to 64 KiB, with each way in which HTTP/1.1 marks its end.

use httparse::Status;

use crate::protocol::Response;

pub const MAX_BODY: usize = 64 << 10;
/// The most bytes that are read for the body. It is more than the body, because small chunks
/// consist mostly of their sizes.
const MAX_RECEIVED: usize = 2 * MAX_BODY;
/// The longest line with a chunk's size and its extensions.
const MAX_SIZE_LINE: usize = 4096;

pub struct Body {
    content: Vec<u8>,
    received: usize,
    framing: Framing,
}

enum Framing {
    /// This many bytes are still to come.
    Length(u64),
    Chunked {
        state: Chunk,
        /// The bytes of an incomplete line.
        line: Vec<u8>,
    },
    UntilClose,
    /// The limit is reached.
    Cut,
    /// The body is complete. Only another answer can follow.
    Ended,
}

#[derive(Clone, Copy)]
enum Chunk {
    Size,
    Data(u64),
    /// The line break after the data.
    End,
    /// The lines after the last chunk.
    Trailer,
}

impl Body {
    pub fn new(response: &Response) -> Body {
        let chunked = response.text("transfer-encoding").is_some_and(|codings| {
            codings
                .rsplit(',')
                .next()
                .is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked"))
        });
        let length = response.text("content-length").and_then(|text| text.trim().parse().ok());
        let framing = match (response.status, chunked, length) {
            (100..=199 | 204 | 304, _, _) | (_, false, Some(0)) => Framing::Ended,
            (_, true, _) => Framing::Chunked { state: Chunk::Size, line: Vec::new() },
            (_, false, Some(length)) => Framing::Length(length),
            (_, false, None) => Framing::UntilClose,
        };
        Body { content: Vec::new(), received: 0, framing }
    }

    /// Whether nothing more is expected or wanted.
    pub fn is_complete(&self) -> bool {
        matches!(self.framing, Framing::Ended | Framing::Cut)
    }

    /// Whether its end was read, with nothing after it.
    pub fn has_ended(&self) -> bool {
        matches!(self.framing, Framing::Ended)
    }

    /// Whether something other than the end of the connection marks its end.
    pub fn has_length(&self) -> bool {
        !matches!(self.framing, Framing::UntilClose)
    }

    pub fn push(&mut self, bytes: &[u8]) {
        let mut bytes = &bytes[..bytes.len().min(MAX_RECEIVED - self.received)];
        self.received += bytes.len();
        while !bytes.is_empty() && !matches!(self.framing, Framing::Cut) {
            let used = match &mut self.framing {
                Framing::Cut => return,
                Framing::Ended => {
                    self.framing = Framing::Cut;
                    return;
                }
                Framing::UntilClose => {
                    self.content.extend_from_slice(bytes);
                    bytes.len()
                }
                Framing::Length(left) => {
                    let used = take(&mut self.content, bytes, left);
                    if *left == 0 {
                        self.framing = Framing::Ended;
                    }
                    used
                }
                Framing::Chunked { state, line } => {
                    match chunked(state, line, &mut self.content, bytes) {
                        Chunked::Goes(used) => used,
                        Chunked::Ends(used) => {
                            self.framing = Framing::Ended;
                            used
                        }
                        Chunked::Breaks => {
                            self.framing = Framing::Cut;
                            return;
                        }
                    }
                }
            };
            bytes = &bytes[used..];
            if self.content.len() >= MAX_BODY && !self.has_ended() {
                self.content.truncate(MAX_BODY);
                self.framing = Framing::Cut;
            }
        }
        if self.received >= MAX_RECEIVED {
            self.framing = Framing::Cut;
        }
    }

    pub fn into_content(self) -> Vec<u8> {
        self.content
    }
}

/// Moves bytes into `content`, up to the `left` bytes of a section.
fn take(content: &mut Vec<u8>, bytes: &[u8], left: &mut u64) -> usize {
    let used = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
    content.extend_from_slice(&bytes[..used]);
    *left -= used as u64;
    used
}

/// The result of a step of the chunked coding, with the number of bytes consumed.
enum Chunked {
    Goes(usize),
    Ends(usize),
    Breaks,
}

fn chunked(state: &mut Chunk, line: &mut Vec<u8>, content: &mut Vec<u8>, bytes: &[u8]) -> Chunked {
    if let Chunk::Data(left) = state {
        let used = take(content, bytes, left);
        if *left == 0 {
            *state = Chunk::End;
        }
        return Chunked::Goes(used);
    }
    let line_end = bytes.iter().position(|&byte| byte == b'\n');
    let used = line_end.map_or(bytes.len(), |at| at + 1);
    line.extend_from_slice(&bytes[..used]);
    if line.len() > MAX_SIZE_LINE {
        return Chunked::Breaks;
    }
    if line_end.is_none() {
        return Chunked::Goes(used);
    }
    match state {
        Chunk::Size => match httparse::parse_chunk_size(line) {
            // The parser reads an empty line as 0.
            Ok(Status::Complete((_, 0))) if line[0] == b'0' => *state = Chunk::Trailer,
            Ok(Status::Complete((_, 0))) => return Chunked::Breaks,
            Ok(Status::Complete((_, size))) => *state = Chunk::Data(size),
            _ => return Chunked::Breaks,
        },
        Chunk::Trailer if line == b"\r\n" => return Chunked::Ends(used),
        Chunk::Trailer => {}
        _ if line == b"\r\n" => *state = Chunk::Size,
        _ => return Chunked::Breaks,
    }
    line.clear();
    Chunked::Goes(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(status: u16, headers: &[(&str, &str)]) -> Body {
        Body::new(&Response::new(status, "", headers.iter().copied()))
    }

    /// The content and whether it is complete, however the bytes arrive.
    fn read(status: u16, headers: &[(&str, &str)], bytes: &[u8]) -> (Vec<u8>, bool) {
        let mut whole = body(status, headers);
        whole.push(bytes);
        let mut single = body(status, headers);
        bytes.iter().for_each(|&byte| single.push(&[byte]));
        assert_eq!(whole.content, single.content);
        assert_eq!(whole.is_complete(), single.is_complete());
        let complete = whole.is_complete();
        (whole.into_content(), complete)
    }

    #[test]
    fn ends_where_http_says() {
        let length = [("Content-Length", "5")];
        assert_eq!(read(401, &length, b"hello world"), (b"hello".to_vec(), true));
        assert_eq!(read(401, &length, b"hel"), (b"hel".to_vec(), false));
        assert_eq!(read(401, &[("content-length", "0")], b"x"), (vec![], true));
        assert_eq!(read(401, &[], b"hello"), (b"hello".to_vec(), false));
        assert_eq!(read(304, &length, b""), (vec![], true));
        assert_eq!(read(401, &[("Content-Length", "many")], b"hello"), (b"hello".to_vec(), false));
    }

    #[test]
    fn chunks_are_joined() {
        let coding = [("Transfer-Encoding", "gzip, Chunked"), ("Content-Length", "3")];
        for (bytes, content, complete) in [
            (&b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n"[..], &b"hello world"[..], true),
            (b"A\r\n0123456789\r\n", b"0123456789", false),
            (b"5\r\nhel", b"hel", false),
            (b"5\r\nhelloX\r\n3\r\nabc\r\n", b"hello", true),
            (b"nonsense\r\nabc", b"", true),
            (b"\r\nabc", b"", true),
            (b"0\r\n\r\nrest", b"", true),
            (b"fffffffffffffffff\r\nabc", b"", true),
        ] {
            let words = String::from_utf8_lossy(bytes);
            assert_eq!(read(401, &coding, bytes), (content.to_vec(), complete), "{words}");
        }
        let (content, complete) = read(401, &coding, &[b'1'; MAX_SIZE_LINE + 1]);
        assert_eq!((content, complete), (vec![], true));
    }

    #[test]
    fn it_has_ended_only_where_the_next_answer_can_begin() {
        let has_ended = |headers: &[(&str, &str)], bytes: &[u8]| {
            let mut body = body(401, headers);
            body.push(bytes);
            body.has_ended()
        };
        let length = [("Content-Length", "5")];
        let chunked = [("Transfer-Encoding", "chunked")];
        assert!(has_ended(&length, b"hello") && has_ended(&[("Content-Length", "0")], b""));
        assert!(!has_ended(&length, b"hell") && !has_ended(&length, b"hello!"));
        assert!(!has_ended(&[], b"hello"));
        assert!(has_ended(&chunked, b"1\r\nx\r\n0\r\nA: b\r\n\r\n"));
        assert!(!has_ended(&chunked, b"1\r\nx\r\n0\r\nA: b\r\n"));
        assert!(!has_ended(&chunked, b"0\r\n\r\nHTTP"));
        assert!(!has_ended(&chunked, b"nonsense\r\n"));
        assert!(!has_ended(&[("Content-Length", "99999")], &[b'x'; MAX_BODY]));
        let most = MAX_BODY.to_string();
        assert!(has_ended(&[("Content-Length", &most)], &[b'x'; MAX_BODY]));
    }

    #[test]
    fn no_more_than_64_kib() {
        let long = vec![b'x'; MAX_BODY + 1];
        assert_eq!(read(500, &[], &long), (vec![b'x'; MAX_BODY], true));
        let (content, complete) = read(500, &[("Content-Length", "99999999999999999999")], &long);
        assert_eq!((content.len(), complete), (MAX_BODY, true));
        let tiny = b"1\r\nx\r\n".repeat(MAX_BODY);
        let (content, complete) = read(500, &[("Transfer-Encoding", "chunked")], &tiny);
        assert_eq!((content.len(), complete), (MAX_RECEIVED / 6, true));
        let mut chunk = b"ffffffff\r\n".to_vec();
        chunk.extend_from_slice(&long);
        let (content, complete) = read(500, &[("Transfer-Encoding", "chunked")], &chunk);
        assert_eq!((content.len(), complete), (MAX_BODY, true));
    }
}
