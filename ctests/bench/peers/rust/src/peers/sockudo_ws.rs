//! sockudo-ws on tokio: a stream and a sink of messages.

use std::future::Future;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use sockudo_ws::client::WebSocketClient;
use sockudo_ws::{Config, Http1, Message, WebSocketStream};

use crate::bench::{Bench, Outcome, Result};
use crate::client::Client;
use crate::on_tokio::{self, run_on_tokio};

pub struct Peer {
    socket: WebSocketStream<sockudo_ws::Stream<Http1>>,
    next: Option<Message>,
}

impl Client for Peer {
    run_on_tokio!();

    async fn open(bench: &Bench) -> Result<Self> {
        let stream = on_tokio::connect(bench).await?;
        let client = WebSocketClient::<Http1>::new(Config::default());
        let (socket, _) = client.connect(stream, bench.address()?, &bench.path(), None).await?;
        Ok(Self { socket, next: None })
    }

    async fn send(&mut self, message: &Bytes, is_text: bool) -> Outcome {
        let message = message.clone();
        let message = if is_text { Message::Text(message) } else { Message::Binary(message) };
        Ok(self.socket.feed(message).await?)
    }

    async fn flush(&mut self) -> Outcome {
        Ok(self.socket.flush().await?)
    }

    async fn receive<T>(&mut self, look: impl FnOnce(&[u8]) -> T) -> Result<T> {
        loop {
            let message = match self.next.take() {
                Some(message) => message,
                None => self.socket.next().await.ok_or("it has closed")??,
            };
            if let Message::Text(data) | Message::Binary(data) = message {
                return Ok(look(&data));
            }
        }
    }

    fn has_more(&mut self) -> bool {
        self.next = self.socket.next().now_or_never().flatten().and_then(|message| message.ok());
        self.next.is_some()
    }

    async fn close(mut self) -> Outcome {
        self.socket.close(1000, "").await?;
        while self.socket.next().await.is_some() {}
        Ok(())
    }
}
