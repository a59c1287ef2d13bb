//! Servers with a script for each connection.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::frames::{self, FIN, TEXT};
use super::listener::{close_gently, Listener};
use super::raw::{scripted, Request};

/// A server whose script also gets the number of the connection, from 0.
pub fn numbered<F>(script: F) -> Listener
where
    F: Fn(usize, &TcpStream, &Request) -> io::Result<()> + Send + Sync + 'static,
{
    let count = AtomicUsize::new(0);
    scripted(move |stream, request| script(count.fetch_add(1, Ordering::SeqCst), stream, request))
        .unwrap()
}

pub fn accept(mut stream: &TcpStream, request: &Request) -> io::Result<()> {
    stream.write_all(&request.accept(""))
}

pub fn say(mut stream: &TcpStream, text: &str) -> io::Result<()> {
    stream.write_all(&frames::frame(FIN | TEXT, text.as_bytes()))
}

/// Reads until the client's close frame, and answers it.
pub fn serve_to_the_end(mut stream: &TcpStream) -> io::Result<()> {
    loop {
        let frame = frames::read(&mut stream)?;
        if frame.opcode == frames::CLOSE {
            stream.write_all(&frames::frame(FIN | frames::CLOSE, &frame.payload))?;
            close_gently(stream);
            return Ok(());
        }
    }
}
