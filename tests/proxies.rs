//! Connections through every kind of proxy to every kind of server, and proxies that refuse, send
//! garbage or send nothing.

mod support;

use std::ffi::{c_char, c_void, CString};
use std::io::Write;
use std::sync::Mutex;

use hostws::capi::*;
use native_tls::TlsAcceptor;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::listener::{close_gently, wait_until_gone, Listener};
use support::servers::proxies::{Kind, Manner, Setup};
use support::servers::{websocket, BlackHole, ClosedPort};
use support::{url, ws_server};

fn through(url: &str, proxy: &str, set: impl FnOnce(&mut ws_options)) -> Client {
    let proxy = CString::new(proxy).unwrap();
    Client::with(url, |options| {
        options.proxy = proxy.as_ptr();
        set(options);
    })
}

#[track_caller]
fn check_echo(client: &Client) {
    client.send("through");
    client.wait_messages(1);
    assert_eq!(client.messages(), [b"through"]);
    client.terminate();
    client.finish().check_clean(1000, "");
}

/// A server for each scheme and each family.
struct Servers {
    certificates: Certificates,
    servers: Vec<(&'static str, &'static str, Listener)>,
}

impl Servers {
    fn new() -> Servers {
        let certificates = Certificates::new().unwrap();
        let acceptor = || TlsAcceptor::new(certificates.good.identity()).unwrap();
        let mut servers = Vec::new();
        for (host, address) in [("127.0.0.1", "127.0.0.1:0"), ("[::1]", "[::1]:0")] {
            // A machine may have no IPv6.
            if let Ok(server) = websocket::plain_at(address) {
                servers.push(("ws", host, server));
            }
            if let Ok(server) = websocket::with_acceptor_at(address, acceptor()) {
                servers.push(("wss", host, server));
            }
        }
        Servers { certificates, servers }
    }

    fn port(&self, scheme: &str, host: &str) -> Option<u16> {
        let listens = |entry: &&(&str, &str, Listener)| (entry.0, entry.1) == (scheme, host);
        self.servers.iter().find(listens).map(|(_, _, server)| server.port)
    }
}

#[test]
fn every_way_to_every_server() {
    let servers = Servers::new();
    let ca = CString::new(servers.certificates.ca_pem.clone()).unwrap();
    for proxy_scheme in ["none", "http", "https", "socks5", "socks5h"] {
        for password in [false, true] {
            let kind = if proxy_scheme.starts_with("http") { Kind::Http } else { Kind::Socks };
            let mut setup = Setup::new(kind);
            if proxy_scheme == "https" {
                setup = setup.tls(&servers.certificates.good);
            }
            let user = if password {
                setup = setup.password("me", "p@ss:w/rd");
                "me:p%40ss%3aw%2Frd@"
            } else {
                ""
            };
            let proxy = setup.start();
            let option = match proxy_scheme {
                "none" if password => continue,
                "none" => String::new(),
                // Not localhost: another server may have the same port of ::1.
                scheme => format!("{scheme}://{user}127.0.0.1:{}", proxy.port()),
            };
            let mut asked = Vec::new();
            for scheme in ["ws", "wss"] {
                for host in ["127.0.0.1", "[::1]", "localhost"] {
                    let listens = if host == "[::1]" { host } else { "127.0.0.1" };
                    let Some(port) = servers.port(scheme, listens) else { continue };
                    let url = format!("{scheme}://{host}:{port}/echo");
                    let client = through(&url, &option, |options| options.tls_ca = ca.as_ptr());
                    client.wait_open();
                    let times = stats(client.id);
                    assert_eq!(times.proxy_us > 0, !option.is_empty(), "{url} through {option}");
                    assert_eq!(times.tls_us > 0, scheme == "wss", "{url} through {option}");
                    check_echo(&client);
                    asked.push(match (proxy_scheme, host) {
                        ("none", _) => continue,
                        ("http" | "https", _) => format!("CONNECT {host}:{port}"),
                        ("socks5h", "localhost") => format!("name localhost:{port}"),
                        (_, "[::1]") => format!("ipv6 [::1]:{port}"),
                        _ => format!("ipv4 127.0.0.1:{port}"),
                    });
                }
            }
            assert_eq!(proxy.asked(), asked);
        }
    }
}

