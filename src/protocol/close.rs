//! Close codes and the close frame's payload (RFC 6455 5.5.1 and 7.4).

use tungstenite::protocol::frame::coding::CloseCode;

use super::{close_code, Violation, MAX_CONTROL};

/// The most bytes of reason that fit in a close frame beside the code.
pub const MAX_REASON: usize = MAX_CONTROL - 2;

/// The payload of the server's close frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    pub code: u16,
    pub reason: String,
}

/// Whether a host may send `code`: 1000, or a code that the protocol does not define.
pub fn is_sendable_close_code(code: u16) -> bool {
    matches!(code, close_code::NORMAL | 3000..=4999)
}

/// Registered later than the others, and unknown to tungstenite.
const BAD_GATEWAY: u16 = 1014;

/// Whether a server may send `code`: a registered code, or a code of a library or an application.
/// 1004 is reserved, and 1005, 1006 and 1015 are never sent.
pub fn is_valid_received_close_code(code: u16) -> bool {
    CloseCode::from(code).is_allowed() || code == BAD_GATEWAY
}

/// Reads the payload of a close frame.
pub(super) fn parse(payload: &[u8]) -> Result<Option<CloseFrame>, Violation> {
    let (code, reason) = match payload {
        [] => return Ok(None),
        [_] => {
            return Err(Violation::protocol(
                "the server's close frame holds one byte, which is no close code",
            ))
        }
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !is_valid_received_close_code(code) {
        return Err(Violation::protocol(format!(
            "the server's close frame holds the code {code}, which may not be sent"
        )));
    }
    match std::str::from_utf8(reason) {
        Ok(reason) => Ok(Some(CloseFrame { code, reason: reason.to_owned() })),
        Err(error) => Err(Violation::not_utf8(format!(
            "the reason in the server's close frame (code {code}) is not UTF-8 at byte {}",
            error.valid_up_to()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn received_codes() {
        let valid: Vec<u16> =
            (0..=u16::MAX).filter(|&code| is_valid_received_close_code(code)).collect();
        let expected: Vec<u16> = (1000..=1003).chain(1007..=1014).chain(3000..=4999).collect();
        assert_eq!(valid, expected);
    }

    #[test]
    fn sendable_codes() {
        assert!(is_sendable_close_code(1000));
        assert!(is_sendable_close_code(3000));
        assert!(is_sendable_close_code(4999));
        for code in [0, 999, 1001, 1005, 1006, 1015, 2999, 5000, u16::MAX] {
            assert!(!is_sendable_close_code(code), "{code}");
        }
    }

    #[test]
    fn empty_payload_has_no_code() {
        assert_eq!(parse(b""), Ok(None));
    }

    #[test]
    fn one_byte_is_no_code() {
        assert_eq!(parse(b"\x03").unwrap_err().close_code, 1002);
    }

    #[test]
    fn bad_codes_are_refused() {
        for code in [0u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
            let violation = parse(&code.to_be_bytes()).unwrap_err();
            assert_eq!(violation.close_code, 1002);
            assert!(violation.message.contains(&code.to_string()));
        }
    }

    #[test]
    fn reason_is_utf8() {
        let frame = parse(b"\x03\xe8bye \xe2\x82\xac").unwrap().unwrap();
        assert_eq!((frame.code, frame.reason.as_str()), (1000, "bye €"));
        assert_eq!(parse(b"\x03\xe8bye \xe2\x82").unwrap_err().close_code, 1007);
        assert_eq!(parse(b"\x03\xe8\xff").unwrap_err().close_code, 1007);
    }
}
