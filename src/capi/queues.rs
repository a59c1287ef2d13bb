//! Queues as such: making, naming, waking and watching them.

use std::ffi::c_void;
use std::time::Duration;

use super::constants::HOSTWS_OK;
use super::events::reap;
use super::guard::{answer, answer_pointer_sized, answer_waking};
use super::host::WakeupFunction;
use super::types::{ws_id, ws_queue};
use crate::error::{Code, Error};
use crate::library;
use crate::sys::here;

/// Makes a queue that is bound to no thread: whoever polls it gets its events, one
/// poller at a time. For goroutines, virtual threads and async runtimes.
///
/// @return the queue, always positive; or HOSTWS_E_RESOURCES, HOSTWS_E_SHUTDOWN
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
/// It lives until ws_queue_free().
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_new() -> ws_queue {
    answer(library::new_queue)
}

/// Frees a queue of ws_queue_new(). Its connections are Closing, with 1001, when the call
/// returns. What they had queued still leaves, as told above under "What an end drops"; if it
/// cannot, only the log says so. What the queue holds is discarded, and no callback of theirs runs
/// any more, nor the queue's wake-up function.
///
/// @param queue  a queue of ws_queue_new()
/// @return HOSTWS_OK; or HOSTWS_E_BUSY while some thread polls it or one of its callbacks runs,
///         HOSTWS_E_ARGUMENT for a thread's own queue, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: while the wake-up function runs. Threads: any. From a callback: yes, of another
/// queue. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_free(queue: ws_queue) -> i32 {
    let mark = here();
    answer(|| {
        reap(mark);
        library::free_queue(queue)?;
        Ok(HOSTWS_OK)
    })
}

/// Drops every event that a queue holds, as if it had never come. Of its connections that are
/// Closing or Closed nothing comes any more, not even on_terminate; the others go on. After
/// ws_shutdown() and this nothing is left that could call the host's code: so a plug-in is
/// unloaded.
///
/// @param queue  0 for the calling thread's own, or a queue of ws_queue_new()
/// @return HOSTWS_OK; or HOSTWS_E_BUSY while another thread polls it or one of its callbacks runs,
///         HOSTWS_E_WRONG_THREAD for another thread's own queue, HOSTWS_E_NO_SUCH_ID,
///         HOSTWS_E_ARGUMENT if it is negative
///
/// Blocks: never. Threads: the queue's own; a queue of ws_queue_new() any. From a callback: yes,
/// of another queue. After fork: HOSTWS_E_FORKED. What ws_next() gave out is gone, too.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_discard(queue: ws_queue) -> i32 {
    let mark = here();
    answer(|| {
        reap(mark);
        library::discard_queue(queue)?;
        Ok(HOSTWS_OK)
    })
}

/// Names the queue that gets a connection's events, so that other threads can wait
/// on it or wake it.
///
/// @param ws  a connection whose on_terminate has not returned yet; 0: the calling
///            thread's own queue is meant
/// @return the queue, always positive; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_RESOURCES
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_of(ws: ws_id) -> ws_queue {
    answer(|| library::queue_of(ws))
}

/// Ends one wait on a queue: ws_poll(), ws_wait() or ws_wait_status() returns, ws_next()
/// returns NULL. If nobody waits, the next call that would wait returns at once; one with a
/// timeout of 0, or one that has events to deliver, does not count. Several calls before that
/// count as one. It does not make the descriptor of ws_queue_fd() readable.
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return HOSTWS_OK; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT if it is negative
///
/// Blocks: never. Threads: any, also those of the library, in a wake-up function.
/// From a callback: yes. After fork: HOSTWS_E_FORKED. Not from a signal handler, which writes
/// to ws_wake_fd() instead.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_wake(queue: ws_queue) -> i32 {
    answer_waking(|| {
        library::queue(queue)?.wake();
        Ok(HOSTWS_OK)
    })
}

/// Gives a descriptor to write to: each byte written to it, whatever it is, does what
/// ws_wake() does. So a signal handler can end a wait, also one that begins only after the
/// handler has run: write(2) may be called there, and ws_wake() may not. It never blocks.
/// Python's signal.set_wakeup_fd() takes it as it is.
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return the descriptor, the same each time; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT,
///         HOSTWS_E_RESOURCES. It belongs to the library, and is closed when the queue is
///         freed or its thread ends: nothing may be written to it any more then
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_wake_fd(queue: ws_queue) -> isize {
    answer_pointer_sized(|| library::queue(queue)?.wake_fd())
}

