//! Callbacks and waits: ws_poll() and the functions that wait without delivering.

use std::ffi::c_char;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::constants::HOSTWS_OK;
use super::frames::{self, Poller};
use super::guard::answer;
use super::types::{ws_id, ws_queue};
use super::view::Call;
use super::waiting::{self, patiently, Step};
use super::{memory, names};
use crate::connection::{Connection, Status};
use crate::error::{Code, Error, Result};
use crate::library;
use crate::queue::{Goal, Kind, Queue, Recipient, Wait, Waited};
use crate::sys::here;

/// Makes the callbacks for the events that wait in a queue. If there are none, waits for the first.
/// Serves the connections that have callbacks. `while (ws_poll(0, -1, 0) >= 0) {}` is a complete
/// main loop.
///
/// ws_poll() may be called inside a callback (a modal dialog): it delivers the events of other
/// connections. A connection whose callback is running on this stack is skipped, so the callbacks
/// of one connection never nest and never change order. Such a call must be on the same stack, not
/// in a coroutine with its own stack. A callback may leave by a C++ exception or longjmp(): its
/// event counts as delivered, and later events stay for the next call. Call ws_poll() again soon in
/// that case: these events are not announced again, and this thread remains the poller of the queue
/// until it next calls a function that polls, waits or counts.
///
/// @param queue       0 for the calling thread's own, or a queue of ws_queue_new()
/// @param timeout_ms  how long to wait for the first event: 0 returns at once, -1 waits for ever
/// @param max_events  how many events to deliver at most; 0: all that wait when the call begins
/// @return the number of events delivered; 0 if the time is up, ws_wake() was called, or a signal
///         handler ran on this thread while it waited; or HOSTWS_E_IDLE if no connection is left
///         that could get an event: at once with timeout -1, never with timeout 0, otherwise when
///         the time is up, because a new connection may appear meanwhile; its error message says
///         which connections there are; HOSTWS_E_BUSY if another thread polls the queue;
///         HOSTWS_E_WRONG_THREAD for another thread's own queue; HOSTWS_E_NO_SUCH_ID;
///         HOSTWS_E_ARGUMENT
///
/// Blocks: up to `timeout_ms`, plus the time of the callbacks. Threads: the queue's own; for a
/// queue of ws_queue_new() any, one at a time. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C-unwind" fn ws_poll(queue: ws_queue, timeout_ms: i32, max_events: i32) -> i32 {
    let mark = here();
    let budget = patiently(Wait::new(Goal::Event(Kind::Push)), |wait, poller| {
        wait.set_timeout(memory::timeout(timeout_ms)?);
        let budget = usize::try_from(max_events).map_err(|_| {
            let words = format!("max_events is {max_events}; it must be 0 or more");
            Error::ws(Code::Argument, words)
        })?;
        let poller = match poller {
            Some(poller) => poller,
            None => enter(library::queue(queue)?, mark)?,
        };
        begin(poller, wait, budget, &|| false, |queue, waited| match waited {
            Waited::Idle => Err(library::idle(queue, Some(Kind::Push))),
            _ => Ok(0),
        })
    });
    pump(budget.unwrap_or_else(|code| code))
}

/// Returns the name of a type of event.
///
/// @param type  an event's `type`
/// @return "open", "message", "error", "terminate", "drain", "pong", "warning", "reconnecting",
///         "reconnected", "ask", "sent" or "expired"; "" for any other number. Valid for ever
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: yes.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_event_name(r#type: i32) -> *const c_char {
    names::event(r#type).as_ptr()
}

/// Waits until an event can be delivered, and delivers nothing.
///
/// @param queue       0 for the calling thread's own, or any queue
/// @param timeout_ms  how long to wait: 0 returns at once, -1 waits for ever
/// @return the number of events that can be delivered; 0 if the time is up, ws_wake() was called,
///         or a signal handler ran on this thread; or HOSTWS_E_IDLE as in ws_poll();
///         HOSTWS_E_NO_SUCH_ID; HOSTWS_E_ARGUMENT
///
/// Blocks: up to `timeout_ms`. Threads: any, even for another thread's own queue. From a callback:
/// yes; connections whose callback is running on this stack are skipped. After fork:
/// HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C-unwind" fn ws_wait(queue: ws_queue, timeout_ms: i32) -> i32 {
    let mark = here();
    patiently(Wait::new(Goal::Any), |wait, _| {
        wait.set_timeout(memory::timeout(timeout_ms)?);
        reap(mark);
        let queue = library::queue(queue)?;
        Ok(Step::Done(match queue.wait(wait, &|| false) {
            Waited::Ready(events) => i32::try_from(events).unwrap_or(i32::MAX),
            Waited::Idle => return Err(library::idle(&queue, None)),
            Waited::Asleep(sleeper, sleep) => return Ok(Step::Sleep(sleeper, None, sleep)),
            Waited::Done | Waited::TimeUp | Waited::Woken | Waited::Interrupted => 0,
        }))
    })
    .unwrap_or_else(|code| code)
}

