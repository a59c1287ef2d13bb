//! What a session sends, gathered: several records leave by one call of the system.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};

/// How many bytes are encrypted before they are sent.
pub const AT_ONCE: usize = 64 * 1024;
/// The most that waits when the stream takes nothing. Beyond a batch there is only what OpenSSL
/// answers by itself.
const MOST: usize = 4 * AT_ONCE;

/// A stream, and records on their way to it.
pub struct Gather<S> {
    below: S,
    /// Set once the handshake is over. Before that nothing is gathered.
    is_open: bool,
    /// How many bytes of the batch have left.
    at: usize,
    batch: Batch,
}

#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// For each record with data: where it ends in `bytes`, and how much data it holds.
    records: VecDeque<(usize, usize)>,
}

thread_local! {
    /// The memory of a `Gather`, which needs none while it is empty.
    static SPARE: Cell<Batch> =
        const { Cell::new(Batch { bytes: Vec::new(), records: VecDeque::new() }) };
}

impl<S> Gather<S> {
    pub fn new(below: S) -> Gather<S> {
        Gather { below, is_open: false, at: 0, batch: Batch::default() }
    }

    pub fn open(&mut self) {
        self.is_open = true;
    }

    pub fn below(&self) -> &S {
        &self.below
    }

    pub fn below_mut(&mut self) -> &mut S {
        &mut self.below
    }

    /// Nothing waits for the stream.
    pub fn is_empty(&self) -> bool {
        self.batch.bytes.is_empty()
    }

    /// What was written last is a record with so much data.
    pub fn end_record(&mut self, data: usize) {
        self.batch.records.push_back((self.batch.bytes.len(), data));
    }

    /// The data in records that have not wholly left.
    pub fn data(&self) -> usize {
        self.batch.records.iter().map(|(_, data)| data).sum()
    }

    /// The data in records that have wholly left since the last call.
    pub fn take_left(&mut self) -> usize {
        let mut data = 0;
        while let Some(&(end, record)) = self.batch.records.front() {
            if end > self.at {
                break;
            }
            self.batch.records.pop_front();
            data += record;
        }
        self.give_back();
        data
    }

    /// The memory, if there is any, and nothing is in it, nor remembered of it.
    fn give_back(&mut self) {
        let Batch { bytes, records } = &self.batch;
        if bytes.capacity() == 0 || self.at < bytes.len() || !records.is_empty() {
            return;
        }
        let mut batch = std::mem::take(&mut self.batch);
        self.at = 0;
        batch.bytes.clear();
        if batch.bytes.capacity() <= MOST {
            let _ = SPARE.try_with(|spare| spare.set(batch));
        }
    }
}

impl<S: Write> Gather<S> {
    /// Sends as much as the stream takes. `WouldBlock` if that is not all.
    pub fn leave(&mut self) -> io::Result<()> {
        while self.at < self.batch.bytes.len() {
            match self.below.write(&self.batch.bytes[self.at..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.at += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.give_back();
        Ok(())
    }
}

impl<S: Read> Read for Gather<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.below.read(buffer)
    }
}

impl<S: Write> Write for Gather<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_open {
            return self.below.write(bytes);
        }
        if self.batch.bytes.len() > MOST {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if self.batch.bytes.capacity() == 0 {
            // A thread that is ending has none.
            self.batch = SPARE.try_with(Cell::take).unwrap_or_default();
        }
        self.batch.bytes.try_reserve(bytes.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.batch.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.below.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes.
    struct Narrow(usize, Vec<u8>);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.0);
            self.0 -= count;
            self.1.extend_from_slice(&bytes[..count]);
            match count {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                _ => Ok(count),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn data_has_left_when_its_record_has() {
        let mut gather = Gather::new(Narrow(usize::MAX, Vec::new()));
        gather.write_all(b"hello").unwrap();
        assert_eq!(gather.below().1, b"hello");
        gather.open();
        gather.below_mut().0 = 0;
        for (record, data) in [("[one]", 3), ("[two]", 30), ("[three]", 300)] {
            gather.write_all(record.as_bytes()).unwrap();
            gather.end_record(data);
        }
        gather.write_all(b"[end]").unwrap();
        let mut sum = 333;
        for (room, left) in [(0, 0), (4, 0), (1, 3), (7, 30), (1, 0), (6, 300)] {
            gather.below_mut().0 += room;
            assert_eq!(gather.leave().unwrap_err().kind(), io::ErrorKind::WouldBlock);
            assert_eq!(gather.take_left(), left, "{room}");
            assert!(!gather.is_empty());
            sum -= left;
            assert_eq!(gather.data(), sum);
        }
        gather.below_mut().0 = 100;
        gather.leave().unwrap();
        assert_eq!(gather.take_left(), 0);
        assert!(
            gather.is_empty() && gather.batch.bytes.capacity() == 0,
            "memory that nothing is in"
        );
        assert_eq!(gather.below().1, b"hello[one][two][three][end]");
        gather.write_all(b"[alone]").unwrap();
        gather.leave().unwrap();
        assert!(gather.is_empty(), "it has no data that would be asked for");

        gather.write_all(&[b'.'; 5000]).unwrap();
        gather.below_mut().0 = 5000;
        // Whoever writes looks first whether something is still to leave.
        for _ in 0..3 {
            gather.leave().unwrap();
        }
        gather.write_all(b"[next]").unwrap();
        assert!(gather.batch.bytes.capacity() >= 5000, "the memory is there again");
    }
}
