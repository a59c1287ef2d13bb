//! wss:// accepts only the intended server, and says why it refuses others.

mod support;

use std::ffi::{c_void, CString};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use hostws::capi::*;
use native_tls::{Protocol, TlsAcceptor};
use support::host::*;
use support::servers::certificates::{Certificates, ServerCertificate};
use support::servers::frames::{self, frame, FIN, TEXT};
use support::servers::listener::{wait_until_gone, Listener};
use support::servers::raw::Request;
use support::servers::websocket::{self, openssl_acceptor};
use support::ws_server;

/// A server with a certificate, and the authority that the client trusts.
struct Secure {
    server: Listener,
    ca: CString,
}

impl Secure {
    fn new(choose: impl FnOnce(&Certificates) -> &ServerCertificate) -> Secure {
        let certificates = Certificates::new().unwrap();
        let server = websocket::tls(choose(&certificates)).unwrap();
        Secure { server, ca: CString::new(certificates.ca_pem.clone()).unwrap() }
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("wss://{host}:{}{path}", self.server.port)
    }

    /// A client that trusts the authority.
    #[track_caller]
    fn client(&self, host: &str, set: impl FnOnce(&mut ws_options)) -> Client {
        Client::with(&self.url(host, "/echo"), |options| {
            options.tls_ca = self.ca.as_ptr();
            set(options);
        })
    }
}

