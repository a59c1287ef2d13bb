//! Helpers of the integration tests: servers, the C functions as a host calls them, and the
//! resources of the process.

#![allow(dead_code)] // each test uses its part

pub mod host;
pub mod process;
pub mod servers;

use servers::listener::Listener;

pub fn ws_server() -> Listener {
    servers::websocket::plain().expect("a port of the loopback")
}

pub fn raw_server() -> Listener {
    servers::raw::start().expect("a port of the loopback")
}

pub fn url(server: &Listener, path: &str) -> String {
    format!("ws://127.0.0.1:{}{path}", server.port)
}
