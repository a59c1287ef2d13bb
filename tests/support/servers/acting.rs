//! A server that echoes, and does something of a test's own when it is asked to.

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::frames::{self, close, frame, CLOSE, FIN, PING, PONG, TEXT};
use super::listener::Listener;
use super::raw;

/// A server that echoes. For "act" it calls `act` and reports the result.
pub fn acting<T: Send + 'static>(
    act: impl Fn(&mut &TcpStream) -> T + Send + Sync + 'static,
) -> (Listener, mpsc::Receiver<T>) {
    let (sender, results) = mpsc::channel();
    let server = raw::scripted(move |mut stream, request| {
        stream.write_all(&request.accept(""))?;
        loop {
            let heard = frames::read(&mut stream)?;
            if heard.opcode == CLOSE {
                return stream.write_all(&close(1000, b""));
            }
            if heard.opcode == PING {
                stream.write_all(&frame(FIN | PONG, &heard.payload))?;
            }
            if heard.opcode == TEXT {
                stream.write_all(&frame(FIN | TEXT, &heard.payload))?;
            }
            if heard.payload == b"act" {
                let _ = sender.send(act(&mut stream));
            }
        }
    });
    (server.expect("a port of the loopback"), results)
}

/// Sends a ping a moment later, and returns when the client has answered it.
pub fn ping_in_a_moment(stream: &mut &TcpStream) {
    thread::sleep(Duration::from_millis(20));
    stream.write_all(&frame(FIN | PING, b"there?")).unwrap();
    while frames::read(stream).unwrap().opcode != PONG {}
}
