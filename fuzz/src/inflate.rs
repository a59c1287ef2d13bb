//! DEFLATE (RFC 1951) a bit at a time, and a server's compressed messages
//! (RFC 7692 7.2.2): slow, and independent of the library's.

/// What follows from the bytes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// They are used up.
    Hungry,
    /// The block that says that it is the final one has ended.
    End,
    Corrupt,
}

/// One raw stream.
pub struct Inflate {
    window: usize,
    input: Vec<u8>,
    /// In bits.
    position: usize,
    pub output: Vec<u8>,
    block: Block,
    is_final: bool,
}

enum Block {
    Header,
    Stored(usize),
    Codes(Code, Code),
}

/// How many codes there are of each length, and the symbols in their order.
struct Code {
    counts: [u16; 16],
    symbols: Vec<u16>,
}

const LENGTH_BASE: [u16; 29] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
];
const LENGTH_EXTRA: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE: [u16; 30] = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
    2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

impl Inflate {
    /// `window`: the farthest that a match may reach back.
    pub fn new(window: usize) -> Inflate {
        Inflate {
            window,
            input: Vec::new(),
            position: 0,
            output: Vec::new(),
            block: Block::Header,
            is_final: false,
        }
    }

    /// Takes `bytes`, of which after the end some may be left: why it stopped,
    /// and how many it took.
    pub fn feed(&mut self, bytes: &[u8]) -> (Stop, usize) {
        let before = self.input.len();
        self.input.extend(bytes);
        loop {
            // What lacks its last bits is read again when they have come.
            let begin = self.position;
            match self.step() {
                Ok(()) => {}
                Err(Stop::Hungry) => {
                    self.position = begin;
                    return (Stop::Hungry, bytes.len());
                }
                Err(Stop::End) => {
                    return (Stop::End, self.position.div_ceil(8).saturating_sub(before));
                }
                Err(Stop::Corrupt) => return (Stop::Corrupt, bytes.len()),
            }
        }
    }

    fn bits(&mut self, count: u8) -> Result<usize, Stop> {
        let mut value = 0;
        for n in 0..count {
            let byte = *self.input.get(self.position / 8).ok_or(Stop::Hungry)?;
            value |= usize::from(byte >> (self.position % 8) & 1) << n;
            self.position += 1;
        }
        Ok(value)
    }

    fn step(&mut self) -> Result<(), Stop> {
        match std::mem::replace(&mut self.block, Block::Header) {
            Block::Header if self.is_final => Err(Stop::End),
            Block::Header => {
                let is_final = self.bits(1)? == 1;
                self.block = match self.bits(2)? {
                    0 => self.stored()?,
                    1 => fixed(),
                    2 => self.dynamic()?,
                    _ => return Err(Stop::Corrupt),
                };
                self.is_final = is_final;
                Ok(())
            }
            Block::Stored(0) => Ok(()),
            Block::Stored(left) => {
                self.block = Block::Stored(left);
                let byte = self.bits(8)? as u8;
                self.output.push(byte);
                self.block = Block::Stored(left - 1);
                Ok(())
            }
            Block::Codes(lengths, distances) => {
                let ended = self.symbol(&lengths, &distances);
                if ended != Ok(true) {
                    self.block = Block::Codes(lengths, distances);
                }
                ended.map(|_| ())
            }
        }
    }

    fn stored(&mut self) -> Result<Block, Stop> {
        self.position = self.position.next_multiple_of(8);
        let (length, complement) = (self.bits(16)?, self.bits(16)?);
        match length == !complement & 0xFFFF {
            true => Ok(Block::Stored(length)),
            false => Err(Stop::Corrupt),
        }
    }

    fn dynamic(&mut self) -> Result<Block, Stop> {
        let (lengths, distances, codes) =
            (self.bits(5)? + 257, self.bits(5)? + 1, self.bits(4)? + 4);
        if lengths > 286 || distances > 30 {
            return Err(Stop::Corrupt);
        }
        let mut sizes = [0; 19];
        for &index in &ORDER[..codes] {
            sizes[index] = self.bits(3)? as u8;
        }
        let (code, missing) = Code::new(&sizes);
        // None at all is found out below: there is no end of the block then.
        let is_empty = sizes == [0; 19];
        if missing != 0 && !is_empty {
            return Err(Stop::Corrupt);
        }
        let mut sizes: Vec<u8> = Vec::new();
        while sizes.len() < lengths + distances {
            let symbol = match is_empty {
                true => self.bits(1)? & 0,
                false => self.decode(&code)?,
            };
            let (value, times) = match symbol {
                0..=15 => (symbol as u8, 1),
                16 => {
                    let times = 3 + self.bits(2)?;
                    (*sizes.last().ok_or(Stop::Corrupt)?, times)
                }
                17 => (0, 3 + self.bits(3)?),
                _ => (0, 11 + self.bits(7)?),
            };
            sizes.extend(std::iter::repeat_n(value, times));
        }
        if sizes.len() > lengths + distances || sizes[256] == 0 {
            return Err(Stop::Corrupt);
        }
        let (lengths, distances) = sizes.split_at(lengths);
        match (Code::of_block(lengths), Code::of_block(distances)) {
            (Some(lengths), Some(distances)) => Ok(Block::Codes(lengths, distances)),
            _ => Err(Stop::Corrupt),
        }
    }

    fn decode(&mut self, code: &Code) -> Result<usize, Stop> {
        let (mut value, mut first, mut index) = (0i32, 0i32, 0i32);
        for length in 1..=15 {
            value |= self.bits(1)? as i32;
            let count = i32::from(code.counts[length]);
            if value - count < first {
                return Ok(usize::from(code.symbols[(index + value - first) as usize]));
            }
            if code.counts[length + 1..].iter().all(|&count| count == 0) {
                break;
            }
            index += count;
            first = (first + count) << 1;
            value <<= 1;
        }
        Err(Stop::Corrupt)
    }

