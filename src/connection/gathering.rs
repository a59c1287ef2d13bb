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
const MUCH: usize = 128 * 1024;
/// As many messages as this leave at once, so that the server begins with them while others are
/// gathered; then twice as many each time. They are enough that a write costs little beside them.
const MANY: u16 = 32;
const DOUBLINGS: u8 = 6;
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
    /// How often gathered messages have left because they were many.
    writes: u8,
    /// How many are gathered since then.
    gathered: u16,
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
            *self = Burst { moment, ..Burst::default() };
        }
        self.length = self.length.saturating_add(1);
        self.length > FEW
    }

    /// Gathers a message, with which so many bytes wait. Returns false if it makes them so many that
    /// they leave.
    #[inline]
    pub fn gather(&mut self, waiting: usize) -> bool {
        let joins = waiting < MUCH && self.gathered + 1 < MANY << self.writes;
        self.gathered += u16::from(joins);
        joins
    }

    /// Those that are gathered leave because they are many. The next ones are more.
    pub fn write(&mut self) {
        self.gathered = 0;
        self.writes = DOUBLINGS.min(self.writes + 1);
    }

    /// They leave because no more come.
    #[inline]
    pub fn end(&mut self) {
        (self.gathered, self.writes) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many messages of that size leave in each of the first writes.
    fn writes<const N: usize>(burst: &mut Burst, size: usize) -> [usize; N] {
        [0; N].map(|_| {
            let gathered = (1..).take_while(|count| burst.gather(count * size)).count();
            burst.write();
            gathered + 1
        })
    }

    #[test]
    fn the_first_messages_leave_soon_and_later_ones_in_large_writes() {
        let mut burst = Burst::default();
        assert_eq!(writes(&mut burst, 70), [32, 64, 128, 256, 512, 1024, 1873, 1873]);
        burst.end();
        assert_eq!(writes(&mut burst, 1030), [32, 64, 128, 128]);
        burst.end();
        assert_eq!(writes(&mut burst, 16 * 1024), [8, 8]);
        burst.end();
        assert_eq!(writes(&mut burst, 0), [32, 64, 128, 256, 512, 1024, 2048, 2048, 2048]);
    }
}
