//! fastwebsockets: frames, each written at once; hyper does its handshake.

use std::future::Future;

use bytes::Bytes;
use fastwebsockets::handshake::{self, generate_key};
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload};
use http_body_util::Empty;
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::rt::Executor;
use hyper::upgrade::Upgraded;
use hyper::Request;
use hyper_util::rt::TokioIo;

use crate::bench::{Bench, Outcome, Result};
use crate::client::Client;
use crate::on_tokio::{self, run_on_tokio};

pub struct Peer {
    socket: FragmentCollector<TokioIo<Upgraded>>,
}

struct Spawner;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Spawner {
    fn execute(&self, future: F) {
        tokio::task::spawn(future);
    }
}

impl Client for Peer {
    run_on_tokio!();

    async fn open(bench: &Bench) -> Result<Self> {
        let stream = on_tokio::connect(bench).await?;
        let request = Request::get(bench.path())
            .header(HOST, bench.address()?)
            .header(UPGRADE, "websocket")
            .header(CONNECTION, "upgrade")
            .header("Sec-WebSocket-Key", generate_key())
            .header("Sec-WebSocket-Version", "13")
            .body(Empty::<Bytes>::new())?;
        let (socket, _) = handshake::client(&Spawner, request, stream).await?;
        Ok(Self { socket: FragmentCollector::new(socket) })
    }

    async fn send(&mut self, message: &Bytes, is_text: bool) -> Outcome {
        let payload = Payload::Borrowed(message);
        let frame = if is_text { Frame::text(payload) } else { Frame::binary(payload) };
        Ok(self.socket.write_frame(frame).await?)
    }

    async fn flush(&mut self) -> Outcome {
        Ok(())
    }

    async fn receive<T>(&mut self, look: impl FnOnce(&[u8]) -> T) -> Result<T> {
        loop {
            let frame = self.socket.read_frame().await?;
            if matches!(frame.opcode, OpCode::Text | OpCode::Binary) {
                return Ok(look(&frame.payload));
            }
        }
    }

    async fn close(mut self) -> Outcome {
        self.socket.write_frame(Frame::close(1000, b"")).await?;
        self.socket.read_frame().await?;
        Ok(())
    }
}
