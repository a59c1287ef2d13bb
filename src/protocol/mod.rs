//! RFC 6455 with no I/O at all: bytes in, messages out, and back.
//!
//! Owns the opening handshake's text, the framing in both directions and the
//! rules that a server must keep. Knows no socket, no thread, no clock and no
//! other room but `error`; whoever reads and writes calls it.

mod batch;
mod close;
mod control;
mod decoder;
mod encoder;
mod frame;
mod mask;
mod request;
mod response;
mod utf8;
mod violation;

pub use batch::Batch;
pub use close::{is_sendable_close_code, is_valid_received_close_code, CloseFrame, MAX_REASON};
pub use control::{Control, ControlPayload, MAX_CONTROL};
pub use decoder::{Decoded, Decoder};
pub use encoder::{encode_close, encode_message, encode_ping, encode_pong, encoded_len};
pub use mask::MaskSource;
pub use request::{check_header, check_subprotocols, new_key, UpgradeRequest};
pub use response::{parse_response, verify_upgrade, Response, MAX_HEAD, MAX_HEADERS};
pub use violation::Violation;

/// What a message is made of: the two data opcodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageKind {
    Text,
    Binary,
}
