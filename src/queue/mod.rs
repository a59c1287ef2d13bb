//! Events on their way to a host thread: the queue, who may poll it, and how it announces events.
//! It does not know connections, only recipients.

mod engine;
mod event;
mod polling;
mod pool;
mod signal;
mod state;
mod superseding;
mod waiting;
mod wakeup;

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub use engine::{Engine, Turn, Turned};
pub use event::{Ask, Attached, Ending, Entry, Event, Kind, Pong, Recipient, Reconnecting};
pub use pool::IDLE as POOL_IDLE;
pub use waiting::{Goal, Loan, Sleeper, Wait, Waited};
pub use wakeup::Wakeup;

use crate::error::{Code, Error, Result};
use crate::process::ThreadToken;
use crate::sync::{Mutex, MutexGuard};
use crate::sys::WakePipe;
use state::{End, State};
pub use state::{Neglect, NEGLECTED_AFTER};
use wakeup::WakeupSlot;

pub struct Queue {
    id: i32,
    /// The only thread that may poll it; `None`: any thread, one at a time.
    owner: Option<ThreadToken>,
    state: Mutex<State>,
    wakeup: WakeupSlot,
    /// The host has asked for a descriptor or has set a wake-up function.
    is_announced: AtomicBool,
}

impl Queue {
    pub fn new(id: i32, owner: Option<ThreadToken>) -> Queue {
        Queue {
            id,
            owner,
            state: Mutex::default(),
            wakeup: WakeupSlot::default(),
            is_announced: AtomicBool::new(false),
        }
    }

    pub fn id(&self) -> i32 {
        self.id
    }

    pub fn is_owned(&self) -> bool {
        self.owner.is_some()
    }

    #[inline]
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- for the worker

    /// A new connection will bring events.
    pub fn expect(&self, recipient: &dyn Recipient) {
        let mut state = self.state();
        state.lanes[recipient.kind() as usize].live.insert(recipient.id());
        // A thread may wait already, although there was no connection to wait for.
        self.notify(state);
    }

