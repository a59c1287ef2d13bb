//! Reads TLS records one at a time, each from its header on, for Schannel. Where a part of a record
//! has come, wine's says that all of it is missing, and would wait for bytes that never come.

use std::io::{self, Read, Write};

/// The kind, the version and the length (RFC 8446 5.1).
const HEADER: usize = 5;

/// A stream of records.
pub struct Records<S> {
    below: S,
    header: [u8; HEADER],
    /// How much of the next header has come.
    come: usize,
    /// What is still to be given of the record whose header was given.
    rest: usize,
    /// The session is open, and since it was asked, a record has ended that was given in parts.
    has_ended: Option<bool>,
}

impl<S> Records<S> {
    pub fn new(below: S) -> Records<S> {
        Records { below, header: [0; HEADER], come: 0, rest: 0, has_ended: None }
    }

    /// The open session is asked for more.
    pub fn begin(&mut self) {
        self.has_ended = Some(false);
    }

    #[cfg_attr(not(windows), allow(dead_code))]
    pub fn below(&self) -> &S {
        &self.below
    }

    #[cfg_attr(not(windows), allow(dead_code))]
    pub fn below_mut(&mut self) -> &mut S {
        &mut self.below
    }
}

impl<S: Read> Read for Records<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest > 0 {
            let most = buffer.len().min(self.rest);
            let count = self.below.read(&mut buffer[..most])?;
            self.rest -= count;
            if self.rest == 0 && self.has_ended.is_some() {
                self.has_ended = Some(true);
            }
            return Ok(count);
        }
        while self.come < HEADER {
            match self.below.read(&mut self.header[self.come..]) {
                Ok(0) => break,
                Ok(count) => self.come += count,
                // The record is whole: Schannel looks at it if no more comes.
                Err(error)
                    if error.kind() == io::ErrorKind::WouldBlock
                        && self.has_ended == Some(true) =>
                {
                    self.has_ended = Some(false);
                    return Ok(0);
                }
                Err(error) => return Err(error),
            }
        }
        let Some(room) = buffer.get_mut(..self.come) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        room.copy_from_slice(&self.header[..self.come]);
        let given = std::mem::take(&mut self.come);
        if given == HEADER {
            self.rest = u16::from_be_bytes([self.header[3], self.header[4]]).into();
            let room = &mut buffer[HEADER..];
            let most = room.len().min(self.rest);
            // What is wrong is told to the next read.
            let more = self.below.read(&mut room[..most]).unwrap_or(0);
            self.rest -= more;
            return Ok(HEADER + more);
        }
        Ok(given)
    }
}

impl<S: Write> Write for Records<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.below.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.below.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes at once, and would block after each.
    struct Slow<'a>(&'a [u8], usize, bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let most = buffer.len().min(self.1);
            (&mut self.0).take(most as u64).read(buffer)
        }
    }

    #[test]
    fn no_read_ends_in_a_header_or_goes_over_the_end_of_a_record() {
        let record = |length: usize| {
            let header = [23, 3, 3, (length >> 8) as u8, length as u8];
            [header.to_vec(), vec![length as u8; length]].concat()
        };
        let sent = [record(1), record(0), record(3000), record(16_640)].concat();
        for piece in [1, 2, 4, 5, 6, 7, 100, 5000] {
            let mut records = Records::new(Slow(&sent, piece, false));
            let (mut got, mut starts) = (Vec::new(), vec![0, 6, 11, 3016]);
            while got.len() < sent.len() {
                let mut buffer = [0; 1024];
                let Ok(count) = records.read(&mut buffer) else { continue };
                let begins = starts.first() == Some(&got.len());
                assert!(!begins || count >= HEADER, "{piece}");
                got.extend_from_slice(&buffer[..count]);
                if begins {
                    starts.remove(0);
                }
                assert!(starts.first().is_none_or(|start| got.len() <= *start), "{piece}");
            }
            assert!(got == sent);
        }
        // Whoever asks for more than the record that it has got in parts is told that there is none.
        let (first, part) = (record(3000), 1500);
        let mut records = Records::new(Slow(&first, part, true));
        records.begin();
        let mut buffer = [0; 4096];
        let mut got = 0;
        while got < first.len() {
            got += records.read(&mut buffer).unwrap_or(0);
        }
        assert!(matches!(records.read(&mut buffer), Ok(0)));
        // An end inside a header is an end.
        let mut records = Records::new(Slow(&sent[..3], 3, true));
        let mut buffer = [0; 1024];
        let counts: Vec<_> = (0..6).filter_map(|_| records.read(&mut buffer).ok()).collect();
        assert_eq!(counts.iter().sum::<usize>(), 3);
        assert_eq!(counts.last(), Some(&0));
    }
}
