//! RFC 6455 and 7692 without any I/O: bytes in, messages out, and back.
//!
//! It contains the text of the opening handshake, the framing and compression in both directions,
//! and the rules that a server must keep. It has no sockets, threads or clocks, and uses no other
//! module but `error`.

mod assembly;
mod batch;
mod close;
pub mod close_code;
mod control;
mod decoder;
mod deflate;
mod encoder;
mod frame;
mod mask;
#[cfg(test)]
mod properties;
mod read_buffer;
mod request;
mod response;
mod sent;
#[cfg(test)]
mod testing;
mod utf8;
mod violation;

pub use batch::{Batch, Part};
pub use close::{is_sendable_close_code, is_valid_received_close_code, CloseFrame, MAX_REASON};
pub use control::{Control, ControlPayload};
pub use decoder::{Decoded, Decoder, DecoderConfig, DirectRead};
pub use deflate::{Compressor, Contexts, DeflateOffer, DeflateParams};
pub use encoder::{
    encode_close, encode_data, encode_ping, encode_pong, encoded_len, DataFrame, MAX_FRAMING,
};
pub use frame::MAX_CONTROL;
pub use mask::{no_randomness, MaskSource};
pub use read_buffer::ReadBuffer;
pub use request::{
    check_header, check_header_name, check_subprotocols, is_token, new_key, UpgradeRequest,
};
pub use response::{parse_response, verify_upgrade, Agreed, Head, Response, MAX_HEAD, MAX_HEADERS};
pub use sent::{SentFrame, SentFrames};
pub use utf8::{check_utf8, NotUtf8, Utf8Check};
pub use violation::Violation;

/// What a message is made of: the two data opcodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageKind {
    Text,
    Binary,
}
