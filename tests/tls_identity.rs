//! The client's identity: a server that asks for a certificate gets the right one. Faults are
//! reported by ws_new() or by the ERROR.

mod support;

use std::ffi::CString;
use std::path::PathBuf;

use hostws::capi::*;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::symm::Cipher;
use rcgen::KeyPair;
use support::host::*;
use support::servers::certificates::{authority, client, Certificates, ServerCertificate};
use support::servers::listener::Listener;
use support::servers::websocket;

const PASSWORD: &str = "Passwort ä";

/// A server that accepts only certain clients.
struct Mutual {
    certificates: Certificates,
    server: Listener,
    ca: CString,
}

/// The options of the client.
#[derive(Default)]
struct Given {
    cert: CString,
    key: CString,
    password: CString,
}

impl Given {
    fn new(cert: &str, key: &str) -> Given {
        let text = |text: &str| CString::new(text).unwrap();
        Given { cert: text(cert), key: text(key), ..Given::default() }
    }

    fn of(certificate: &ServerCertificate) -> Given {
        Given::new(&certificate.chain_pem, &certificate.key_pem)
    }

    fn with_password(self, password: &str) -> Given {
        Given { password: CString::new(password).unwrap(), ..self }
    }

    fn set(&self, options: &mut ws_options) {
        options.tls_cert = self.cert.as_ptr();
        options.tls_key = self.key.as_ptr();
        options.tls_key_password = self.password.as_ptr();
    }
}

impl Mutual {
    fn new() -> Mutual {
        let certificates = Certificates::new().unwrap();
        let server = websocket::mutual(&certificates.good, &certificates.client_ca_pem).unwrap();
        let ca = CString::new(certificates.ca_pem.clone()).unwrap();
        Mutual { certificates, server, ca }
    }

    fn client(&self, given: &Given) -> Client {
        let url = format!("wss://localhost:{}/client", self.server.port);
        Client::with(&url, |options| {
            options.tls_ca = self.ca.as_ptr();
            given.set(options);
        })
    }

    /// Checks that the server accepts the client and knows its name.
    #[track_caller]
    fn check_let_in(&self, given: &Given) {
        let client = self.client(given);
        client.wait_messages(1);
        assert_eq!(client.messages(), [b"test client"]);
        client.terminate();
        client.finish().check_clean(1000, "");
    }

    /// Checks that the opening fails, and that the error says what is wrong.
    #[track_caller]
    fn check_fails(&self, given: &Given, words: &[&str]) {
        let story = self.client(given).finish();
        let errors = story.errors();
        assert_eq!((errors[0].code, errors[1].code), (HOSTWS_E_OPEN, HOSTWS_E_TLS));
        assert_eq!(errors[1].component, "tls");
        for word in words {
            assert!(errors[1].message.contains(word), "no {word:?} in {errors:?}");
        }
        assert!(errors.iter().all(|error| !error.message.contains(PASSWORD)));
        assert_eq!(story.ending().code, 1015);
        assert!(!story.was_open());
    }
}

/// Checks that ws_new() refuses it, and that the error says what is wrong.
#[track_caller]
fn check_option(given: &Given, words: &[&str]) {
    let mut options = options();
    given.set(&mut options);
    // SAFETY: all is valid during the call.
    let ws = unsafe { ws_new(c"wss://localhost:1/".as_ptr(), std::ptr::null(), &options) };
    for word in words {
        check_refused(ws, HOSTWS_E_OPTION, word);
    }
    assert!(!last_words().contains(PASSWORD), "{}", last_words());
}

