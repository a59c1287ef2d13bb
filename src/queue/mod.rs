//! Events on their way to a host thread: the queue, who may poll it, and how it
//! tells that it has something. It knows no connection: only recipients.

mod engine;
mod event;
mod signal;
mod state;
mod superseding;
mod waiting;

use std::any::Any;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub use engine::{Engine, Turned};
pub use event::{Ending, Entry, Event, Kind, Pong, Recipient, Reconnecting};
pub use signal::Wakeup;
pub use waiting::{Goal, Sleeper, Wait, Waited};

use crate::error::{Code, Error, Result};
use crate::process::ThreadToken;
use crate::protocol::Batch;
use crate::sync::{Mutex, MutexGuard};
use crate::sys::WakePipe;
use signal::{Descriptor, WakeupSlot};
use state::{End, Parked, State};
pub use state::{Neglect, NEGLECTED_AFTER};

pub struct Queue {
    id: i32,
    /// The thread that alone may poll it; `None`: any, one at a time.
    owner: Option<ThreadToken>,
    state: Mutex<State>,
    wakeup: WakeupSlot,
}

impl Queue {
    pub fn new(id: i32, owner: Option<ThreadToken>) -> Queue {
        Queue { id, owner, state: Mutex::default(), wakeup: WakeupSlot::default() }
    }

    pub fn id(&self) -> i32 {
        self.id
    }