/// Counts the events that can be delivered now, by ws_poll() and ws_next(). Those of a
/// connection whose callback runs are not counted: they wait until it returns.
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return how many; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT if it is negative
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_pending(queue: ws_queue) -> i32 {
    let mark = here();
    answer(|| {
        reap(mark);
        Ok(i32::try_from(library::queue(queue)?.pending()).unwrap_or(i32::MAX))
    })
}

/// Gives a descriptor for a host with an event loop of its own (poll, epoll,
/// kqueue, select, libuv): readable exactly while something can be delivered. While a callback
/// runs, perhaps with a dialog and a loop of its own, that is what other connections have.
/// It is one end of a socket pair. Watch it, level-triggered, and call
/// ws_poll(queue, 0, 0) or ws_next(queue, 0) when it is readable. Reading from it is not
/// needed; a host that does must poll before it waits again, and that poll, or the next
/// event, makes it readable anew if something is left. Closing it is the library's: give a wrapper that closes
/// what it watches a dup() of it.
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return the descriptor, the same each time; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT,
///         HOSTWS_E_RESOURCES. It is closed when the queue is freed or its thread ends
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_fd(queue: ws_queue) -> isize {
    answer_pointer_sized(|| library::queue(queue)?.fd())
}

/// Sets a function that is called when a queue has something to deliver and had nothing
/// before, again after a poll that left events behind, and soon if it has something now. In a
/// callback, where a dialog with a loop of its own may run, it is called for what other
/// connections have. Calls are coalesced. After ws_shutdown(), and two seconds after the queue's last connection has
/// ended, there may be no thread left to call it: poll then until nothing is left.
///
/// IT IS CALLED ON A THREAD OF THE LIBRARY, with none of its locks in the way of others.
/// It may call nothing of the library but ws_wake(), should return soon (the queue's
/// connections wait for it), and typically posts a task to the host's own loop. It should return
/// normally: if an exception leaves it or it ends its thread by pthread_exit(), as interpreters
/// do when they have ended themselves, that thread stops for ever, another one goes on with the
/// connections, and the function is not called again.
///
/// @param queue      0 for the calling thread's own, or any queue
/// @param fn         the function; NULL: none. The former one is not running any more
///                   when the call returns
/// @param user_data  handed to it as it is. It must live until the function is replaced, or
///                   the queue is freed, or ws_shutdown() has returned with another answer than
///                   HOSTWS_E_TIMEOUT; none of these returns while the function runs. When the
///                   queue's thread ends, that waits for the function at most one second
/// @return HOSTWS_OK; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT if it is negative
///
/// Blocks: while the former function runs. Threads: any but those of the library.
/// From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_on_wakeup(
    queue: ws_queue,
    r#fn: Option<unsafe extern "C-unwind" fn(user_data: *mut c_void)>,
    user_data: *mut c_void,
) -> i32 {
    answer(|| {
        library::queue(queue)?.on_wakeup(WakeupFunction::new(r#fn, user_data));
        Ok(HOSTWS_OK)
    })
}

/// Lets a thread that waits in ws_poll(), ws_next() or the like look again and again before it
/// sleeps: its processor core need not be woken then, which takes longer than a short round
/// trip. It does so only while events come in quick succession; idle, it sleeps as always. Only
/// worth it where the thread has a core to itself.
///
/// @param queue         0 for the calling thread's own, or any queue
/// @param microseconds  how long to look, 20 for instance; at most 1,000,000; 0: not at all, as at
///                      the beginning
/// @return HOSTWS_OK; or HOSTWS_E_ARGUMENT, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_busy_poll(queue: ws_queue, microseconds: i32) -> i32 {
    answer(|| {
        let most = u32::try_from(microseconds).ok().filter(|&most| most <= MAX_BUSY_POLL_US);
        let most = most.ok_or_else(|| {
            let words =
                format!("microseconds is {microseconds}; it must be from 0 to {MAX_BUSY_POLL_US}");
            Error::ws(Code::Argument, words)
        })?;
        library::queue(queue)?.set_busy_poll(Duration::from_micros(most.into()));
        Ok(HOSTWS_OK)
    })
}

/// The longest that a thread may look instead of sleeping.
const MAX_BUSY_POLL_US: u32 = 1_000_000;
