//! The host's `on_socket`, which is called with each socket before it connects.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use socket2::Socket;

use crate::error::{Code, Component, Error};
use crate::sys;

/// The function that ended its thread, if one did.
static LOST: AtomicUsize = AtomicUsize::new(0);

/// Forgets the function that ended its thread: its address may now be that of another function.
pub fn forget_lost_hook() {
    LOST.store(0, Ordering::Relaxed);
}

fn lost() -> Error {
    let words = "on_socket threw an exception or ended its thread; it is not called again";
    Error::new(Code::Tcp, Component::Tcp, words)
}

/// Called with the connection, the socket, the address and the host's `on_socket_data`. Any result
/// but 0 refuses the socket.
pub type Show = dyn Fn(i32, isize, &str, usize) -> i32 + Send + Sync;

#[derive(Clone)]
pub struct SocketHook {
    show: Arc<Show>,
    /// The address of the host's function. It identifies the hook.
    function: usize,
    argument: usize,
}

impl SocketHook {
    pub fn new(show: Arc<Show>, function: usize) -> SocketHook {
        SocketHook { show, function, argument: 0 }
    }

    pub fn with_argument(self, argument: usize) -> SocketHook {
        SocketHook { argument, ..self }
    }

    /// Records that the function did not return from its last call. It is not called again.
    pub fn lose(&self) -> Error {
        LOST.store(self.function, Ordering::Relaxed);
        lost()
    }

    /// Shows a socket that is about to connect to `address`. It may take any time.
    pub fn show(&self, id: i32, socket: &Socket, address: SocketAddr) -> Result<(), Error> {
        if LOST.load(Ordering::Relaxed) == self.function {
            return Err(lost());
        }
        let number = sys::number_of(socket);
        match (self.show)(id, number, &address.to_string(), self.argument) {
            0 => Ok(()),
            refusal => {
                let words = format!("on_socket returned {refusal} for the socket to {address}");
                Err(Error::new(Code::Tcp, Component::Tcp, words))
            }
        }
    }
}

impl PartialEq for SocketHook {
    fn eq(&self, other: &SocketHook) -> bool {
        (self.function, self.argument) == (other.function, other.argument)
    }
}

impl Eq for SocketHook {}

impl fmt::Debug for SocketHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketHook")
    }
}