/// Waits until a connection has reached a status. Meanwhile it makes callbacks for the connection's
/// queue, as ws_poll() does. If the connection has callbacks, HOSTWS_OK means that they have run:
/// on_open has returned before HOSTWS_CONNECTED is reached, on_terminate before HOSTWS_CLOSED. If
/// it has none, the call waits and consumes no event. The result is also HOSTWS_OK if the status
/// was reached and has changed since, until TERMINATE is delivered; ws_status() returns the current
/// one. If on_open itself ends the connection, HOSTWS_CONNECTED is never reached. HOSTWS_CONNECTED
/// means the first opening, even for a connection that is reopened when it is lost; RECONNECTED
/// reports the later ones.
///
/// If it fails, ws_last_error_message() contains the reason why the connection ended, or why its
/// last attempt failed, as in on_error and RECONNECTING: "connection 1 is closed: could not open a
/// connection to 127.0.0.1:1: ...: Connection refused". The library remembers the reasons of the
/// last 128 failed connections; ws_send() and other functions also have them in their error
/// messages.
///
/// @param ws          a connection
/// @param status      HOSTWS_CONNECTED, HOSTWS_CLOSING or HOSTWS_CLOSED; HOSTWS_CONNECTING never
///                    waits: HOSTWS_OK while the connection is Connecting, then HOSTWS_E_CLOSED
/// @param timeout_ms  how long to wait: 0 returns at once, -1 waits for ever
/// @return HOSTWS_OK; HOSTWS_E_CLOSED if the status can no longer be reached; HOSTWS_E_TIMEOUT,
///         also after ws_wake() and if a signal handler ran on this thread while it waited;
///         HOSTWS_E_REENTRANT inside a callback of this connection; HOSTWS_E_WRONG_THREAD,
///         HOSTWS_E_BUSY as in ws_poll(); HOSTWS_E_ARGUMENT; HOSTWS_E_NO_SUCH_ID
///
/// Blocks: up to `timeout_ms`, plus the time of the callbacks. Threads: that of the connection's
/// queue. From a callback: yes, of another connection. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C-unwind" fn ws_wait_status(ws: ws_id, status: i32, timeout_ms: i32) -> i32 {
    let mark = here();
    let mut deadline: Option<Instant> = None;
    let started = answer(|| {
        deadline = memory::timeout(timeout_ms)?.map(|timeout| Instant::now() + timeout);
        Ok(HOSTWS_OK)
    });
    if started < 0 {
        return started;
    }
    // With a timeout of 0, deliver what waits when the call begins.
    let mut due: Option<usize> = None;
    loop {
        let mut reached = false;
        let goal = Goal::Event(Kind::Push);
        let budget = patiently(Wait::impatient(goal), |wait, poller| {
            reap(mark);
            let wanted = Status::from_number(status)?;
            let Some(connection) = unreached(ws, wanted)? else {
                reached = true;
                return Ok(Step::Done(0));
            };
            let rest = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if !wait.has_slept() {
                wait.set_timeout(rest);
            }
            let done = || connection.has_reached(wanted).unwrap_or(true);
            let queue = Arc::clone(connection.queue());
            if connection.kind() == Kind::Pull {
                wait.set_goal(Goal::Other);
                return match queue.wait(wait, &done) {
                    Waited::Asleep(sleeper, sleep) => Ok(Step::Sleep(sleeper, None, sleep)),
                    Waited::Done if connection.has_reached(wanted)? => {
                        reached = true;
                        Ok(Step::Done(0))
                    }
                    waited => Err(late(&connection, &waited)),
                };
            }
            if frames::is_delivering_to(ws) {
                let words = "a callback of this connection cannot wait for its own connection";
                return Err(Error::ws(Code::Reentrant, words));
            }
            let poller = match poller {
                Some(poller) => poller,
                None => {
                    let left = *due.get_or_insert_with(|| match timeout_ms {
                        0 => queue.pending(),
                        _ => 0,
                    });
                    due = Some(left.saturating_sub(1));
                    // The error for another thread's queue takes precedence.
                    let poller = enter(queue, mark)?;
                    if left == 0 && rest == Some(Duration::ZERO) {
                        return Err(late(&connection, &Waited::TimeUp));
                    }
                    poller
                }
            };
            begin(poller, wait, 1, &done, |_, waited| match waited {
                _ if unreached(ws, wanted)?.is_none() => {
                    reached = true;
                    Ok(0)
                }
                // Its queue was freed, or a callback on this stack waits for it.
                Waited::Idle => {
                    let words = format!("connection {ws} cannot get there any more");
                    Err(connection.explain(Error::ws(Code::Closed, words)))
                }
                waited => Err(late(&connection, &waited)),
            })
        });
        if reached {
            return HOSTWS_OK;
        }
        let budget = budget.unwrap_or_else(|code| code);
        if budget < 0 {
            return budget;
        }
        let pumped = pump(budget);
        if pumped < 0 {
            return pumped;
        }
    }
}

