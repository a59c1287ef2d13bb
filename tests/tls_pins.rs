//! What the host knows about the server in advance: its public key (`tls_pins`), its only authority
//! (`tls_ca_only`), its protocol (ALPN). Also its certificate, for a host that checks it itself.

mod support;

use std::ffi::CString;
use std::sync::{Arc, Mutex};

use hostws::capi::*;
use openssl::ssl::{AlpnError, SslVersion};
use support::host::*;
use support::servers::certificates::{der, pin, Certificates, ServerCertificate};
use support::servers::listener::Listener;
use support::servers::{websocket, BlackHole};
use support::ws_server;

const ELSE: &str = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn url(server: &Listener, path: &str) -> String {
    format!("wss://localhost:{}{path}", server.port)
}

struct Secure {
    certificates: Certificates,
    server: Listener,
    ca: CString,
}

impl Secure {
    fn new() -> Secure {
        let certificates = Certificates::new().unwrap();
        let server = websocket::tls(&certificates.good).unwrap();
        let ca = CString::new(certificates.ca_pem.clone()).unwrap();
        Secure { certificates, server, ca }
    }

    #[track_caller]
    fn client(&self, pins: &str, set: impl FnOnce(&mut ws_options)) -> Client {
        let pins = CString::new(pins).unwrap();
        Client::with(&url(&self.server, "/echo"), |options| {
            options.tls_ca = self.ca.as_ptr();
            options.tls_pins = pins.as_ptr();
            set(options);
        })
    }
}

#[track_caller]
fn check_opens(client: &Client) {
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn any_of_the_pins_is_enough() {
    let secure = Secure::new();
    let right = pin(&secure.certificates.good);
    check_opens(&secure.client(&right, |_| {}));
    check_opens(&secure.client(&format!("{ELSE};{right}"), |_| {}));
    check_opens(&secure.client(&format!("{right}; {ELSE}"), |_| {}));
    check_opens(&secure.client("", |_| {}));
}

#[test]
fn a_server_with_another_key_is_refused_and_its_pin_told() {
    let secure = Secure::new();
    let right = pin(&secure.certificates.good);
    let client = secure.client(ELSE, |_| {});
    let story = client.finish();
    story.check_failed(1015, &["ws", "tls"], &right);
    assert!(!story.was_open());
    // Pins apply to one connection only.
    check_opens(&secure.client("", |_| {}));
    let story = secure.client(ELSE, |_| {}).finish();
    story.check_failed(1015, &["ws", "tls"], "tls_pins");
}

#[test]
fn the_key_of_the_authority_is_not_the_servers() {
    let secure = Secure::new();
    let authority =
        ServerCertificate { chain_pem: secure.certificates.ca_pem.clone(), key_pem: String::new() };
    let story = secure.client(&pin(&authority), |_| {}).finish();
    story.check_failed(1015, &["ws", "tls"], "tls_pins");
}

#[test]
fn a_pin_does_not_replace_the_chain_and_holds_without_it() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.self_signed).unwrap();
    let right = CString::new(pin(&certificates.self_signed)).unwrap();
    let wrong = CString::new(ELSE).unwrap();
    let connect = |pins: &CString, verify: i32| {
        Client::with(&url(&server, "/echo"), |options| {
            options.tls_pins = pins.as_ptr();
            options.tls_verify = verify;
        })
    };
    let story = connect(&right, HOSTWS_TLS_VERIFY_FULL).finish();
    story.check_failed(1015, &["ws", "tls", "tls"], "self-signed");
    let client = connect(&right, HOSTWS_TLS_VERIFY_NONE);
    check_opens(&client);
    let warned = |event: &Event| match event {
        Event::Warning(troubles) => troubles[0].message.contains("only the pinned key"),
        _ => false,
    };
    assert!(client.events().iter().any(warned), "{:?}", client.events());
    let story = connect(&wrong, HOSTWS_TLS_VERIFY_NONE).finish();
    story.check_failed(1015, &["ws", "tls"], "tls_pins");
}

#[test]
fn pins_go_with_the_other_options() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::with_openssl(&certificates.good, |_| Ok(())).unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let pins = CString::new(pin(&certificates.good)).unwrap();
    for verify in [HOSTWS_TLS_VERIFY_FULL, HOSTWS_TLS_VERIFY_NO_HOSTNAME, HOSTWS_TLS_VERIFY_NONE] {
        check_opens(&Client::with(&url(&server, "/echo"), |options| {
            options.tls_ca = ca.as_ptr();
            options.tls_ca_only = 1;
            options.tls_pins = pins.as_ptr();
            options.tls_verify = verify;
            options.tls_min_version = HOSTWS_TLS_1_3;
            options.tls_server_name = c"127.0.0.1".as_ptr();
        }));
    }
}

