//! TLS with more than one peer: the checks and the identity for the server do not apply to a proxy,
//! and the identity is sent only to the origin that it was meant for.

mod support;

use std::ffi::CString;
use std::sync::{Arc, Mutex};

use hostws::capi::*;
use support::host::*;
use support::servers::certificates::{der, pin, Certificates, ServerCertificate};
use support::servers::proxies::{FakeProxy, Kind, Setup};
use support::servers::{raw, websocket};
use support::ws_server;

/// Two authorities: one has signed the certificate of the first server, the other that of a proxy
/// or of the server behind a redirect.
struct World(Certificates);

/// What the options of a connection point to.
#[derive(Default)]
struct Given {
    ca: CString,
    cert: CString,
    key: CString,
    pins: CString,
    proxy: CString,
    server_name: CString,
}

fn text(text: &str) -> CString {
    CString::new(text).unwrap()
}

impl World {
    fn new() -> World {
        World(Certificates::new().unwrap())
    }

    /// Options that trust both authorities, with a client certificate.
    fn given(&self) -> Given {
        let client = &self.0.client;
        Given {
            ca: text(&(self.0.ca_pem.clone() + &self.0.other_ca_pem)),
            cert: text(&client.chain_pem),
            key: text(&client.key_pem),
            ..Given::default()
        }
    }

    /// A proxy that asks for client certificates.
    fn proxy(&self) -> FakeProxy {
        let setup = Setup::new(Kind::Http).tls(&self.0.other_ca);
        setup.asks_for(&self.0.client_ca_pem).start()
    }
}

impl Given {
    fn through(self, proxy: &FakeProxy) -> Given {
        Given { proxy: text(&format!("https://localhost:{}", proxy.port())), ..self }
    }

    fn pins(self, certificates: &[&ServerCertificate]) -> Given {
        let pins: Vec<String> = certificates.iter().map(|certificate| pin(certificate)).collect();
        Given { pins: text(&pins.join(";")), ..self }
    }

    fn set(&self, options: &mut ws_options) {
        options.tls_ca = self.ca.as_ptr();
        options.tls_ca_only = 1;
        options.tls_cert = self.cert.as_ptr();
        options.tls_key = self.key.as_ptr();
        options.tls_pins = self.pins.as_ptr();
        options.tls_server_name = self.server_name.as_ptr();
        options.proxy = self.proxy.as_ptr();
        options.max_redirects = 3;
    }

    fn open(&self, url: &str) -> Client {
        Client::with(url, |options| self.set(options))
    }
}

/// Checks the server's first message, which names the client.
#[track_caller]
fn check_known_as(client: &Client, name: &str) {
    client.wait_messages(1);
    assert_eq!(client.messages(), [name.as_bytes()]);
    client.terminate();
    client.finish().check_clean(1000, "");
}

/// The result of ws_peer_certificate() in each callback.
fn certificates_told(url: &str, given: &Given) -> Vec<Result<Vec<u8>, i64>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&told);
    let hook = move |ws: ws_id, _: &Event| written.lock().unwrap().push(peer_certificate(ws));
    Client::full(url, 0, |options| given.set(options), Some(Box::new(hook))).finish();
    let told = told.lock().unwrap();
    told.clone()
}

fn check_another_key(given: &Given, url: &str, shown: &ServerCertificate) {
    let story = given.open(url).finish();
    story.check_failed(1015, &["ws", "tls"], &pin(shown));
    assert!(!story.was_open());
}

// ---- a proxy before the server

#[test]
fn a_proxy_sees_neither_the_certificate_nor_the_protocol() {
    let world = World::new();
    let server = websocket::mutual(&world.0.good, &world.0.client_ca_pem).unwrap();
    let proxy = world.proxy();
    let url = format!("wss://localhost:{}/client", server.port);
    // A second time, with existing contexts.
    for _ in 0..2 {
        check_known_as(&world.given().through(&proxy).open(&url), "test client");
    }
    let asked = format!("CONNECT localhost:{}", server.port);
    assert_eq!(proxy.asked(), [asked.clone(), asked]);
}

#[test]
fn pins_and_the_servers_name_are_not_the_proxys() {
    let world = World::new();
    let server = websocket::tls(&world.0.other_name).unwrap();
    let proxy = world.proxy();
    let url = format!("wss://localhost:{}/drop", server.port);
    let given = || Given { server_name: text("other.example"), ..world.given() }.through(&proxy);
    let pinned = given().pins(&[&world.0.other_name]);
    assert!(pinned.open(&url).finish().was_open());
    // The pin of the proxy's key does not match the server.
    check_another_key(&given().pins(&[&world.0.other_ca]), &url, &world.0.other_name);
}

