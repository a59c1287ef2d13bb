//! The proxy that the environment names. One test, because the process has only one environment.

mod support;

use std::env;
use std::ffi::CString;

use hostws::capi::*;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::proxies::{Kind, Setup};
use support::servers::websocket;
use support::ws_server;

const VARIABLES: [&str; 11] = [
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "ws_proxy",
    "wss_proxy",
    "WSS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
];

#[test]
fn the_environment_names_the_proxy_by_curls_rules() {
    let certificates = Certificates::new().unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let (plain, secure) = (ws_server(), websocket::tls(&certificates.good).unwrap());
    let proxy = Setup::new(Kind::Http).password("me", "pw").start();
    let socks = Setup::new(Kind::Socks).start();
    let named = format!("http://me:pw@127.0.0.1:{}", proxy.port());
    let named_socks = format!("socks5h://127.0.0.1:{}", socks.port());
    let of_a_desktop = format!("socks://127.0.0.1:{}/", socks.port());
    let (named, named_socks) = (named.as_str(), named_socks.as_str());
    let port = plain.port.to_string();
    let here = format!("localhost:{port}");
    // With these variables: which way do ws:// and wss:// go?
    for (variables, ws, wss) in [
        (&[][..], "direct", "direct"),
        (&[("http_proxy", named)], "http", "direct"),
        (&[("HTTP_PROXY", named)], "direct", "direct"),
        (&[("https_proxy", named)], "direct", "http"),
        (&[("HTTPS_PROXY", named)], "direct", "http"),
        (&[("ALL_PROXY", named_socks)], "socks", "socks"),
        (&[("ALL_PROXY", &of_a_desktop)], "socks", "socks"),
        (&[("all_proxy", named_socks), ("https_proxy", named)], "socks", "http"),
        (&[("all_proxy", named), ("no_proxy", "*")], "direct", "direct"),
        (&[("all_proxy", named), ("NO_PROXY", "x, localhost")], "direct", "direct"),
        (&[("all_proxy", named), ("no_proxy", &here)], "direct", "http"),
        (&[("all_proxy", named), ("no_proxy", "127.0.0.0/8")], "http", "http"),
    ] {
        VARIABLES.iter().for_each(|name| env::remove_var(name));
        variables.iter().for_each(|(name, value)| env::set_var(name, value));
        for (scheme, port, way) in [("ws", plain.port, ws), ("wss", secure.port, wss)] {
            let before = (proxy.asked().len(), socks.asked().len());
            let url = format!("{scheme}://localhost:{port}/drop");
            let client = Client::with(&url, |options| options.tls_ca = ca.as_ptr());
            assert!(client.finish().was_open(), "{scheme} with {variables:?}");
            let gone = match (proxy.asked().len() - before.0, socks.asked().len() - before.1) {
                (1, 0) => "http",
                (0, 1) => "socks",
                _ => "direct",
            };
            assert_eq!(gone, way, "{scheme} with {variables:?}");
        }
    }

    // The option takes precedence.
    VARIABLES.iter().for_each(|name| env::remove_var(name));
    env::set_var("all_proxy", "http://127.0.0.1:1");
    let url = format!("ws://localhost:{}/drop", plain.port);
    let direct = Client::with(&url, |options| options.proxy = c"".as_ptr());
    assert!(direct.finish().was_open());

    // The environment is read when the connection is created. The error names a bad variable.
    env::set_var("https_proxy", "ftp://me:hunter2@h");
    let refused = open_pull("wss://h/", None);
    check_refused(refused, HOSTWS_E_OPTION, "the environment variable https_proxy");
    assert!(!last_words().contains("hunter2"));
    assert!(!Client::new(&url).finish().was_open(), "ws:// does not look at it");
    VARIABLES.iter().for_each(|name| env::remove_var(name));
}
