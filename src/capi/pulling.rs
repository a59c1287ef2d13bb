//! Events without callbacks: ws_next() and its relatives.

use std::ffi::c_char;

use super::event_json;
use super::events::{nothing_to_reap, reap};
use super::guard::enter_briefly;
use super::memory::{self, Output, TextBuffer, Versioned};
use super::pulled::{self, pull, Accepted};
use super::types::{ws_event, ws_queue};
use super::waiting::{patiently, Step};
use crate::error::{Code, Error, Result};
use crate::queue::{Goal, Kind, Wait, Waited};
use crate::sys::{self, here};

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
/// @return the event, valid until the next call that takes events from this queue (see "Memory"
///         above). NULL if there is none; ws_last_error() then returns the reason:
///         HOSTWS_E_TIMEOUT, also after ws_wake() and if a signal handler ran on this thread while
///         it waited; HOSTWS_E_IDLE as in ws_poll(); HOSTWS_E_BUSY; HOSTWS_E_WRONG_THREAD;
///         HOSTWS_E_NO_SUCH_ID; HOSTWS_E_ARGUMENT
///
/// Blocks: up to `timeout_ms`. Threads: the queue's own; for a queue of ws_queue_new() any, one at
/// a time. From a callback: yes. After fork: NULL and HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C-unwind" fn ws_next(queue: ws_queue, timeout_ms: i32) -> *const ws_event {
    let mark = here();
    if timeout_ms >= -1 {
        sys::test_cancel();
        if let Ok(Some(next)) = enter_briefly(|| follow(queue)) {
            return next;
        }
    }
    wait_for_next(queue, timeout_ms, mark)
}

/// Not inlined, so that the short way needs little of the stack.
#[inline(never)]
fn wait_for_next(queue: ws_queue, timeout_ms: i32, mark: usize) -> *const ws_event {
    patiently(Wait::new(Goal::Event(Kind::Pull)), |wait, poller| {
        wait.set_timeout(memory::timeout(timeout_ms)?);
        reap(mark);
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

/// The short way of ws_next(): the entry that the last event came from has another one.
fn follow(queue: ws_queue) -> Result<Option<*const ws_event>> {
    Ok(if nothing_to_reap() { pulled::follow(queue) } else { None })
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
///                    as in ws_stats. What the events point to is valid as long as an event of
///                    ws_next() is
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
/// SENT and EXPIRED have `code`. ASK has `code`, `flags` (a number), `delay_ms`, `data` and, if
/// something went wrong, `errors`. `data` is a string for text, base64 in a string (RFC 4648
/// section 4) for blobs and pongs, and the JSON value itself for objects and questions.
/// ws_json_get() reads values out of the object.
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
