//! The entries of a queue: events with their recipients.

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::protocol::Batch;

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub code: u16,
    pub reason: String,
    /// Both sides' close frames were exchanged (RFC 6455 7.1.4).
    pub was_clean: bool,
}

impl Ending {
    /// With no close frame from the server.
    pub fn unclean(code: u16) -> Ending {
        Ending { code, reason: String::new(), was_clean: false }
    }
}

/// The answer to a ping that the host sent.
pub struct Pong {
    /// The payload, and one NUL after it.
    pub payload: Vec<u8>,
    pub round_trip_us: u64,
}

/// Something that happened on a connection. It is passed on by value, so it is small.
pub enum Event {
    Open,
    /// The messages of one read.
    Messages(Box<Batch>),
    /// Messages that the host has got, and whose memory was taken away.
    Emptied,
    Error(Box<Error>),
    Terminate(Box<Ending>),
    Drain,
    Pong(Box<Pong>),
    Warning(Box<Error>),
    Reconnecting(Box<Reconnecting>),
    /// With the number of the attempt that succeeded.
    Reconnected(u32),
    Ask(Box<Ask>),
    /// The last byte of the message with that number has left.
    Sent(i32),
    /// The message with that number was dropped, because it was too old.
    Expired(i32),
}

/// The connection was lost or could not be opened, and will be opened again.
pub struct Reconnecting {
    /// The number of the attempt in a row.
    pub attempt: u32,
    /// The wait before the attempt.
    pub delay: Duration,
    pub why: Error,
}

/// A question that the host can answer.
pub struct Ask {
    /// Its subject, as a number of the ABI.
    pub topic: u32,
    pub number: i32,
    /// A JSON object, and one NUL after it.
    pub facts: Vec<u8>,
    /// The error that led to the question, if any.
    pub why: Option<Error>,
    /// The wait before the attempt, if it is about one.
    pub delay: Duration,
}

impl Event {
    /// The bytes that it counts against its connection's `receive_queue_max`.
    pub fn weight(&self) -> usize {
        match self {
            Event::Messages(batch) => {
                ENTRY_OVERHEAD + batch.payload_bytes() + batch.len() * MESSAGE_OVERHEAD
            }
            _ => 0,
        }
    }
}

/// What a message counts in addition to its payload, because empty messages also take room.
const MESSAGE_OVERHEAD: usize = 64;
/// What the messages of one read count in addition.
const ENTRY_OVERHEAD: usize = 256;

/// How events leave the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By callback, in `ws_poll`.
    Push = 0,
    /// By `ws_next`.
    Pull = 1,
}

/// Data that `capi` attached to a connection. Only `capi` knows what it is.
pub struct Attached {
    /// Shared with other connections.
    pub common: Arc<dyn Any + Send + Sync>,
    pub own: usize,
}

/// The connection that an event is for, as the queue sees it.
pub trait Recipient: Send + Sync {
    fn id(&self) -> i32;
    /// How its events leave.
    fn kind(&self) -> Kind;
    /// How many of its entries wait.
    fn waiting(&self) -> &AtomicUsize;
    /// How many of its events the queue holds. It is only used under the queue's lock.
    fn queued(&self) -> &AtomicUsize;
    /// Whether the host wants no event but TERMINATE, or no event at all.
    fn is_muted(&self) -> bool;
    /// Whether the host does not even want TERMINATE.
    fn is_discarded(&self) -> bool;
    fn host(&self) -> &Attached;
    /// The host has got this many bytes of it, or never will.
    fn read(&self, weight: usize);
    /// The event has been delivered, or never will be.
    fn settled(&self, event: &Event);
}

/// An event on its way to its recipient. Dropping it settles it.
pub struct Entry {
    pub recipient: Arc<dyn Recipient>,
    pub event: Event,
    /// Microseconds since the Unix epoch.
    pub time_us: u64,
    /// The first of its messages that has not been delivered yet.
    pub first: usize,
    /// The bytes that it still counts against `receive_queue_max`.
    weight: usize,
}

impl Entry {
    pub fn new(recipient: Arc<dyn Recipient>, event: Event, time_us: u64) -> Entry {
        recipient.waiting().fetch_add(1, Ordering::SeqCst);
        let weight = event.weight();
        Entry { recipient, event, time_us, first: 0, weight }
    }

    /// The host has got all of its events, though it may still look at them.
    pub fn handed_over(&mut self) {
        let weight = std::mem::take(&mut self.weight);
        if weight > 0 {
            self.recipient.read(weight);
        }
    }

    /// The number of its events, with those already delivered.
    #[allow(clippy::len_without_is_empty)]
    #[inline]
    pub fn len(&self) -> usize {
        match &self.event {
            Event::Messages(batch) => batch.len(),
            Event::Emptied => 0,
            _ => 1,
        }
    }

    /// Takes the memory of its messages, which the host has got.
    pub fn take_batch(&mut self) -> Option<Box<Batch>> {
        if !matches!(self.event, Event::Messages(_)) {
            return None;
        }
        match std::mem::replace(&mut self.event, Event::Emptied) {
            Event::Messages(batch) => Some(batch),
            _ => None,
        }
    }

    /// The number of its events that are not delivered yet.
    #[inline]
    pub fn left(&self) -> usize {
        self.len() - self.first
    }

    /// Whether the host no longer wants it.
    pub fn is_muted(&self) -> bool {
        match self.event {
            Event::Terminate(_) => self.recipient.is_discarded(),
            _ => self.recipient.is_muted(),
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.handed_over();
        self.recipient.waiting().fetch_sub(1, Ordering::SeqCst);
        self.recipient.settled(&self.event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_small_enough_to_be_passed_on_by_value() {
        assert!(size_of::<Entry>() <= 64, "{}", size_of::<Entry>());
    }
}