    pub fn is_owned(&self) -> bool {
        self.owner.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- on the side of the worker

    /// A connection has come that will bring events.
    pub fn expect(&self, recipient: &dyn Recipient) {
        let mut state = self.state();
        state.lanes[recipient.kind() as usize].live.insert(recipient.id());
        // Somebody may wait although there was none to wait for.
        self.notify(state);
    }

    /// Puts an event at the end. After `Terminate` nothing of that recipient may follow.
    /// False: they were messages, and there is no memory for them.
    pub fn push(&self, recipient: &Arc<dyn Recipient>, event: Event) -> bool {
        let entry = Entry::new(Arc::clone(recipient), event, now_us());
        let kind = recipient.kind();
        let mut state = self.state();
        if matches!(entry.event, Event::Terminate(_)) {
            state.lanes[kind as usize].live.remove(&recipient.id());
        }
        if state.closed || entry.is_muted() || entry.left() == 0 {
            self.notify(state);
            drop(entry);
            return true;
        }
        if matches!(entry.event, Event::Messages(_)) && !state.has_room(kind) {
            drop(state);
            drop(entry);
            return false;
        }
        let was_empty = state.ready() == 0;
        let superseded = state.supersede(recipient.as_ref(), &entry.event);
        state.put(entry, End::Back);
        if was_empty && state.ready() > 0 {
            state.announce();
            state.left();
        }
        // Also when it was not: the host may have read the byte and not polled.
        state.settle_signal();
        self.notify(state);
        // Settling takes other locks.
        drop(superseded);
        true
    }

    /// Takes out what a muted recipient will not get any more.
    pub fn purge(&self, recipient: &dyn Recipient) {
        let mut dropped = Vec::new();
        let mut state = self.state();
        let mut waiting = recipient.waiting().load(Ordering::SeqCst);
        let kind = recipient.kind();
        // From the end, and no further than need be: to close many connections is not to
        // search a long queue for each.
        let mut index = state.lanes[kind as usize].entries.len();
        while waiting > 0 && index > 0 {
            index -= 1;
            let entry = &state.lanes[kind as usize].entries[index];
            if entry.recipient.id() == recipient.id() {
                waiting -= 1;
                if entry.is_muted() {
                    dropped.extend(state.remove(kind, index));
                }
            }
        }
        if let Some(parked) = &mut state.parked {
            if parked.recipient == recipient.id() {
                parked.left = 0;
            }
        }
        state.settle_signal();
        self.notify(state);
        // Settling takes other locks.
        drop(dropped);
    }

    /// Tells whoever waits for a change that is not an event.
    pub fn touch(&self) {
        let state = self.state();
        self.notify(state);
    }

    fn notify(&self, mut state: MutexGuard<'_, State>) {
        state.version += 1;
        let sleepers = std::mem::take(&mut state.sleepers);
        let engine = state.engine_to_interrupt();
        drop(state);
        for sleeper in sleepers {
            sleeper.notify();
        }
        if let Some(engine) = engine {
            engine.rouse();
        }
    }

    /// Calls the host's wake-up function if a call is due. For the worker alone.
    pub fn call_wakeup(&self) {
        if std::mem::take(&mut self.state().wakeup_due) {
            self.wakeup.call();
        }
    }

    /// Whether events wait and nobody polls.
    pub fn neglect(&self) -> Neglect {
        self.state().neglect()
    }

    /// Sets the loop that fills it, while there is one.
    pub fn set_engine(&self, engine: Option<Arc<dyn Engine>>) {
        let mut state = self.state();
        if let (Some(engine), Some(pipe)) = (&engine, &state.wake_pipe) {
            engine.watch(pipe);
        }
        let spare = if engine.is_none() { state.spare_notifier.take() } else { None };
        let former = std::mem::replace(&mut state.engine, engine);
        drop(state);
        drop((former, spare));
    }

    /// The host has closed descriptors of ours: the loop is gone, and the queue makes new ones when
    /// it needs some. Not even closed are these, for by now they may be the host's.
    pub fn strand(&self) {
        let mut state = self.state();
        let lost = (
            state.engine.take(),
            state.spare_notifier.take(),
            state.wake_pipe.take(),
            state.descriptor.take(),
        );
        state.end_loan();
        drop(state);
        std::mem::forget(lost);
    }

    fn rouse(&self) {
        let engine = self.state().engine.clone();
        if let Some(engine) = engine {
            engine.rouse();
        }
    }

    /// Whether the worker is still needed for a call of the wake-up function.
    pub fn needs_worker(&self) -> bool {
        let state = self.state();
        state.has_wakeup && !state.closed && !state.is_empty()
    }

    // ---- on the side of the host

    /// Makes the calling thread the poller until `leave`; it may do so again meanwhile.
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

    /// Ends the innermost `enter`: what was sent meanwhile leaves. If events are left behind, the
    /// host hears of it again.
    pub fn leave(&self) {
        let mut state = self.flush(self.state());
        match &mut state.poller {
            Some((_, depth)) if *depth > 1 => *depth -= 1,
            _ => state.poller = None,
        }
        state.left();
        state.settle_signal();
        let rouse = state.ready() > 0 && state.announce();
        drop(state);
        if rouse {
            self.rouse();
        }
    }

    /// The first entry of that kind that can be delivered. `delivered` is the one before it,
    /// which is settled first. What is to be delivered by a callback keeps its connection busy
    /// until it is settled: nothing else of that can be delivered meanwhile.
    pub fn take(&self, kind: Kind, delivered: Option<Entry>) -> Option<Entry> {
        let former = delivered.as_ref().map(|entry| entry.recipient.id());
        let spare = settled(delivered);
        let mut state = self.state();
        let unused = state.keep(spare);
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
        drop(unused);
        if rouse {
            self.rouse();
        }
        entry
    }

    /// Settles what has been delivered.
    pub fn recycle(&self, delivered: Entry) {
        let id = delivered.recipient.id();
        let spare = settled(Some(delivered));
        let mut state = self.state();
        let unused = state.keep(spare);
        state.release(id);
        state.settle_change();
        self.notify(state);
        drop(unused);
    }

    /// An empty batch.
    pub fn batch(&self) -> Batch {
        self.state().spare.take().unwrap_or_default()
    }

    /// The poller delivers several events: what it sends meanwhile is gathered.
    pub fn cork(&self) {
        if let Some(engine) = &self.state().engine {
            engine.cork();
        }
    }

    /// Puts back, in front, what was not delivered.
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

    /// Keeps what `ws_next` gave out, which still holds `left` events.
    pub fn park(&self, recipient: &dyn Recipient, left: usize, holder: Box<dyn Any + Send>) {
        let mut state = self.state();
        let left = if recipient.is_muted() { 0 } else { left };
        state.parked = Some(Parked { holder, recipient: recipient.id(), left });
    }

    /// Takes an event of what was kept, if the calling thread may poll: `take` tells it, and how
    /// many are left.
    pub fn with_parked<T>(
        &self,
        take: impl FnOnce(&mut (dyn Any + Send)) -> Option<(T, usize)>,
    ) -> Option<T> {
        let mut state = self.state();
        // A descriptor or a wake-up function has to follow what is left.
        let is_plain = state.descriptor.is_none() && !state.has_wakeup;
        if state.poller.is_some() || !is_plain || !self.may_poll(ThreadToken::current()) {
            return None;
        }
        state.heard();
        let parked = state.parked.as_mut().filter(|parked| parked.left > 0)?;
        let (event, left) = take(parked.holder.as_mut())?;
        parked.left = left;
        Some(event)
    }

    fn may_poll(&self, thread: ThreadToken) -> bool {
        self.owner.is_none_or(|owner| owner == thread)
    }

    pub fn unpark(&self) -> Option<Box<dyn Any + Send>> {
        Some(self.state().parked.take()?.holder)
    }

    /// Ends the current wait, or the next call that would wait.
    pub fn wake(&self) {
        let mut state = self.state();
        state.woken = true;
        self.notify(state);
    }

    /// How many events can be delivered now.
    pub fn pending(&self) -> usize {
        let mut state = self.state();
        state.settle_signal();
        state.ready()
    }

    /// The descriptor for the host's own event loop.
    pub fn fd(&self) -> Result<isize> {
        let mut state = self.state();
        if state.descriptor.is_none() {
            state.descriptor = Some(Descriptor::new()?);
            state.settle_signal();
        }
        Ok(state.descriptor.as_ref().map_or(-1, Descriptor::number))
    }

    /// A descriptor to write to, which wakes as `wake` does.
    pub fn wake_fd(&self) -> Result<isize> {
        let mut state = self.state();
        if let Some(pipe) = &state.wake_pipe {
            return Ok(pipe.number());
        }
        let pipe = Arc::new(WakePipe::new().map_err(|error| {
            Error::ws(Code::Resources, "the queue's wake descriptor could not be made")
                .because(error)
        })?);
        let number = pipe.number();
        if let Some(engine) = &state.engine {
            engine.watch(&pipe);
        }
        state.wake_pipe = Some(pipe);
        // Who sleeps already does not sleep on it.
        self.notify(state);
        Ok(number)
    }

    /// Sets the function that the worker calls when something has come.
    pub fn on_wakeup(&self, wakeup: Option<Wakeup>) {
        let is_set = wakeup.is_some();
        // Waits while the former one runs.
        self.wakeup.set(wakeup);
        let mut state = self.state();
        state.has_wakeup = is_set;
        state.wakeup_due = false;
        let rouse = state.ready() > 0 && state.announce();
        // A poller that runs the loop leaves it to the worker, which alone calls the function.
        self.notify(state);
        if rouse {
            self.rouse();
        }
    }

    /// Forgets that function; false if it still runs at the deadline.
    pub fn forget_wakeup(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state();
        state.has_wakeup = false;
        state.wakeup_due = false;
        drop(state);
        self.wakeup.clear(deadline)
    }

    /// Drops all that it holds.
    pub fn discard(&self) {
        let mut state = self.state();
        let dropped = state.empty();
        let parked = state.parked.take();
        state.settle_signal();
        self.notify(state);
        // Settling takes other locks.
        drop((dropped, parked));
    }

    /// Whether the calling thread polls it, from outside of the present call.
    pub fn is_nested(&self) -> bool {
        self.state().poller.is_some_and(|(_, depth)| depth > 1)
    }

    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Discards what it holds and takes nothing more: its thread has ended, or it is freed.
    /// Never waits, for it runs when a thread ends, and so within `exit`.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.has_wakeup = false;
        state.wakeup_due = false;
        let discarded = std::mem::take(&mut state.lanes);
        let parked = state.parked.take();
        let descriptor = (state.descriptor.take(), state.wake_pipe.take());
        self.notify(state);
        // Settling takes other locks.
        drop((discarded, parked, descriptor));
    }
}

/// Settles an entry, and gives the memory of its messages.
fn settled(delivered: Option<Entry>) -> Option<Batch> {
    let mut delivered = delivered?;
    let Event::Messages(batch) = &mut delivered.event else { return None };
    let mut batch = std::mem::take(batch);
    batch.clear();
    Some(batch)
}

fn now_us() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
