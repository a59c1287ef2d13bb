//! sockudo-ws on compio, which is io_uring where the kernel lets it be.

use std::future::Future;

use bytes::Bytes;
use compio::net::TcpStream;
use compio::runtime::Runtime;
use sockudo_ws::compio::{connect_async, CompioWebSocketStream};
use sockudo_ws::{Config, Message};

use crate::bench::{unavailable, Bench, Outcome, Result};
use crate::client::Client;

pub struct Peer {
    socket: CompioWebSocketStream<TcpStream>,
}

impl Client for Peer {
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = Runtime::new().expect("a runtime");
        if !runtime.driver_type().is_iouring() {
            unavailable();
        }
        runtime.block_on(future)
    }

    async fn join_all<T: 'static>(futures: Vec<impl Future<Output = T> + 'static>) -> Vec<T> {
        let tasks: Vec<_> = futures.into_iter().map(compio::runtime::spawn).collect();
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await.expect("it does not panic"));
        }
        results
    }

    async fn open(bench: &Bench) -> Result<Self> {
        if bench.is_tls() {
            unavailable();
        }
        let stream = TcpStream::connect(bench.address()?).await?;
        stream.set_nodelay(true)?;
        let path = bench.path();
        let (socket, _) =
            connect_async(stream, bench.address()?, &path, None, Config::default()).await?;
        Ok(Self { socket })
    }

    /// There is no sending without a flush.
    async fn send(&mut self, message: &Bytes, is_text: bool) -> Outcome {
        let message = message.clone();
        let message = if is_text { Message::Text(message) } else { Message::Binary(message) };
        Ok(self.socket.send(message).await?)
    }

    async fn flush(&mut self) -> Outcome {
        Ok(())
    }

    async fn receive<T>(&mut self, look: impl FnOnce(&[u8]) -> T) -> Result<T> {
        loop {
            let message = self.socket.next().await.ok_or("it has closed")??;
            if let Message::Text(data) | Message::Binary(data) = message {
                return Ok(look(&data));
            }
        }
    }

    async fn close(mut self) -> Outcome {
        self.socket.close(1000, "").await?;
        while self.socket.next().await.is_some() {}
        Ok(())
    }
}
