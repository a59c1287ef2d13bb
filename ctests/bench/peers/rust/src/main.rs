//! One of the other Rust clients, with the command line and the JSON lines of the C client (bench.h). A cargo feature
//! chooses which.

mod bench;
mod client;
mod modes;
#[cfg(feature = "tokio")]
mod on_tokio;
#[cfg_attr(feature = "fastwebsockets", path = "peers/fastwebsockets.rs")]
#[cfg_attr(feature = "sockudo-ws", path = "peers/sockudo_ws.rs")]
#[cfg_attr(feature = "sockudo-ws-uring", path = "peers/sockudo_ws_uring.rs")]
#[cfg_attr(feature = "tokio-websockets", path = "peers/tokio_websockets.rs")]
#[cfg_attr(feature = "tungstenite", path = "peers/tungstenite.rs")]
#[cfg_attr(feature = "web-socket", path = "peers/web_socket.rs")]
#[cfg_attr(feature = "wtx", path = "peers/wtx.rs")]
#[cfg_attr(feature = "yawc", path = "peers/yawc.rs")]
mod peer;
#[cfg(any(feature = "tokio", feature = "tungstenite"))]
mod tls;

use client::Client;

fn main() -> bench::Outcome {
    let bench = bench::Bench::from_arguments()?;
    peer::Peer::block_on(modes::run::<peer::Peer>(bench))
}
