//! Connections on sockets that the host has connected.

mod support;

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::net::UnixStream;
use std::thread;

use hostws::capi::*;
use socket2::{Domain, Socket, Type};
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::websocket;
use support::ws_server;

/// One end of a socket pair, whose other end is relayed to a port.
fn pair_to(port: u16) -> UnixStream {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut from, mut to) = (theirs.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (server, theirs);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    ours
}

fn check_echo(client: &Client) {
    let text = "long ".repeat(100_000);
    client.send(&text);
    client.wait_messages(1);
    assert!(client.messages() == [text.as_bytes()]);
    client.terminate();
    client.finish().check_clean(1000, "");
}

fn on(url: &str, socket: impl IntoRawFd) -> Client {
    let fd = socket.into_raw_fd();
    Client::with(url, |options| options.fd = fd.into())
}

#[test]
fn any_stream_socket_will_do() {
    let server = ws_server();
    let tcp = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    check_echo(&on("ws://example.invalid/echo", tcp));
    check_echo(&on("ws://example.invalid/echo", pair_to(server.port)));
}

#[test]
fn tls_is_spoken_on_it() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let ca = CString::new(certificates.ca_pem).unwrap();
    let fd = pair_to(server.port).into_raw_fd();
    let client = Client::with("wss://localhost:7/echo", |options| {
        options.fd = fd.into();
        options.tls_ca = ca.as_ptr();
    });
    check_echo(&client);
}

#[test]
fn it_is_closed_with_the_connection() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let client = on("ws://h/", ours);
    let mut request = [0; 1024];
    let length = theirs.read(&mut request).unwrap();
    assert!(request[..length].starts_with(b"GET / HTTP/1.1\r\n"));
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
    theirs.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(theirs.read(&mut request).unwrap(), 0, "the end of the stream");
}

/// The error message of ws_new() when it refuses these options.
fn refused(set: impl FnOnce(&mut ws_options)) -> String {
    let mut options = options();
    set(&mut options);
    // SAFETY: all is valid during the call.
    let id = unsafe { ws_new(c"ws://h/".as_ptr(), std::ptr::null(), &options) };
    assert_eq!(id, HOSTWS_E_OPTION, "{}", last_words());
    last_words()
}

#[test]
fn what_is_no_connected_stream_is_refused() {
    let file = File::open("/dev/null").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let fresh = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    for (fd, words) in [
        (file.as_raw_fd(), "is not a socket"),
        (udp.as_raw_fd(), "is not a stream socket"),
        (listener.as_raw_fd(), "is not connected"),
        (fresh.as_raw_fd(), "is not connected"),
        (999_999, "is not an open descriptor"),
        (-1, "is not an open descriptor"),
    ] {
        let said = refused(|options| options.fd = fd.into());
        assert!(said.contains(words) && said.contains("option fd"), "{fd}: {said}");
    }
}

#[test]
fn a_refused_socket_stays_the_hosts_and_as_it_was() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let fd = ours.as_raw_fd();
    type Set = fn(&mut ws_options);
    let sets: [(&str, Set); 8] = [
        ("reconnect_max", |options| options.reconnect_max = -1),
        ("max_redirects", |options| options.max_redirects = 1),
        ("proxy", |options| options.proxy = c"http://h".as_ptr()),
        ("local_address", |options| options.local_address = c"127.0.0.1".as_ptr()),
        ("connect_to", |options| options.connect_to = c"*=127.0.0.1".as_ptr()),
        ("tcp_keepalive_ms", |options| options.tcp_keepalive_ms = 1),
        ("tcp_send_buffer", |options| options.tcp_send_buffer = 1),
        ("queue", |options| options.tls_verify = 77),
    ];
    for (name, set) in sets {
        let said = refused(|options| {
            options.fd = fd.into();
            set(options);
        });
        assert!(said.contains(name) || said.contains("tls_verify"), "{name}: {said}");
    }
    // SAFETY: fcntl only takes numbers here.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    assert!(flags >= 0 && flags & libc::O_NONBLOCK == 0);
}

#[test]
fn a_second_request_goes_over_it_and_not_over_another() {
    for is_kept in [true, false] {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.set_read_timeout(Some(PATIENCE)).unwrap();
        let client = on("ws://user:password@127.0.0.1:9/", ours);
        let mut request = [0; 2048];
        assert!(theirs.read(&mut request).unwrap() > 0);
        let connection = if is_kept { "keep-alive" } else { "close" };
        let challenge = format!(
            "HTTP/1.1 401 Who?\r\nContent-Length: 0\r\nConnection: {connection}\r\n\
             WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n\r\n"
        );
        theirs.write_all(challenge.as_bytes()).unwrap();
        if is_kept {
            let length = theirs.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]);
            assert!(request.contains("Authorization: Digest"), "{request}");
        }
        drop(theirs);
        let words = format!("{:?}", client.finish().errors());
        assert!(words.contains("has been used"), "{words}");
    }
}
