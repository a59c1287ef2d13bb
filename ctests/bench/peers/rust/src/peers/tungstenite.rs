//! tungstenite on a blocking socket: no future here ever waits.

use std::future::Future;
use std::net::TcpStream;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{client_tls_with_config, Connector, Message, Utf8Bytes, WebSocket};

use crate::bench::{unavailable, Bench, Outcome, Result};
use crate::client::Client;
use crate::tls;

pub struct Peer {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
}

impl Client for Peer {
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => unreachable!("nothing waits but system calls"),
        }
    }

    /// They would block each other.
    async fn join_all<T: 'static>(_: Vec<impl Future<Output = T> + 'static>) -> Vec<T> {
        unavailable()
    }

    async fn open(bench: &Bench) -> Result<Self> {
        if bench.mode == "latency" && bench.connections > 1 {
            unavailable();
        }
        let stream = TcpStream::connect(bench.address()?)?;
        stream.set_nodelay(true)?;
        let connector =
            if bench.is_tls() { Connector::Rustls(tls::config()) } else { Connector::Plain };
        let url = format!("{}{}", bench.url, bench.path());
        Ok(Self { socket: client_tls_with_config(url, stream, None, Some(connector))?.0 })
    }

    async fn send(&mut self, message: &Bytes, is_text: bool) -> Outcome {
        let message = message.clone();
        let message = if is_text {
            Message::Text(Utf8Bytes::try_from(message)?)
        } else {
            Message::Binary(message)
        };
        Ok(self.socket.write(message)?)
    }

    async fn flush(&mut self) -> Outcome {
        Ok(self.socket.flush()?)
    }

    async fn receive<T>(&mut self, look: impl FnOnce(&[u8]) -> T) -> Result<T> {
        loop {
            let message = self.socket.read()?;
            if message.is_text() || message.is_binary() {
                return Ok(look(&message.into_data()));
            }
        }
    }

    async fn close(mut self) -> Outcome {
        self.socket.close(None)?;
        while self.socket.read().is_ok() {}
        Ok(())
    }
}
