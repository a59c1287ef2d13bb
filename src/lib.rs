//! A WebSocket client that lives inside somebody else's program.
//!
//! The host gets connections as integer ids and callbacks on the thread that
//! created them; worker threads do the network. Messages go one way in and one
//! way out, and every room sees only the next:
//!
//! ```text
//! out: ws_send -> capi -> connection (outbox) -> transport -> socket
//! in:  socket -> worker -> protocol -> queue -> capi (ws_poll) -> callback
//! ```
//!
//! The interface is C: `include/hostws.h`.

// A panic would be the host's trouble: nothing but a test unwraps.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable)
)]

pub mod capi;
mod chance;
mod connection;
mod dial;
mod error;
mod exit;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod headroom;
mod ids;
mod json;
mod library;
mod log;
mod process;
#[doc(hidden)]
pub mod protocol;
mod queue;
mod secret;
mod sync;
mod sys;
mod tls;
mod transport;
mod words;
mod worker;