#[test]
fn malformed_pins_are_refused_at_once() {
    for bad in ["sha256/", "sha1/AAAA", "x", ";", "sha256/AAAA", &format!("{ELSE};")] {
        let mut options = options();
        let pins = CString::new(bad).unwrap();
        options.tls_pins = pins.as_ptr();
        // SAFETY: all is valid during the call.
        let ws = unsafe { ws_new(c"wss://localhost:1/".as_ptr(), std::ptr::null(), &options) };
        check_refused(ws, HOSTWS_E_OPTION, "tls_pins");
        let json = serde_json::json!({ "tls_pins": bad }).to_string();
        check_refused(open_pull("wss://localhost:1/", Some(&json)), HOSTWS_E_OPTION, "tls_pins");
    }
}

#[test]
fn ws_open_takes_pins_and_authorities_by_name() {
    let secure = Secure::new();
    let url = url(&secure.server, "/silent");
    let ca = &secure.certificates.ca_pem;
    let good = pin(&secure.certificates.good);
    let json =
        serde_json::json!({ "tls_ca": ca, "tls_ca_only": true, "tls_pins": good }).to_string();
    let ws = open_pull(&url, Some(&json));
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    ws_abort(ws);
    let refused = |json: &str, words: &str| {
        check_refused(open_pull(&url, Some(json)), HOSTWS_E_OPTION, words);
    };
    refused(r#"{"tls_pins":["sha256/x"]}"#, "tls_pins");
    refused(r#"{"tls_ca_only":"1","tls_ca":"@x"}"#, "tls_ca_only");
    refused(r#"{"tls_ca_only":2,"tls_ca":"@x"}"#, "tls_ca_only");
    refused(r#"{"tls_ca_only":1}"#, "tls_ca");
}

// ---- ws_peer_certificate

#[test]
fn the_certificate_can_be_read_from_open_to_the_end() {
    let secure = Secure::new();
    let good = der(&secure.certificates.good);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&seen);
    let ca = secure.ca.clone();
    let hook = move |ws: ws_id, event: &Event| {
        let name = if matches!(event, Event::Open) { "open" } else { "other" };
        written.lock().unwrap().push((name, peer_certificate(ws)));
    };
    let set = |options: &mut ws_options| options.tls_ca = ca.as_ptr();
    let client = Client::full(&url(&secure.server, "/echo"), 0, set, Some(Box::new(hook)));
    client.wait_open();
    assert_eq!(peer_certificate(client.id), Ok(good.clone()));
    client.terminate();
    client.finish().check_clean(1000, "");
    let seen = seen.lock().unwrap();
    assert_eq!(*seen, [("open", Ok(good.clone())), ("other", Ok(good.clone()))]);
    assert_eq!(peer_certificate(client.id), Err(i64::from(HOSTWS_E_CLOSED)));
}

#[test]
fn there_is_no_certificate_before_the_handshake() {
    let hole = BlackHole::new().unwrap();
    let client = Client::new(&format!("wss://127.0.0.1:{}/", hole.port));
    assert_eq!(peer_certificate(client.id), Err(i64::from(HOSTWS_E_NOT_FOUND)));
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

#[test]
fn the_certificate_is_cut_off_where_there_is_no_room() {
    let secure = Secure::new();
    let good = der(&secure.certificates.good);
    let client = secure.client("", |_| {});
    client.wait_open();
    let length = good.len() as i64;
    let mut buffer = vec![0x7f_u8; good.len() + 2];
    // SAFETY: the buffer is as large as it says, or larger.
    unsafe {
        let pointer = buffer.as_mut_ptr().cast();
        assert_eq!(ws_peer_certificate(client.id, pointer, 4), length);
        assert_eq!((&buffer[..4], buffer[4]), (&good[..4], 0x7f));
        assert_eq!(ws_peer_certificate(client.id, pointer, length + 1), length);
        assert_eq!((&buffer[..good.len()], &buffer[good.len()..]), (&good[..], &[0, 0x7f][..]));
        let refused = ws_peer_certificate(client.id, pointer, -1);
        check_refused(refused, HOSTWS_E_ARGUMENT, "size");
        let refused = ws_peer_certificate(client.id, std::ptr::null_mut(), 1);
        check_refused(refused, HOSTWS_E_ARGUMENT, "buffer");
    }
    client.terminate();
    client.finish();
}

/// The result of ws_peer_certificate() in each callback.
fn certificates_told(url: &str, set: impl FnOnce(&mut ws_options)) -> Vec<Result<Vec<u8>, i64>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&told);
    let hook = move |ws: ws_id, _: &Event| written.lock().unwrap().push(peer_certificate(ws));
    Client::full(url, 0, set, Some(Box::new(hook))).finish();
    let told = told.lock().unwrap();
    told.clone()
}

#[test]
fn the_certificate_outlives_a_lost_connection_and_a_failed_opening() {
    let secure = Secure::new();
    let good = Ok(der(&secure.certificates.good));
    let pins = CString::new(ELSE).unwrap();
    let trust = |options: &mut ws_options| options.tls_ca = secure.ca.as_ptr();
    // OPEN, ERROR, TERMINATE.
    let told = certificates_told(&url(&secure.server, "/drop"), trust);
    assert_eq!(told, [good.clone(), good.clone(), good.clone()]);
    // ERROR, TERMINATE.
    let told = certificates_told(&url(&secure.server, "/not-there"), trust);
    assert_eq!(told, [good.clone(), good.clone()]);
    let told = certificates_told(&url(&secure.server, "/echo"), |options| {
        trust(options);
        options.tls_pins = pins.as_ptr();
    });
    assert_eq!(told, [good.clone(), good.clone()]);
}

#[test]
fn without_tls_and_without_a_handshake_there_is_no_certificate() {
    let none = Err(i64::from(HOSTWS_E_NOT_FOUND));
    let plain = ws_server();
    let told = certificates_told(&format!("ws://localhost:{}/drop", plain.port), |_| {});
    assert_eq!(told, [none.clone(), none.clone(), none.clone()]);
    // An untrusted certificate is not available.
    let secure = Secure::new();
    let told = certificates_told(&url(&secure.server, "/echo"), |_| {});
    assert_eq!(told, [none.clone(), none.clone()]);
    assert_eq!(peer_certificate(1 << 30), Err(i64::from(HOSTWS_E_NO_SUCH_ID)));
}

// ---- ALPN

/// A server that answers the ALPN offer with `choose`.
fn with_alpn(choose: Option<&'static [u8]>) -> (Listener, CString) {
    let certificates = Certificates::new().unwrap();
    let server = websocket::with_openssl(&certificates.good, |acceptor| {
        acceptor.set_alpn_select_callback(move |_, offered| {
            assert_eq!(offered, b"\x08http/1.1");
            choose.ok_or(AlpnError::ALERT_FATAL)
        });
        Ok(())
    });
    (server.unwrap(), CString::new(certificates.ca_pem.clone()).unwrap())
}

#[test]
fn http_1_1_is_offered_and_nothing_else_is_taken() {
    let (server, ca) = with_alpn(Some(b"http/1.1"));
    check_opens(&Client::with(&url(&server, "/echo"), |o| o.tls_ca = ca.as_ptr()));
    let (server, ca) = with_alpn(Some(b"h2"));
    let story = Client::with(&url(&server, "/echo"), |o| o.tls_ca = ca.as_ptr()).finish();
    let errors = story.errors();
    assert_eq!((story.was_open(), story.ending().code), (false, 1015));
    assert_eq!(errors[1].component, "tls");
    assert!(errors[1].message.contains("(ALPN), and a WebSocket needs HTTP/1.1"), "{errors:?}");
    let (server, ca) = with_alpn(None);
    let story = Client::with(&url(&server, "/echo"), |o| o.tls_ca = ca.as_ptr()).finish();
    story.check_failed(1015, &["ws", "tls", "tls"], "HTTP/1.1");
}

#[test]
fn tls_1_2_does_all_of_it_too() {
    let certificates = Certificates::new().unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let server = websocket::with_openssl(&certificates.good, |acceptor| {
        acceptor.set_max_proto_version(Some(SslVersion::TLS1_2))
    });
    let server = server.unwrap();
    let pins = CString::new(pin(&certificates.good)).unwrap();
    let client = Client::with(&url(&server, "/echo"), |options| {
        options.tls_ca = ca.as_ptr();
        options.tls_pins = pins.as_ptr();
    });
    client.wait_open();
    assert_eq!(peer_certificate(client.id), Ok(der(&certificates.good)));
    client.terminate();
    client.finish().check_clean(1000, "");
}
