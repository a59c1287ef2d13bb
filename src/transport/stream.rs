//! A socket, or TLS over another stream. Each phase of the opening passes one to the next.

use std::cell::Cell;
use std::io::{self, Read, Write};

use super::layer::{Heard, Layer};
use super::session::Session;
use super::socket::{Received, Room, Socket};

/// How much is read ahead. TLS needs two reads for a record, its header and the rest. With this,
/// it reads from memory.
const READ_AHEAD: usize = 64 * 1024;

pub enum Stream {
    Plain(Wire),
    Tls(Box<Session<Stream>>),
}

/// A socket, and what was read ahead from it.
pub struct Wire {
    pub(super) socket: Socket,
    ahead: Option<Ahead>,
    heard: Option<Heard>,
}

#[derive(Default)]
struct Ahead {
    bytes: Vec<u8>,
    at: usize,
    /// The end of the stream is announced already.
    at_end: bool,
    /// Nothing more had arrived, so the socket need not be asked again.
    would_block: bool,
}

thread_local! {
    /// The memory of `Ahead`, while it is empty.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl From<Socket> for Stream {
    fn from(socket: Socket) -> Stream {
        Stream::Plain(Wire { socket, ahead: None, heard: None })
    }
}

impl Stream {
    pub fn is_tls(&self) -> bool {
        matches!(self, Stream::Tls(_))
    }

    /// Keeps the first bytes that are read from here on.
    pub fn listen(&mut self) {
        *self.heard_place() = Some(Heard::default());
    }

    fn heard_place(&mut self) -> &mut Option<Heard> {
        match self {
            Stream::Plain(wire) => &mut wire.heard,
            Stream::Tls(session) => session.heard_place(),
        }
    }

    fn wire(&mut self) -> &mut Wire {
        match self {
            Stream::Plain(wire) => wire,
            Stream::Tls(session) => session.below().wire(),
        }
    }
}

impl Layer for Stream {
    fn socket(&self) -> &Socket {
        match self {
            Stream::Plain(wire) => &wire.socket,
            Stream::Tls(session) => session.socket(),
        }
    }

    fn read_ahead(&mut self, at_end: bool) {
        let ahead = self.wire().ahead.get_or_insert_default();
        ahead.at_end = at_end;
        ahead.would_block = false;
    }

    fn is_drained(&self) -> bool {
        match self {
            Stream::Plain(Wire { ahead: Some(ahead), .. }) => {
                ahead.would_block && ahead.at == ahead.bytes.len()
            }
            Stream::Plain(_) => false,
            Stream::Tls(session) => session.is_drained(),
        }
    }

    fn heard(&mut self) -> Vec<u8> {
        self.heard_place().take().map(Heard::into_bytes).unwrap_or_default()
    }

    fn say_end(&mut self) {
        if let Stream::Tls(session) = self {
            session.say_end();
        }
    }
}

impl Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.ahead {
            None => self.socket.read(buffer),
            Some(ahead) => ahead.read(&self.socket, buffer),
        };
        Heard::note(&mut self.heard, &read, buffer);
        read
    }
}

impl Ahead {
    fn read(&mut self, socket: &Socket, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.bytes.len() {
            // The socket would say the same, but asking it takes as long as a read with data.
            if std::mem::take(&mut self.would_block) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.refill(socket)?;
        }
        let rest = &self.bytes[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        if self.at == self.bytes.len() {
            self.give_back();
        }
        Ok(count)
    }

    fn refill(&mut self, socket: &Socket) -> io::Result<()> {
        // A thread that is ending has none.
        self.bytes = SPARE.try_with(Cell::take).unwrap_or_default();
        self.bytes.try_reserve_exact(READ_AHEAD).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let room = Room { buffer: &mut self.bytes, most: READ_AHEAD };
        match socket.receive(&mut [room], self.at_end) {
            Ok(Received { is_drained, .. }) => {
                self.would_block = is_drained;
                Ok(())
            }
            Err(error) => {
                self.give_back();
                Err(error)
            }
        }
    }

    fn give_back(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        self.at = 0;
        let _ = SPARE.try_with(|spare| spare.set(bytes));
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(wire) => wire.read(buffer),
            Stream::Tls(session) => session.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(wire) => wire.socket.write(bytes),
            Stream::Tls(session) => session.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(_) => Ok(()),
            Stream::Tls(session) => session.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// A server's end, and a wire that reads ahead.
    fn pair() -> (TcpStream, Stream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_nonblocking(true).unwrap();
        let socket = Socket::Tcp(mio::net::TcpStream::from_std(client));
        (listener.accept().unwrap().0, Stream::from(socket))
    }

    /// Reads by sevens until there is nothing more.
    fn read_all(stream: &mut Stream, wanted: usize) -> (Vec<u8>, io::Result<usize>) {
        let mut all = Vec::new();
        loop {
            let mut piece = [0; 7];
            match stream.read(&mut piece) {
                Ok(count @ 1..) => all.extend_from_slice(&piece[..count]),
                // It is still on its way.
                Err(_) if all.len() < wanted => stream.read_ahead(false),
                end => return (all, end),
            }
        }
    }

    #[test]
    fn small_reads_are_answered_from_memory_and_lose_nothing() {
        let (mut server, mut stream) = pair();
        stream.read_ahead(false);
        for size in [1, 5, 7, 1000, 3 * READ_AHEAD + 11] {
            let sent: Vec<u8> = (0..size).map(|n| n as u8).collect();
            let writer = {
                let (mut server, sent) = (server.try_clone().unwrap(), sent.clone());
                std::thread::spawn(move || server.write_all(&sent).unwrap())
            };
            stream.read_ahead(false);
            let (received, end) = read_all(&mut stream, size);
            writer.join().unwrap();
            assert!(received == sent, "{size} bytes");
            assert_eq!(end.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        }
        let Stream::Plain(Wire { ahead: Some(ahead), .. }) = &stream else { panic!() };
        assert_eq!(ahead.bytes.capacity(), 0, "memory that nothing is in");
        server.write_all(b"last").unwrap();
        drop(server);
        stream.read_ahead(false);
        assert_eq!(read_all(&mut stream, 4).0, b"last");
        // It was found to be drained; the end is seen by whoever asks again.
        stream.read_ahead(false);
        assert_eq!(read_all(&mut stream, 1).1.unwrap(), 0);
    }

    #[test]
    fn an_end_that_is_announced_is_seen_together_with_what_comes_before_it() {
        let (mut server, mut stream) = pair();
        server.write_all(b"last").unwrap();
        drop(server);
        stream.read_ahead(true);
        let (received, end) = read_all(&mut stream, 4);
        assert_eq!((&received[..], end.unwrap()), (&b"last"[..], 0));
    }

    #[test]
    fn a_drained_socket_is_not_asked_twice_in_a_row() {
        let (mut server, mut stream) = pair();
        server.write_all(b"one").unwrap();
        stream.read_ahead(false);
        assert_eq!(read_all(&mut stream, 3).0, b"one");
        server.write_all(b"two").unwrap();
        let Stream::Plain(Wire { ahead: Some(ahead), .. }) = &mut stream else { panic!() };
        ahead.would_block = true;
        assert!(stream.read(&mut [0; 3]).is_err());
        stream.read_ahead(false);
        assert_eq!(read_all(&mut stream, 3).0, b"two");
    }
}
