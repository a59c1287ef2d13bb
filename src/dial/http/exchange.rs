//! An HTTP request and the head of its answer, for the upgrade and for a proxy's CONNECT.

use std::io::{self, Read, Write};

use super::shown::tell_head;
use crate::dial::trail::Notes;
use crate::error::Error;
use crate::log;
use crate::protocol::{parse_response, Head, Response};
use crate::transport::Stream;

const MAX_INTERIM_RESPONSES: u32 = 8;
/// More than a head. It lies on the stack, and each page of it that is new to the thread costs.
const READ_SIZE: usize = 4 << 10;

/// A request, and the part of the answer that has arrived.
pub struct Exchange {
    stream: Stream,
    notes: Notes,
    /// The peer, for log lines.
    peer: String,
    request: Vec<u8>,
    sent: usize,
    received: Vec<u8>,
    interim: u32,
}

/// The reason why there is no answer.
pub enum Trouble {
    /// The peer closed the connection, perhaps in the middle of its answer.
    Ended {
        midway: bool,
    },
    Broken(io::Error),
    /// The answer is not HTTP.
    Malformed(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Malformed(error)
    }
}

impl Exchange {
    pub fn new(stream: Stream, notes: Notes, peer: String, request: Vec<u8>) -> Exchange {
        tell_head(&notes, true, &request);
        Exchange { stream, notes, peer, request, sent: 0, received: Vec::new(), interim: 0 }
    }

    /// The final answer, once its head is complete, and the bytes after it.
    pub fn advance(&mut self) -> Result<Option<(Response, Vec<u8>)>, Trouble> {
        // A server may refuse and close before it has read the request. Then its answer counts, not
        // the failed write.
        let unsent = send(&mut self.stream, &self.request, &mut self.sent).err();
        let mut buffer = [0; READ_SIZE];
        loop {
            let length = match self.stream.read(&mut buffer) {
                Ok(0) => return Err(self.ended()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return match unsent {
                        Some(error) => Err(self.broken(error)),
                        None => Ok(None),
                    };
                }
                Err(error) => return Err(self.broken(error)),
            };
            if self.received.try_reserve(length).is_err() {
                return Err(self.broken(io::ErrorKind::OutOfMemory.into()));
            }
            self.received.extend_from_slice(&buffer[..length]);
            if let Some(answer) = self.response()? {
                return Ok(Some(answer));
            }
        }
    }

    /// Whether nothing has arrived from the peer.
    pub fn is_unanswered(&self) -> bool {
        self.received.is_empty() && self.interim == 0
    }

    pub fn is_tls(&self) -> bool {
        self.stream.is_tls()
    }

    pub fn into_stream(self) -> Stream {
        self.stream
    }

    /// The final response, if its head is complete, and the bytes after it.
    fn response(&mut self) -> Result<Option<(Response, Vec<u8>)>, Error> {
        loop {
            let Some(Head { response, size, dropped }) = parse_response(&self.received)? else {
                return Ok(None);
            };
            tell_head(&self.notes, false, &self.received[..size]);
            for fault in dropped {
                let (id, peer) = (self.notes.id, &self.peer);
                log::line!(
                    Warning,
                    "connection {id}: the answer of {peer} counts without one line: {fault}"
                );
            }
            let rest = self.received.split_off(size);
            if !response.is_interim() {
                return Ok(Some((response, rest)));
            }
            self.interim += 1;
            if self.interim > MAX_INTERIM_RESPONSES {
                let words = "the server sends interim responses without end";
                return Err(Error::http(words));
            }
            self.received = rest;
            if self.received.is_empty() {
                return Ok(None);
            }
        }
    }

    fn ended(&self) -> Trouble {
        Trouble::Ended { midway: !self.received.is_empty() }
    }

    fn broken(&self, error: io::Error) -> Trouble {
        // OpenSSL's message when TLS ends without a closing alert.
        let is_end = self.is_tls()
            && error.raw_os_error().is_none()
            && error.to_string().to_ascii_lowercase().contains("unexpected eof");
        if is_end {
            return self.ended();
        }
        Trouble::Broken(error)
    }
}

/// Writes as much of the rest of `bytes` as the stream takes without blocking.
pub fn send(stream: &mut Stream, bytes: &[u8], sent: &mut usize) -> io::Result<()> {
    while *sent < bytes.len() {
        match stream.write(&bytes[*sent..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => *sent += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
