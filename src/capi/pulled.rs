//! The events that ws_next() and its relatives return, and what is left of them for the next call.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use super::frames::Poller;
use super::types::{ws_event, ws_queue};
use super::view::{Call, View};
use super::waiting::Step;
use crate::error::Result;
use crate::library;
use crate::process;
use crate::queue::{Entry, Event, Kind, Queue, Wait, Waited};

/// What happens to an event that was offered.
pub enum Accepted {
    /// Another event may follow.
    More,
    Last,
    /// The event stays for the next call.
    NotYet,
}

/// What the last call on a queue returned, and what is left of it.
pub struct Pulled {
    /// Only the last entry may have more events.
    entries: Vec<PulledEntry>,
    /// The event that was returned last, in a heap block of its own: the host's pointer to it stays
    /// valid while this struct is moved and changed.
    call: Vec<Call>,
    /// The number of events that it still holds, for the queue.
    left: Arc<AtomicUsize>,
}

impl Default for Pulled {
    fn default() -> Pulled {
        Pulled { entries: Vec::new(), call: vec![Call::NONE], left: Arc::default() }
    }
}

struct PulledEntry {
    entry: Entry,
    /// The index of its next event.
    index: usize,
    /// The previous event of this entry is in `call`.
    is_begun: bool,
    view: View,
}

// SAFETY: the pointers in `call` lead into memory that the entries and their views own.
unsafe impl Send for Pulled {}

/// What the last call on the thread's own queue returned. It is kept here and not in the queue, so
/// that a message that follows another one needs no lock.
struct Own {
    queue: Arc<Queue>,
    /// `None` when this is about to be dropped.
    pulled: Option<Box<Pulled>>,
    generation: u32,
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

impl Drop for Own {
    /// The thread ends. If it is the main thread, exit handlers may still use the queue.
    fn drop(&mut self) {
        let Some(pulled) = self.pulled.take() else { return };
        if process::is_left_behind(self.generation) {
            std::mem::forget(pulled);
        } else {
            self.queue.take_over(pulled);
        }
    }
}

/// Takes what the last call on the thread's own queue returned.
fn take_own() -> Option<Box<Pulled>> {
    OWN.try_with(RefCell::take).ok().flatten()?.pulled.take()
}

/// Drops what the last call returned, if that is the thread's own queue.
pub fn discard(queue: ws_queue) {
    let is_own = |own: &Own| queue == 0 || queue == own.queue.id();
    if OWN.try_with(|own| own.borrow().as_ref().is_some_and(is_own)).unwrap_or(false) {
        drop(take_own());
    }
}

/// The same in a forked process: using what it holds could block for ever.
pub fn forget_own() {
    std::mem::forget(take_own());
}

/// The next message of the entry that the last event of the queue came from. `None` if there is
/// none, or if something else must be handled first.
#[inline]
pub fn follow(queue: ws_queue) -> Option<*const ws_event> {
    let followed = OWN.try_with(|own| {
        let mut own = own.borrow_mut();
        let Own { queue: own, pulled, .. } = own.as_mut()?;
        // Otherwise the change must be announced.
        if (queue != 0 && queue != own.id()) || own.is_announced() {
            return None;
        }
        let (event, left) = pulled.as_mut()?.follow()?;
        if left == 0 {
            own.heard();
        }
        Some(event)
    });
    match followed {
        Ok(Some(event)) => Some(event),
        // A queue of no thread keeps it itself.
        _ if queue != 0 => library::with_queue(queue, |queue| {
            queue.with_parked(|holder| Some(holder.downcast_mut::<Pulled>()?.follow()?.0))
        })
        .ok()
        .flatten(),
        _ => None,
    }
}

/// Waits for the first event, and passes it and the following ones to `accept`, until `accept` has
/// enough or none are left.
pub fn pull(
    queue: ws_queue,
    poller: Option<Poller>,
    wait: &mut Wait,
    accept: impl FnMut(&ws_event) -> Accepted,
) -> Result<Step<Waited>> {
    let poller = match poller {
        Some(poller) => poller,
        None => Poller::enter(library::queue(queue)?)?,
    };
    match take(poller.queue(), wait, accept)? {
        Waited::Ready(left) => {
            let queue = (left > 0).then(|| Arc::clone(poller.queue()));
            drop(poller);
            if let Some(queue) = queue {
                queue.cork();
            }
            Ok(Step::Done(Waited::Ready(left)))
        }
        Waited::Idle => Err(library::idle(poller.queue(), Some(Kind::Pull))),
        Waited::Asleep(sleeper, sleep) => Ok(Step::Sleep(sleeper, Some(poller), sleep)),
        waited => Ok(Step::Done(waited)),
    }
}

/// The same for the poller. If there were events, returns how many are left for the next call to
/// return without a wait.
fn take(
    queue: &Arc<Queue>,
    wait: &mut Wait,
    mut accept: impl FnMut(&ws_event) -> Accepted,
) -> Result<Waited> {
    let mut pulled = unpark(queue).unwrap_or_default();
    pulled.settle(queue);
    let mut has_event = false;
    loop {
        match pulled.offer(&mut accept)? {
            None => {}
            Some(Accepted::More) => has_event = true,
            Some(Accepted::Last) => return Ok(Waited::Ready(park(queue, pulled))),
            Some(Accepted::NotYet) => {
                pulled.take_back();
                return Ok(Waited::Ready(park(queue, pulled)));
            }
        }
        if !has_event {
            match queue.wait(wait, &|| false) {
                Waited::Ready(_) => {}
                waited => return Ok(waited),
            }
        }
        match queue.take(Kind::Pull, None) {
            Some(entry) => pulled.push(entry),
            None if has_event => break,
            None => {}
        }
    }
    Ok(Waited::Ready(park(queue, pulled)))
}

/// Keeps what the host is using until the next call, and returns how much more of it there is.
fn park(queue: &Arc<Queue>, mut pulled: Box<Pulled>) -> usize {
    let left = pulled.hand_over();
    let Some(last) = pulled.entries.last() else { return 0 };
    let recipient = Arc::clone(&last.entry.recipient);
    let count = Arc::clone(&pulled.left);
    let holder = if queue.is_owned() { keep_own(queue, pulled) } else { Some(pulled) };
    queue.park(recipient, count, holder.map(|holder| holder as _));
    left
}

/// Keeps it with the thread that owns the queue. Returns it if the thread is ending.
fn keep_own(queue: &Arc<Queue>, pulled: Box<Pulled>) -> Option<Box<Pulled>> {
    let generation = process::generation();
    let mut own = Some(Own { queue: Arc::clone(queue), pulled: Some(pulled), generation });
    let _ = OWN.try_with(|place| place.replace(own.take()));
    own?.pulled.take()
}

/// Takes what the last call on the queue returned.
fn unpark(queue: &Queue) -> Option<Box<Pulled>> {
    let parked = queue.unpark();
    if queue.is_owned() {
        if let Some(own) = take_own() {
            return Some(own);
        }
    }
    parked?.downcast().ok()
}

impl Pulled {
    fn push(&mut self, entry: Entry) {
        self.entries.push(PulledEntry {
            index: entry.first,
            entry,
            is_begun: false,
            view: View::default(),
        });
    }

