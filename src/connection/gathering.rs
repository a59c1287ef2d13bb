//! Messages that follow hard on others: they wait a moment, and leave in one write.
//!
//! A write for each message is most of what a burst of them costs. So what callbacks send
//! while there is more to deliver, and what a thread sends after its first few messages in a row,
//! is gathered in the outbox, and leaves when the thread has delivered, when it waits, when
//! it is much, or when the worker sees to it a moment later.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Connection;
use crate::process::ThreadToken;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard};
use crate::sys;

/// More than this does not wait.
pub const MUCH: usize = 128 * 1024;
/// What is gathered leaves at the latest after this, if the worker runs the loop.
pub const MOMENT: Duration = Duration::from_millis(1);
/// So many messages in a row leave at once.
const FEW: u8 = 4;

/// The connections of one worker that have gathered something.
#[derive(Default)]
pub struct Gathering {
    state: Mutex<State>,
    /// Whether there are any.
    is_pending: AtomicBool,
    /// The thread that is delivering events and has more of them, as a number.
    corked_by: AtomicUsize,
    /// Goes up whenever a thread of the host's waits for events.
    rounds: AtomicU32,
}

#[derive(Default)]
struct State {
    connections: Vec<Arc<Connection>>,
    /// The host's thread runs the loop, and what is gathered leaves when it waits. If it does not,
    /// the worker sees to it when it takes the loop back.
    is_lent: bool,
    /// The worker has been told.
    is_known: bool,
}

/// Messages in a row, each sent soon after the one before it.
#[derive(Default)]
pub struct Burst {
    moment: (u32, u32),
    length: u8,
}

impl Gathering {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calling thread is delivering events, and there are more to come.
    pub fn cork(&self) {
        self.corked_by.store(ThreadToken::current().number(), Ordering::Relaxed);
    }

    /// Whether the calling thread sends while it has more events to deliver.
    pub fn is_corked(&self) -> bool {
        self.corked_by.load(Ordering::Relaxed) == ThreadToken::current().number()
    }

    /// Whether something waits.
    pub fn is_pending(&self) -> bool {
        self.is_pending.load(Ordering::SeqCst)
    }

    /// Adds a connection; true if the worker has to be told.
    pub fn add(&self, connection: Arc<Connection>) -> bool {
        let mut state = self.state();
        state.connections.push(connection);
        self.is_pending.store(true, Ordering::SeqCst);
        !state.is_lent && !std::mem::replace(&mut state.is_known, true)
    }

    /// A thread of the host's has delivered its events, or waits for some: true if something
    /// was gathered.
    pub fn uncork(&self) -> bool {
        self.rounds.fetch_add(1, Ordering::Relaxed);
        self.corked_by.store(0, Ordering::Relaxed);
        self.is_pending()
    }

    /// Sends what was gathered.
    pub fn flush(&self) {
        self.drain(|_| {});
    }

    /// The same for the worker, which has to be told of the next.
    pub fn flush_late(&self) {
        self.drain(|state| state.is_known = false);
    }

    /// The host's thread runs the loop from here on, or the worker again.
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
    /// Whether the next message is gathered, because it follows hard on others.
    pub fn is_long(&mut self, gathering: &Gathering) -> bool {
        let moment = (gathering.rounds.load(Ordering::Relaxed), sys::tick());
        if self.moment != moment {
            *self = Burst { moment, length: 0 };
        }
        self.length = self.length.saturating_add(1);
        self.length > FEW
    }
}
