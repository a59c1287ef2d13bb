//! Servers for the tests: one that speaks WebSocket properly (tungstenite), one that
//! misbehaves byte by byte, and the certificates that they need.

#![allow(dead_code)] // each test uses its part

pub mod acting;
pub mod certificates;
pub mod door;
pub mod frames;
pub mod listener;
pub mod proxies;
pub mod raw;
pub mod revoked;
pub mod script;
pub mod websocket;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

/// A port that nobody listens on, reserved so that nobody else gets it.
pub struct ClosedPort {
    socket: Socket,
    pub port: u16,
}

impl ClosedPort {
    pub fn new() -> io::Result<ClosedPort> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SockAddr::from(SocketAddr::from(([127, 0, 0, 1], 0))))?;
        let port = socket.local_addr()?.as_socket().map_or(0, |address| address.port());
        Ok(ClosedPort { socket, port })
    }

    /// From now on somebody listens on it.
    pub fn listen(self) -> io::Result<TcpListener> {
        self.socket.listen(16)?;
        Ok(self.socket.into())
    }
}

/// A port whose backlog is full, so that clients get no answer at all.
pub struct BlackHole {
    _listener: TcpListener,
    _fillers: Vec<Socket>,
    pub port: u16,
}

impl BlackHole {
    pub fn new() -> io::Result<BlackHole> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SockAddr::from(SocketAddr::from(([127, 0, 0, 1], 0))))?;
        socket.listen(0)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        // The first one is let in, and takes the only place before anybody else comes.
        let first = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        let _ = first.connect_timeout(&SockAddr::from(address), Duration::from_secs(1));
        let mut fillers = vec![first];
        for _ in 0..8 {
            let filler = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            filler.set_nonblocking(true)?;
            // The connection stays in progress, which fills the backlog.
            let _ = filler.connect(&SockAddr::from(address));
            fillers.push(filler);
        }
        Ok(BlackHole { _listener: listener, _fillers: fillers, port: address.port() })
    }
}

/// Makes the next `close` of the socket a reset.
pub fn reset_on_close(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