/// Makes `budget` callbacks, or as many as there are events, and ends what `begin` has begun.
///
/// Nothing here has a destructor, so a callback may leave through it by an exception or `longjmp`.
/// The next call then cleans up.
#[inline(never)]
extern "C-unwind" fn pump(budget: i32) -> i32 {
    if budget <= 0 {
        return budget;
    }
    let mark = here();
    let mut delivered = 0;
    while delivered < budget {
        let mut call = Call::NONE;
        let mut delivery = std::ptr::null();
        let next = || match delivered {
            0 => frames::first(mark, budget > 1),
            _ => frames::next(mark),
        };
        let more = answer(|| match next()? {
            Some(next) => {
                (call, delivery) = next;
                Ok(1)
            }
            None => Ok(0),
        });
        if more <= 0 {
            break;
        }
        loop {
            delivered += 1;
            if let Some(callback) = call.callback {
                // SAFETY: the host gave it for these arguments; they live in this thread's frame.
                unsafe { callback(call.event.ws, &raw const call.event, call.event.user_data) };
            }
            // SAFETY: it lives as long as this call's frame, which `end` takes away.
            let has_more = delivered < budget && unsafe { &*delivery }.follow(&mut call);
            if !has_more {
                break;
            }
        }
    }
    answer(|| {
        frames::end(mark);
        Ok(HOSTWS_OK)
    });
    delivered
}

/// Cleans up after calls of `pump` and sleeps that were left by an exception or `longjmp`.
pub(super) fn reap(mark: usize) {
    waiting::reap();
    frames::reap(mark, pump as *const () as usize);
}

/// Whether `reap` would find nothing, on any stack.
pub(super) fn nothing_to_reap() -> bool {
    waiting::is_clean() && frames::are_none()
}

/// Makes the calling thread the queue's poller.
fn enter(queue: Arc<Queue>, mark: usize) -> Result<Poller> {
    reap(mark);
    if frames::are_gone() {
        let words = "this thread is ending: nothing can be delivered on it any more";
        return Err(Error::ws(Code::WrongThread, words));
    }
    Poller::enter(queue)
}

/// Waits for the first event and begins to deliver. Returns the number of events. If there are
/// none, `otherwise` gives the result, and there is nothing to end.
fn begin(
    poller: Poller,
    wait: &mut Wait,
    max: usize,
    done: &dyn Fn() -> bool,
    otherwise: impl FnOnce(&Queue, Waited) -> Result<i32>,
) -> Result<Step<i32>> {
    let events = match poller.queue().wait(wait, done) {
        Waited::Ready(events) if max == 0 => events,
        Waited::Ready(events) => events.min(max),
        Waited::Asleep(sleeper, sleep) => return Ok(Step::Sleep(sleeper, Some(poller), sleep)),
        waited => return otherwise(poller.queue(), waited).map(Step::Done),
    };
    frames::begin(poller);
    Ok(Step::Done(i32::try_from(events).unwrap_or(i32::MAX)))
}

/// The error of a wait that ended before the status was reached.
fn late(connection: &Connection, waited: &Waited) -> Error {
    let words = match waited {
        Waited::Interrupted => "a signal handler ran while the connection was waited for",
        Waited::Woken => "the wait for the connection was ended by ws_wake",
        _ => return connection.late(),
    };
    Error::ws(Code::Timeout, words)
}

/// The connection, if it has not reached the status yet and still can.
fn unreached(ws: ws_id, wanted: Status) -> Result<Option<Arc<Connection>>> {
    match library::find(ws) {
        Ok(connection) if connection.has_reached(wanted)? => Ok(None),
        Ok(connection) => Ok(Some(connection)),
        Err(error) if error.code == Code::Closed as i32 && wanted >= Status::Closing => Ok(None),
        Err(error) => Err(error),
    }
}
