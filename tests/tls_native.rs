//! TLS that is not OpenSSL's: what its library cannot do is refused, with the option and the library
//! named. The other tests of TLS say what it can do.

#![cfg(not(tls_openssl))]

mod support;

use std::ffi::CString;

use hostws::capi::*;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::websocket;

const URL: &str = "wss://127.0.0.1:1/";

/// The options as JSON.
fn options(pairs: &[(&str, &str)]) -> String {
    let text = |text: &str| serde_json::to_string(text).unwrap();
    let pairs: Vec<String> =
        pairs.iter().map(|(k, v)| format!("{}:{}", text(k), text(v))).collect();
    format!("{{{}}}", pairs.join(","))
}

#[test]
fn what_it_cannot_do_is_refused_at_once() {
    let client = Certificates::new().unwrap().client;
    let password = options(&[
        ("tls_cert", &client.chain_pem),
        ("tls_key", &client.key_pem),
        ("tls_key_password", "open sesame"),
    ]);
    for (options, option) in [
        (r#"{"tls_key_log":1}"#, "tls_key_log"),
        (r#"{"tls_resume":-1}"#, "tls_resume"),
        (r#"{"ask":1}"#, "ask"),
        (&password, "tls_key_password"),
    ] {
        let refused = open_pull(URL, Some(options));
        check_refused(refused, HOSTWS_E_OPTION, &format!("option {option}: native-tls"));
    }
}

#[test]
fn keys_that_it_cannot_read_are_refused_with_words() {
    let chain = Certificates::new().unwrap().client.chain_pem;
    for (label, words) in [
        ("ENCRYPTED PRIVATE KEY", "native-tls reads no encrypted keys"),
        ("EC PRIVATE KEY", "must be unencrypted PKCS#8"),
        ("RSA PRIVATE KEY", "must be unencrypted PKCS#8"),
    ] {
        let key = format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        let given = options(&[("tls_cert", &chain), ("tls_key", &key)]);
        check_refused(open_pull(URL, Some(&given)), HOSTWS_E_OPTION, words);
    }
}

#[test]
fn a_file_may_hold_certificate_and_key_and_words_in_any_encoding() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::mutual(&certificates.good, &certificates.client_ca_pem).unwrap();
    let all = certificates.client.chain_pem.clone() + &certificates.client.key_pem;
    let mut trusted = b"Caf\xe9\n".to_vec();
    trusted.extend(certificates.ca_pem.as_bytes());
    let folder = std::env::temp_dir();
    let file = |name: &str, content: &[u8]| {
        let path = folder.join(format!("hostws-native-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        path
    };
    let (ca, client) = (file("ca.pem", &trusted), file("client.pem", all.as_bytes()));
    let option = |path: &std::path::Path| CString::new(format!("@{}", path.display())).unwrap();
    let (ca_option, client_option) = (option(&ca), option(&client));
    let url = format!("wss://localhost:{}/client", server.port);
    let opened = Client::with(&url, |options| {
        options.tls_ca = ca_option.as_ptr();
        options.tls_cert = client_option.as_ptr();
        options.tls_key = client_option.as_ptr();
    });
    opened.wait_messages(1);
    assert_eq!(opened.messages(), [b"test client"]);
    opened.terminate();
    opened.finish();
    for path in [ca, client] {
        std::fs::remove_file(path).unwrap();
    }
}
