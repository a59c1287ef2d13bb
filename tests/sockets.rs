//! Where and how the sockets of a connection are made.

mod support;

use std::ffi::CString;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use hostws::capi::*;
use socket2::SockRef;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::{websocket, ClosedPort};
use support::ws_server;

/// A listener that hangs up, and reports the client's address.
struct Door {
    port: u16,
    callers: Receiver<IpAddr>,
}

impl Door {
    fn new(address: &str) -> Door {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, callers) = mpsc::channel();
        thread::spawn(move || loop {
            let (mut stream, caller) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n");
            if sender.send(caller.ip()).is_err() {
                return;
            }
        });
        Door { port, callers }
    }

    fn caller(&self) -> String {
        self.callers.recv_timeout(PATIENCE).expect("a connection").to_string()
    }
}

fn text(text: &str) -> CString {
    CString::new(text).unwrap()
}

fn from(url: &str, local: &str) -> Story {
    let local = text(local);
    Client::with(url, |options| options.local_address = local.as_ptr()).finish()
}

#[test]
fn local_addresses_are_used_in_turn() {
    let door = Door::new("127.0.0.1");
    let url = format!("ws://127.0.0.1:{}/", door.port);
    let callers: Vec<String> = (0..4)
        .map(|_| {
            from(&url, "127.0.0.2, 127.0.0.3:0,::1");
            door.caller()
        })
        .collect();
    assert_eq!(callers, ["127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.3"]);
}

#[test]
fn a_reconnect_comes_from_the_next_local_address() {
    let door = Door::new("127.0.0.1");
    let local = text("127.0.0.4,127.0.0.5");
    let client = Client::with(&format!("ws://127.0.0.1:{}/", door.port), |options| {
        options.local_address = local.as_ptr();
        options.reconnect_max = 2;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 1;
    });
    client.finish();
    assert_eq!(
        [door.caller(), door.caller(), door.caller()],
        ["127.0.0.4", "127.0.0.5", "127.0.0.4"]
    );
}

#[test]
fn a_proxy_is_reached_from_the_local_address_too() {
    let proxy = Door::new("127.0.0.1");
    let (url, local) = (text(&format!("http://127.0.0.1:{}", proxy.port)), text("127.0.0.6"));
    let client = Client::with("ws://example.invalid/", |options| {
        options.proxy = url.as_ptr();
        options.local_address = local.as_ptr();
    });
    client.finish();
    assert_eq!(proxy.caller(), "127.0.0.6");
}

#[test]
fn what_is_wrong_with_the_local_address_is_told() {
    let server = ws_server();
    let url = format!("ws://127.0.0.1:{}/drop", server.port);
    let story = from(&url, "192.0.2.77");
    story.check_failed(1006, &["ws", "tcp", "tcp", "os"], "cannot come from 192.0.2.77");
    let story = from(&url, "::1");
    story.check_failed(1006, &["ws", "tcp", "tcp"], "local_address has no IPv4 address");
    // A missing address is skipped.
    assert!(from(&url, "192.0.2.77,127.0.0.7").was_open());
}

#[cfg(target_os = "linux")]
#[test]
fn an_interface_is_the_only_way_out() {
    let server = ws_server();
    let url = format!("ws://127.0.0.1:{}/drop", server.port);
    assert!(from(&url, "if!lo").was_open());
    let story = from(&url, "if!nosuch0");
    story.check_failed(1006, &["ws", "tcp", "tcp", "os"], "interface nosuch0");
}

#[test]
fn the_words_at_the_end_of_the_ports_say_what_to_do() {
    let server = ws_server();
    // Nobody else gets it, at whatever address.
    let reserved = ClosedPort::new().unwrap();
    let local = text(&format!("127.0.0.8:{}", reserved.port));
    let url = format!("ws://127.0.0.1:{}/echo", server.port);
    let first = Client::with(&url, |options| options.local_address = local.as_ptr());
    first.wait_open();
    // This pair of addresses and ports is already in use.
    let second = Client::with(&url, |options| options.local_address = local.as_ptr());
    let story = second.finish();
    let words = format!("no local port is left for 127.0.0.1:{}", server.port);
    story.check_failed(1006, &["ws", "tcp", "ws", "os"], &words);
    let errors = story.errors();
    assert_eq!(errors[2].code, HOSTWS_E_RESOURCES);
    assert!(errors[2].message.contains("Use local_address with more addresses"), "{errors:?}");
    first.terminate();
    first.finish();
}

