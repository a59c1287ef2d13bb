//! The fuzzer's bytes, taken apart: the first ones choose, the rest is data.

/// Choices from the front of an input. Past its end every choice is 0.
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Input<'a> {
        Input { rest: bytes }
    }

    pub fn byte(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((&byte, rest)) => {
                self.rest = rest;
                byte
            }
            None => 0,
        }
    }

    pub fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    pub fn rest(self) -> &'a [u8] {
        self.rest
    }
}

/// How a stream arrives: pieces whose sizes follow from `seed`.
///
/// 0 is one byte at a time, and of a long stream the rest in small pieces, for
/// the sake of speed; a small seed gives small pieces, a large one also pieces
/// of thousands.
pub fn split(stream: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = stream;
    let mut state = u32::from(seed).wrapping_mul(0x9E37_79B9) + 1;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // Xorshift: any sequence that is not regular will do.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let most = match seed {
            0 if stream.len() - rest.len() < 256 => 1,
            0 => 30,
            1..=63 => u32::from(seed) + 1,
            64..=191 => 300,
            _ => 5000,
        };
        let size = (1 + state % most) as usize;
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        Some(piece)
    })
}
