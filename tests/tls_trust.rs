//! The authorities that a client trusts: the system's, `tls_ca` in addition, or `tls_ca` only. One
//! test, because the system's authorities are shared by the whole process.

mod support;

use std::ffi::CString;

use hostws::capi::*;
use support::host::*;
use support::servers::certificates::{Certificates, ServerCertificate};
use support::servers::listener::Listener;
use support::servers::websocket;

struct Side {
    server: Listener,
    ca: CString,
}

impl Side {
    fn new(ca: &str, certificate: &ServerCertificate) -> Side {
        let server = websocket::tls(certificate).unwrap();
        Side { server, ca: CString::new(ca).unwrap() }
    }

    #[track_caller]
    fn check(&self, is_trusted: bool, set: impl FnOnce(&mut ws_options)) {
        let client = Client::with(&format!("wss://localhost:{}/echo", self.server.port), set);
        if is_trusted {
            client.wait_open();
            client.terminate();
            client.finish().check_clean(1000, "");
        } else {
            client.finish().check_failed(1015, &["ws", "tls", "tls"], "tls_ca");
        }
    }
}

#[test]
fn the_systems_authorities_are_trusted_unless_others_are_named_alone() {
    let certificates = Certificates::new().unwrap();
    let system = Side::new(&certificates.ca_pem, &certificates.good);
    let private = Side::new(&certificates.other_ca_pem, &certificates.other_ca);
    let path = std::env::temp_dir().join(format!("hostws-trust-{}.pem", std::process::id()));
    std::fs::write(&path, &certificates.ca_pem).unwrap();
    // Before the first TLS connection, and with no other thread that reads the environment.
    std::env::remove_var("SSL_CERT_DIR");
    std::env::set_var("SSL_CERT_FILE", &path);

    // A failure to read them is reported, and not remembered.
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let client = Client::new(&format!("wss://localhost:{}/echo", system.server.port));
    client.finish().check_failed(1015, &["ws", "tls", "os"], "could not be read");
    std::fs::remove_dir(&path).unwrap();
    // They are read again only after ws_shutdown(), because reading takes long.
    std::fs::write(&path, &certificates.other_ca_pem).unwrap();
    private.check(true, |_| {});
    std::fs::write(&path, &certificates.ca_pem).unwrap();
    system.check(false, |_| {});
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK);

    system.check(true, |_| {});
    private.check(false, |_| {});
    let besides = |options: &mut ws_options| options.tls_ca = private.ca.as_ptr();
    system.check(true, besides);
    private.check(true, besides);
    let alone = |options: &mut ws_options| {
        besides(options);
        options.tls_ca_only = 1;
    };
    system.check(false, alone);
    private.check(true, alone);
    // From a file it is the same.
    let file = CString::new(format!("@{}", path.display())).unwrap();
    let alone = |options: &mut ws_options| {
        options.tls_ca = file.as_ptr();
        options.tls_ca_only = 1;
    };
    system.check(true, alone);
    private.check(false, alone);
    std::fs::remove_file(&path).unwrap();
}