    /// Appends an event. Nothing may follow a recipient's `Terminate`. Returns false if there is
    /// no memory for messages; any other event is always taken.
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
        let mut caller = None;
        if was_empty && state.ready() > 0 {
            if state.announce() {
                caller = state.engine.clone();
            }
            state.left();
        }
        // Even if it was not empty, because the host may have read the byte without polling. A
        // poller that runs the loop does this when it leaves.
        if !state.is_ridden_here() {
            state.settle_signal();
        }
        self.notify(state);
        if let Some(engine) = caller {
            engine.announce();
        }
        // Settling takes other locks.
        drop(superseded);
        true
    }

    /// Drops the events that a muted recipient does not get any more.
    pub fn purge(&self, recipient: &dyn Recipient) {
        let mut dropped = Vec::new();
        let mut state = self.state();
        let mut waiting = recipient.waiting().load(Ordering::SeqCst);
        let kind = recipient.kind();
        // From the end, and no further than necessary: closing many connections must not search
        // a long queue for each of them.
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
        state.settle_signal();
        self.notify(state);
        // Settling takes other locks.
        drop(dropped);
    }

    /// Wakes the waiting threads for a change that is not an event.
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

    /// Calls the host's wake-up function if a call is due. Returns false if it must be called again
    /// after a moment. Only the worker may do this.
    pub fn call_wakeup(&self) -> bool {
        let is_due = std::mem::take(&mut self.state().wakeup_due);
        if !is_due || self.wakeup.call() {
            return true;
        }
        let mut state = self.state();
        state.wakeup_due |= state.has_wakeup && state.ready() > 0;
        !state.wakeup_due
    }

    /// Whether events wait and nobody polls.
    pub fn neglect(&self) -> Neglect {
        self.state().neglect()
    }

    /// Whether it may be time to warn soon.
    pub fn is_watched(&self) -> bool {
        !matches!(self.state().foresee_neglect(), Neglect::None)
    }

    /// Sets the loop that fills the queue, or takes it away.
    pub fn set_engine(&self, engine: Option<Arc<dyn Engine>>) {
        let mut state = self.state();
        if let (Some(engine), Some(pipe)) = (&engine, &state.wake_pipe) {
            engine.watch(pipe);
        }
        let mut spare = None;
        if engine.is_none() {
            spare = Some((state.spare_notifier.take(), std::mem::take(&mut state.pool)));
        }
        let former = std::mem::replace(&mut state.engine, engine);
        drop(state);
        drop((former, spare));
    }

    /// The host has closed our descriptors, and the loop is gone. The queue makes new ones when it
    /// needs them. It does not close the old numbers: by now they may belong to the host. A queue
    /// that has got another loop meanwhile stays as it is.
    pub fn strand(&self) {
        let mut state = self.state();
        if !state.engine.as_ref().is_some_and(|engine| engine.is_lost()) {
            return;
        }
        let lost = (
            state.engine.take(),
            state.spare_notifier.take(),
            state.wake_pipe.take(),
            std::mem::take(&mut state.signal),
        );
        state.end_loan();
        drop(state);
        std::mem::forget(lost);
    }

    /// Has the worker call the wake-up function.
    fn rouse(&self) {
        let engine = self.state().engine.clone();
        if let Some(engine) = engine {
            engine.announce();
            engine.rouse();
        }
    }

    /// Whether a worker must stay to call the wake-up function.
    pub fn needs_worker(&self) -> bool {
        let state = self.state();
        state.has_wakeup && !state.closed && !state.is_empty()
    }

    // ---- for the host

    /// Ends the current wait, or else the next one.
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
        let number = state.signal.descriptor()?;
        self.is_announced.store(true, Ordering::Relaxed);
        state.settle_signal();
        Ok(number)
    }

    /// The same, but while the loop is lent, it is readable when the loop has something to do, too.
    pub fn loop_fd(&self) -> Result<isize> {
        let mut state = self.state();
        let number = state.signal.loop_descriptor()?;
        self.is_announced.store(true, Ordering::Relaxed);
        state.settle_signal();
        Ok(number)
    }

    /// The event object for the host's own event loop.
    pub fn handle(&self) -> Result<*mut c_void> {
        let mut state = self.state();
        let handle = state.signal.handle()?;
        self.is_announced.store(true, Ordering::Relaxed);
        state.settle_signal();
        Ok(handle)
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
        // Threads that sleep already do not watch it yet.
        self.notify(state);
        Ok(number)
    }

    /// Sets the function that the worker calls when there is something to deliver.
    pub fn on_wakeup(&self, wakeup: Option<Wakeup>) {
        let is_set = wakeup.is_some();
        // Waits while the former one runs.
        self.wakeup.set(wakeup);
        let mut state = self.state();
        state.has_wakeup = is_set;
        state.wakeup_due = false;
        if is_set {
            self.is_announced.store(true, Ordering::Relaxed);
            state.signal.detach();
        }
        let rouse = state.ready() > 0 && state.announce();
        // A poller that runs the loop gives it back: only the worker calls the function.
        self.notify(state);
        if rouse {
            self.rouse();
        }
    }

    /// Makes the worker post a message to a window when there is something to deliver. NULL ends
    /// this.
    pub fn post_messages(&self, window: *mut c_void, message: u32) -> Result<()> {
        let poster = match window.is_null() {
            true => None,
            false => Some(wakeup::poster(window, message, self.id)?),
        };
        self.on_wakeup(poster);
        Ok(())
    }

    /// Forgets the wake-up function. Returns false if it still runs at the deadline.
    pub fn forget_wakeup(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state();
        state.has_wakeup = false;
        state.wakeup_due = false;
        drop(state);
        self.wakeup.clear(deadline)
    }

    /// Drops everything that it holds.
    pub fn discard(&self) {
        let mut state = self.state();
        let dropped = state.empty();
        let parked = state.parked.take();
        state.settle_signal();
        self.notify(state);
        // Settling takes other locks.
        drop((dropped, parked));
    }

    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Discards its events and accepts no more: its thread has ended, or the host has freed it. It
    /// never waits, because it may run within `exit`.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.has_wakeup = false;
        state.wakeup_due = false;
        let discarded = state.take_lanes();
        let parked = state.parked.take();
        let descriptors = (std::mem::take(&mut state.signal), state.wake_pipe.take());
        let pool = std::mem::take(&mut state.pool);
        self.notify(state);
        // Settling takes other locks.
        drop((discarded, parked, descriptors, pool));
    }
}

fn now_us() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
