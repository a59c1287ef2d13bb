//! TLS sessions are resumed only with the server that gave them, and only with the same settings.
//! (native-tls does not let us resume sessions.)
#![cfg(tls_openssl)]

mod support;

use std::ffi::CString;
use std::sync::mpsc;

use hostws::capi::*;
use openssl::ssl::SslVersion;
use support::host::*;
use support::servers::certificates::{pin, Certificates};
use support::servers::listener::{Listener, PATIENCE};
use support::servers::websocket::{self, openssl_acceptor, serve};

/// A server that reports for each handshake whether it resumed a session.
struct Server {
    listener: Listener,
    resumed: mpsc::Receiver<bool>,
    ca: CString,
    certificates: Certificates,
}

impl Server {
    fn new(version: SslVersion) -> Server {
        let certificates = Certificates::new().unwrap();
        let acceptor = openssl_acceptor(&certificates.good, |acceptor| {
            acceptor.set_session_id_context(b"hostws")?;
            acceptor.set_min_proto_version(Some(version))?;
            acceptor.set_max_proto_version(Some(version))
        });
        let acceptor = acceptor.unwrap();
        let (sender, resumed) = mpsc::channel();
        let listener = Listener::start(move |stream, board| {
            let Ok(stream) = acceptor.accept(stream) else { return };
            let _ = sender.send(stream.ssl().session_reused());
            serve(stream, board);
        });
        let ca = CString::new(certificates.ca_pem.clone()).unwrap();
        Server { listener: listener.unwrap(), resumed, ca, certificates }
    }

    fn client(&self, host: &str, set: impl FnOnce(&mut ws_options)) -> Client {
        Client::with(&format!("wss://{host}:{}/echo", self.listener.port), |options| {
            options.tls_ca = self.ca.as_ptr();
            set(options);
        })
    }

    /// Makes and uses a connection with these options.
    #[track_caller]
    fn check(&self, is_resumed: bool, set: impl FnOnce(&mut ws_options)) {
        let client = self.client("localhost", set);
        client.send("hello");
        client.wait_messages(1);
        client.terminate();
        client.finish().check_clean(1000, "");
        assert_eq!(self.resumed.recv_timeout(PATIENCE), Ok(is_resumed));
    }
}

#[test]
fn the_second_connection_resumes_the_session_of_the_first() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let server = Server::new(version);
        server.check(false, |_| {});
        for _ in 0..3 {
            server.check(true, |_| {});
        }
        server.check(false, |options| options.tls_resume = -1);
    }
}

#[test]
fn no_session_serves_other_settings() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let server = Server::new(version);
        let pin = CString::new(pin(&server.certificates.good)).unwrap();
        let both = [&server.certificates.ca_pem[..], &server.certificates.other_ca_pem].concat();
        let both = CString::new(both).unwrap();
        let name = CString::new("127.0.0.1").unwrap();
        let certificate = CString::new(server.certificates.client.chain_pem.clone()).unwrap();
        let key = CString::new(server.certificates.client.key_pem.clone()).unwrap();
        server.check(false, |_| {});
        server.check(false, |options| options.tls_pins = pin.as_ptr());
        server.check(false, |options| options.tls_ca = both.as_ptr());
        server.check(false, |options| options.tls_ca_only = 1);
        server.check(false, |options| options.tls_server_name = name.as_ptr());
        server.check(false, |options| options.tls_verify = HOSTWS_TLS_VERIFY_NO_HOSTNAME);
        server.check(false, |options| options.tls_verify = HOSTWS_TLS_VERIFY_NONE);
        let identity = |options: &mut ws_options| {
            options.tls_cert = certificate.as_ptr();
            options.tls_key = key.as_ptr();
        };
        server.check(false, identity);
        server.check(true, |_| {});
        server.check(true, |options| options.tls_pins = pin.as_ptr());
    }
}

#[test]
fn what_is_refused_is_refused_with_a_session_too() {
    let server = Server::new(SslVersion::TLS1_3);
    server.check(false, |options| options.tls_verify = HOSTWS_TLS_VERIFY_NONE);
    server.check(true, |options| options.tls_verify = HOSTWS_TLS_VERIFY_NONE);
    // The same server under another name, another pin, or without its authority.
    let other = CString::new(pin(&server.certificates.other_ca)).unwrap();
    let stranger = CString::new(server.certificates.other_ca_pem.clone()).unwrap();
    let name = CString::new("other.example").unwrap();
    let refused = |words: &str, set: &dyn Fn(&mut ws_options)| {
        let story = server.client("localhost", set).finish();
        assert_eq!(story.ending().code, 1015);
        assert!(story.errors()[1].message.contains(words), "{:?}", story.errors());
    };
    for _ in 0..2 {
        refused("tls_ca", &|options| options.tls_ca = stranger.as_ptr());
        refused("another name", &|options| options.tls_server_name = name.as_ptr());
        refused("not one of tls_pins", &|options| options.tls_pins = other.as_ptr());
    }
}

/// OpenSSL's servers end such handshakes if they ask for a certificate and have no
/// session_id_context.
#[test]
fn a_server_that_ends_handshakes_with_a_session_is_shown_none() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::asking(&certificates.good, &certificates.client_ca_pem).unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    for _ in 0..3 {
        let client = Client::with(&format!("wss://localhost:{}/echo", server.port), |options| {
            options.tls_ca = ca.as_ptr();
        });
        client.wait_open();
        client.terminate();
        client.finish().check_clean(1000, "");
    }
}

/// Runs in a separate process, because it sets the environment.
#[test]
fn keys_are_written_where_the_environment_says_and_only_if_asked_to() {
    let path = std::env::temp_dir().join(format!("hostws-keys-{}", std::process::id()));
    let server = Server::new(SslVersion::TLS1_3);
    let url = CString::new(format!("wss://localhost:{}/echo", server.listener.port)).unwrap();
    let this = std::env::current_exe().unwrap();
    let run = |asked: &str| {
        let status = std::process::Command::new(&this)
            .args(["--exact", "client_of_a_key_log", "--ignored"])
            .env("SSLKEYLOGFILE", &path)
            .env("HOSTWS_TEST_URL", url.to_str().unwrap())
            .env("HOSTWS_TEST_ASKED", asked)
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
    };
    run("0");
    assert!(!path.exists());
    run("1");
    run("1");
    let lines = std::fs::read_to_string(&path).unwrap();
    let count = |label: &str| lines.lines().filter(|line| line.starts_with(label)).count();
    assert_eq!(count("CLIENT_TRAFFIC_SECRET_0 "), 2, "{lines}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    std::fs::remove_file(&path).unwrap();
}

#[test]
#[ignore = "a part of another"]
fn client_of_a_key_log() {
    let client = Client::with(&std::env::var("HOSTWS_TEST_URL").unwrap(), |options| {
        options.tls_verify = HOSTWS_TLS_VERIFY_NONE;
        options.tls_key_log = std::env::var("HOSTWS_TEST_ASKED").unwrap().parse().unwrap();
    });
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "");
}
