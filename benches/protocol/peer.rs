//! The other end of the connection, in memory, and our end as the worker has it.

use std::convert::Infallible;
use std::hint::black_box;
use std::io::{self, Read, Write};

use hostws::protocol::{Batch, Decoded, Decoder, DecoderConfig, DeflateParams, Part, ReadBuffer};

/// What the worker reads at once, and tungstenite by default.
pub const READ: usize = 128 * 1024;

/// A server that sends the same again and again, and takes everything.
pub struct Peer<'a> {
    stream: &'a [u8],
    at: usize,
    taken: usize,
}

impl<'a> Peer<'a> {
    pub fn new(stream: &'a [u8]) -> Peer<'a> {
        Peer { stream, at: 0, taken: 0 }
    }
}

impl Peer<'_> {
    fn next(&mut self, most: usize) -> &[u8] {
        let rest = &self.stream[self.at..];
        let piece = &rest[..rest.len().min(most)];
        self.at = (self.at + piece.len()) % self.stream.len();
        piece
    }

    /// Reads so many bytes at most behind what `buffer` holds.
    fn read_behind(&mut self, buffer: &mut Vec<u8>, most: usize) {
        buffer.extend_from_slice(self.next(most));
    }
}

impl Read for Peer<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.next(buffer.len());
        buffer[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

impl Write for Peer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        look(black_box(bytes), &mut self.taken);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is done with every payload.
#[inline]
pub fn look(payload: &[u8], sum: &mut usize) {
    *sum += payload.len() + usize::from(payload.first().copied().unwrap_or(0));
}

/// The receiving side as the worker has it.
pub struct Receiver<'a> {
    peer: Peer<'a>,
    buffer: ReadBuffer,
    decoder: Decoder,
}

impl<'a> Receiver<'a> {
    pub fn new(stream: &'a [u8], deflate: Option<DeflateParams>) -> Receiver<'a> {
        let config = DecoderConfig { max_message: 64 << 20, stream_threshold: None, deflate };
        let decoder = Decoder::new(config);
        Receiver {
            peer: Peer::new(stream),
            buffer: ReadBuffer::with_room(READ).expect("memory"),
            decoder,
        }
    }

    /// Receives messages until there are `count`, which is when the stream ends.
    pub fn receive(&mut self, count: usize) -> usize {
        let (mut messages, mut sum) = (0, 0);
        while messages < count {
            let mut batch = Batch::new();
            let peer = &mut self.peer;
            let direct = self.decoder.read_direct(2 * READ, &mut batch, |message, room, _| {
                peer.read_behind(message, room);
                Ok::<(), Infallible>(())
            });
            if direct.is_some() {
                messages += take(batch, &mut sum);
                continue;
            }
            self.buffer.clear();
            self.peer.read_behind(self.buffer.end(), READ);
            loop {
                let Decoded { is_full, .. } =
                    self.decoder.decode(&mut self.buffer, &mut batch).expect("a good stream");
                if !is_full {
                    break;
                }
                messages += take(std::mem::take(&mut batch), &mut sum);
            }
            messages += take(batch, &mut sum);
        }
        sum
    }
}

/// A batch on its way to the host, and what the host does with it.
fn take(mut batch: Batch, sum: &mut usize) -> usize {
    batch.shrink();
    for Part { payload, .. } in batch.iter() {
        look(payload, sum);
    }
    batch.len()
}

/// A server's frame.
pub fn frame(stream: &mut Vec<u8>, first: u8, payload: &[u8]) {
    stream.push(first);
    match payload.len() {
        len @ 0..=125 => stream.push(len as u8),
        len @ 126..=0xFFFF => {
            stream.push(126);
            stream.extend((len as u16).to_be_bytes());
        }
        len => {
            stream.push(127);
            stream.extend((len as u64).to_be_bytes());
        }
    }
    stream.extend(payload);
}
