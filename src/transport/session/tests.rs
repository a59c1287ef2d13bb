use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use native_tls::{Identity, TlsAcceptor};

use super::super::stream::Stream;
use super::*;
use crate::tls::{Connector, Opening, Settings, Step, Verify};

const PATIENCE: Duration = Duration::from_secs(20);
const FRAME: &[u8] = b"aaaaaa";

fn client(address: std::net::SocketAddr) -> Session<Stream> {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_nonblocking(true).unwrap();
    let stream = Stream::from(Socket::Tcp(mio::net::TcpStream::from_std(socket)));
    let opening = Opening { name: "localhost", origin: None, asks: false };
    let settings = Settings { verify: Verify::None, ..Settings::default() };
    let mut step = Connector::build(settings).unwrap().connect(opening, stream).unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        match step {
            Step::Done(stream) => return Session::new(stream),
            Step::Pending(pending) => {
                assert!(Instant::now() < deadline, "no handshake in time");
                thread::sleep(Duration::from_millis(1));
                step = pending.advance().unwrap();
            }
            Step::Asked(..) => panic!("nothing is asked"),
        }
    }
}

#[test]
fn what_follows_half_a_record_is_taken_for_its_rest() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let identity = Identity::from_pkcs8(certificate.as_bytes(), key.as_bytes()).unwrap();
    let acceptor = TlsAcceptor::new(identity).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (open, gate) = mpsc::channel::<()>();
    let server = thread::spawn(move || {
        let mut stream = acceptor.accept(listener.accept().unwrap().0).unwrap();
        gate.recv_timeout(PATIENCE).unwrap();
        let mut all = Vec::new();
        // An end without a close_notify is an end, too.
        let _ = stream.read_to_end(&mut all);
        all
    });
    let mut session = client(address);
    let mut taken = 0;
    loop {
        assert!(!session.is_halfway());
        match session.write(FRAME) {
            Ok(count) => taken += count,
            Err(error) => break assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
    }
    assert!(session.is_halfway());
    // The socket takes bytes again, and another frame comes: the frame before it leaves.
    open.send(()).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while session.write(b"bbbbbbbb").is_err() {
        assert!(session.is_halfway() && Instant::now() < deadline);
        thread::sleep(Duration::from_millis(1));
    }
    assert!(!session.is_halfway());
    drop(session);
    let all = server.join().unwrap();
    // How many bytes it says were taken, and which it leaves out, depends on OpenSSL's version.
    assert!(all[taken..].starts_with(FRAME));
    assert!(!all.ends_with(b"bbbbbbbb"), "the other frame has left in whole");
}
