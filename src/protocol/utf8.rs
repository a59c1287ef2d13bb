//! Checks UTF-8 as it arrives. The text may be split anywhere, and is refused at its first wrong
//! byte.

use std::str;

use super::Violation;

/// The error of a text that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUtf8 {
    /// The position in the text where the wrong character begins.
    pub position: u64,
    /// The text ends inside the character.
    pub is_cut: bool,
}

impl From<NotUtf8> for Violation {
    fn from(NotUtf8 { position, is_cut }: NotUtf8) -> Violation {
        Violation::not_utf8(match is_cut {
            false => format!("the server sent a text message that is not UTF-8 at byte {position}"),
            true => format!(
                "the server sent a text message that ends inside the character at byte {position}"
            ),
        })
    }
}

/// The state between two pieces of a text: the bytes of an incomplete character.
#[derive(Debug, Default, Clone, Copy)]
pub struct Utf8Check {
    pending: [u8; 4],
    len: u8,
}

impl Utf8Check {
    /// Checks the next piece of a text; `offset` bytes came before it.
    pub fn feed(&mut self, mut piece: &[u8], offset: u64) -> Result<(), NotUtf8> {
        let mut offset = offset - u64::from(self.len);
        while self.len > 0 {
            let Some((&byte, rest)) = piece.split_first() else {
                return Ok(());
            };
            // There is room: an incomplete character has at most three bytes.
            self.pending[usize::from(self.len)] = byte;
            self.len += 1;
            piece = rest;
            match str::from_utf8(&self.pending[..usize::from(self.len)]) {
                Ok(_) => {
                    offset += u64::from(self.len);
                    self.len = 0;
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(bad_byte(offset)),
            }
        }
        match simdutf8::compat::from_utf8(piece) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() => {
                let tail = &piece[error.valid_up_to()..];
                self.pending[..tail.len()].copy_from_slice(tail);
                self.len = tail.len() as u8;
                Ok(())
            }
            Err(error) => Err(bad_byte(offset + error.valid_up_to() as u64)),
        }
    }

    /// Checks that the text, `length` bytes in all, ends between characters.
    pub fn finish(&mut self, length: u64) -> Result<(), NotUtf8> {
        match std::mem::take(&mut self.len) {
            0 => Ok(()),
            pending => Err(cut_short(length - u64::from(pending))),
        }
    }

    /// The number of bytes of an incomplete character.
    pub(super) fn pending(&self) -> usize {
        usize::from(self.len)
    }
}

/// A text of up to this many bytes is short.
const SHORT: usize = 256;

/// Checks a complete text.
#[inline]
pub fn check_utf8(text: &[u8]) -> Result<(), NotUtf8> {
    // For small messages, which are mostly ASCII, this takes half as many instructions.
    if text.len() <= SHORT && text.is_ascii() {
        return Ok(());
    }
    match simdutf8::basic::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(explain(text)),
    }
}

/// Finds the wrong character. The fast check only knows that there is one.
#[cold]
fn explain(text: &[u8]) -> NotUtf8 {
    let mut whole = Utf8Check::default();
    match whole.feed(text, 0).and_then(|()| whole.finish(text.len() as u64)) {
        Err(error) => error,
        // The two checks have the same rules, so this is not reached.
        Ok(()) => bad_byte(0),
    }
}

fn bad_byte(position: u64) -> NotUtf8 {
    NotUtf8 { position, is_cut: false }
}

fn cut_short(position: u64) -> NotUtf8 {
    NotUtf8 { position, is_cut: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds one byte at a time. Returns how many were accepted, and the result.
    fn byte_by_byte(text: &[u8]) -> (usize, Result<(), NotUtf8>) {
        let mut check = Utf8Check::default();
        for (at, byte) in text.iter().enumerate() {
            if let Err(violation) = check.feed(&[*byte], at as u64) {
                return (at, Err(violation));
            }
        }
        (text.len(), check.finish(text.len() as u64))
    }

    /// The first byte after which no continuation makes `text` valid.
    fn earliest_bad_byte(text: &[u8]) -> Option<usize> {
        (1..=text.len())
            .find(|&n| matches!(str::from_utf8(&text[..n]), Err(e) if e.error_len().is_some()))
            .map(|n| n - 1)
    }

    fn agrees_with_std(text: &[u8]) {
        let (taken, verdict) = byte_by_byte(text);
        assert_eq!(verdict.is_ok(), str::from_utf8(text).is_ok(), "{text:?}");
        assert_eq!(taken, earliest_bad_byte(text).unwrap_or(text.len()));
        assert_eq!(check_utf8(text), verdict);
        for split in 0..=text.len() {
            let mut pieces = Utf8Check::default();
            let in_two = pieces
                .feed(&text[..split], 0)
                .and_then(|()| pieces.feed(&text[split..], split as u64))
                .and_then(|()| pieces.finish(text.len() as u64));
            assert_eq!(in_two, verdict, "{text:?} split at {split}");
        }
    }

    #[test]
    fn every_pair_of_leading_bytes() {
        for first in 0x80..=0xFF {
            for second in [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xFF] {
                agrees_with_std(&[first, second]);
                agrees_with_std(&[b'a', first, second, 0x80]);
                agrees_with_std(&[first, second, 0x80, 0x80, b'z']);
            }
        }
    }

    #[test]
    fn positions_are_of_the_message() {
        let mut check = Utf8Check::default();
        check.feed(b"abc\xe2\x82", 0).unwrap();
        let bad = check.feed(b"x", 5).unwrap_err();
        assert_eq!(bad, NotUtf8 { position: 3, is_cut: false });
        let (_, verdict) = byte_by_byte("€€".as_bytes().split_last().unwrap().1);
        let cut = verdict.unwrap_err();
        assert_eq!(cut, NotUtf8 { position: 3, is_cut: true });
        let violation = Violation::from(cut);
        assert_eq!(violation.close_code, 1007);
        assert!(violation.message.ends_with("at byte 3"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            agrees_with_std(&bytes);
        }

        #[test]
        fn text_with_one_byte_changed(text in "\\PC{0,40}", at: prop::sample::Index, byte: u8) {
            let mut bytes = text.into_bytes();
            agrees_with_std(&bytes);
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
                agrees_with_std(&bytes);
            }
        }
    }
}