#[test]
fn the_name_stays_when_the_connection_goes_elsewhere() {
    let server = ws_server();
    let list = text(&format!("other:80=192.0.2.1;example.invalid:1234=127.0.0.1:{}", server.port));
    let client = Client::with("ws://example.invalid:1234/headers", |options| {
        options.connect_to = list.as_ptr();
    });
    client.wait_messages(1);
    let sent: serde_json::Value = serde_json::from_slice(&client.messages()[0]).unwrap();
    assert_eq!(sent["host"], serde_json::json!(["example.invalid:1234"]));
    assert_eq!(stats(client.id).dns_us, 0, "the name was not looked up");
    client.terminate();
    client.finish();

    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let ca = text(&certificates.ca_pem);
    let list = text(&format!("*:444=127.0.0.1:{}", server.port));
    let to = |host: &str| {
        let client = Client::with(&format!("wss://{host}:444/drop"), |options| {
            options.connect_to = list.as_ptr();
            options.tls_ca = ca.as_ptr();
        });
        client.finish()
    };
    assert!(to("localhost").was_open());
    to("example.invalid").check_failed(1015, &["ws", "tls", "tls"], "example.invalid");
}

#[test]
fn several_addresses_take_turns_and_stand_in_for_each_other() {
    let (one, other) = (Door::new("127.0.0.1"), Door::new("127.0.0.1"));
    let list = text(&format!("turns=127.0.0.1:{},127.0.0.1:{}", one.port, other.port));
    let open = || {
        Client::with("ws://turns/", |options| options.connect_to = list.as_ptr()).finish();
    };
    for _ in 0..2 {
        open();
        one.caller();
        open();
        other.caller();
    }
    let (closed, server) = (ClosedPort::new().unwrap(), ws_server());
    let list = text(&format!("stand-in=127.0.0.1:{},127.0.0.1:{}", closed.port, server.port));
    let set = |options: &mut ws_options| options.connect_to = list.as_ptr();
    for _ in 0..2 {
        assert!(Client::with("ws://stand-in/drop", set).finish().was_open());
    }
}

/// Calls `look` with the client's end of a connection to a port.
fn with_socket<T>(port: u16, look: impl FnOnce(&SockRef<'_>) -> T) -> T {
    for number in 3..1024 {
        // SAFETY: a number that is not a socket only causes errors.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        let socket = SockRef::from(&fd);
        let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
        if peer.is_some_and(|peer| peer.port() == port) {
            return look(&socket);
        }
    }
    panic!("no socket is connected to {port}");
}

#[cfg(target_os = "linux")]
#[test]
fn options_of_tcp_reach_the_socket() {
    let server = ws_server();
    let url = format!("ws://127.0.0.1:{}/echo", server.port);
    let client = Client::with(&url, |options| {
        options.tcp_keepalive_ms = 41_500;
        options.tcp_user_timeout_ms = 12_345;
        options.tcp_send_buffer = 50_000;
        options.tcp_receive_buffer = 60_000;
    });
    client.wait_open();
    with_socket(server.port, |socket| {
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(42));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(42));
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_millis(12_345)));
        // Linux doubles the sizes for its own overhead.
        assert_eq!(socket.send_buffer_size().unwrap(), 100_000);
        assert_eq!(socket.recv_buffer_size().unwrap(), 120_000);
    });
    client.terminate();
    client.finish();

    let server = ws_server();
    let client = Client::new(&format!("ws://127.0.0.1:{}/echo", server.port));
    client.wait_open();
    with_socket(server.port, |socket| {
        assert!(!socket.keepalive().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), None);
        assert!(socket.tcp_nodelay().unwrap());
        // All ports are searched in the same way, if the kernel supports it (IP_LOCAL_PORT_RANGE,
        // Linux 6.3).
        let mut range = 0_u32;
        let mut size = size_of::<u32>() as libc::socklen_t;
        let (fd, value) = (socket.as_raw_fd(), (&raw mut range).cast());
        // SAFETY: the buffer is as large as it says.
        if unsafe { libc::getsockopt(fd, libc::IPPROTO_IP, 51, value, &mut size) } == 0 {
            assert_eq!(range, 0xFFFF_0001);
        }
    });
    client.terminate();
    client.finish();
}
