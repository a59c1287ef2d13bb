//! A connected socket: TCP or Unix.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};

use mio::net::TcpStream;
use socket2::MaybeUninitSlice;

use crate::sys::{self, LocalStream};

pub enum Socket {
    Tcp(TcpStream),
    Unix(LocalStream),
}

/// The addresses of a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    pub local: SocketAddr,
    pub peer: SocketAddr,
}

/// Room for a read: the spare capacity of `buffer`, but at most `most` bytes.
pub struct Room<'a> {
    pub buffer: &'a mut Vec<u8>,
    pub most: usize,
}

impl Room<'_> {
    fn size(&self) -> usize {
        self.most.min(self.buffer.capacity() - self.buffer.len())
    }

    pub(super) fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        let size = self.size();
        &mut self.buffer.spare_capacity_mut()[..size]
    }

    /// So many bytes have been filled.
    ///
    /// # Safety
    ///
    /// The first `count` bytes of the room have been written.
    pub(super) unsafe fn filled(&mut self, count: usize) {
        // SAFETY: the caller's promise; it is within the capacity.
        unsafe { self.buffer.set_len(self.buffer.len() + count) };
        self.most -= count;
    }
}

impl Socket {
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => (&mut &*stream).read(buffer),
            Socket::Unix(stream) => (&mut &*stream).read(buffer),
        }
    }

    /// Reads into one or two rooms, one after the other.
    pub(super) fn receive(&self, rooms: &mut [Room<'_>], at_end: bool) -> io::Result<Received> {
        let asked = rooms.iter().map(Room::size).sum::<usize>();
        let count = match rooms {
            [room] => self.receive_into(&mut [MaybeUninitSlice::new(room.spare())])?,
            [first, second] => {
                self.receive_into(&mut [first.spare(), second.spare()].map(MaybeUninitSlice::new))?
            }
            _ => 0,
        };
        let mut rest = count;
        for room in rooms {
            let part = rest.min(room.size());
            // SAFETY: the system has filled them in this order.
            unsafe { room.filled(part) };
            rest -= part;
        }
        Ok(self.received(count, asked, at_end))
    }

    /// Reads, and tells whether that was all.
    pub(super) fn read_to(&self, buffer: &mut [u8], at_end: bool) -> io::Result<Received> {
        Ok(self.received(self.read(buffer)?, buffer.len(), at_end))
    }

    fn received(&self, count: usize, asked: usize, at_end: bool) -> Received {
        // A Unix socket may return less than has arrived.
        let tells = sys::TELLS_DRAINED && matches!(self, Socket::Tcp(_));
        Received { count, is_drained: tells && count < asked && !at_end }
    }

    fn receive_into(&self, buffers: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => sys::receive(stream, buffers),
            Socket::Unix(stream) => sys::receive_local(stream, buffers),
        }
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => (&mut &*stream).write(bytes),
            Socket::Unix(stream) => sys::send_local(stream, bytes),
        }
    }

    pub(super) fn unacknowledged(&self) -> Option<usize> {
        match self {
            Socket::Tcp(stream) => sys::unacknowledged(stream),
            Socket::Unix(stream) => sys::unacknowledged(stream),
        }
    }

    pub(super) fn ends(&self) -> Option<Ends> {
        match self {
            Socket::Tcp(stream) => {
                Some(Ends { local: stream.local_addr().ok()?, peer: stream.peer_addr().ok()? })
            }
            Socket::Unix(_) => None,
        }
    }

    pub(super) fn shutdown(&self, how: Shutdown) {
        // It fails where the peer was first.
        let _ = match self {
            Socket::Tcp(stream) => stream.shutdown(how),
            Socket::Unix(stream) => stream.shutdown(how),
        };
    }
}

/// The result of a read.
#[derive(Debug, Clone, Copy)]
pub struct Received {
    /// 0 at the end of the stream.
    pub count: usize,
    /// Nothing is left to read. New data will be announced.
    pub is_drained: bool,
}
