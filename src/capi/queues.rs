//! Queues themselves: making, waking and watching them.

use std::ffi::c_void;
use std::time::Duration;

use super::constants::HOSTWS_OK;
use super::events::reap;
use super::guard::{answer, answer_pointer_sized, answer_waking, enter};
use super::host::WakeupFunction;
use super::pulled;
use super::types::{ws_id, ws_queue};
use crate::error::{Code, Error};
use crate::library;
use crate::sys::here;

/// Creates a queue that belongs to no thread. Any thread may poll it, one at a time, and gets its
/// events. For goroutines, virtual threads and async runtimes.
///
/// There may be thousands of them. They share a few threads of the library: one for each processor
/// core, but at most 8, or as many as the environment variable HOSTWS_WORKERS says (1 to 256). With
/// its first connection, a queue gets the thread that has the fewest connections. A slow callback
/// delays only its own queue. Your thread does the I/O itself (see "Threads" above) only while no
/// other queue has connections on the same thread of the library. A thread's own queue has a thread
/// of the library to itself.
///
/// @return the queue, always positive; or HOSTWS_E_RESOURCES, HOSTWS_E_SHUTDOWN
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED. The queue lives
/// until ws_queue_free().
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_new() -> ws_queue {
    answer(library::new_queue)
}

/// Frees a queue of ws_queue_new(). When the call returns, its connections are Closing, with 1001.
/// The messages queued on them still leave, as described above under "Unsent messages"; if they
/// cannot, only the log says so. The events in the queue are discarded. After this call neither
/// callbacks of its connections nor its wake-up function run.
///
/// @param queue  a queue of ws_queue_new()
/// @return HOSTWS_OK; or HOSTWS_E_BUSY while a thread polls the queue or one of its callbacks runs,
///         HOSTWS_E_ARGUMENT for a thread's own queue, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: while the wake-up function runs. Threads: any. From a callback: yes, of another queue.
/// After fork: HOSTWS_E_FORKED.
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

/// Drops all events in a queue, as if they had never come. Connections of the queue that are
/// Closing or Closed have no more events, not even TERMINATE; the others continue. After
/// ws_shutdown() and this call the library calls no code of yours any more, so a plug-in can be
/// unloaded.
///
/// @param queue  0 for the calling thread's own, or a queue of ws_queue_new()
/// @return HOSTWS_OK; or HOSTWS_E_BUSY while another thread polls the queue or one of its callbacks
///         runs, HOSTWS_E_WRONG_THREAD for another thread's own queue, HOSTWS_E_NO_SUCH_ID,
///         HOSTWS_E_ARGUMENT if `queue` is negative
///
/// Blocks: never. Threads: the queue's own; for a queue of ws_queue_new() any. From a callback:
/// yes, of another queue. After fork: HOSTWS_E_FORKED. Events that ws_next() returned are no longer
/// valid.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_discard(queue: ws_queue) -> i32 {
    let mark = here();
    answer(|| {
        reap(mark);
        library::discard_queue(queue)?;
        pulled::discard(queue);
        Ok(HOSTWS_OK)
    })
}

/// Returns the queue that gets a connection's events, so that other threads can wait on it or wake
/// it.
///
/// @param ws  a connection whose on_terminate has not returned yet; 0: returns the calling thread's
///            own queue
/// @return the queue, always positive; or HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_RESOURCES
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_of(ws: ws_id) -> ws_queue {
    answer(|| library::queue_of(ws))
}

/// Ends one wait on a queue: ws_poll(), ws_wait() or ws_wait_status() returns; ws_next() returns
/// NULL. If no thread waits, the next call that would wait returns at once; a call with a timeout
/// of 0 or with events to deliver does not count. Several calls before that count as one. The call
/// does not make the descriptor of ws_queue_fd() readable.
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return HOSTWS_OK; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT if `queue` is negative
///
/// Blocks: never. Threads: any, also those of the library, inside a wake-up or log function. From a
/// callback: yes. After fork: HOSTWS_E_FORKED. Not allowed in a signal handler; write to
/// ws_wake_fd() there.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_wake(queue: ws_queue) -> i32 {
    answer_waking(|| {
        library::queue(queue)?.wake();
        Ok(HOSTWS_OK)
    })
}

