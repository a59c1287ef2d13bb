//! Events without callbacks: ws_next() and its relatives.

use std::ffi::c_char;
use std::sync::Arc;

use super::event_json;
use super::events::reap;
use super::frames::Poller;
use super::memory::{self, Output, TextBuffer, Versioned};
use super::types::{ws_event, ws_queue};
use super::view::{Call, View};
use super::waiting::{patiently, Step};
use crate::error::{Code, Error, Result};
use crate::library;
use crate::queue::{Entry, Event, Goal, Kind, Queue, Wait, Waited};
use crate::sys::here;

// SAFETY: zero is NULL in each pointer and a number elsewhere; it starts with struct_size.
unsafe impl Versioned for ws_event {
    const FIRST_SIZE: usize = memory::first_size!(ws_event, delay_ms: i64, 96);
}

/// Returns the next event of a queue. If there is none, waits for one. Serves the connections
/// without callbacks: those of ws_open(), and those of ws_new() whose handler is NULL or has no
/// callbacks.
///
/// @param queue       0 for the calling thread's own, or a queue of ws_queue_new()
/// @param timeout_ms  how long to wait: 0 returns at once, -1 waits for ever
/// @return the event, valid until the next ws_next() or ws_next_batch() on this queue. NULL if
///         there is none; ws_last_error() then returns the reason: HOSTWS_E_TIMEOUT, also after
///         ws_wake() and if a signal handler ran on this thread while it waited; HOSTWS_E_IDLE as
///         in ws_poll(); HOSTWS_E_BUSY; HOSTWS_E_WRONG_THREAD; HOSTWS_E_NO_SUCH_ID;
///         HOSTWS_E_ARGUMENT
///
/// Blocks: up to `timeout_ms`. Threads: the queue's own; for a queue of ws_queue_new() any, one at
/// a time. From a callback: yes. After fork: NULL and HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C-unwind" fn ws_next(queue: ws_queue, timeout_ms: i32) -> *const ws_event {
    let mark = here();
    patiently(Wait::new(Goal::Event(Kind::Pull)), |wait, poller| {
        wait.set_timeout(memory::timeout(timeout_ms)?);
        reap(mark);
        // The short way: the entry that the last event came from has another one.
        if poller.is_none() {
            let followed = library::with_queue(queue, |queue| {
                queue.with_parked(|holder| holder.downcast_mut::<Pulled>()?.follow())
            })?;
            if let Some(next) = followed {
                return Ok(Step::Done(next));
            }
        }
        let mut next = std::ptr::null();
        let pulled = pull(queue, poller, wait, |event| {
            next = event;
            Accepted::Last
        })?;
        match pulled {
            Step::Sleep(sleeper, poller, sleep) => Ok(Step::Sleep(sleeper, poller, sleep)),
            Step::Done(_) if !next.is_null() => Ok(Step::Done(next)),
            Step::Done(waited) => Err(no_event(&waited)),
        }
    })
    .unwrap_or(std::ptr::null())
}

fn no_event(waited: &Waited) -> Error {
    let words = match waited {
        Waited::Interrupted => "a signal handler ran before an event came",
        Waited::Woken => "the wait for an event was ended by ws_wake",
        _ => "no event came in time",
    };
    Error::ws(Code::Timeout, words)
}

