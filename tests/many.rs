//! A hundred thousand connections that nobody polls meanwhile, and a thousand queues. One test at a
//! time, because each uses most of the resources that the process may have.

mod support;

use std::ffi::{c_void, CString};
use std::sync::atomic::{AtomicU32, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::process::{processor_time, wait_workers};
use support::servers::ClosedPort;
use support::{url, ws_server};

const COUNT: usize = 100_000;

/// Counts the events of each connection: errors and ends.
struct Told {
    errors: Vec<AtomicU8>,
    ends: Vec<AtomicU8>,
    first: ws_id,
    wrong: AtomicU32,
}

unsafe extern "C-unwind" fn tell(ws: ws_id, event: *const ws_event, user_data: *mut c_void) {
    // SAFETY: the test keeps it to its end; the event is valid during the call.
    let (told, event) = unsafe { (&*user_data.cast::<Told>(), &*event) };
    let index = (ws - told.first) as usize;
    match event.r#type {
        HOSTWS_EVENT_ERROR => told.errors[index].fetch_add(1, Ordering::Relaxed),
        HOSTWS_EVENT_TERMINATE if event.code == 1006 => {
            told.ends[index].fetch_add(1, Ordering::Relaxed)
        }
        _ => told.wrong.fetch_add(1, Ordering::Relaxed) as u8,
    };
}

/// The tests' turns.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn a_hundred_thousand_connections_without_a_poll_each_end_once() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let closed = ClosedPort::new().unwrap();
    let address = CString::new(format!("ws://127.0.0.1:{}/", closed.port)).unwrap();
    let counters = || (0..COUNT).map(|_| AtomicU8::new(0)).collect();
    // SAFETY: the string is valid during the call.
    let start = unsafe { ws_open(address.as_ptr(), std::ptr::null(), std::ptr::null_mut()) };
    assert!(start > 0);
    let told =
        Told { errors: counters(), ends: counters(), first: start + 1, wrong: AtomicU32::new(0) };
    let handler = ws_handler {
        struct_size: size_of::<ws_handler>() as u32,
        data_type: 0,
        user_data: (&raw const told).cast_mut().cast(),
        on_open: Some(tell),
        on_message: Some(tell),
        on_error: Some(tell),
        on_terminate: Some(tell),
        on_event: Some(tell),
    };
    let (before, taken) = (Instant::now(), processor_time());
    for index in 0..COUNT {
        // SAFETY: all is valid during the call, the counters after it.
        let ws = unsafe { ws_new(address.as_ptr(), &handler, std::ptr::null()) };
        assert_eq!(ws, told.first + index as i32, "{}", last_words());
    }
    // However little of it a busy machine gives the process in a second.
    let taken = processor_time() - taken;
    assert!(taken < Duration::from_secs(30), "{taken:?}");
    let mut delivered = 0;
    while delivered < 2 * COUNT as i32 {
        let polled = ws_poll(0, 60_000, 0);
        assert!(polled > 0, "{polled} after {delivered}, {}", last_words());
        delivered += polled;
        assert!(before.elapsed() < Duration::from_secs(300), "{delivered} delivered");
    }
    assert_eq!(ws_poll(0, 1000, 0), HOSTWS_E_IDLE);
    let once = |counters: &[AtomicU8]| counters.iter().all(|c| c.load(Ordering::Relaxed) == 1);
    assert!(once(&told.errors) && once(&told.ends));
    assert_eq!(told.wrong.load(Ordering::Relaxed), 0);
    assert_eq!(ws_status(told.first + COUNT as i32 - 1), HOSTWS_CLOSED);
}

/// The callback of a connection of which only the end matters.
unsafe extern "C-unwind" fn count_end(_: ws_id, _: *const ws_event, ends: *mut c_void) {
    // SAFETY: it points to a static.
    unsafe { &*ends.cast::<AtomicU32>() }.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn to_drop_connections_takes_no_longer_when_a_hundred_thousand_others_wait_for_a_poll() {
    const DROPPED: usize = 20_000;
    const LITTLE: Duration = Duration::from_secs(15);
    static ENDS: AtomicU32 = AtomicU32::new(0);
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let closed = ClosedPort::new().unwrap();
    let address = CString::new(format!("ws://127.0.0.1:{}/", closed.port)).unwrap();
    let handler = ws_handler {
        struct_size: size_of::<ws_handler>() as u32,
        data_type: 0,
        user_data: (&raw const ENDS).cast_mut().cast(),
        on_open: None,
        on_message: None,
        on_error: None,
        on_terminate: Some(count_end),
        on_event: None,
    };
    let connect = || {
        // SAFETY: all is valid during the call, the counter after it.
        let ws = unsafe { ws_new(address.as_ptr(), &handler, std::ptr::null()) };
        assert!(ws > 0, "{}", last_words());
        ws
    };
    for _ in 0..COUNT {
        connect();
    }
    wait_pending(COUNT as i32);
    let before = processor_time();
    let taken = || processor_time() - before;
    for _ in 0..DROPPED {
        // The connection may have been refused already.
        let dropped = ws_abort(connect());
        assert!([HOSTWS_OK, HOSTWS_E_CLOSED].contains(&dropped), "{dropped}");
        assert!(taken() < LITTLE, "{:?}", taken());
    }
    let before = Instant::now();
    while ws_shutdown(0) != HOSTWS_OK {
        // A slow worker has not done what came before.
        assert!(last_words().contains("a thread did not end in time"), "{}", last_words());
        assert!(before.elapsed() < Duration::from_secs(300));
    }
    assert!(taken() < 2 * LITTLE, "{:?}", taken());
    while ws_poll(0, 0, 0) > 0 {
        assert!(before.elapsed() < Duration::from_secs(300));
    }
    assert_eq!(ENDS.load(Ordering::Relaxed) as usize, COUNT + DROPPED);
}

#[test]
fn a_thousand_queues_with_a_connection_each_share_a_few_workers() {
    const QUEUES: usize = 1000;
    const POLLERS: usize = 4;
    const EACH: usize = 10;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // The connections of other queues have ended.
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
    let server = ws_server();
    let address = url(&server, "/echo");
    let queues: Vec<ws_queue> = (0..QUEUES).map(|_| ws_queue_new()).collect();
    let exchange = |queues: &[ws_queue]| {
        let clients: Vec<Client> = queues
            .iter()
            .map(|&queue| Client::with(&address, |options| options.queue = queue))
            .collect();
        for client in &clients {
            for number in 0..EACH {
                client.send(&format!("{} {number}", client.id));
            }
        }
        for client in &clients {
            client.wait_messages(EACH);
            for (number, message) in client.messages().iter().enumerate() {
                assert_eq!(message, format!("{} {number}", client.id).as_bytes());
            }
        }
        clients
    };
    let most = thread::available_parallelism().map_or(1, usize::from).min(8);
    thread::scope(|scope| {
        let pollers: Vec<_> =
            queues.chunks(QUEUES / POLLERS).map(|its| scope.spawn(move || exchange(its))).collect();
        let clients: Vec<Client> =
            pollers.into_iter().flat_map(|poller| poller.join().unwrap()).collect();
        // All connections are open.
        wait_workers(|count| count == most);
        for client in &clients {
            client.terminate();
        }
        for client in &clients {
            client.finish().check_clean(1000, "");
        }
    });
    for queue in queues {
        assert_eq!(ws_queue_free(queue), HOSTWS_OK, "{}", last_words());
    }
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
    wait_workers(|count| count == 0);
}