/// A file that is removed after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Scratch {
        let name = format!("hostws-identity-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Scratch(path)
    }

    fn option(&self) -> String {
        format!("@{}", self.0.display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn text(pem: Vec<u8>) -> String {
    String::from_utf8(pem).unwrap()
}

fn private(pem: &str) -> PKey<Private> {
    PKey::private_key_from_pem(pem.as_bytes()).unwrap()
}

#[test]
fn a_certificate_with_its_chain_lets_the_client_in() {
    let mutual = Mutual::new();
    mutual.check_let_in(&Given::of(&mutual.certificates.client));
    // A second time, with the existing context.
    mutual.check_let_in(&Given::of(&mutual.certificates.client));
}

#[test]
fn both_may_be_in_files_or_in_one_file() {
    let mutual = Mutual::new();
    let client = &mutual.certificates.client;
    let cert = Scratch::new("cert.pem", &client.chain_pem);
    let key = Scratch::new("key.pem", &client.key_pem);
    mutual.check_let_in(&Given::new(&cert.option(), &key.option()));
    mutual.check_let_in(&Given::new(&client.chain_pem, &key.option()));
    mutual.check_let_in(&Given::new(&cert.option(), &client.key_pem));
    let both = Scratch::new("both.pem", &(client.key_pem.clone() + &client.chain_pem));
    mutual.check_let_in(&Given::new(&both.option(), &both.option()));
}

#[test]
fn a_changed_file_is_read_anew() {
    let mutual = Mutual::new();
    let client = &mutual.certificates.client;
    let stranger = &mutual.certificates.other_ca;
    let cert = Scratch::new("changing-cert.pem", &stranger.chain_pem);
    let key = Scratch::new("changing-key.pem", &stranger.key_pem);
    let given = Given::new(&cert.option(), &key.option());
    mutual.check_fails(&given, &["tls_cert"]);
    std::fs::write(&cert.0, &client.chain_pem).unwrap();
    std::fs::write(&key.0, &client.key_pem).unwrap();
    mutual.check_let_in(&given);
}

#[test]
fn keys_of_every_format_are_read() {
    let (ca_pem, ca) = authority("hostws test clients").unwrap();
    let certificates = Certificates::new().unwrap();
    let server = websocket::mutual(&certificates.good, &ca_pem).unwrap();
    let ca_of_server = CString::new(certificates.ca_pem.clone()).unwrap();
    let mutual = Mutual { certificates, server, ca: ca_of_server };
    let password = PASSWORD.as_bytes();
    let cipher = Cipher::aes_256_cbc;

    let rsa = Rsa::generate(2048).unwrap();
    let pkey = PKey::from_rsa(rsa.clone()).unwrap();
    let pkcs8 = text(pkey.private_key_to_pem_pkcs8().unwrap());
    let rsa_client = client(&KeyPair::from_pem(&pkcs8).unwrap(), &ca).unwrap();
    let cert = &rsa_client.chain_pem;
    let traditional = text(rsa.private_key_to_pem().unwrap());
    assert!(traditional.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    mutual.check_let_in(&Given::new(cert, &pkcs8));
    mutual.check_let_in(&Given::new(cert, &traditional));
    let encrypted = text(rsa.private_key_to_pem_passphrase(cipher(), password).unwrap());
    assert!(encrypted.contains("Proc-Type: 4,ENCRYPTED"));
    mutual.check_let_in(&Given::new(cert, &encrypted).with_password(PASSWORD));
    check_option(&Given::new(cert, &encrypted), &["tls_key", "tls_key_password is not set"]);
    check_option(&Given::new(cert, &encrypted).with_password("wrong"), &["tls_key_password"]);

    let ec_client = client(&KeyPair::generate().unwrap(), &ca).unwrap();
    let cert = &ec_client.chain_pem;
    let pkey = private(&ec_client.key_pem);
    let ec = pkey.ec_key().unwrap();
    let traditional = text(ec.private_key_to_pem().unwrap());
    assert!(traditional.starts_with("-----BEGIN EC PRIVATE KEY-----"));
    mutual.check_let_in(&Given::new(cert, &traditional));
    // As `openssl ecparam -genkey` writes it.
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    mutual.check_let_in(&Given::new(cert, &(parameters.to_owned() + &traditional)));
    let encrypted = text(pkey.private_key_to_pem_pkcs8_passphrase(cipher(), password).unwrap());
    assert!(encrypted.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    mutual.check_let_in(&Given::new(cert, &encrypted).with_password(PASSWORD));
    // An unnecessary password does no harm.
    mutual.check_let_in(&Given::new(cert, &ec_client.key_pem).with_password(PASSWORD));

    let pkey = PKey::generate_ed25519().unwrap();
    let pkcs8 = text(pkey.private_key_to_pem_pkcs8().unwrap());
    let ed_client = client(&KeyPair::from_pem(&pkcs8).unwrap(), &ca).unwrap();
    mutual.check_let_in(&Given::new(&ed_client.chain_pem, &pkcs8));
}

#[test]
fn a_client_without_or_with_a_strange_certificate_is_told() {
    let mutual = Mutual::new();
    mutual.check_fails(&Given::default(), &["client certificate", "tls_cert"]);
    let stranger = Given::of(&mutual.certificates.other_ca);
    mutual.check_fails(&stranger, &["client", "certificate", "tls_cert"]);
    // Identities are not confused.
    mutual.check_let_in(&Given::of(&mutual.certificates.client));
    mutual.check_fails(&Given::default(), &["tls_cert"]);
    mutual.check_fails(&stranger, &["tls_cert"]);
}

#[test]
fn a_server_that_does_not_ask_is_reached_all_the_same() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let given = Given::of(&certificates.client);
    let client = Client::with(&format!("wss://localhost:{}/echo", server.port), |options| {
        options.tls_ca = ca.as_ptr();
        given.set(options);
    });
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn what_is_wrong_with_text_is_refused_at_once() {
    let certificates = Certificates::new().unwrap();
    let (cert, key) = (&certificates.client.chain_pem, &certificates.client.key_pem);
    check_option(&Given::new(cert, ""), &["tls_cert", "tls_key"]);
    check_option(&Given::new("", key), &["tls_cert", "tls_key"]);
    check_option(&Given::default().with_password(PASSWORD), &["tls_key_password"]);
    check_option(&Given::new("client.pem", key), &["option tls_cert"]);
    check_option(&Given::new(cert, "client.key"), &["option tls_key"]);
    check_option(&Given::new(key, key), &["option tls_cert"]);
    check_option(&Given::new(cert, cert), &["option tls_key"]);
    check_option(&Given::new("@", key), &["option tls_cert"]);
    let damaged = |pem: &str| pem.replacen("\nMI", "\nXX", 1);
    check_option(&Given::new(&damaged(cert), key), &["tls_cert is damaged"]);
    check_option(&Given::new(cert, &damaged(key)), &["tls_key is damaged"]);
    let other = &certificates.good.key_pem;
    check_option(&Given::new(cert, other), &["tls_key does not belong", "tls_cert"]);
    let at = cert[1..].find("-----BEGIN").unwrap() + 1;
    let reversed = cert[at..].to_owned() + &cert[..at];
    check_option(&Given::new(&reversed, key), &["certificate 2", "must be the first"]);
    let long = "p".repeat(1001);
    check_option(&Given::new(cert, key).with_password(&long), &["tls_key_password", "1000"]);
    let encrypted = private(key)
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), PASSWORD.as_bytes())
        .map(text)
        .unwrap();
    check_option(&Given::new(cert, &encrypted), &["tls_key_password is not set"]);
    check_option(&Given::new(cert, &encrypted).with_password("wrong"), &["tls_key_password"]);
    // Also when the certificate is in a file.
    check_option(&Given::new("@c.pem", &encrypted), &["tls_key_password is not set"]);
}

/// The host may use OpenSSL itself, whose errors are kept in a queue of the thread.
#[test]
fn nothing_is_left_in_openssls_queue_of_errors() {
    let certificates = Certificates::new().unwrap();
    let (cert, key) = (&certificates.client.chain_pem, &certificates.client.key_pem);
    let encrypted = private(key)
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), PASSWORD.as_bytes())
        .map(text)
        .unwrap();
    let other_kind =
        PKey::generate_ed25519().unwrap().private_key_to_pem_pkcs8().map(text).unwrap();
    let given = [
        Given::new(cert, key),
        Given::new(cert, &encrypted).with_password(PASSWORD),
        Given::new(cert, &encrypted).with_password("wrong"),
        Given::new(cert, &certificates.good.key_pem),
        Given::new(cert, &other_kind),
        Given::new(cert, &key.replacen("\nMI", "\nXX", 1)),
    ];
    for (index, given) in given.iter().enumerate() {
        let mut options = options();
        given.set(&mut options);
        // SAFETY: all is valid during the call.
        let ws = unsafe { ws_new(c"wss://[::1]:1/".as_ptr(), std::ptr::null(), &options) };
        let left = openssl::error::ErrorStack::get();
        assert!(left.errors().is_empty(), "{index}: {left}");
        assert_eq!(ws > 0, index < 2, "{index}");
        ws_abort(ws);
    }
}

