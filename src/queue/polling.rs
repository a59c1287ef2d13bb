//! Taking events out. Only one thread at a time does this, the queue's poller.

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Instant;

use super::event::{Entry, Kind, Recipient};
use super::pool::Pool;
use super::state::{End, Parked};
use super::Queue;
use crate::error::{Code, Error, Result};
use crate::headroom;
use crate::process::ThreadToken;
use crate::protocol::Batch;

impl Queue {
    /// Makes the calling thread the poller until `leave`. Calls may be nested.
    pub fn enter(&self) -> Result<()> {
        let me = ThreadToken::current();
        if !self.may_poll(me) {
            let words = "this queue belongs to another thread, which alone can poll it";
            return Err(Error::ws(Code::WrongThread, words));
        }
        let mut state = self.state();
        match &mut state.poller {
            None => state.poller = Some((me, 1)),
            Some((poller, depth)) if *poller == me => *depth += 1,
            Some(_) => {
                return Err(Error::ws(Code::Busy, "another thread is polling this queue"));
            }
        }
        state.heard();
        Ok(())
    }

    /// Ends the innermost `enter` and sends what was gathered meanwhile. If events are left, they
    /// are announced again.
    pub fn leave(&self) {
        let mut state = self.flush(self.state());
        match &mut state.poller {
            Some((_, depth)) if *depth > 1 => *depth -= 1,
            _ => state.poller = None,
        }
        state.is_asleep = false;
        state.left();
        state.rest();
        state.settle_signal();
        let rouse = state.ready() > 0 && state.announce();
        drop(state);
        if rouse {
            self.rouse();
        }
    }

    /// Takes the first entry of that kind that can be delivered. It first settles `delivered`, the
    /// entry before it. An entry for a callback keeps its connection busy until it is settled:
    /// meanwhile, none of that connection's other events can be delivered.
    pub fn take(&self, kind: Kind, delivered: Option<Entry>) -> Option<Entry> {
        let former = delivered.as_ref().map(|entry| entry.recipient.id());
        let spare = settled(delivered);
        let mut state = self.state();
        let kept = state.keep(spare);
        let has_waiters = former.is_some() && !state.sleepers.is_empty();
        if let Some(id) = former {
            state.release(id);
        }
        let entry = state.take(kind);
        state.settle_change();
        let rouse = kind == Kind::Push && entry.is_some() && state.announce_rest();
        // The lock is released before anything is freed.
        if has_waiters {
            self.notify(state);
        } else {
            drop(state);
        }
        kept.finish();
        if rouse {
            self.rouse();
        }
        entry
    }

    /// Settles an entry that has been delivered.
    pub fn recycle(&self, delivered: Entry) {
        let id = delivered.recipient.id();
        let spare = settled(Some(delivered));
        let mut state = self.state();
        let kept = state.keep(spare);
        state.release(id);
        state.settle_change();
        self.notify(state);
        kept.finish();
    }

    /// An empty batch, with memory for large messages.
    pub fn batch(&self) -> Box<Batch> {
        let mut state = self.state();
        let mut batch = state.spare.take().unwrap_or_else(|| {
            headroom::prepare();
            Box::default()
        });
        batch.add_spares(state.pool.take());
        batch
    }

    /// The same for the rest of a large message.
    pub fn batch_for_large(&self) -> Box<Batch> {
        headroom::prepare();
        let mut batch = Box::<Batch>::default();
        batch.add_spares(self.state().pool.take());
        batch
    }

    /// Keeps the memory of large messages that a batch was not filled with.
    pub fn keep_large(&self, spares: Vec<Vec<u8>>) {
        let kept = self.state().keep_large(spares, Pool::put_back);
        kept.finish();
    }

    /// Frees the memory of large messages if there were none for a while. Returns false if it is to
    /// be called again after `POOL_IDLE`.
    pub fn expire(&self, now: Instant) -> bool {
        let expired = self.state().pool.expire(now);
        expired.is_some()
    }

    /// The poller is about to deliver several events: what it sends meanwhile is gathered.
    pub fn cork(&self) {
        if let Some(engine) = &self.state().engine {
            engine.cork();
        }
    }

    /// Puts an entry that was not delivered back in front.
    pub fn put_back(&self, entry: Entry) {
        let mut state = self.state();
        state.release(entry.recipient.id());
        let dropped = if state.closed || entry.is_muted() {
            Some(entry)
        } else {
            state.put(entry, End::Front);
            None
        };
        state.settle_change();
        self.notify(state);
        // Settling takes other locks.
        drop(dropped);
    }

    /// Keeps the entry that `ws_next` gave out, which still holds `left` events.
    /// Without a `holder`, the thread that owns the queue keeps it.
    pub fn park(
        &self,
        recipient: Arc<dyn Recipient>,
        left: Arc<AtomicUsize>,
        holder: Option<Box<dyn Any + Send>>,
    ) {
        self.state().parked = Some(Parked { recipient, left, holder });
    }

    /// The thread that owns the queue has kept it, and ends.
    pub fn take_over(&self, holder: Box<dyn Any + Send>) {
        let mut state = self.state();
        // Of a closed queue, or after its events were discarded, nothing is kept.
        let unused = match &mut state.parked {
            Some(parked) => parked.holder.replace(holder),
            None => Some(holder),
        };
        drop(state);
        drop(unused);
    }

    /// Takes an event of the entry that was kept here, if the calling thread may poll.
    pub fn with_parked<T>(
        &self,
        take: impl FnOnce(&mut (dyn Any + Send)) -> Option<T>,
    ) -> Option<T> {
        let mut state = self.state();
        // Otherwise the change must be announced.
        if state.poller.is_some() || self.is_announced() || !self.may_poll(ThreadToken::current()) {
            return None;
        }
        state.heard();
        take(state.parked.as_mut()?.holder.as_deref_mut()?)
    }

    /// Whether the host has ever asked to be told when the queue has events.
    pub fn is_announced(&self) -> bool {
        self.is_announced.load(Ordering::Relaxed)
    }

    /// The host has taken the last event that it keeps.
    pub fn heard(&self) {
        let mut state = self.state();
        state.heard();
        // Another thread may have asked meanwhile.
        state.settle_signal();
    }

    fn may_poll(&self, thread: ThreadToken) -> bool {
        self.owner.is_none_or(|owner| owner == thread)
    }

    pub fn unpark(&self) -> Option<Box<dyn Any + Send>> {
        let parked = self.state().parked.take()?;
        parked.holder
    }

    /// Whether the poller has entered it before the present call.
    pub fn is_nested(&self) -> bool {
        self.state().poller.is_some_and(|(_, depth)| depth > 1)
    }
}

/// Settles an entry, and returns the memory of its messages.
fn settled(delivered: Option<Entry>) -> Option<Box<Batch>> {
    let mut batch = delivered?.take_batch()?;
    batch.clear();
    Some(batch)
}
