//! What a host with its own event loop watches: a descriptor that is readable exactly while the
//! queue has events, an event object that is set exactly then, or a descriptor that is also readable
//! while the network is, if the host may run the loop.

use std::ffi::c_void;
use std::io;

use crate::error::{Code, Error, Result};
use crate::sync::{socket_pair, DescriptorSet, PairEnd};
use crate::sys::EventObject;

#[derive(Default)]
pub struct Signal {
    pair: Option<Pair>,
    event: Option<EventObject>,
    /// The pair, and at times the loop that fills the queue.
    set: Option<DescriptorSet>,
    /// The loop's descriptor, while it is in the set.
    attached: Option<isize>,
    /// The loop's descriptor could not be added.
    is_unfit: bool,
    /// The host has the pair's descriptor, and may read from it.
    is_exposed: bool,
    is_set: bool,
    /// The byte was not there when it was to be removed: the host has read it, or it was still on
    /// its way.
    is_missing: bool,
}

struct Pair {
    host: PairEnd,
    ours: PairEnd,
}

impl Signal {
    /// Whether the host has asked for something to watch.
    pub fn is_watched(&self) -> bool {
        self.pair.is_some() || self.event.is_some()
    }

    fn pair(&mut self) -> Result<&Pair> {
        if self.pair.is_none() {
            let (host, ours) = socket_pair().map_err(no_descriptor)?;
            self.pair = Some(Pair { host, ours });
            self.is_set = false;
        }
        self.pair.as_ref().ok_or_else(|| no_descriptor(io::ErrorKind::NotFound.into()))
    }

    /// The descriptor that is readable exactly while it is set. It is made at the first call.
    pub fn descriptor(&mut self) -> Result<isize> {
        let number = self.pair()?.host.number();
        self.is_exposed = true;
        // Whoever watches it does not see the network.
        self.detach();
        Ok(number)
    }

    /// The descriptor that is also readable while a loop is attached that has something to do. It
    /// is made at the first call. Where a system has none, it is the other one.
    pub fn loop_descriptor(&mut self) -> Result<isize> {
        if let Some(set) = &self.set {
            return Ok(set.number());
        }
        let set = match DescriptorSet::new() {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return self.descriptor(),
            set => set.map_err(no_descriptor)?,
        };
        set.add(self.pair()?.host.number()).map_err(no_descriptor)?;
        Ok(self.set.insert(set).number())
    }

    /// The handle of the event object, which is made at the first call.
    pub fn handle(&mut self) -> Result<*mut c_void> {
        if let Some(event) = &self.event {
            return Ok(event.handle());
        }
        let event = EventObject::new().map_err(|error| match error.kind() {
            io::ErrorKind::Unsupported => Error::ws(
                Code::Argument,
                "only Windows has event objects; an event loop can watch ws_queue_fd() here",
            ),
            _ => Error::ws(Code::Resources, "the queue's event could not be made").because(error),
        })?;
        Ok(self.event.insert(event).handle())
    }

    /// What it was last set to.
    pub fn is_set(&self) -> bool {
        self.is_set
    }

    /// Sets it or not, whatever the host has done with it.
    pub fn set(&mut self, is_set: bool) {
        let was_set = std::mem::replace(&mut self.is_set, is_set);
        if let Some(event) = &self.event {
            event.set(is_set);
        }
        let Some(pair) = &self.pair else { return };
        if is_set {
            if !was_set || (self.is_exposed && !pair.host.holds_any()) {
                pair.ours.write_byte();
            }
        } else if was_set || self.is_missing {
            self.is_missing = !pair.host.drain();
        }
    }

    // ---- the loop

    /// Whether a loop can be attached, as far as is known.
    pub fn is_attachable(&self) -> bool {
        self.set.is_some() && !self.is_exposed && !self.is_unfit && self.event.is_none()
    }

    pub fn is_attached(&self) -> bool {
        self.attached.is_some()
    }

    /// From now on, the loop with that descriptor makes the host's descriptor readable, too. Returns
    /// false if that is not possible.
    pub fn attach(&mut self, looped: Option<isize>) -> bool {
        if !self.is_attachable() {
            return false;
        }
        let (Some(set), Some(number)) = (&self.set, looped) else { return false };
        // It fails if the host has put sets into sets too often already.
        self.is_unfit = set.add(number).is_err();
        self.attached = (!self.is_unfit).then_some(number);
        self.is_attached()
    }

    pub fn detach(&mut self) {
        if let (Some(set), Some(number)) = (&self.set, self.attached.take()) {
            // It fails only if the host has closed one of them.
            let _ = set.remove(number);
        }
    }
}

fn no_descriptor(error: io::Error) -> Error {
    Error::ws(Code::Resources, "the queue's descriptor could not be made").because(error)
}
