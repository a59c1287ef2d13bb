//! A server that misbehaves: each path is one sin, byte by byte.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tungstenite::handshake::derive_accept_key;
use url::Url;

use super::frames::{
    self, close, frame, header, Frame, BINARY, CLOSE, CONTINUATION, FIN, PING, RSV1, TEXT,
};
use super::listener::{close_gently, wait_until_gone, Board, Ending, Listener, PATIENCE};
use super::reset_on_close;

/// How long written data gets to arrive before a reset discards it.
const BEFORE_RESET: Duration = Duration::from_millis(50);
const LONG_LINE: usize = 1 << 20;
const MAX_REQUEST: usize = 64 << 10;

pub fn start() -> io::Result<Listener> {
    Listener::start(|stream, board| {
        // An error means that the client has gone.
        let _ = serve(stream.tcp(), board);
    })
}

/// A server that calls the script with each connection and its request.
pub fn scripted<F>(script: F) -> io::Result<Listener>
where
    F: Fn(&TcpStream, &Request) -> io::Result<()> + Send + Sync + 'static,
{
    Listener::start(move |stream, _| {
        if let Ok(request) = Request::read(stream.tcp()) {
            let _ = script(stream.tcp(), &request);
        }
    })
}

/// What a client sent to `recording`.
pub struct Heard {
    /// The heads of its requests.
    pub requests: mpsc::Receiver<String>,
    pub frames: mpsc::Receiver<Frame>,
}

/// A server that accepts with these additional headers, sends `says` at once, passes on what it
/// receives, and closes when the client does.
pub fn recording(headers: &'static str, says: Vec<u8>) -> io::Result<(Listener, Heard)> {
    recording_after(|| (), headers, says)
}

/// The same; it accepts when `ready` returns.
pub fn recording_after<F>(
    ready: F,
    headers: &'static str,
    says: Vec<u8>,
) -> io::Result<(Listener, Heard)>
where
    F: Fn() + Send + Sync + 'static,
{
    let (request_sender, requests) = mpsc::channel();
    let (frame_sender, frames) = mpsc::channel();
    let server = scripted(move |mut stream, request| {
        let _ = request_sender.send(request.head.clone());
        ready();
        stream.write_all(&request.accept(headers))?;
        stream.write_all(&says)?;
        loop {
            let frame = frames::read(&mut stream)?;
            let is_close = frame.opcode == CLOSE;
            // First, so that whoever has seen the end finds all frames.
            let _ = frame_sender.send(frame);
            if is_close {
                return stream.write_all(&close(1000, b""));
            }
        }
    })?;
    Ok((server, Heard { requests, frames }))
}

/// The client's request.
pub struct Request {
    pub head: String,
    url: Url,
    key: String,
}

impl Request {
    pub fn read(mut stream: impl Read) -> io::Result<Request> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() > MAX_REQUEST || stream.read(&mut byte)? == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let target = head.split(' ').nth(1).unwrap_or("/");
        let url = Url::parse(&format!("ws://host{target}")).map_err(io::Error::other)?;
        let key = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default();
        Ok(Request { head, url, key })
    }

    /// The values of a header, in order.
    pub fn header_all(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    pub fn path(&self) -> &str {
        self.url.path()
    }

    fn size(&self) -> u64 {
        let size = self.url.query_pairs().find(|(name, _)| name == "size");
        size.and_then(|(_, value)| value.parse().ok()).unwrap_or(1 << 30)
    }

    /// A correct answer, with additional headers.
    pub fn accept(&self, more: &str) -> Vec<u8> {
        let accept = derive_accept_key(self.key.as_bytes());
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{more}\r\n"
        )
        .into_bytes()
    }
}

