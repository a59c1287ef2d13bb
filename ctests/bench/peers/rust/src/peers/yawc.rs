//! yawc: a stream and a sink of frames, with permessage-deflate.

use std::future::Future;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use yawc::{Frame, OpCode, Options, WebSocket};

use crate::bench::{Bench, Deflate, Outcome, Result};
use crate::client::Client;
use crate::on_tokio::{self, run_on_tokio, Stream};

const MAX_MESSAGE: usize = 64 << 20;

pub struct Peer {
    socket: WebSocket<Stream>,
    next: Option<Frame>,
}

fn options(bench: &Bench) -> Options {
    let options = Options::default().with_limits(MAX_MESSAGE, 2 * MAX_MESSAGE);
    let options = if bench.is_text { options.with_utf8() } else { options };
    match bench.deflate {
        Deflate::Off => options.without_compression(),
        Deflate::Takeover => options.with_balanced_compression(),
        Deflate::Fresh => options
            .with_balanced_compression()
            .client_no_context_takeover()
            .server_no_context_takeover(),
    }
}

impl Client for Peer {
    const DEFLATES: bool = true;

    run_on_tokio!();

    async fn open(bench: &Bench) -> Result<Self> {
        let stream = on_tokio::connect(bench).await?;
        let url = format!("{}{}", bench.url, bench.path()).parse()?;
        Ok(Self { socket: WebSocket::handshake(url, stream, options(bench)).await?, next: None })
    }

    async fn send(&mut self, message: &Bytes, is_text: bool) -> Outcome {
        let message = message.clone();
        let frame = if is_text { Frame::text(message) } else { Frame::binary(message) };
        Ok(self.socket.feed(frame).await?)
    }

    async fn flush(&mut self) -> Outcome {
        Ok(self.socket.flush().await?)
    }

    async fn receive<T>(&mut self, look: impl FnOnce(&[u8]) -> T) -> Result<T> {
        loop {
            let frame = match self.next.take() {
                Some(frame) => frame,
                None => self.socket.next_frame().await?,
            };
            if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) {
                return Ok(look(frame.payload()));
            }
        }
    }

    fn has_more(&mut self) -> bool {
        self.next = self.socket.next().now_or_never().flatten();
        self.next.is_some()
    }

    async fn close(mut self) -> Outcome {
        self.socket.close().await?;
        while self.socket.next().await.is_some() {}
        Ok(())
    }
}