#[track_caller]
fn check_echo(client: &Client) {
    client.send("secret");
    client.wait_messages(1);
    assert_eq!(client.messages(), [b"secret"]);
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[track_caller]
fn check_refused_certificate(client: &Client, words: &str) {
    let story = client.finish();
    story.check_failed(1015, &["ws", "tls", "tls"], words);
    let codes: Vec<i32> = story.errors().iter().map(|error| error.code).collect();
    assert_eq!(codes, [HOSTWS_E_OPEN, HOSTWS_E_TLS, HOSTWS_E_TLS]);
    assert!(!story.was_open());
}

#[test]
fn a_certificate_in_order_is_accepted_by_name_and_by_address() {
    let secure = Secure::new(|c| &c.good);
    check_echo(&secure.client("localhost", |_| {}));
    check_echo(&secure.client("127.0.0.1", |_| {}));
}

#[test]
fn the_authority_may_be_in_a_file() {
    let secure = Secure::new(|c| &c.good);
    let path = std::env::temp_dir().join(format!("hostws-tls-test-{}.pem", std::process::id()));
    std::fs::write(&path, secure.ca.as_bytes()).unwrap();
    let option = CString::new(format!("@{}", path.display())).unwrap();
    check_echo(&secure.client("localhost", |options| options.tls_ca = option.as_ptr()));
    std::fs::remove_file(&path).unwrap();

    let none = CString::new("@/nonexistent/ca.pem").unwrap();
    let client = secure.client("localhost", |options| options.tls_ca = none.as_ptr());
    let story = client.finish();
    assert!(story.errors().iter().any(|e| e.message.contains("/nonexistent/ca.pem")));
    assert!(!story.was_open());
}

#[test]
fn large_messages_go_both_ways() {
    let secure = Secure::new(|c| &c.good);
    let client = secure.client("localhost", |_| {});
    let blob: Vec<u8> = (0..4_usize << 20).map(|n| ((n * 31) >> 3) as u8).collect();
    assert_eq!(send(client.id, &blob, HOSTWS_BLOB), HOSTWS_OK);
    client.wait_messages(1);
    assert!(client.messages()[0] == blob, "it differs");
    assert!(stats(client.id).tls_us > 0);
    client.terminate();
    client.finish().check_clean(1000, "");
}

/// A slow wake-up function, which the worker waits for.
unsafe extern "C-unwind" fn dawdle(_user_data: *mut c_void) {
    thread::sleep(Duration::from_millis(300));
}

#[test]
fn a_stream_that_ends_inside_a_record_is_lost_at_once() {
    let certificates = Certificates::new().unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let acceptor = TlsAcceptor::new(certificates.good.identity()).unwrap();
    let server = Listener::start(move |stream, _| {
        let Ok(mut stream) = acceptor.accept(stream) else { return };
        let request = Request::read(&mut stream).unwrap();
        stream.write_all(&request.accept("")).unwrap();
        assert_eq!(frames::read(&mut stream).unwrap().payload, b"go");
        stream.write_all(&frame(FIN | TEXT, b"gone")).unwrap();
        // The client's worker is in the wake-up function, so it gets both at the same time.
        thread::sleep(Duration::from_millis(100));
        let mut below = stream.get_ref().tcp();
        below.write_all(b"\x17\x03\x03\x00\x40half of it").unwrap();
        below.shutdown(Shutdown::Write).unwrap();
        let _ = below.read(&mut [0; 100]);
        wait_until_gone(below);
    });
    let server = server.unwrap();
    let client = Client::with(&format!("wss://localhost:{}/", server.port), |options| {
        options.tls_ca = ca.as_ptr();
        options.ping_interval_ms = -1;
    });
    client.wait_open();
    assert_eq!(ws_queue_on_wakeup(0, Some(dawdle), std::ptr::null_mut()), HOSTWS_OK);
    client.send("go");
    let story = client.finish();
    assert_eq!(story.ending().code, 1006);
    assert_eq!(client.messages(), [b"gone"]);
    assert_eq!(ws_queue_on_wakeup(0, None, std::ptr::null_mut()), HOSTWS_OK);
}

#[test]
fn a_self_signed_certificate_is_refused() {
    let secure = Secure::new(|c| &c.self_signed);
    check_refused_certificate(&secure.client("localhost", |_| {}), "self-signed");
}

#[test]
fn an_expired_certificate_is_refused() {
    let secure = Secure::new(|c| &c.expired);
    check_refused_certificate(&secure.client("localhost", |_| {}), "expired");
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let secure = Secure::new(|c| &c.other_name);
    let words = "another name than localhost";
    check_refused_certificate(&secure.client("localhost", |_| {}), words);
    let words = "another name than 127.0.0.1";
    check_refused_certificate(&secure.client("127.0.0.1", |_| {}), words);
    #[cfg(tls_openssl)]
    check_refused_certificate(&secure.client("localhost", |_| {}), "(it is for other.example)");
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let secure = Secure::new(|c| &c.other_ca);
    check_refused_certificate(&secure.client("localhost", |_| {}), "tls_ca");
}

#[test]
fn an_authority_that_was_not_given_is_not_trusted() {
    let secure = Secure::new(|c| &c.good);
    let client = Client::new(&secure.url("localhost", "/echo"));
    check_refused_certificate(&client, "tls_ca");
}

#[test]
fn one_connections_authority_is_not_the_others() {
    let secure = Secure::new(|c| &c.good);
    check_echo(&secure.client("localhost", |_| {}));
    check_refused_certificate(&Client::new(&secure.url("localhost", "/echo")), "tls_ca");
    check_echo(&secure.client("localhost", |_| {}));
}

#[test]
fn the_host_name_alone_can_be_left_unchecked_with_a_warning() {
    let secure = Secure::new(|c| &c.other_name);
    let client =
        secure.client("localhost", |options| options.tls_verify = HOSTWS_TLS_VERIFY_NO_HOSTNAME);
    check_echo(&client);
    check_warning(&client, "name is not checked");

    let secure = Secure::new(|c| &c.self_signed);
    let client =
        secure.client("localhost", |options| options.tls_verify = HOSTWS_TLS_VERIFY_NO_HOSTNAME);
    assert_eq!(client.finish().ending().code, 1015, "all else is checked");
}

#[test]
fn everything_can_be_left_unchecked_with_a_warning() {
    for choose in [
        |c: &Certificates| c.self_signed.clone(),
        |c: &Certificates| c.expired.clone(),
        |c: &Certificates| c.other_ca.clone(),
    ] {
        let chosen = choose(&Certificates::new().unwrap());
        let server = websocket::tls(&chosen).unwrap();
        let client = Client::with(&format!("wss://127.0.0.1:{}/echo", server.port), |options| {
            options.tls_verify = HOSTWS_TLS_VERIFY_NONE;
        });
        check_echo(&client);
        check_warning(&client, "not checked at all");
    }
}

#[track_caller]
fn check_warning(client: &Client, words: &str) {
    let warned = client.events().into_iter().any(|event| match event {
        Event::Warning(troubles) => {
            troubles[0].component == "tls" && troubles[0].message.contains(words)
        }
        _ => false,
    });
    assert!(warned, "{:?}", client.events());
}

#[test]
fn another_name_can_be_expected() {
    let secure = Secure::new(|c| &c.other_name);
    let name = CString::new("other.example").unwrap();
    check_echo(&secure.client("127.0.0.1", |options| options.tls_server_name = name.as_ptr()));
    let secure = Secure::new(|c| &c.good);
    let client = secure.client("localhost", |options| options.tls_server_name = name.as_ptr());
    check_refused_certificate(&client, "another name than other.example");
}

#[test]
fn a_version_of_tls_below_the_least_is_not_spoken() {
    let certificates = Certificates::new().unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let mut builder = TlsAcceptor::builder(certificates.good.identity());
    let acceptor = builder.max_protocol_version(Some(Protocol::Tlsv12)).build().unwrap();
    let server = websocket::with_acceptor(acceptor).unwrap();
    let connect = |version: i32| {
        Client::with(&format!("wss://localhost:{}/echo", server.port), |options| {
            options.tls_ca = ca.as_ptr();
            options.tls_min_version = version;
        })
    };
    check_echo(&connect(HOSTWS_TLS_1_2));
    let story = connect(HOSTWS_TLS_1_3).finish();
    assert_eq!(story.ending().code, 1015);
    assert!(story.errors()[1].message.contains("1.3"), "{:?}", story.errors());
}

#[test]
fn a_server_without_tls_is_told_apart() {
    let server = ws_server();
    let story = Client::new(&format!("wss://127.0.0.1:{}/echo", server.port)).finish();
    let errors = story.errors();
    assert_eq!((errors[1].component.as_str(), errors[1].code), ("tls", HOSTWS_E_TLS));
    assert!(!story.was_open());
}

#[test]
fn tls_where_http_is_expected_is_told_apart() {
    let secure = Secure::new(|c| &c.good);
    let story = Client::new(&format!("ws://127.0.0.1:{}/echo", secure.server.port)).finish();
    assert!(story.errors().len() >= 2 && !story.was_open(), "{:?}", story.errors());
}

#[test]
fn a_handshake_that_never_ends_meets_the_deadline() {
    let raw = support::raw_server();
    let client = Client::with(&format!("wss://127.0.0.1:{}/", raw.port), |options| {
        options.open_timeout_ms = 200;
    });
    let story = client.finish();
    assert_eq!(story.errors()[1].code, HOSTWS_E_TIMEOUT);
    assert!(story.errors()[1].message.contains("200 ms passed"), "{:?}", story.errors());
}

#[test]
fn a_drop_is_not_a_clean_close() {
    let secure = Secure::new(|c| &c.good);
    let client = Client::with(&secure.url("localhost", "/drop"), |options| {
        options.tls_ca = secure.ca.as_ptr();
    });
    let story = client.finish();
    assert_eq!(story.ending(), Ending { code: 1006, reason: String::new(), was_clean: false });
    assert_eq!(story.errors()[0].code, HOSTWS_E_LOST);
}

#[test]
fn errors_that_the_host_left_with_openssl_are_its_own() {
    let secure = Secure::new(|certificates| &certificates.good);
    let client = Client::with(&secure.url("localhost", "/gate"), |options| {
        options.tls_ca = secure.ca.as_ptr();
    });
    client.wait_open();
    openssl::x509::X509::from_pem(b"none").unwrap_err().put();
    // More than the socket takes.
    client.send(&"x".repeat(12 << 20));
    assert!(ws_buffered_amount(client.id) > 0);
    secure.server.open_gate();
    client.terminate();
    client.finish().check_clean(1000, "");
}

/// A server that upgrades over TLS and then writes plain bytes.
#[test]
fn what_is_not_tls_inside_tls_is_told_as_such() {
    let certificates = Certificates::new().unwrap();
    let acceptor = openssl_acceptor(&certificates.good, |_| Ok(())).unwrap();
    let server = Listener::start(move |stream, _| {
        let tcp = stream.clone();
        let Ok(mut stream) = acceptor.accept(stream) else { return };
        let Ok(request) = Request::read(&mut stream) else { return };
        if request.path() == "/open" {
            let _ = stream.write_all(&request.accept(""));
        }
        let _ = tcp.tcp().write_all(b"HTTP/1.1 200 OK\r\n\r\nplain text");
        wait_until_gone(tcp.tcp());
    })
    .unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    for path in ["/open", "/early"] {
        let url = format!("wss://localhost:{}{path}", server.port);
        let story = Client::with(&url, |options| options.tls_ca = ca.as_ptr()).finish();
        assert_eq!(story.was_open(), path == "/open");
        let errors = story.errors();
        let is_told = |error: &Trouble| error.message.contains("damaged on the way");
        assert!(errors.iter().any(is_told), "{errors:?}");
    }
}

#[test]
fn a_server_that_leaves_out_what_is_between_is_told_apart_from_a_stranger() {
    let certificates = Certificates::new().unwrap();
    // It sends only its own certificate, which an intermediate authority has signed.
    let server = websocket::with_openssl(&certificates.client, |_| Ok(())).unwrap();
    let ca = CString::new(certificates.client_ca_pem.clone()).unwrap();
    let url = format!("wss://localhost:{}/echo", server.port);
    let story = Client::with(&url, |options| options.tls_ca = ca.as_ptr()).finish();
    story.check_failed(1015, &["ws", "tls", "tls"], "does not send the certificates between");
}
