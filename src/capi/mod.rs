//! The C boundary: every exported function, and the only unsafe code for the host's memory. A
//! function here checks and converts its arguments, makes one call into the library, and returns a
//! code.

// The docs are the C reference. They say for each argument what is safe.
#![allow(clippy::missing_safety_doc)]

mod asking;
mod certificate;
mod connection;
pub mod constants;
mod event_json;
mod events;
mod explain;
mod frames;
mod guard;
mod host;
mod last_error;
mod library;
mod memory;
mod names;
mod options;
pub(crate) mod options_json;
mod pausing;
mod pulled;
mod pulling;
mod queues;
mod response;
mod sending;
pub mod types;
mod view;
mod waiting;

pub use asking::*;
pub use certificate::*;
pub use connection::*;
pub use constants::*;
pub use events::*;
pub use explain::*;
pub use library::*;
pub use pausing::*;
pub use pulling::*;
pub use queues::*;
pub use response::*;
pub use sending::*;
pub use types::*;
