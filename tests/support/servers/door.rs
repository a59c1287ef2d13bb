//! A Unix socket whose connections are relayed to a port.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

/// It stays open until the process ends.
pub fn open(path: &Path, port: u16) -> io::Result<()> {
    serve(UnixListener::bind(path)?, port);
    Ok(())
}

/// The same for an existing listener.
pub fn serve(listener: UnixListener, port: u16) {
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || carry(from, to));
            thread::spawn(move || carry(server, client));
        }
    });
}

trait Half: Read + Write {
    fn no_more(&self);
}

impl Half for TcpStream {
    fn no_more(&self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

impl Half for UnixStream {
    fn no_more(&self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

fn carry(mut from: impl Half, mut to: impl Half) {
    let _ = io::copy(&mut from, &mut to);
    to.no_more();
}
