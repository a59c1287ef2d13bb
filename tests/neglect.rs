//! A host that forgets to poll gets one warning.

mod support;

use std::ffi::{c_char, c_void, CStr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::{url, ws_server};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C-unwind" fn keep(level: i32, line: *const c_char, _: *mut c_void) {
    // SAFETY: it is valid during the call.
    let line = unsafe { CStr::from_ptr(line) }.to_string_lossy().into_owned();
    if level == HOSTWS_LOG_WARNING {
        LINES.lock().unwrap().push(line);
    }
}

#[track_caller]
fn wait_lines(count: usize) {
    let deadline = Instant::now() + PATIENCE;
    while LINES.lock().unwrap().len() < count {
        assert!(Instant::now() < deadline, "no line");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn events_that_nobody_polls_for_are_told_once_until_somebody_does() {
    assert_eq!(ws_set_log(HOSTWS_LOG_WARNING, Some(keep), std::ptr::null_mut()), HOSTWS_OK);
    let server = ws_server();
    // All the time, another thread polls its own queue, in which something waits again and again.
    let is_over = Arc::new(AtomicBool::new(false));
    let polling = {
        let (address, is_over) = (url(&server, "/echo"), Arc::clone(&is_over));
        thread::spawn(move || {
            let polled = Client::new(&address);
            polled.wait_open();
            while !is_over.load(Ordering::SeqCst) {
                polled.exchange(1);
                thread::sleep(Duration::from_millis(100));
            }
            polled.terminate();
            polled.finish().check_clean(1000, "");
        })
    };
    let queue = ws_queue_of(0);
    // A poll makes no difference while nothing waits.
    assert_eq!(ws_poll(0, 0, 0), 0);
    let begin = Instant::now();
    let client = Client::new(&url(&server, "/text?say=x"));
    wait_pending(2);
    wait_lines(1);
    assert!(begin.elapsed() >= Duration::from_secs(5));
    let words = format!(
        "2 events wait in queue {queue}, which nobody has polled for 5 s: call ws_poll() on its thread"
    );
    assert_eq!(LINES.lock().unwrap()[0], words);
    // Once, even when more comes, and again after a poll that leaves something behind.
    client.send("x");
    thread::sleep(Duration::from_secs(6));
    assert_eq!(LINES.lock().unwrap().len(), 1);
    assert_eq!(ws_poll(0, 0, 1), 1);
    let pull = open_pull(&url(&server, "/silent"), None);
    wait_lines(2);
    assert!(LINES.lock().unwrap()[1].contains("ws_poll()"), "{:?}", LINES.lock().unwrap());
    // There was no warning for the queue that is polled.
    is_over.store(true, Ordering::SeqCst);
    polling.join().unwrap();
    assert_eq!(LINES.lock().unwrap().len(), 2, "{:?}", LINES.lock().unwrap());
    assert_eq!(ws_abort(pull), HOSTWS_OK);
    client.terminate();
    client.finish().check_clean(1000, "");
}
