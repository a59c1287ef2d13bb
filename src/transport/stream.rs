//! A socket, or TLS over another stream. Each phase of the opening passes one to the next.

use std::io::{self, Read, Write};

use super::layer::Layer;
use super::session::Session;
use super::socket::{Received, Socket};

pub enum Stream {
    Plain(Wire),
    Tls(Box<Session<Stream>>),
}

/// A socket, and what is known of it.
pub struct Wire {
    pub(super) socket: Socket,
    turn: Option<Turn>,
}

/// Reads until nothing is left.
#[derive(Clone, Copy)]
struct Turn {
    /// The end of the stream is announced already.
    at_end: bool,
    /// Nothing more had arrived, so the socket need not be asked again.
    would_block: bool,
}

impl From<Socket> for Stream {
    fn from(socket: Socket) -> Stream {
        Stream::Plain(Wire { socket, turn: None })
    }
}

impl Stream {
    pub fn is_tls(&self) -> bool {
        matches!(self, Stream::Tls(_))
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

    fn begin_turn(&mut self, at_end: bool) {
        self.wire().turn = Some(Turn { at_end, would_block: false });
    }

    fn is_drained(&self) -> bool {
        match self {
            Stream::Plain(wire) => wire.turn.is_some_and(|turn| turn.would_block),
            Stream::Tls(session) => session.is_drained(),
        }
    }

    fn say_end(&mut self) {
        if let Stream::Tls(session) = self {
            session.say_end();
        }
    }
}

impl Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.turn {
            None => self.socket.read(buffer),
            Some(turn) => turn.read(&self.socket, buffer),
        }
    }
}

impl Turn {
    fn read(&mut self, socket: &Socket, buffer: &mut [u8]) -> io::Result<usize> {
        // The socket would say the same, but asking it takes as long as a read with data.
        if std::mem::take(&mut self.would_block) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let Received { count, is_drained } = socket.read_to(buffer, self.at_end)?;
        self.would_block = is_drained;
        Ok(count)
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

    /// A server's end, and ours.
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
                Err(_) if all.len() < wanted => stream.begin_turn(false),
                end => return (all, end),
            }
        }
    }

    #[test]
    fn small_reads_lose_nothing() {
        let (mut server, mut stream) = pair();
        for size in [1, 5, 7, 1000, 200_000] {
            let sent: Vec<u8> = (0..size).map(|n| n as u8).collect();
            let writer = {
                let (mut server, sent) = (server.try_clone().unwrap(), sent.clone());
                std::thread::spawn(move || server.write_all(&sent).unwrap())
            };
            stream.begin_turn(false);
            let (received, end) = read_all(&mut stream, size);
            writer.join().unwrap();
            assert!(received == sent, "{size} bytes");
            assert_eq!(end.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        }
        server.write_all(b"last").unwrap();
        drop(server);
        stream.begin_turn(false);
        assert_eq!(read_all(&mut stream, 4).0, b"last");
        // It was found to be drained; the end is seen by whoever asks again.
        stream.begin_turn(false);
        assert_eq!(read_all(&mut stream, 1).1.unwrap(), 0);
    }

    #[test]
    fn an_end_that_is_announced_is_seen_together_with_what_comes_before_it() {
        let (mut server, mut stream) = pair();
        server.write_all(b"last").unwrap();
        drop(server);
        stream.begin_turn(true);
        let (received, end) = read_all(&mut stream, 4);
        assert_eq!((&received[..], end.unwrap()), (&b"last"[..], 0));
    }

    #[test]
    fn a_drained_socket_is_not_asked_twice_in_a_row() {
        let (mut server, mut stream) = pair();
        server.write_all(b"one").unwrap();
        stream.begin_turn(false);
        assert_eq!(read_all(&mut stream, 3).0, b"one");
        server.write_all(b"two").unwrap();
        let Stream::Plain(Wire { turn: Some(turn), .. }) = &mut stream else { panic!() };
        turn.would_block = true;
        assert!(stream.read(&mut [0; 3]).is_err());
        stream.begin_turn(false);
        assert_eq!(read_all(&mut stream, 3).0, b"two");
    }
}
