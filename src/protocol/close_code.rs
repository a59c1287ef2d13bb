//! The close codes that this library uses (RFC 6455 7.4.1).

pub const NORMAL: u16 = 1000;
/// This endpoint is going away.
pub const GOING_AWAY: u16 = 1001;
/// The close frame held no code. It is never sent.
pub const NO_STATUS: u16 = 1005;
/// There was no close frame. It is never sent.
pub const ABNORMAL: u16 = 1006;
pub const INVALID_PAYLOAD: u16 = 1007;
pub const TOO_BIG: u16 = 1009;
/// The TLS handshake failed. It is never sent.
pub const TLS: u16 = 1015;