    /// Makes the last entry's next event the current one, if it has one.
    #[inline]
    fn advance(&mut self) -> Result<Option<&ws_event>> {
        let Some(pulled) = self.entries.last_mut().filter(|pulled| !pulled.entry.is_muted()) else {
            return Ok(None);
        };
        match &pulled.entry.event {
            // The fast path: `call` has a message of the same entry.
            Event::Messages(batch) if pulled.is_begun => {
                if !self.call[0].show_message(batch, pulled.index) {
                    return Ok(None);
                }
            }
            _ => match pulled.view.show(&pulled.entry, pulled.index)? {
                Some(call) => self.call[0] = call,
                None => return Ok(None),
            },
        }
        pulled.is_begun = true;
        pulled.index += 1;
        Ok(Some(&self.call[0].event))
    }

    /// Passes the last entry's events to `accept`, until it has enough or none are left. Returns its
    /// last answer.
    #[inline]
    fn offer(
        &mut self,
        accept: &mut impl FnMut(&ws_event) -> Accepted,
    ) -> Result<Option<Accepted>> {
        let Some(event) = self.advance()? else { return Ok(None) };
        let mut accepted = accept(event);
        let (Some(pulled), Some(call)) = (self.entries.last_mut(), self.call.first_mut()) else {
            return Ok(Some(accepted));
        };
        if let Event::Messages(batch) = &pulled.entry.event {
            // Of the messages in a row, only what differs is looked at.
            for part in batch.parts_from(pulled.index) {
                let Accepted::More = accepted else { break };
                call.show_part(part);
                pulled.index += 1;
                accepted = accept(&call.event);
            }
        }
        Ok(Some(accepted))
    }

    /// The next call will return the current event again.
    fn take_back(&mut self) {
        if let Some(pulled) = self.entries.last_mut() {
            pulled.index -= 1;
        }
    }

    /// The fast path for a message that follows another. Also returns how many are left after it.
    #[inline]
    fn follow(&mut self) -> Option<(*const ws_event, usize)> {
        let [PulledEntry { is_begun: true, entry, index, .. }] = &mut self.entries[..] else {
            return None;
        };
        let Event::Messages(batch) = &entry.event else { return None };
        let call = self.call.first_mut()?;
        if entry.recipient.is_muted() || !call.show_message(batch, *index) {
            return None;
        }
        *index += 1;
        let left = batch.len() - *index;
        self.left.store(left, Ordering::Relaxed);
        if left == 0 {
            entry.handed_over();
        }
        Some((&raw const call.event, left))
    }

    /// An entry that was returned completely counts as read: the server may send more even if the
    /// host fetches no more. Returns how much is left.
    #[inline]
    fn hand_over(&mut self) -> usize {
        let mut left = 0;
        for pulled in &mut self.entries {
            left = pulled.left();
            if left == 0 {
                pulled.entry.handed_over();
            }
        }
        self.left.store(left, Ordering::Relaxed);
        left
    }

    /// The host no longer uses what the last call returned.
    fn settle(&mut self, queue: &Queue) {
        let last = self.entries.pop();
        for pulled in self.entries.drain(..) {
            queue.recycle(pulled.entry);
        }
        match last {
            Some(pulled) if pulled.left() > 0 && !pulled.entry.is_muted() => {
                self.entries.push(pulled)
            }
            Some(pulled) => queue.recycle(pulled.entry),
            None => {}
        }
    }
}

impl PulledEntry {
    #[inline]
    fn left(&self) -> usize {
        self.entry.len() - self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_stays_where_it_is_when_what_holds_it_moves() {
        let pulled = Pulled::default();
        let event = std::ptr::from_ref(&pulled.call[0].event);
        let moved = Box::new(pulled);
        assert!(std::ptr::eq(event, &raw const moved.call[0].event));
    }
}
