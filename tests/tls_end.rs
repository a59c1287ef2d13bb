//! However a connection over TLS ends, the server first gets a close_notify. Anybody can cut a
//! stream, so servers log an end without it as an error.

mod support;

use std::ffi::CString;
use std::io::Write;
use std::sync::mpsc;

use hostws::capi::*;
use openssl::ssl::{ErrorCode, SslStream};
use support::host::*;
use support::servers::certificates::{pin, Certificates};
use support::servers::frames::close;
use support::servers::listener::{Connected, Listener, PATIENCE};
use support::servers::raw::Request;
use support::servers::websocket::openssl_acceptor;

/// A server that sends what its script has for the path, and reports for each connection whether
/// its TLS was ended.
struct Server {
    listener: Listener,
    ends: mpsc::Receiver<(String, bool)>,
}

type Tls = SslStream<Connected>;

fn start(certificates: &Certificates, answer: fn(&Request) -> Vec<u8>) -> Server {
    let acceptor = openssl_acceptor(&certificates.good, |_| Ok(())).unwrap();
    let (sender, ends) = mpsc::channel();
    let listener = Listener::start(move |stream, _| {
        let Ok(mut stream) = acceptor.accept(stream) else {
            let _ = sender.send(("no handshake".to_owned(), false));
            return;
        };
        let path = match Request::read(&mut stream) {
            Ok(request) => {
                let _ = stream.write_all(&answer(&request));
                request.path().to_owned()
            }
            Err(_) => String::new(),
        };
        let is_ended = is_ended(&mut stream);
        let _ = sender.send((path, is_ended));
    });
    Server { listener: listener.unwrap(), ends }
}

/// Reads to the end. Returns whether TLS was ended properly.
fn is_ended(stream: &mut Tls) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match stream.ssl_read(&mut buffer) {
            Ok(_) => {}
            Err(error) => return error.code() == ErrorCode::ZERO_RETURN,
        }
    }
}

impl Server {
    fn url(&self, path: &str) -> String {
        format!("wss://localhost:{}{path}", self.listener.port)
    }

    #[track_caller]
    fn check_ended(&self, path: &str) {
        let end = self.ends.recv_timeout(PATIENCE);
        assert_eq!(end, Ok((path.to_owned(), true)), "close_notify");
    }
}

fn answer(request: &Request) -> Vec<u8> {
    let accepted = |frames: &[u8]| [&request.accept("")[..], frames].concat();
    match request.path() {
        "/open" => accepted(b""),
        "/closing" => accepted(&close(1000, b"")),
        "/restarting" => accepted(&close(1012, b"")),
        "/refused" => b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno".to_vec(),
        "/moved" => b"HTTP/1.1 302 Found\r\nLocation: /open\r\nContent-Length: 0\r\n\r\n".to_vec(),
        "/wrong" => b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n\r\n".to_vec(),
        "/bad-frame" => accepted(b"\xff\xff"),
        _ => Vec::new(),
    }
}

/// One after the other, because the last way affects the whole process.
#[test]
fn every_end_is_said_by_tls_too() {
    let certificates = Certificates::new().unwrap();
    let server = start(&certificates, answer);
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let open_at = |server: &Server, path: &str, set: &dyn Fn(&mut ws_options)| {
        Client::with(&server.url(path), |options| {
            options.tls_ca = ca.as_ptr();
            options.close_timeout_ms = 300;
            set(options);
        })
    };
    let open_with = |path: &str, set: &dyn Fn(&mut ws_options)| open_at(&server, path, set);
    let open = |path: &str| open_with(path, &|_| {});

    let client = open("/open");
    client.wait_open();
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    server.check_ended("/open");
    client.finish();

    // The server does not answer, so the time limit ends the connection.
    let client = open("/open");
    client.wait_open();
    client.terminate();
    server.check_ended("/open");
    client.finish();

    for path in ["/closing", "/refused", "/wrong", "/bad-frame"] {
        let client = open(path);
        client.finish();
        server.check_ended(path);
    }

    let client = open_with("/moved", &|options| options.max_redirects = 1);
    server.check_ended("/moved");
    client.wait_open();
    ws_abort(client.id);
    server.check_ended("/open");
    client.finish();

    // Its own, for what is seen of the attempts that follow is left to chance.
    let restarting = start(&certificates, answer);
    let client = open_at(&restarting, "/restarting", &|options| {
        options.reconnect_max = 1;
        options.reconnect_min_ms = 1;
    });
    restarting.check_ended("/restarting");
    ws_abort(client.id);
    client.finish();

    // Tried with more time if the time was too short even for the handshake.
    let timed_out = [500, 5000, 30_000].into_iter().find_map(|limit| {
        open_with("/silent", &|options| options.open_timeout_ms = limit).finish();
        let (path, is_ended) = server.ends.recv_timeout(PATIENCE).unwrap();
        (path == "/silent").then_some(is_ended)
    });
    assert_eq!(timed_out, Some(true));

    let other = CString::new(pin(&certificates.other_ca)).unwrap();
    let client = open_with("/never-asked", &|options| options.tls_pins = other.as_ptr());
    client.finish();
    server.check_ended("");

    let client = open("/open");
    client.wait_open();
    ws_shutdown(0);
    server.check_ended("/open");
    client.finish();
}
