//! Two connected sockets. A socket is what every event loop can watch: Node's `net.Socket` does not
//! take an eventfd, and select() on Windows takes nothing else.

use std::io::{self, Read};
use std::mem::MaybeUninit;

use socket2::SockRef;

use super::os::{self, PairSocket};

/// One end of the pair. It never blocks.
#[derive(Debug)]
pub struct PairEnd(PairSocket);

pub fn socket_pair() -> io::Result<(PairEnd, PairEnd)> {
    let (one, other) = os::connected_pair()?;
    one.set_nonblocking(true)?;
    other.set_nonblocking(true)?;
    Ok((PairEnd(one), PairEnd(other)))
}

impl PairEnd {
    /// Its descriptor; on Windows its SOCKET.
    pub fn number(&self) -> isize {
        os::number(&self.0)
    }

    /// Whether it is readable.
    pub fn holds_any(&self) -> bool {
        matches!(SockRef::from(&self.0).peek(&mut [MaybeUninit::uninit()]), Ok(1..))
    }

    /// Removes what has been written to the other end. Returns false if that is nothing.
    pub fn drain(&self) -> bool {
        let mut scratch = [0; 64];
        let mut is_any = false;
        while let Ok(count @ 1..) = (&self.0).read(&mut scratch) {
            is_any = true;
            // A read that is not full has taken everything.
            if count < scratch.len() {
                break;
            }
        }
        is_any
    }

    /// Makes the other end readable. It fails only if that is full, and then it is readable.
    pub fn write_byte(&self) {
        let _ = os::send(&SockRef::from(&self.0), &[1]);
    }
}