/// OpenSSL asks for the password as often as it likes.
#[test]
fn an_encrypted_key_may_be_damaged_in_many_places() {
    let certificates = Certificates::new().unwrap();
    let cert = &certificates.client.chain_pem;
    let key = private(&certificates.client.key_pem);
    let (cipher, password) = (Cipher::aes_128_cbc(), PASSWORD.as_bytes());
    let pkcs8 = key.private_key_to_pem_pkcs8_passphrase(cipher, password).map(text).unwrap();
    let ec = key.ec_key().unwrap();
    let traditional = ec.private_key_to_pem_passphrase(cipher, password).map(text).unwrap();
    for pem in [pkcs8, traditional] {
        for at in (0..pem.len()).step_by(7) {
            let mut damaged = pem.clone().into_bytes();
            damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
            let given = Given::new(cert, &text(damaged)).with_password(PASSWORD);
            let mut options = options();
            given.set(&mut options);
            // SAFETY: all is valid during the call.
            let ws = unsafe { ws_new(c"wss://[::1]:1/".as_ptr(), std::ptr::null(), &options) };
            // Some bits have no meaning.
            assert!(ws > 0 || ws == HOSTWS_E_OPTION, "{at}: {ws}, {}", last_words());
            ws_abort(ws);
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_when_it_opens() {
    let mutual = Mutual::new();
    let (cert, key) = (&mutual.certificates.client.chain_pem, &mutual.certificates.client.key_pem);
    mutual.check_fails(&Given::new("@/no/such/c.pem", key), &["tls_cert", "/no/such/c.pem"]);
    mutual.check_fails(&Given::new(cert, "@/no/such/k.pem"), &["tls_key", "/no/such/k.pem"]);
    mutual.check_fails(&Given::new(cert, "@Cargo.toml"), &["tls_key", "no PEM", "Cargo.toml"]);
    let other = Scratch::new("other.key", &mutual.certificates.good.key_pem);
    mutual.check_fails(&Given::new(cert, &other.option()), &["other.key", "does not belong"]);
    let encrypted = private(key)
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), PASSWORD.as_bytes())
        .map(text)
        .unwrap();
    let encrypted = Scratch::new("encrypted.key", &encrypted);
    let given = || Given::new(cert, &encrypted.option());
    mutual.check_fails(&given(), &["encrypted.key", "tls_key_password is not set"]);
    mutual.check_fails(&given().with_password("wrong"), &["encrypted.key", "tls_key_password"]);
    mutual.check_let_in(&given().with_password(PASSWORD));
}

#[test]
fn ws_open_takes_them_by_name() {
    let mutual = Mutual::new();
    let url = format!("wss://localhost:{}/client", mutual.server.port);
    let client = &mutual.certificates.client;
    let encrypted = private(&client.key_pem)
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), PASSWORD.as_bytes())
        .map(text)
        .unwrap();
    let json = |password: &str| {
        serde_json::json!({
            "tls_ca": mutual.certificates.ca_pem,
            "tls_cert": client.chain_pem,
            "tls_key": encrypted,
            "tls_key_password": password,
        })
        .to_string()
    };
    let ws = open_pull(&url, Some(&json(PASSWORD)));
    assert!(ws > 0, "{}", last_words());
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    let data = b"test client".to_vec();
    assert_eq!(next(0, 20_000), Ok((ws, Event::Message { data_type: HOSTWS_TEXT, data })));
    ws_abort(ws);
    check_refused(open_pull(&url, Some(&json("wrong"))), HOSTWS_E_OPTION, "tls_key_password");
    for (name, value) in [("tls_cert", "1"), ("tls_key", "null"), ("tls_key_password", "[1]")] {
        let wrong = format!("{{\"{name}\":{value}}}");
        check_refused(open_pull(&url, Some(&wrong)), HOSTWS_E_OPTION, name);
    }
}
