//! web-socket: frames over any stream, so over a buffered one. It leaves the handshake to its caller.

use std::future::Future;

use base64::prelude::{Engine, BASE64_STANDARD};
use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter};
use web_socket::{Event, Frame, WebSocket};

use crate::bench::{monotonic, Bench, Outcome, Result};
use crate::client::Client;
use crate::on_tokio::{self, run_on_tokio, Stream};

const BUFFER: usize = 64 << 10;
const MAX_MESSAGE: usize = 64 << 20;

pub struct Peer {
    socket: WebSocket<BufReader<BufWriter<Stream>>>,
}

async fn shake_hands(stream: &mut BufReader<BufWriter<Stream>>, bench: &Bench) -> Outcome {
    let key = BASE64_STANDARD.encode(u128::from(monotonic()).to_ne_bytes());
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n",
        bench.path(),
        bench.address()?
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    if !line.contains(" 101 ") {
        return Err(line.into());
    }
    while !line.trim_end().is_empty() {
        line.clear();
        stream.read_line(&mut line).await?;
    }
    Ok(())
}

impl Client for Peer {
    run_on_tokio!();

    async fn open(bench: &Bench) -> Result<Self> {
        let stream = on_tokio::connect(bench).await?;
        let mut stream = BufReader::with_capacity(BUFFER, BufWriter::with_capacity(BUFFER, stream));
        shake_hands(&mut stream, bench).await?;
        let mut socket = WebSocket::client(stream);
        socket.max_payload_len = MAX_MESSAGE;
        Ok(Self { socket })
    }

    async fn send(&mut self, message: &Bytes, is_text: bool) -> Outcome {
        let opcode = if is_text { 1 } else { 2 };
        Ok(self.socket.send(Frame { fin: true, opcode, data: message }).await?)
    }

    async fn flush(&mut self) -> Outcome {
        Ok(self.socket.stream.flush().await?)
    }

    async fn receive<T>(&mut self, look: impl FnOnce(&[u8]) -> T) -> Result<T> {
        loop {
            match self.socket.recv().await? {
                Event::Data { data, .. } => return Ok(look(&data)),
                Event::Error(error) => return Err(error.into()),
                Event::Close { .. } => return Err("it has closed".into()),
                Event::Ping(_) | Event::Pong(_) => {}
            }
        }
    }

    fn has_more(&mut self) -> bool {
        !self.socket.stream.buffer().is_empty()
    }

    async fn close(self) -> Outcome {
        Ok(self.socket.close(()).await?)
    }
}