#[test]
fn a_name_that_only_the_proxy_knows() {
    let server = ws_server();
    let url = format!("ws://inside.invalid:{}/echo", server.port);
    for (kind, scheme, asked) in [(Kind::Http, "http", "CONNECT"), (Kind::Socks, "socks5h", "name")]
    {
        let proxy = Setup::new(kind).start();
        let client = through(&url, &format!("{scheme}://127.0.0.1:{}", proxy.port()), |_| {});
        check_echo(&client);
        assert_eq!(proxy.asked(), [format!("{asked} inside.invalid:{}", server.port)]);
    }
    let proxy = Setup::new(Kind::Socks).start();
    let client = through(&url, &format!("socks5://127.0.0.1:{}", proxy.port()), |_| {});
    client.finish().check_failed(1006, &["ws", "dns"], "inside.invalid");
    assert_eq!(proxy.asked(), Vec::<String>::new());
}

#[test]
fn answers_that_come_a_byte_at_a_time() {
    let server = ws_server();
    for (kind, scheme) in [(Kind::Http, "http"), (Kind::Socks, "socks5"), (Kind::Socks, "socks5h")]
    {
        let proxy = Setup::new(kind).manner(Manner::Slow).password("me", "pw").start();
        let proxy_url = format!("{scheme}://me:pw@127.0.0.1:{}", proxy.port());
        check_echo(&through(&url(&server, "/echo"), &proxy_url, |_| {}));
    }
}

#[test]
fn large_messages_through_tls_in_tls() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let proxy = Setup::new(Kind::Http).tls(&certificates.good).start();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let url = format!("wss://localhost:{}/echo", server.port);
    let proxy_url = format!("https://localhost:{}", proxy.port());
    let client = through(&url, &proxy_url, |options| options.tls_ca = ca.as_ptr());
    let large = "large ".repeat(200_000);
    client.send(&large);
    client.send("small");
    client.wait_messages(2);
    assert_eq!(client.messages(), [large.as_bytes(), b"small"]);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_407_says_what_is_wanted_and_can_be_read() {
    let server = ws_server();
    let proxy = Setup::new(Kind::Http).password("me", "right").start();
    for (user, words) in [
        ("", "was given no user and password and wants Basic realm=\"a test\""),
        ("me:hunter2@", "does not accept the user and password and wants Basic"),
    ] {
        let proxy_url = CString::new(format!("http://{user}127.0.0.1:{}", proxy.port())).unwrap();
        let hook: Hook = Box::new(|ws, event| {
            if matches!(event, Event::Error(_) | Event::Terminate(_)) {
                assert_eq!(ws_response_status(ws), 407);
                assert_eq!(response_body(ws).as_deref(), Ok("who are you"));
                let challenge = response_header(ws, "proxy-authenticate");
                assert_eq!(challenge.as_deref(), Ok("Basic realm=\"a test\""));
            }
        });
        let set = |options: &mut ws_options| options.proxy = proxy_url.as_ptr();
        let story = Client::full(&url(&server, "/echo"), 0, set, Some(hook)).finish();
        story.check_failed(1006, &["ws", "proxy"], words);
        assert_eq!(story.errors()[1].code, 407, "a cause of an HTTP proxy has the status");
        assert!(!format!("{story:?}").contains("hunter2"));
    }
    assert_eq!(server.count("/echo", |_| true), 0);
}

#[test]
fn socks_refusals_are_told() {
    let server = ws_server();
    let with_password = || Setup::new(Kind::Socks).password("me", "right");
    for (setup, user, code, words) in [
        (with_password(), "", HOSTWS_E_PROXY, "wants a user and password"),
        (with_password(), "me:hunter2@", HOSTWS_E_PROXY, "does not accept the user and password"),
        (Setup::new(Kind::Socks).manner(Manner::Replies(2)), "", 2, "not allowed by its rules"),
        (Setup::new(Kind::Socks).manner(Manner::Replies(5)), "", 5, "connection refused"),
        (Setup::new(Kind::Socks).manner(Manner::Replies(99)), "", 99, "SOCKS reply 99, unknown"),
    ] {
        let proxy = setup.start();
        let proxy_url = format!("socks5h://{user}127.0.0.1:{}", proxy.port());
        let story = through(&url(&server, "/echo"), &proxy_url, |_| {}).finish();
        story.check_failed(1006, &["ws", "proxy"], words);
        assert_eq!(story.errors()[1].code, code);
        assert!(!format!("{story:?}").contains("hunter2"));
    }
}