/// Returns several events of a queue at once: ws_next() for languages in which a foreign call costs
/// more than the work it does. If there are none, waits for the first.
///
/// @param queue       0 for the calling thread's own, or a queue of ws_queue_new()
/// @param events      an array that gets the events, in order. Before each call, set `struct_size`
///                    in the first: it is the distance from one event to the next, and comes back
///                    as in ws_stats. What the events point to is valid until the next ws_next() or
///                    ws_next_batch() on this queue
/// @param capacity    the number of events that fit into the array, 1 or more
/// @param timeout_ms  how long to wait for the first event: 0 returns at once, -1 waits for ever
/// @return the number of events; 0 if the time is up, ws_wake() was called, or a signal handler ran
///         on this thread while it waited; or HOSTWS_E_IDLE as in ws_poll(); HOSTWS_E_BUSY;
///         HOSTWS_E_WRONG_THREAD; HOSTWS_E_NO_SUCH_ID; HOSTWS_E_STRUCT; HOSTWS_E_ARGUMENT
///
/// Blocks: up to `timeout_ms`. Threads: the queue's own; for a queue of ws_queue_new() any, one at
/// a time. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C-unwind" fn ws_next_batch(
    queue: ws_queue,
    events: *mut ws_event,
    capacity: i32,
    timeout_ms: i32,
) -> i32 {
    let mark = here();
    patiently(Wait::new(Goal::Event(Kind::Pull)), |wait, poller| {
        wait.set_timeout(memory::timeout(timeout_ms)?);
        // SAFETY: the caller's promise, which is the header's.
        let output = unsafe { Output::new(events, capacity, "events") }?;
        reap(mark);
        let mut count = 0;
        let pulled = pull(queue, poller, wait, |event| {
            // SAFETY: there is room for `capacity` of them; the last one ends this.
            unsafe { output.write(count, event) };
            count += 1;
            if count < output.capacity() {
                Accepted::More
            } else {
                Accepted::Last
            }
        })?;
        Ok(match pulled {
            Step::Sleep(sleeper, poller, sleep) => Step::Sleep(sleeper, poller, sleep),
            Step::Done(_) => Step::Done(i32::try_from(count).unwrap_or(i32::MAX)),
        })
    })
    .unwrap_or_else(|code| code)
}

/// Returns the next event of a queue as a JSON object. Belongs to ws_open(), for languages without
/// structs. Serves the same connections as ws_next(), and waits as it does.
///
/// Each object has `type` (the name as in ws_event_name()), `ws`, `time_us` and `user_data` (a
/// number). The other members have the names of ws_event. MESSAGE has `data_type` ("text", "blob"
/// or "object"), `data`, `first` and `last`; both are true, except in the parts of a large message.
/// ERROR, WARNING and RECONNECTING have `errors`, an array of objects with `code`, `component` and
/// `message`. TERMINATE has `code`, `reason` and `was_clean` (true or false). PONG has `data` and
/// `round_trip_us`. RECONNECTING and RECONNECTED have `code`; RECONNECTING also has `delay_ms`.
/// `data` is a string for text, base64 in a string (RFC 4648 section 4) for blobs and pongs, and
/// the JSON value itself for objects. ws_json_get() reads values out of the object.
///
///     {"type":"message","ws":1,"time_us":1785312000000000,"user_data":0,
///      "data_type":"text","first":true,"last":true,"data":"hello"}
///
/// (It is on one line, unless a server's JSON contains line ends.)
///
/// @param queue       0 for the calling thread's own, or a queue of ws_queue_new()
/// @param timeout_ms  how long to wait: 0 returns at once, -1 waits for ever
/// @param buffer      gets the text and a NUL; may be NULL if `size` is 0
/// @param size        bytes at `buffer`
/// @return the length of the text in bytes, without the NUL. If `size` is not larger than this
///         length, the buffer gets "" and the event stays for the next call: call again with a
///         buffer of at least one byte more than the length. Or HOSTWS_E_TIMEOUT if there is no
///         event, also after ws_wake() and if a signal handler ran on this thread while it waited;
///         HOSTWS_E_IDLE as in ws_poll(); HOSTWS_E_BUSY; HOSTWS_E_WRONG_THREAD;
///         HOSTWS_E_NO_SUCH_ID; HOSTWS_E_ARGUMENT
///
/// Blocks: up to `timeout_ms`. Threads: the queue's own; for a queue of ws_queue_new() any, one at
/// a time. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C-unwind" fn ws_next_json(
    queue: ws_queue,
    timeout_ms: i32,
    buffer: *mut c_char,
    size: i64,
) -> i64 {
    let mark = here();
    patiently(Wait::new(Goal::Event(Kind::Pull)), |wait, poller| {
        wait.set_timeout(memory::timeout(timeout_ms)?);
        // SAFETY: the caller's promise, which is the header's.
        unsafe { TextBuffer::new(buffer, size) }?;
        reap(mark);
        let mut written = Ok(None);
        let pulled = pull(queue, poller, wait, |event| {
            // SAFETY: as above; the event is the library's own, and was just shown.
            written = unsafe { write_json(event, buffer, size) };
            match written {
                Ok(Some((_, false))) => Accepted::NotYet,
                _ => Accepted::Last,
            }
        })?;
        match (pulled, written?) {
            (Step::Sleep(sleeper, poller, sleep), _) => Ok(Step::Sleep(sleeper, poller, sleep)),
            (Step::Done(_), Some((length, _))) => {
                Ok(Step::Done(i64::try_from(length).unwrap_or(i64::MAX)))
            }
            (Step::Done(waited), None) => Err(no_event(&waited)),
        }
    })
    .unwrap_or_else(i64::from)
}

