//! wtx: frames, each written at once.

use std::future::Future;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wtx::collection::Vector;
use wtx::misc::UriRef;
use wtx::rng::Xorshift64;
use wtx::stream::{StreamReader, StreamWriter};
use wtx::web_socket::{
    Frame, OpCode, WebSocketBuffer, WebSocketConnector, WebSocketOwned, WebSocketPayloadOrigin,
};

use crate::bench::{Bench, Outcome, Result};
use crate::client::Client;
use crate::on_tokio::{self, run_on_tokio, Stream};

pub struct Peer {
    socket: WebSocketOwned<(), Xorshift64, Transport, true>,
    /// Masked in place: a message that is to be sent again must be copied.
    outgoing: Vec<u8>,
    incoming: Vector<u8>,
}

struct Transport(Stream);

impl StreamReader for Transport {
    async fn read(&mut self, bytes: &mut [u8]) -> wtx::Result<usize> {
        Ok(self.0.read(bytes).await?)
    }
}

impl StreamWriter for Transport {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        Ok(self.0.write_all(bytes).await?)
    }

    async fn write_all_vectored(&mut self, bytes: &[&[u8]]) -> wtx::Result<()> {
        let mut slices: Vec<_> = bytes.iter().map(|part| std::io::IoSlice::new(part)).collect();
        let mut left = slices.as_mut_slice();
        while !left.is_empty() {
            let written = self.0.write_vectored(left).await?;
            std::io::IoSlice::advance_slices(&mut left, written);
        }
        Ok(())
    }
}

impl Peer {
    async fn write(&mut self, opcode: OpCode) -> Outcome {
        let mut frame = Frame::new_fin(opcode, &mut self.outgoing[..]);
        Ok(self.socket.write_frame(&mut frame).await?)
    }
}

impl Client for Peer {
    run_on_tokio!();

    async fn open(bench: &Bench) -> Result<Self> {
        let stream = Transport(on_tokio::connect(bench).await?);
        let url = format!("{}{}", bench.url, bench.path());
        let connector = WebSocketConnector::default().no_masking(false).wsb(WebSocketBuffer::new());
        let socket = connector.connect(stream, &UriRef::new(&url)).await?;
        Ok(Self { socket, outgoing: Vec::new(), incoming: Vector::new() })
    }

    async fn send(&mut self, message: &Bytes, is_text: bool) -> Outcome {
        self.outgoing.clear();
        self.outgoing.extend_from_slice(message);
        self.write(if is_text { OpCode::Text } else { OpCode::Binary }).await
    }

    async fn flush(&mut self) -> Outcome {
        Ok(())
    }

    async fn receive<T>(&mut self, look: impl FnOnce(&[u8]) -> T) -> Result<T> {
        self.incoming.clear();
        loop {
            let frame = self
                .socket
                .read_frame(&mut self.incoming, WebSocketPayloadOrigin::Adaptive)
                .await?;
            if matches!(frame.op_code(), OpCode::Text | OpCode::Binary) {
                return Ok(look(frame.payload()));
            }
        }
    }

    async fn close(mut self) -> Outcome {
        self.outgoing = 1000_u16.to_be_bytes().to_vec();
        self.write(OpCode::Close).await?;
        // An error, once the answer has come: that it is closed.
        while self
            .socket
            .read_frame(&mut self.incoming, WebSocketPayloadOrigin::Adaptive)
            .await
            .is_ok()
        {}
        Ok(())
    }
}
