//! How a host with an event loop of its own learns that a queue has something:
//! a descriptor that is readable exactly while it has, or a function that is called.

use std::io::{Read, Write};

use crate::error::{Code, Error, Result};
use crate::sys::{self, PairEnd};

/// The host's function, called on the worker.
pub type Wakeup = Box<dyn Fn() + Send>;

pub struct Descriptor {
    host: PairEnd,
    ours: PairEnd,
    is_set: bool,
}

impl Descriptor {
    pub fn new() -> Result<Descriptor> {
        let (host, ours) = sys::socket_pair().map_err(|error| {
            Error::ws(Code::Resources, "the queue's descriptor could not be made").because(error)
        })?;
        Ok(Descriptor { host, ours, is_set: false })
    }

    pub fn number(&self) -> isize {
        self.host.number()
    }

    /// What it was last set to.
    pub fn is_set(&self) -> bool {
        self.is_set
    }

    /// Makes it readable or not, whatever the host has read from it meanwhile.
    pub fn set(&mut self, readable: bool) {
        self.is_set = readable;
        let mut scratch = [0; 64];
        while matches!((&self.host).read(&mut scratch), Ok(1..)) {}
        if readable {
            // It was just emptied, so there is room for a byte.
            let _ = (&self.ours).write(&[1]);
        }
    }
}