/// Returns the length of the text, and whether it fit.
///
/// # Safety
/// `buffer` has `size` writable bytes, and the library made the event.
unsafe fn write_json(
    event: &ws_event,
    buffer: *mut c_char,
    size: i64,
) -> Result<Option<(usize, bool)>> {
    // SAFETY: the caller's promise.
    let mut out = unsafe { TextBuffer::new(buffer, size) }?;
    // SAFETY: the caller's promise.
    let written = unsafe { event_json::write(event, &mut out) };
    written.map_err(|error| {
        Error::ws(Code::Internal, "the event could not be written").because(error)
    })?;
    Ok(Some(out.finish()))
}

/// What happens to an event that was offered.
enum Accepted {
    /// Another event may follow.
    More,
    Last,
    /// The event stays for the next call.
    NotYet,
}

/// What the last call on a queue returned, and what is left of it.
struct Pulled {
    /// Only the last entry may have more events.
    entries: Vec<PulledEntry>,
    /// The event that was returned last, in a heap block of its own: the host's pointer to it stays
    /// valid while this struct is moved and changed.
    call: Vec<Call>,
}

impl Default for Pulled {
    fn default() -> Pulled {
        Pulled { entries: Vec::new(), call: vec![Call::NONE] }
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

/// Waits for the first event, and passes it and the following ones to `accept`, until `accept` has
/// enough or none are left.
fn pull(
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
    let parked = queue.unpark().and_then(|parked| parked.downcast::<Pulled>().ok());
    let mut pulled = parked.unwrap_or_default();
    pulled.settle(queue);
    let mut has_event = false;
    loop {
        while let Some(event) = pulled.advance()? {
            has_event = true;
            match accept(event) {
                Accepted::More => {}
                Accepted::Last => return Ok(Waited::Ready(park(queue, pulled))),
                Accepted::NotYet => {
                    pulled.take_back();
                    return Ok(Waited::Ready(park(queue, pulled)));
                }
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
fn park(queue: &Queue, mut pulled: Box<Pulled>) -> usize {
    let left = pulled.hand_over();
    let Some(last) = pulled.entries.last() else { return 0 };
    let recipient = Arc::clone(&last.entry.recipient);
    queue.park(recipient.as_ref(), left, pulled);
    left
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

    /// The next call will return the current event again.
    fn take_back(&mut self) {
        if let Some(pulled) = self.entries.last_mut() {
            pulled.index -= 1;
        }
    }

    /// The fast path for a message that follows another. Also returns how many are left after it.
    fn follow(&mut self) -> Option<(*const ws_event, usize)> {
        let [PulledEntry { is_begun: true, .. }] = &self.entries[..] else { return None };
        let event = std::ptr::from_ref(self.advance().ok()??);
        Some((event, self.hand_over()))
    }

    /// An entry that was returned completely counts as read: the server may send more even if the
    /// host fetches no more. Returns how much is left.
    fn hand_over(&mut self) -> usize {
        let mut left = 0;
        for pulled in &mut self.entries {
            left = pulled.left();
            if left == 0 {
                pulled.entry.handed_over();
            }
        }
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
