//! tokio-websockets: a stream and a sink of messages.

use std::future::Future;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, Limits, Message, WebSocketStream};

use crate::bench::{Bench, Outcome, Result};
use crate::client::Client;
use crate::on_tokio::{self, run_on_tokio, Stream};

pub struct Peer {
    socket: WebSocketStream<Stream>,
    next: Option<Message>,
}

impl Client for Peer {
    run_on_tokio!();

    async fn open(bench: &Bench) -> Result<Self> {
        let stream = on_tokio::connect(bench).await?;
        let uri = format!("{}{}", bench.url, bench.path()).parse()?;
        let builder = ClientBuilder::from_uri(uri).limits(Limits::unlimited());
        Ok(Self { socket: builder.connect_on(stream).await?.0, next: None })
    }

    async fn send(&mut self, message: &Bytes, is_text: bool) -> Outcome {
        let message = if is_text {
            Message::text(String::from_utf8(message.to_vec())?)
        } else {
            Message::binary(message.clone())
        };
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
            if message.is_text() || message.is_binary() {
                return Ok(look(message.as_payload()));
            }
        }
    }

    fn has_more(&mut self) -> bool {
        self.next = self.socket.next().now_or_never().flatten().and_then(|message| message.ok());
        self.next.is_some()
    }

    async fn close(mut self) -> Outcome {
        self.socket.close().await?;
        while self.socket.next().await.is_some() {}
        Ok(())
    }
}