fn serve(stream: &TcpStream, board: &Board) -> io::Result<()> {
    let request = Request::read(stream)?;
    let path = request.path().to_owned();
    board.saw(&path, Ending::Opened);
    let (start, rest) = match path[1..].split_once('/') {
        Some((start, rest)) => (start, rest),
        None => (&path[1..], ""),
    };
    let mut out = stream;
    match start {
        "status" => refuse(stream, rest),
        "big-body" => {
            let head = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {LONG_LINE}\r\n\r\n");
            out.write_all(head.as_bytes())?;
            out.write_all(&vec![b'b'; LONG_LINE])?;
            farewell(stream)
        }
        "wrong-accept" => {
            let other = Request { key: "AAAAAAAAAAAAAAAAAAAAAA==".to_owned(), ..request };
            out.write_all(&other.accept(""))?;
            farewell(stream)
        }
        "no-upgrade-header" => {
            let answer = String::from_utf8_lossy(&request.accept("")).into_owned();
            out.write_all(answer.replace("Upgrade: websocket\r\n", "").as_bytes())?;
            farewell(stream)
        }
        "unasked-subprotocol" => {
            out.write_all(&request.accept("Sec-WebSocket-Protocol: surprise\r\n"))?;
            farewell(stream)
        }
        "unasked-extension" => {
            out.write_all(&request.accept("Sec-WebSocket-Extensions: permessage-surprise\r\n"))?;
            farewell(stream)
        }
        "endless-headers" => {
            out.write_all(b"HTTP/1.1 101 Switching Protocols\r\n")?;
            let deadline = Instant::now() + PATIENCE;
            for number in 0_u64.. {
                out.write_all(format!("X-Header-{number}: and so on\r\n").as_bytes())?;
                if Instant::now() > deadline {
                    break;
                }
            }
            Ok(())
        }
        "long-header" => {
            out.write_all(b"HTTP/1.1 101 Switching Protocols\r\nX-Long: ")?;
            out.write_all(&vec![b'l'; LONG_LINE])?;
            out.write_all(b"\r\n\r\n")?;
            farewell(stream)
        }
        "close-after" => {
            let answer = request.accept("");
            let count = rest.parse().unwrap_or(usize::MAX).min(answer.len());
            out.write_all(&answer[..count])?;
            farewell(stream)
        }
        "rst-after" => {
            let answer = request.accept("");
            let count = rest.parse().unwrap_or(usize::MAX).min(answer.len());
            out.write_all(&answer[..count])?;
            reset_on_close(stream);
            stream.set_read_timeout(Some(BEFORE_RESET))?;
            let _ = out.read(&mut [0]);
            Ok(())
        }
        "silent" => {
            wait_until_gone(stream);
            Ok(())
        }
        "dribble" => dribble(stream, &request, board),
        "no-close-reply" => {
            out.write_all(&request.accept(""))?;
            listen(stream, board, &path, Answer::Nothing)
        }
        "frame" => {
            out.write_all(&request.accept(""))?;
            // The client may have closed the connection before everything was written.
            let _ = out.write_all(&sin(rest, request.size()));
            if rest == "half" {
                return farewell(stream);
            }
            listen(stream, board, &path, Answer::Nothing)
        }
        _ => refuse(stream, "404"),
    }
}

fn refuse(mut stream: &TcpStream, status: &str) -> io::Result<()> {
    let (reason, more, body) = match status {
        "200" => ("OK", "Content-Type: text/html\r\n", "<html>a page</html>"),
        "301" => ("Moved Permanently", "Location: ws://127.0.0.1:1/elsewhere\r\n", ""),
        "401" => ("Unauthorized", "WWW-Authenticate: Basic realm=\"test\"\r\n", "go away"),
        "404" => ("Not Found", "", "there is nothing here"),
        "500" => ("Internal Server Error", "", "it broke"),
        _ => ("Whatever", "", ""),
    };
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status} {reason}\r\n{more}Content-Length: {length}\r\n\r\n{body}");
    stream.write_all(answer.as_bytes())?;
    farewell(stream)
}

fn farewell(stream: &TcpStream) -> io::Result<()> {
    close_gently(stream);
    Ok(())
}