    /// A literal, a match, or the end of the block: true.
    fn symbol(&mut self, lengths: &Code, distances: &Code) -> Result<bool, Stop> {
        let symbol = self.decode(lengths)?;
        match symbol {
            0..=255 => {
                self.output.push(symbol as u8);
                return Ok(false);
            }
            256 => return Ok(true),
            286.. => return Err(Stop::Corrupt),
            _ => {}
        }
        let length =
            usize::from(LENGTH_BASE[symbol - 257]) + self.bits(LENGTH_EXTRA[symbol - 257])?;
        let symbol = self.decode(distances)?;
        let base = *DISTANCE_BASE.get(symbol).ok_or(Stop::Corrupt)?;
        let distance = usize::from(base) + self.bits((symbol as u8 / 2).saturating_sub(1))?;
        if distance > self.output.len() || distance > self.window {
            return Err(Stop::Corrupt);
        }
        let from = self.output.len() - distance;
        let mut left = length;
        while left > 0 {
            // What has been copied may be copied again.
            let count = left.min(self.output.len() - from);
            self.output.extend_from_within(from..from + count);
            left -= count;
        }
        Ok(false)
    }
}

fn fixed() -> Block {
    let mut lengths = [8; 288];
    lengths[144..256].fill(9);
    lengths[256..280].fill(7);
    Block::Codes(Code::new(&lengths).0, Code::new(&[5; 30]).0)
}

impl Code {
    /// The code, and how many more codes of 15 bits there could be: negative
    /// if there are more than can be.
    fn new(sizes: &[u8]) -> (Code, i32) {
        let mut counts = [0u16; 16];
        for &size in sizes {
            counts[usize::from(size)] += 1;
        }
        counts[0] = 0;
        let mut missing = 1;
        for &count in &counts[1..] {
            missing = missing * 2 - i32::from(count);
            if missing < 0 {
                break;
            }
        }
        let symbols = (1..=15u8)
            .flat_map(|size| {
                let of_size = sizes.iter().enumerate().filter(move |(_, &other)| other == size);
                of_size.map(|(symbol, _)| symbol as u16)
            })
            .collect();
        (Code { counts, symbols }, missing)
    }

    /// A block may have a code with one symbol, or with none if it is not used.
    fn of_block(sizes: &[u8]) -> Option<Code> {
        let (code, missing) = Code::new(sizes);
        let few = code.symbols.is_empty() || code.symbols.len() == usize::from(code.counts[1]);
        (missing == 0 || (missing > 0 && few)).then_some(code)
    }
}

/// Compressed messages, one after the other.
pub struct Messages {
    window: usize,
    no_context_takeover: bool,
    stream: Inflate,
    /// Nothing has gone in since the message or the stream began.
    is_fresh: bool,
}

const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

impl Messages {
    pub fn new(window: usize, no_context_takeover: bool) -> Messages {
        let stream = Inflate::new(window);
        Messages { window, no_context_takeover, stream, is_fresh: true }
    }

    /// Adds to `out` what comes of the next bytes of a message; false if they
    /// are corrupt.
    pub fn inflate(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> bool {
        while !bytes.is_empty() {
            self.is_fresh = false;
            let before = self.stream.output.len();
            let (stop, taken) = self.stream.feed(bytes);
            out.extend(&self.stream.output[before..]);
            bytes = &bytes[taken..];
            match stop {
                Stop::Corrupt => return false,
                Stop::End => {
                    self.stream = Inflate::new(self.window);
                    self.is_fresh = true;
                }
                Stop::Hungry => {}
            }
        }
        true
    }

    /// The same of the end of the message.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> bool {
        // RFC 7692 7.2.3.4: a final block may have ended the stream already.
        let is_good = self.is_fresh || self.inflate(&TAIL, out);
        self.is_fresh = true;
        if self.no_context_takeover {
            self.stream = Inflate::new(self.window);
        }
        is_good
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, Compression, FlushCompress};

    #[test]
    fn the_rfcs_examples() {
        for (bytes, is_reset) in [
            (&[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00][..], false),
            (&[0xF2, 0x00, 0x11, 0x00, 0x00], false),
            (&[0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00], false),
            (&[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], true),
        ] {
            let mut messages = Messages::new(32768, is_reset);
            if bytes.len() == 5 {
                messages.inflate(b"\xF2\x48\xCD\xC9\xC9\x07\x00", &mut Vec::new());
                messages.finish(&mut Vec::new());
            }
            let mut out = Vec::new();
            assert!(messages.inflate(bytes, &mut out) && messages.finish(&mut out));
            assert_eq!(out, b"Hello");
        }
    }

    #[test]
    fn what_zlib_compresses() {
        let text: Vec<u8> = (0..20_000u32).map(|n| (n * n >> 7) as u8).collect();
        for level in [0, 1, 6, 9] {
            let mut compress = Compress::new(Compression::new(level), false);
            let mut packed = Vec::with_capacity(40_000);
            compress.compress_vec(&text, &mut packed, FlushCompress::Finish).unwrap();
            let mut inflate = Inflate::new(32768);
            let middle = packed.len() / 3;
            assert_eq!(inflate.feed(&packed[..middle]).0, Stop::Hungry);
            let last = packed.len() - middle;
            packed.extend(b"more");
            assert_eq!(inflate.feed(&packed[middle..]), (Stop::End, last));
            assert_eq!(inflate.output, text);
        }
    }
}