/// Returns a descriptor to write to. Each byte written to it, whatever its value, has the effect of
/// ws_wake(). A signal handler can use it to end a wait, even one that begins after the handler has
/// run: write(2) is allowed in a signal handler, ws_wake() is not. The write never blocks. Like
/// ws_wake(), it does not make the descriptor of ws_queue_fd() readable: a loop around poll(2)
/// needs a pipe of its own, or ppoll(2). Python's signal.set_wakeup_fd() accepts the descriptor.
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return the descriptor, the same each time; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT,
///         HOSTWS_E_RESOURCES. The library owns it, and closes it when the queue is freed or its
///         thread ends: do not write to it after that
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_wake_fd(queue: ws_queue) -> isize {
    answer_pointer_sized(|| library::queue(queue)?.wake_fd())
}

/// Returns the number of events that ws_poll() and ws_next() can deliver now. Events of a
/// connection whose callback is running do not count: they wait until it returns.
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return the number of events; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT if `queue` is negative
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

/// Returns a descriptor to watch, for a program with its own event loop (poll, epoll, kqueue,
/// select, libuv). It is readable exactly while an event can be delivered. While a callback runs
/// (perhaps a dialog with a loop of its own), only the events of other connections count. It is one
/// end of a socket pair. Watch it level-triggered, and call ws_poll(queue, 0, 0) or ws_next(queue,
/// 0) when it is readable; both, if the queue has connections with callbacks and without, because
/// it stays readable until the events of both have been delivered. You need not read from it. If
/// you do, poll before you wait again: that poll, or the next event, makes it readable again if an
/// event is left.
///
/// The library owns this descriptor; never close it. If your event loop closes what it watches,
/// give it a dup().
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return the descriptor, the same each time; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT,
///         HOSTWS_E_RESOURCES. The library closes it when the queue is freed or its thread ends
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_fd(queue: ws_queue) -> isize {
    answer_pointer_sized(|| library::queue(queue)?.fd())
}

/// Returns a descriptor to watch, as ws_queue_fd() does, but one that makes round trips shorter: no
/// other thread has to hand the events over. While events come in quick succession, the descriptor
/// is also readable when there is something to do on the network. The next ws_poll(queue, 0, 0),
/// ws_next(queue, 0) or ws_next_batch() with timeout 0 then does the I/O itself (see "Threads"
/// above). If your thread does not come for a few milliseconds, or nothing happens, the library's
/// thread takes over again.
///
/// The descriptor is always readable while an event can be delivered. It may be readable, too, when
/// a poll then finds none; that is no error. Watch it level-triggered (poll, select, epoll, or a
/// loop that is made of them), and poll each time it is readable. It is an epoll descriptor: nothing
/// can be read from it. A loop that reads what it watches, as Node's net.Socket does, needs
/// ws_queue_fd(). Use only one of the two: after a call of ws_queue_fd(), the library's thread does
/// all I/O of the queue while your thread does not wait. On systems other than Linux this function
/// is ws_queue_fd().
///
/// The library owns this descriptor; never close it. If your event loop closes what it watches,
/// give it a dup().
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return the descriptor, the same each time; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT,
///         HOSTWS_E_RESOURCES. The library closes it when the queue is freed or its thread ends
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_loop_fd(queue: ws_queue) -> isize {
    answer_pointer_sized(|| library::queue(queue)?.loop_fd())
}

/// Returns an event object to wait for, for a Windows program with its own loop
/// (WaitForMultipleObjects, MsgWaitForMultipleObjects, RegisterWaitForSingleObject). It is set
/// exactly while an event can be delivered, as the descriptor of ws_queue_fd() is readable. It has
/// a manual reset: call ws_poll(queue, 0, 0) or ws_next(queue, 0) when it is set, and the library
/// resets it when nothing is left. You need not call ResetEvent().
///
/// The library owns the handle; never close it. Use DuplicateHandle() if you need one of your own.
///
/// @param queue  0 for the calling thread's own, or any queue
/// @return a HANDLE, the same each time; or NULL, and ws_last_error() says why:
///         HOSTWS_E_ARGUMENT if this is not Windows, or `queue` is negative; HOSTWS_E_NO_SUCH_ID,
///         HOSTWS_E_RESOURCES. The library closes it when the queue is freed or its thread ends
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_handle(queue: ws_queue) -> *mut c_void {
    enter(true, true, || library::queue(queue)?.handle()).unwrap_or(std::ptr::null_mut())
}

