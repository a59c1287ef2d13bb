//! Gathering: the messages of a burst wait a moment and leave in one write.
//!
//! Most of the cost of a burst is the write for each message. So two kinds of messages are gathered
//! in the outbox: those that callbacks send while more events are to be delivered, and those that a
//! thread sends after its first few in a row. They leave when the thread has delivered its events,
//! when it waits, when there are many bytes, or a moment later, when the worker sends them.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::process::ThreadToken;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard};
use crate::sys;

/// When there are more bytes than this, they leave at once.
pub const MUCH: usize = 128 * 1024;
/// Gathered messages leave after this time at the latest, if the worker runs the loop.
pub const MOMENT: Duration = Duration::from_millis(1);
/// The first messages in a row, up to this many, leave at once.
const FEW: u8 = 4;

/// A connection that has gathered messages.
pub trait Gathered: Send + Sync {
    /// Writes them.
    fn flush_gathered(&self);
}

/// The connections of one queue that have gathered messages.
#[derive(Default)]
pub struct Gathering {
    state: Mutex<State>,
    /// Whether there are any such connections.
    is_pending: AtomicBool,
    /// The number of the thread that is delivering events and has more of them, or 0.
    corked_by: AtomicUsize,
    /// Grows whenever a host thread waits for events.
    rounds: AtomicU32,
}

#[derive(Default)]
struct State {
    connections: Vec<Arc<dyn Gathered>>,
    /// A host thread runs the loop. Gathered messages leave when it waits, or when the worker takes
    /// the loop back.
    is_lent: bool,
    /// The worker was told that there are gathered messages.
    is_known: bool,
}

/// Counts messages in a row, each sent soon after the one before.
#[derive(Default)]
pub struct Burst {
    moment: (u32, u32),
    length: u8,
}

impl Gathering {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calling thread is delivering events and has more of them.
    pub fn cork(&self) {
        self.corked_by.store(ThreadToken::current().number(), Ordering::Relaxed);
    }

    /// Whether the calling thread sends while it has more events to deliver.
    pub fn is_corked(&self) -> bool {
        self.corked_by.load(Ordering::Relaxed) == ThreadToken::current().number()
    }

    /// Whether there are gathered messages.
    pub fn is_pending(&self) -> bool {
        self.is_pending.load(Ordering::SeqCst)
    }

    /// Adds a connection. Returns true if the worker must be told.
    pub fn add(&self, connection: Arc<dyn Gathered>) -> bool {
        let mut state = self.state();
        state.connections.push(connection);
        self.is_pending.store(true, Ordering::SeqCst);
        !state.is_lent && !std::mem::replace(&mut state.is_known, true)
    }

    /// A host thread has delivered its events, or begins to wait. Returns true if messages were
    /// gathered.
    pub fn uncork(&self) -> bool {
        self.rounds.fetch_add(1, Ordering::Relaxed);
        self.corked_by.store(0, Ordering::Relaxed);
        self.is_pending()
    }

    /// Sends the gathered messages.
    pub fn flush(&self) {
        self.drain(|_| {});
    }

    /// The same for the worker, which must be told again about later messages.
    pub fn flush_late(&self) {
        self.drain(|state| state.is_known = false);
    }

    /// From here on, a host thread runs the loop, or the worker runs it again.
    pub fn set_lent(&self, is_lent: bool) {
        self.drain(|state| {
            state.is_lent = is_lent;
            state.is_known = false;
        });
    }

    fn drain(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let mut connections = std::mem::take(&mut state.connections);
        self.is_pending.store(false, Ordering::SeqCst);
        drop(state);
        for connection in connections.drain(..) {
            connection.flush_gathered();
        }
        let mut state = self.state();
        if state.connections.capacity() == 0 {
            state.connections = connections;
        }
    }
}

impl Burst {
    /// Whether to gather the next message, because several came right before it.
    pub fn is_long(&mut self, gathering: &Gathering) -> bool {
        let moment = (gathering.rounds.load(Ordering::Relaxed), sys::tick());
        if self.moment != moment {
            *self = Burst { moment, length: 0 };
        }
        self.length = self.length.saturating_add(1);
        self.length > FEW
    }
}
