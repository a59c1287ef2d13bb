//! A connected socket that the host supplied.

use mio::{Interest, Registry, Token};

use crate::error::{Code, Component, Error};
use crate::sys::{self, Adopted};
use crate::transport::Socket;

/// Takes ownership of the socket and registers it.
pub fn adopt(socket: socket2::Socket, registry: &Registry, token: Token) -> Result<Socket, Error> {
    let interest = Interest::READABLE | Interest::WRITABLE;
    let adopted = sys::adopt(socket).and_then(|adopted| match adopted {
        Adopted::Tcp(mut stream) => {
            // Fails on Unix sockets, which have no such option.
            let _ = stream.set_nodelay(true);
            registry.register(&mut stream, token, interest)?;
            Ok(Socket::Tcp(stream))
        }
        Adopted::Local(mut stream) => {
            registry.register(&mut stream, token, interest)?;
            Ok(Socket::Unix(stream))
        }
    });
    adopted.map_err(|error| {
        let words = "the socket that was given as `fd` cannot be used";
        Error::new(Code::Tcp, Component::Tcp, words).because(error)
    })
}
