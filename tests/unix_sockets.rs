//! Servers on a Unix socket.

mod support;

use std::ffi::CString;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use hostws::capi::*;
use socket2::{Domain, SockAddr, Socket, Type};
use support::host::*;
use support::servers::certificates::{der, pin, Certificates};
use support::servers::frames::{frame, FIN, TEXT};
use support::servers::{door, proxies, websocket};
use support::ws_server;

/// A socket in its own folder, whose connections are relayed to a port.
struct Door {
    folder: PathBuf,
    path: PathBuf,
}

impl Door {
    fn new(name: &str, file: &str, port: u16) -> Door {
        let folder = std::env::temp_dir().join(format!("hostws-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(file);
        door::open(&path, port).unwrap();
        Door { folder, path }
    }

    fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{}:{path}", self.path.display())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[track_caller]
fn check_echo(client: &Client, text: &str) {
    client.send(text);
    client.wait_messages(1);
    assert_eq!(client.messages(), [text.as_bytes()]);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn messages_go_both_ways() {
    let server = ws_server();
    let door = Door::new("echo", "a socket:here", server.port);
    let url = door.url("ws+unix", "/echo").replace(' ', "%20").replacen(":here", "%3Ahere", 1);
    let client = Client::new(&url);
    client.wait_open();
    assert_eq!(url_of(client.id).unwrap(), url);
    assert_eq!(stats(client.id).dns_us, 0);
    check_echo(&client, &"long ".repeat(100_000));
}

#[test]
fn the_server_is_localhost_by_name() {
    let server = ws_server();
    let door = Door::new("name", "s", server.port);
    let client = Client::new(&door.url("ws+unix", "/headers?x"));
    client.wait_messages(1);
    let sent: serde_json::Value = serde_json::from_slice(&client.messages()[0]).unwrap();
    assert_eq!(sent["host"], serde_json::json!(["localhost"]));
    client.terminate();
    client.finish();
    // Without a path, the root.
    let client = Client::new(door.url("ws+unix", "").trim_end_matches(':'));
    client.finish().check_failed(1006, &["ws", "http"], "404");
}

#[test]
fn tls_over_a_socket() {
    let certificates = Certificates::new().unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    for (certificate, name) in
        [(&certificates.good, None), (&certificates.other_name, Some(c"other.example"))]
    {
        let server = websocket::tls(certificate).unwrap();
        let door = Door::new("tls", "s", server.port);
        let client = Client::with(&door.url("wss+unix", "/echo"), |options| {
            options.tls_ca = ca.as_ptr();
            options.tls_server_name = name.map_or(std::ptr::null(), |name| name.as_ptr());
        });
        check_echo(&client, "secret");
    }
}

#[test]
fn client_certificates_and_pins_over_a_socket() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::mutual(&certificates.good, &certificates.client_ca_pem).unwrap();
    let door = Door::new("mutual", "s", server.port);
    let text = |text: &str| CString::new(text).unwrap();
    let (ca, cert) = (text(&certificates.ca_pem), text(&certificates.client.chain_pem));
    let key = text(&certificates.client.key_pem);
    let (right, wrong) = (pin(&certificates.good), pin(&certificates.other_name));
    let open = |pins: &str| {
        let pins = text(pins);
        Client::with(&door.url("wss+unix", "/client"), |options| {
            options.tls_ca = ca.as_ptr();
            options.tls_cert = cert.as_ptr();
            options.tls_key = key.as_ptr();
            options.tls_pins = pins.as_ptr();
        })
    };
    let client = open(&right);
    client.wait_messages(1);
    assert_eq!(client.messages(), [b"test client"]);
    assert_eq!(peer_certificate(client.id), Ok(der(&certificates.good)));
    client.terminate();
    client.finish().check_clean(1000, "");
    open(&wrong).finish().check_failed(1015, &["ws", "tls"], &right);
}

#[test]
fn no_proxy_is_used() {
    let server = ws_server();
    let door = Door::new("proxy", "s", server.port);
    let proxy = proxies::Setup::new(proxies::Kind::Http).start();
    let option = CString::new(format!("http://127.0.0.1:{}", proxy.port())).unwrap();
    let client = Client::with(&door.url("ws+unix", "/echo"), |o| o.proxy = option.as_ptr());
    check_echo(&client, "direct");
    assert_eq!(proxy.asked(), Vec::<String>::new());
}

#[test]
fn a_socket_that_is_not_there_or_dead() {
    let story = Client::new("ws+unix:///nonexistent/x.sock:/").finish();
    story.check_failed(1006, &["ws", "os"], "/nonexistent/x.sock: No such file");
    assert_eq!(story.errors()[1].code, libc::ENOENT);

    let folder = std::env::temp_dir().join(format!("hostws-dead-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("s");
    drop(UnixListener::bind(&path).unwrap());
    let story = Client::new(&format!("ws+unix://{}", path.display())).finish();
    story.check_failed(1006, &["ws", "os"], "refused");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_server_without_room_is_waited_for() {
    let folder = std::env::temp_dir().join(format!("hostws-full-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("s");
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    socket.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    socket.listen(0).unwrap();
    let url = format!("ws+unix://{}:/", path.display());
    let filler = UnixStream::connect(&path).unwrap();
    let client = Client::with(&url, |options| options.open_timeout_ms = 1_000);
    client.finish().check_failed(1006, &["ws", "os"], "1 s passed while waiting for room");

    // When there is room, the opening continues: here to a server that sends nothing.
    let client = Client::with(&url, |options| options.open_timeout_ms = 4_000);
    thread::sleep(Duration::from_millis(100));
    let first = socket.accept().unwrap();
    client.finish().check_failed(1006, &["ws", "http"], "4 s passed while waiting for the answer");
    drop((filler, first));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn bad_urls() {
    for (url, words) in [
        ("ws+unix://", "absolute path"),
        ("ws+unix://relative.sock:/", "absolute path"),
        ("ws+unix:///x.sock?a", "%3F"),
        ("ws+unix:///x.sock:chat", "does not begin with /"),
        ("ws+unix:///x%00:/", "NUL"),
        ("wss+unix:///x.sock:/#f", "fragment"),
        ("http+unix:///x.sock:/", "http+unix"),
    ] {
        check_refused(open_pull(url, None), HOSTWS_E_URL, words);
    }
    let long = format!("ws+unix:///{}:/", "x".repeat(107));
    check_refused(open_pull(&long, None), HOSTWS_E_URL, "108 bytes");
}

/// Sends the bytes together with an open file, so that a read ends after them.
fn send_with_a_file(stream: &UnixStream, bytes: &[u8]) {
    let file = stream.as_raw_fd();
    let size = size_of_val(&file) as u32;
    let mut control = [0_u64; 8];
    let mut part = libc::iovec { iov_base: bytes.as_ptr() as *mut _, iov_len: bytes.len() };
    // SAFETY: everything that the message points to lives until it is sent, and `control` has room
    // for one header and one number.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        (message.msg_iov, message.msg_iovlen) = (&mut part, 1);
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = libc::CMSG_SPACE(size) as _;
        let header = libc::CMSG_FIRSTHDR(&message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size) as _;
        libc::CMSG_DATA(header).cast::<libc::c_int>().write_unaligned(file);
        assert_eq!(libc::sendmsg(stream.as_raw_fd(), &message, 0), bytes.len() as isize);
    }
}

#[test]
fn a_short_read_is_not_the_last() {
    let folder = std::env::temp_dir().join(format!("hostws-short-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let url = format!("ws+unix://{}:/", path.display());
    // After the long message it waits for the host, so that the others are read together.
    let client = Client::with(&url, |options| options.receive_queue_max = 1000);
    let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
    client.wait_open();
    // By then it has read all there was.
    thread::sleep(Duration::from_millis(100));
    let long = "x".repeat(2000);
    socket.send(tungstenite::Message::text(&long)).unwrap();
    thread::sleep(Duration::from_millis(100));
    let stream = socket.get_mut();
    send_with_a_file(stream, &frame(FIN | TEXT, b"two"));
    stream.write_all(&frame(FIN | TEXT, b"three")).unwrap();
    client.wait_messages(3);
    assert_eq!(client.messages(), [long.as_bytes(), b"two", b"three"]);
    client.terminate();
    while socket.read().is_ok() {}
    drop(socket);
    client.finish().check_clean(1000, "");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_socket_may_have_a_name_instead_of_a_path() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;
    let name = format!("hostws test {}", std::process::id());
    let listener =
        UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let server = ws_server();
    door::serve(listener, server.port);
    let url = format!("ws+unix://@{}:/echo", name.replace(' ', "%20"));
    let client = Client::new(&url);
    client.wait_open();
    assert_eq!(url_of(client.id).unwrap(), url);
    check_echo(&client, "hello");
    let story = Client::new("ws+unix://@nobody%20listens:/").finish();
    story.check_failed(1006, &["ws", "os"], "could not connect to @nobody listens: ");
}