#[test]
fn what_is_no_answer_of_a_proxy() {
    let server = ws_server();
    for (kind, said, components, words) in [
        (
            Kind::Http,
            &b"SSH-2.0-OpenSSH\r\n"[..],
            &["ws", "proxy", "http"][..],
            "the proxy does not speak HTTP",
        ),
        (Kind::Http, b"", &["ws", "proxy"], "closed the connection before it answered CONNECT"),
        (Kind::Http, b"HTTP/1.1 20", &["ws", "proxy"], "in the middle of its answer to CONNECT"),
        (Kind::Http, b"HTTP/1.1 200 OK\r\n\r\nsurprise", &["ws", "proxy"], "sent more than"),
        (Kind::Http, b"HTTP/1.1 502 Bad Gateway\r\n\r\n", &["ws", "proxy"], "with 502 Bad Gateway"),
        (
            Kind::Socks,
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            &["ws", "proxy"],
            "does not speak SOCKS 5",
        ),
        (Kind::Socks, b"", &["ws", "proxy"], "closed the connection before the SOCKS handshake"),
        (
            Kind::Socks,
            b"\x05",
            &["ws", "proxy"],
            "closed the connection before the SOCKS handshake",
        ),
        (Kind::Socks, b"\x05\x01", &["ws", "proxy"], "method 1, which was not offered"),
        (Kind::Socks, b"\x05\0\x04", &["ws", "proxy"], "does not speak SOCKS 5"),
        (
            Kind::Socks,
            b"\x05\0\x05\0\0\x07\0",
            &["ws", "proxy"],
            "an address of the unknown type 7",
        ),
    ] {
        let proxy = Setup::new(kind).manner(Manner::Says(said)).start();
        let scheme = if kind == Kind::Http { "http" } else { "socks5" };
        let proxy_url = format!("{scheme}://me:hunter2@127.0.0.1:{}", proxy.port());
        let story = through(&url(&server, "/echo"), &proxy_url, |_| {}).finish();
        story.check_failed(1006, components, words);
        assert!(!format!("{story:?}").contains("hunter2"));
    }
}

#[test]
fn a_silent_proxy_meets_the_deadline() {
    let server = ws_server();
    let hole = BlackHole::new().unwrap();
    let silent = |kind| Setup::new(kind).manner(Manner::Silent).start();
    let (http, socks) = (silent(Kind::Http), silent(Kind::Socks));
    let mute = Listener::start(|stream, _| {
        wait_until_gone(stream.tcp());
    })
    .unwrap();
    // Builds the TLS context for proxies, which may take some time.
    let closed = ClosedPort::new().unwrap();
    through(&url(&server, "/echo"), &format!("https://127.0.0.1:{}", closed.port), |_| {}).finish();
    let waiting = [
        (format!("http://127.0.0.1:{}", http.port()), "waiting for the proxy http://127.0.0.1"),
        (
            format!("socks5://127.0.0.1:{}", socks.port()),
            "waiting for the proxy socks5://127.0.0.1",
        ),
        (format!("https://127.0.0.1:{}", mute.port), "the TLS handshake with the proxy https://"),
        (format!("http://127.0.0.1:{}", hole.port), "connecting to the proxy http://127.0.0.1"),
    ]
    .map(|(proxy, during)| {
        (through(&url(&server, "/echo"), &proxy, |o| o.open_timeout_ms = 3_000), during)
    });
    for (client, during) in waiting {
        let story = client.finish();
        story.check_failed(1006, &["ws", "proxy"], during);
        assert!(story.errors()[1].message.starts_with("3 s passed while"), "{story:?}");
        assert_eq!(story.errors()[1].code, HOSTWS_E_TIMEOUT);
    }
}

#[test]
fn a_proxy_that_cannot_be_reached() {
    let closed = ClosedPort::new().unwrap();
    for scheme in ["http", "socks5h"] {
        let proxy = format!("{scheme}://me:hunter2@127.0.0.1:{}", closed.port);
        let story = through("ws://127.0.0.1:1/", &proxy, |_| {}).finish();
        story.check_failed(1006, &["ws", "proxy", "tcp", "os"], "could not reach the proxy");
        assert_eq!(story.errors()[1].code, HOSTWS_E_PROXY);
        assert!(!format!("{story:?}").contains("hunter2"));
    }
    let story = through("ws://127.0.0.1:1/", "http://no-such-proxy.invalid", |_| {}).finish();
    story.check_failed(1006, &["ws", "proxy", "dns"], "no-such-proxy.invalid");
}