#[test]
fn a_proxy_needs_an_authority_among_those_that_alone_are_trusted() {
    let world = World::new();
    let server = websocket::tls(&world.0.good).unwrap();
    let proxy = world.proxy();
    let given = Given { ca: text(&world.0.ca_pem), ..world.given().through(&proxy) };
    let story = given.open(&format!("wss://localhost:{}/drop", server.port)).finish();
    story.check_failed(1006, &["ws", "proxy", "tls", "tls"], "tls_ca");
}

#[test]
fn the_certificate_is_the_servers_and_never_the_proxys() {
    let world = World::new();
    let secure = websocket::tls(&world.0.good).unwrap();
    let proxy = world.proxy();
    let given = world.given().through(&proxy);
    let good = Ok(der(&world.0.good));
    let told = certificates_told(&format!("wss://localhost:{}/drop", secure.port), &given);
    assert_eq!(told, [good.clone(), good.clone(), good]);
    // TLS to the proxy only.
    let none = Err(i64::from(HOSTWS_E_NOT_FOUND));
    let plain = ws_server();
    let told = certificates_told(&format!("ws://localhost:{}/drop", plain.port), &given);
    assert_eq!(told, [none.clone(), none.clone(), none]);
}

// ---- redirects

#[test]
fn a_client_is_known_to_no_other_origin() {
    let world = World::new();
    let (certificates, ca) = (&world.0, &world.0.client_ca_pem);
    let first = websocket::mutual(&certificates.good, ca).unwrap();
    let other = websocket::asking(&certificates.good, ca).unwrap();
    let url = |port: u16, to: &str| format!("wss://localhost:{port}/redirect?to={to}");
    let client = |port: u16| format!("https://localhost:{port}/client");
    let given = world.given();
    check_known_as(&given.open(&format!("wss://localhost:{}/client", other.port)), "test client");
    check_known_as(&given.open(&url(first.port, &client(other.port))), "");
    // Also on the way back, to a server that accepts nobody else.
    let back = format!("https://localhost:{}/redirect?to={}", other.port, client(first.port));
    let story = given.open(&url(first.port, &back)).finish();
    story.check_failed(1015, &["ws", "tls", "tls"], "after a redirect tls_cert is shown to no");
    // Redirects within its own origin keep the identity.
    check_known_as(&given.open(&url(first.port, "/client")), "test client");
    // From ws to wss is a change of origin, too.
    let to = client(other.port);
    let plain = raw::scripted(move |mut stream, _| {
        let head = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        std::io::Write::write_all(&mut stream, head.as_bytes())
    });
    let plain = plain.unwrap();
    check_known_as(&given.open(&format!("ws://localhost:{}/", plain.port)), "");
}

#[test]
fn pins_hold_on_the_whole_way() {
    let world = World::new();
    let first = websocket::tls(&world.0.good).unwrap();
    let last = websocket::tls(&world.0.other_ca).unwrap();
    let to = format!("https://localhost:{}/drop", last.port);
    let url = format!("wss://localhost:{}/redirect?to={to}", first.port);
    let (one, other) = (&world.0.good, &world.0.other_ca);
    assert!(world.given().pins(&[one, other]).open(&url).finish().was_open());
    check_another_key(&world.given().pins(&[one]), &url, other);
    check_another_key(&world.given().pins(&[other]), &url, one);
}

#[test]
fn after_redirects_the_certificate_is_the_last_servers() {
    let world = World::new();
    let first = websocket::tls(&world.0.good).unwrap();
    let last = websocket::tls(&world.0.other_ca).unwrap();
    let told = |to: &str| {
        let url = format!("wss://localhost:{}/redirect?to={to}", first.port);
        certificates_told(&url, &world.given())
    };
    let (one, other) = (Ok(der(&world.0.good)), Ok(der(&world.0.other_ca)));
    let seen = told(&format!("https://localhost:{}/drop", last.port));
    assert_eq!(seen, [other.clone(), other.clone(), other]);
    // The last server's certificate if a redirect is not followed; none if no server is reached.
    assert_eq!(told("http://localhost/"), [one.clone(), one]);
    let none = Err(i64::from(HOSTWS_E_NOT_FOUND));
    assert_eq!(told("https://127.0.0.1:1/"), [none.clone(), none]);
}