/// Posts a message to a window, for a Windows program with a message loop, when a queue gets
/// something to deliver and had nothing before, and again after a poll that left events behind.
/// Call ws_poll(queue, 0, 0) in the window procedure when the message comes. It comes when the
/// function of ws_queue_on_wakeup() would be called. ws_queue_post_message() and
/// ws_queue_on_wakeup() replace each other's setting. A message for a window also comes in the
/// loops of dialogs and menus. If the window's thread has no room for messages, the message is
/// posted when there is room. Nothing is posted once the window is destroyed.
///
/// @param queue    0 for the calling thread's own, or any queue
/// @param window   an HWND of this process or another; NULL: post nothing any more
/// @param message  the message's number, from WM_USER (0x0400) to 0xFFFF. Its wParam is the queue,
///                 its lParam 0
/// @return HOSTWS_OK; or HOSTWS_E_ARGUMENT if there is no such window (other systems than Windows
///         have none), or `message` or `queue` is out of range; HOSTWS_E_NO_SUCH_ID
///
/// Blocks: while the previous function of ws_queue_on_wakeup() runs. Threads: any except those of
/// the library. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_queue_post_message(queue: ws_queue, window: *mut c_void, message: u32) -> i32 {
    answer(|| {
        library::queue(queue)?.post_messages(window, message)?;
        Ok(HOSTWS_OK)
    })
}

/// Sets a function that is called when a queue gets something to deliver and had nothing before,
/// and again after a poll that left events behind. If there is something to deliver now, it is
/// called soon. While a callback runs (perhaps a dialog with a loop of its own), it is called for
/// the events of other connections. Several calls may be combined into one. After ws_shutdown(),
/// and two seconds after the last connection of the queue has ended, there may be no thread left to
/// call it: then poll until nothing is left.
///
/// THE FUNCTION RUNS ON A THREAD OF THE LIBRARY, which holds no lock that another thread needs. It
/// may call no function of the library except ws_wake(). It should return soon, because the queue's
/// connections, and those of queues that share this thread, wait for it; typically it posts a task
/// to your own loop. It should return normally. If it throws an exception or ends its thread by
/// pthread_exit() (as interpreters do after they have been finalized), that thread stops for ever,
/// another thread continues with the connections, and the function is not called again. Windows: it
/// must not end its thread, whose connections would be lost without notice; an exception is as
/// told.
///
/// @param queue      0 for the calling thread's own, or any queue
/// @param fn         the function; NULL: none. The previous function is no longer running when the
///                   call returns
/// @param user_data  passed to the function unchanged. It must stay valid until the function is
///                   replaced, or the queue is freed, or ws_shutdown() has returned anything but
///                   HOSTWS_E_TIMEOUT; none of these returns while the function runs. When the
///                   queue's thread ends, it waits for the function for at most one second
/// @return HOSTWS_OK; or HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT if `queue` is negative
///
/// Blocks: while the previous function runs. Threads: any except those of the library. From a
/// callback: yes. After fork: HOSTWS_E_FORKED.
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

/// Lets a thread that waits in ws_poll(), ws_next() or a similar call check repeatedly for a while
/// before it sleeps. Its processor core then need not be woken, which takes longer than a short
/// round trip. The thread does this only while events come in quick succession; when idle, it
/// sleeps as usual. Use it only if the thread has a core to itself.
///
/// @param queue         0 for the calling thread's own, or any queue
/// @param microseconds  how long to check: longer than a round trip takes, for example 100; at most
///                      1,000,000; 0: not at all, which is the default
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

/// The longest time that a thread may check before it sleeps.
const MAX_BUSY_POLL_US: u32 = 1_000_000;