#[test]
fn the_certificate_of_a_proxy_is_always_verified() {
    let certificates = Certificates::new().unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let server = ws_server();
    for (certificate, words) in [
        (&certificates.self_signed, "the proxy's certificate is self-signed"),
        (&certificates.other_name, "for another name than localhost"),
        (&certificates.other_ca, "does not trust"),
    ] {
        let proxy = Setup::new(Kind::Http).tls(certificate).start();
        let proxy_url = format!("https://me:hunter2@localhost:{}", proxy.port());
        let client = through(&url(&server, "/echo"), &proxy_url, |options| {
            options.tls_ca = ca.as_ptr();
            options.tls_verify = HOSTWS_TLS_VERIFY_NONE;
        });
        client.finish().check_failed(1006, &["ws", "proxy", "tls", "tls"], words);
        assert_eq!(proxy.asked(), Vec::<String>::new());
    }
    // A proxy without TLS.
    let plain = Listener::start(|stream, _| {
        let _ = stream.tcp().write_all(b"what?");
        close_gently(stream.tcp());
    })
    .unwrap();
    let proxy_url = format!("https://localhost:{}", plain.port);
    let story = through(&url(&server, "/echo"), &proxy_url, |_| {}).finish();
    let chain: Vec<_> = story.errors().into_iter().map(|error| error.component).collect();
    assert_eq!(chain[..2], ["ws", "proxy"]);
}

#[test]
fn bad_options_are_named_and_no_secret_is() {
    for bad in ["ftp://me:hunter2@h", "http://", "http://me:hunter2@h:99999", "socks5://h/x", " "] {
        let option = CString::new(bad).unwrap();
        let mut options = options();
        options.proxy = option.as_ptr();
        let handler = handler(&Recorder::new(None, None), 0);
        // SAFETY: all is valid during the call.
        let result = unsafe { ws_new(c"ws://h".as_ptr(), &handler, &options) };
        check_refused(result, HOSTWS_E_OPTION, "option proxy");
        assert!(!last_words().contains("hunter2"));
    }
    check_refused(
        open_pull("ws://h", Some(r#"{"proxy":"ftp://me:hunter2@h"}"#)),
        HOSTWS_E_OPTION,
        "option proxy",
    );
    check_refused(open_pull("ws://h", Some(r#"{"proxy":1}"#)), HOSTWS_E_OPTION, "a string");
}

#[test]
fn the_option_is_there_in_json_too() {
    let server = ws_server();
    let proxy = Setup::new(Kind::Http).start();
    let json = format!(r#"{{"proxy":"http://127.0.0.1:{}"}}"#, proxy.port());
    let ws = open_pull(&url(&server, "/echo"), Some(&json));
    assert!(matches!(next(0, 20_000), Ok((id, Event::Open)) if id == ws));
    assert_eq!(proxy.asked(), [format!("CONNECT 127.0.0.1:{}", server.port)]);
    assert_eq!(ws_abort(ws), HOSTWS_OK);
    assert!(matches!(next(0, 20_000), Ok((_, Event::Terminate(_)))));
}

static LINES: Mutex<String> = Mutex::new(String::new());

unsafe extern "C-unwind" fn log(_: i32, message: *const c_char, _: *mut c_void) {
    let mut lines = LINES.lock().unwrap();
    lines.push_str(&words(message));
    lines.push('\n');
}

#[test]
fn the_log_names_the_proxy_and_no_secret() {
    let server = ws_server();
    let proxy = Setup::new(Kind::Http).password("me", "hunter2").start();
    assert_eq!(ws_set_log(HOSTWS_LOG_DEBUG, Some(log), std::ptr::null_mut()), HOSTWS_OK);
    for password in ["hunter2", "hunter3"] {
        let proxy_url = format!("http://me:{password}@127.0.0.1:{}", proxy.port());
        let client = through(&url(&server, "/drop"), &proxy_url, |_| {});
        client.finish();
    }
    assert_eq!(ws_set_log(HOSTWS_LOG_OFF, None, std::ptr::null_mut()), HOSTWS_OK);
    let lines = LINES.lock().unwrap().clone();
    assert!(lines.contains(&format!("through http://127.0.0.1:{}", proxy.port())), "{lines}");
    assert!(lines.contains("407") && !lines.contains("hunter"), "{lines}");
}
