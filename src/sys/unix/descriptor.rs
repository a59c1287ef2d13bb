//! Descriptors 0, 1 and 2 belong to the host, even if it has closed them. If one of them was our
//! socket, the host's output would go to a server, and a daemon could replace the socket.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

/// The lowest descriptor that is not a standard one.
const FIRST: RawFd = 3;

/// Makes something whose descriptors are not 0, 1 or 2. Meanwhile, free ones among these are
/// occupied. `make` must not block.
pub fn above_standard<T>(make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let _turn = Turn::take();
    let mut taken = Vec::new();
    while (0..FIRST).any(is_free) {
        let placeholder = Placeholder::new()?;
        let is_high = placeholder.0.as_raw_fd() >= FIRST;
        taken.push(placeholder);
        if is_high {
            break;
        }
    }
    make()
}

/// Opens a file for reading. As this may block, it does not use `above_standard`.
pub fn open(path: &Path) -> io::Result<File> {
    lifted(File::open(path)?)
}

/// Opens a file to append secrets to. It is made for its owner alone.
pub fn append_secretly(path: &Path) -> io::Result<File> {
    lifted(File::options().append(true).create(true).mode(0o600).open(path)?)
}

fn lifted(file: File) -> io::Result<File> {
    match file.as_raw_fd() {
        FIRST.. => Ok(file),
        // A duplicate never gets a standard descriptor.
        _ => file.try_clone(),
    }
}

fn is_free(fd: RawFd) -> bool {
    // SAFETY: it asks about a number, whatever that is.
    unsafe { libc::fcntl(fd, libc::F_GETFD) == -1 }
}

/// Lets one thread at a time in, so that no other thread removes its placeholders. It stores the
/// process, because a forked child inherits the memory but not the thread.
struct Turn;

static TURN: AtomicI32 = AtomicI32::new(0);

impl Turn {
    fn take() -> Turn {
        // The thread that has it is about to give it back.
        let deadline = Instant::now() + Duration::from_millis(100);
        // SAFETY: it has no arguments and cannot fail.
        let me = unsafe { libc::getpid() };
        loop {
            let had = TURN.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed);
            match had {
                Ok(_) => return Turn,
                Err(other) if other != me || Instant::now() > deadline => {
                    TURN.store(me, Ordering::Relaxed);
                    return Turn;
                }
                Err(_) => thread::yield_now(),
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        TURN.store(0, Ordering::Release);
    }
}

/// A socket that occupies a descriptor, and that nothing can be written to. If the host replaces it
/// on another thread, it is not closed.
struct Placeholder(ManuallyDrop<UnixDatagram>, Option<(u64, u64)>);

impl Placeholder {
    fn new() -> io::Result<Placeholder> {
        let socket = UnixDatagram::unbound()?;
        let identity = identity(socket.as_raw_fd());
        Ok(Placeholder(ManuallyDrop::new(socket), identity))
    }
}

impl Drop for Placeholder {
    fn drop(&mut self) {
        if identity(self.0.as_raw_fd()) == self.1 {
            // SAFETY: it is not used after this.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        }
    }
}

/// Identifies an open file.
fn identity(fd: RawFd) -> Option<(u64, u64)> {
    // SAFETY: all zeros are a valid stat, and the pointer is valid during the call.
    unsafe {
        let mut status: libc::stat = std::mem::zeroed();
        (libc::fstat(fd, &mut status) == 0).then_some((status.st_dev as u64, status.st_ino as u64))
    }
}