/// Whether the client's close frame is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Nothing is answered, and the stream stays open until the client fails the connection or runs
    /// out of patience.
    Nothing,
    ByteByByte,
}

/// Reads the client's frames, up to its close frame or its end.
fn listen(mut stream: &TcpStream, board: &Board, path: &str, answer: Answer) -> io::Result<()> {
    let mut closed = false;
    loop {
        match frames::read(&mut stream) {
            Ok(frame) if frame.opcode == CLOSE => {
                closed = true;
                board.saw(path, Ending::Close(frame.closing()));
                if answer == Answer::ByteByByte {
                    dribble_bytes(stream, &close(1000, b""))?;
                    return farewell(stream);
                }
            }
            Ok(_) => {}
            Err(_) => {
                if !closed {
                    board.saw(path, Ending::Lost);
                }
                return Ok(());
            }
        }
    }
}

fn dribble(stream: &TcpStream, request: &Request, board: &Board) -> io::Result<()> {
    dribble_bytes(stream, &request.accept(""))?;
    dribble_bytes(stream, &frame(FIN | TEXT, "dribbled: Grüße".as_bytes()))?;
    listen(stream, board, request.path(), Answer::ByteByByte)
}

/// Writes one byte at a time, far enough apart that each arrives alone.
fn dribble_bytes(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte])?;
        std::thread::sleep(Duration::from_micros(500));
    }
    Ok(())
}

const RSV2: u8 = 0x20;

/// The bytes that no server may send.
fn sin(name: &str, size: u64) -> Vec<u8> {
    let two = |first: Vec<u8>, second: Vec<u8>| [first, second].concat();
    match name {
        "masked" => {
            let mut bytes = vec![FIN | TEXT, 0x80 | 4, 1, 2, 3, 4];
            bytes.extend([b'm' ^ 1, b'a' ^ 2, b's' ^ 3, b'k' ^ 4]);
            bytes
        }
        "rsv1" => frame(FIN | RSV1 | TEXT, b"deflated?"),
        "rsv2" => frame(FIN | RSV2 | TEXT, b"reserved"),
        "reserved-opcode" => frame(FIN | 3, b"reserved"),
        "reserved-control" => frame(FIN | 11, b"reserved"),
        "fragmented-ping" => frame(PING, b"part"),
        "oversize-ping" => frame(FIN | PING, &[b'p'; 126]),
        "bad-close-code" => close(1005, b""),
        "one-byte-close" => frame(FIN | CLOSE, &[3]),
        "bad-close-reason" => close(1000, b"\xff\xfe"),
        "bad-utf8" => frame(FIN | TEXT, b"abc\xc0\x80"),
        "bad-utf8-fragments" => {
            // The first two of three bytes, then a byte that cannot follow.
            two(frame(TEXT, b"abc\xe2\x82"), frame(FIN | CONTINUATION, b"def"))
        }
        "huge-length" => {
            let mut bytes = vec![FIN | BINARY, 127];
            bytes.extend((1_u64 << 63).to_be_bytes());
            bytes
        }
        "over-limit" => header(FIN | BINARY, size),
        "over-limit-fragments" => {
            let piece = (size / 16).max(1) as usize;
            let mut bytes = frame(BINARY, &vec![b'o'; piece]);
            for _ in 0..17 {
                bytes.extend(frame(CONTINUATION, &vec![b'o'; piece]));
            }
            bytes
        }
        "nonminimal-length" => {
            let mut bytes = vec![FIN | TEXT, 126, 0, 5];
            bytes.extend(b"small");
            bytes
        }
        "stray-continuation" => frame(FIN | CONTINUATION, b"of what?"),
        "interleaved-data" => two(frame(TEXT, b"first "), frame(FIN | TEXT, b"second")),
        "half" | "half-silent" => {
            let whole = frame(FIN | TEXT, b"only half of this arrives");
            whole[..whole.len() / 2].to_vec()
        }
        _ => close(1011, b"the test asks for a sin that is not known"),
    }
}
