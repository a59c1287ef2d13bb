//! Which of a host's addresses a connection uses.

mod support;

use std::net::TcpListener;

use hostws::capi::*;
use support::host::*;
use support::servers::{websocket, ClosedPort};
use support::ws_server;

fn opens(url: &str, family: i32) -> Result<(), Story> {
    let story = Client::with(url, |options| options.ip_family = family).finish();
    if story.was_open() {
        Ok(())
    } else {
        Err(story)
    }
}

#[test]
fn one_family_alone() {
    let v4 = ws_server();
    let url = format!("ws://localhost:{}/drop", v4.port);
    assert!(opens(&url, HOSTWS_IP_ANY).is_ok());
    assert!(opens(&url, HOSTWS_IP_V4).is_ok());
    let story = opens(&url, HOSTWS_IP_V6).expect_err("it is not on IPv6");
    let words = story.errors().iter().map(|error| error.message.clone()).collect::<String>();
    assert!(words.contains("[::1]:") && !words.contains("127.0.0.1:"), "{words}");

    let url = format!("ws://127.0.0.1:{}/drop", v4.port);
    let story = opens(&url, HOSTWS_IP_V6).expect_err("it is an address of IPv4");
    story.check_failed(1006, &["ws", "dns"], "127.0.0.1: it has no IPv6 address");

    // A machine may have no IPv6.
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let v6 = websocket::plain_at("[::1]:0").unwrap();
    assert!(opens(&format!("ws://localhost:{}/drop", v6.port), HOSTWS_IP_V6).is_ok());
    assert!(opens(&format!("ws://[::1]:{}/drop", v6.port), HOSTWS_IP_V4).is_err());
}

#[test]
fn the_error_names_every_address_and_what_became_of_it() {
    let closed = ClosedPort::new().unwrap();
    let story = opens(&format!("ws://localhost:{}/", closed.port), 0).expect_err("it is closed");
    let errors = story.errors();
    assert_eq!(errors[1].message, "none of the 2 addresses could be connected to");
    for (error, address) in errors[2..].iter().zip(["[::1]", "127.0.0.1"]) {
        assert_eq!(error.component, "tcp");
        assert!(error.message.starts_with(&format!("{address}:{}: ", closed.port)), "{error:?}");
        assert_ne!(error.code, 0);
    }
    assert_eq!(errors.len(), 4);
}
