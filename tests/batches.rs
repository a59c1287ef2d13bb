//! ws_next_batch: several events in one call.

mod support;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::{raw_server, url, ws_server};

/// Room for events, filled with other data.
fn room(capacity: usize) -> Vec<ws_event> {
    // SAFETY: any bytes are a valid event, and nobody follows its pointers.
    let mut event: ws_event = unsafe { std::mem::zeroed() };
    (event.ws, event.length, event.flags) = (-7, -7, u32::MAX);
    let mut events = vec![event; capacity];
    events[0].struct_size = size_of::<ws_event>() as u32;
    events
}

fn batch(queue: ws_queue, events: &mut [ws_event], timeout_ms: i32) -> i32 {
    // SAFETY: there is room for so many.
    unsafe { ws_next_batch(queue, events.as_mut_ptr(), events.len() as i32, timeout_ms) }
}

/// The events of one call, copied.
#[track_caller]
fn fetch(capacity: usize, timeout_ms: i32) -> Vec<Event> {
    let mut events = room(capacity);
    let count = batch(0, &mut events, timeout_ms);
    assert!(count >= 0, "{count}: {}", last_words());
    let (given, rest) = events.split_at(count as usize);
    assert!(rest.iter().all(|event| event.ws == -7), "nothing is written behind the last one");
    // SAFETY: they are valid until the next call.
    given.iter().map(|event| unsafe { Event::read(event) }).collect()
}

fn text(number: usize) -> Event {
    Event::Message {
        data_type: HOSTWS_TEXT,
        data: format!("{:x<10}", format!("{number}:")).into_bytes(),
    }
}

#[test]
fn all_kinds_of_events_come_in_order_and_at_most_as_many_as_there_is_room_for() {
    let server = ws_server();
    let id = open_pull(&url(&server, "/flood?n=1000&size=10"), None);
    wait_pending(100);
    let mut all = Vec::new();
    let mut largest = 0;
    for capacity in [1, 2, 7, 64, 1000].into_iter().cycle() {
        let events = fetch(capacity, 20_000);
        assert!((1..=capacity).contains(&events.len()));
        largest = largest.max(events.len());
        all.extend(events);
        if all.len() == 1001 {
            break;
        }
    }
    assert!(largest > 7, "at most {largest} came at once");
    assert_eq!(all.remove(0), Event::Open);
    assert!(all.into_iter().eq((0..1000).map(text)));
    assert_eq!(terminate(id, 0, None), HOSTWS_OK);
    assert!(matches!(fetch(10, 20_000)[..], [Event::Terminate(_)]));
    assert_eq!(batch(0, &mut room(1), -1), HOSTWS_E_IDLE);
}

#[test]
fn events_of_several_connections_come_in_one_call() {
    let server = ws_server();
    let ids = [0, 1, 2].map(|_| open_pull(&url(&server, "/text?say=hello"), None));
    let failing = open_pull("ws://127.0.0.1:1/", None);
    // Three connections with two events each: ERROR and TERMINATE.
    let deadline = Instant::now() + PATIENCE;
    while ws_pending(0) < 8 {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    let mut events = room(20);
    assert_eq!(batch(0, &mut events, 0), 8);
    for id in ids {
        let own = events.iter().filter(|event| event.ws == id);
        // SAFETY: they are valid until the next call.
        let own: Vec<Event> = own.map(|event| unsafe { Event::read(event) }).collect();
        let hello = Event::Message { data_type: HOSTWS_TEXT, data: b"hello".to_vec() };
        assert_eq!(own, [Event::Open, hello]);
        assert_eq!(ws_abort(id), HOSTWS_OK);
    }
    let own = events.iter().filter(|event| event.ws == failing);
    // SAFETY: they are valid until the next call, the error's words too.
    let own: Vec<Event> = own.map(|event| unsafe { Event::read(event) }).collect();
    assert!(matches!(&own[..], [Event::Error(errors), Event::Terminate(_)] if !errors.is_empty()));
}

#[test]
fn what_it_gave_stays_until_the_next_call_whatever_comes() {
    let server = ws_server();
    let id = open_pull(&url(&server, "/flood?n=300&size=10"), None);
    assert_eq!(ws_wait_status(id, HOSTWS_CONNECTED, 20_000), HOSTWS_OK);
    let deadline = Instant::now() + PATIENCE;
    while ws_pending(0) < 301 {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    let mut events = room(200);
    assert_eq!(batch(0, &mut events, 0), 200);
    // The connection ends, which silences its other messages. The events already returned stay
    // unchanged.
    assert_eq!(ws_pending(0), 101);
    assert_eq!(ws_abort(id), HOSTWS_OK);
    assert_eq!(ws_wait_status(id, HOSTWS_CLOSED, 20_000), HOSTWS_OK);
    // SAFETY: they are valid until the next call.
    let given: Vec<Event> = events.iter().map(|event| unsafe { Event::read(event) }).collect();
    assert_eq!(given[0], Event::Open);
    assert!(given[1..].iter().cloned().eq((0..199).map(text)));
    assert!(matches!(fetch(10, 20_000)[..], [Event::Terminate(_)]));
}

#[test]
fn it_goes_on_where_ws_next_stopped_and_the_other_way_round() {
    let server = ws_server();
    let id = open_pull(&url(&server, "/flood?n=3000&size=10"), None);
    assert_eq!(next(0, 20_000), Ok((id, Event::Open)));
    let mut all = Vec::new();
    while all.len() < 3000 {
        for _ in 0..all.len() % 4 {
            if all.len() < 3000 {
                all.push(next(0, 20_000).unwrap().1);
            }
        }
        if all.len() < 3000 {
            all.extend(fetch(5, 20_000));
        }
    }
    assert!(all.into_iter().eq((0..3000).map(text)));
    assert_eq!(ws_abort(id), HOSTWS_OK);
}

#[test]
fn structs_of_another_version_have_their_own_distance() {
    let server = ws_server();
    let id = open_pull(&url(&server, "/flood?n=50&size=10"), None);
    let deadline = Instant::now() + PATIENCE;
    while ws_pending(0) < 51 {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    let stride = size_of::<ws_event>() + 16;
    let mut memory = vec![0_u64; stride * 60 / 8];
    let first = memory.as_mut_ptr().cast::<ws_event>();
    // SAFETY: there is room for 60 of that size.
    let count = unsafe {
        (*first).struct_size = stride as u32;
        ws_next_batch(0, first, 60, 0)
    };
    assert_eq!(count, 51);
    for index in 0..51 {
        // SAFETY: so many were written, at that distance.
        let event = unsafe { *first.cast::<u8>().add(index * stride).cast::<ws_event>() };
        assert_eq!(event.struct_size as usize, size_of::<ws_event>(), "what there is of it");
        // SAFETY: it is valid until the next call.
        let event = unsafe { Event::read(&event) };
        assert_eq!(event, if index == 0 { Event::Open } else { text(index - 1) });
    }
    assert!(memory[51 * stride / 8..].iter().all(|&word| word == 0));
    assert_eq!(ws_abort(id), HOSTWS_OK);
}

#[test]
fn bad_arguments_are_refused_and_consume_nothing() {
    let server = ws_server();
    let id = open_pull(&url(&server, "/text?say=hello"), None);
    let deadline = Instant::now() + PATIENCE;
    while ws_pending(0) < 2 {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    let mut events = room(4);
    let first = events.as_mut_ptr();
    // SAFETY: invalid pointers are refused and not followed.
    unsafe {
        for capacity in [0, -1, i32::MIN] {
            check_refused(ws_next_batch(0, first, capacity, 0), HOSTWS_E_ARGUMENT, "capacity");
        }
        let null = std::ptr::null_mut();
        check_refused(ws_next_batch(0, null, 4, 0), HOSTWS_E_ARGUMENT, "events is NULL");
        check_refused(ws_next_batch(0, first, 4, -2), HOSTWS_E_ARGUMENT, "timeout_ms");
        check_refused(ws_next_batch(-1, first, 4, 0), HOSTWS_E_ARGUMENT, "queue");
        check_refused(ws_next_batch(i32::MAX, first, 4, 0), HOSTWS_E_NO_SUCH_ID, "queue");
    }
    for size in [0, size_of::<ws_event>() as u32 - 1, 4097] {
        events[0].struct_size = size;
        check_refused(batch(0, &mut events, 0), HOSTWS_E_STRUCT, "struct_size");
    }
    assert_eq!(fetch(4, 0).len(), 2);
    assert_eq!(ws_abort(id), HOSTWS_OK);
}

#[test]
fn it_waits_for_the_first_and_is_woken() {
    let raw = raw_server();
    let id = open_pull(&url(&raw, "/silent"), None);
    let before = Instant::now();
    assert_eq!(batch(0, &mut room(3), 0), 0);
    assert_eq!(batch(0, &mut room(3), 50), 0);
    assert!(before.elapsed() >= Duration::from_millis(49));
    let queue = ws_queue_of(0);
    let waker = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        assert_eq!(ws_wake(queue), HOSTWS_OK);
    });
    assert_eq!(batch(0, &mut room(3), -1), 0);
    assert!(before.elapsed() < PATIENCE);
    waker.join().unwrap();
    assert_eq!(ws_abort(id), HOSTWS_OK);
}

#[test]
fn a_second_thread_is_refused() {
    let raw = raw_server();
    let own = ws_queue_of(0);
    let refused = thread::spawn(move || batch(own, &mut room(1), 0)).join().unwrap();
    assert_eq!(refused, HOSTWS_E_WRONG_THREAD);
    let queue = ws_queue_new();
    let json = format!(r#"{{"queue": {queue}}}"#);
    let id = open_pull(&url(&raw, "/silent"), Some(&json));
    assert!(id > 0, "{}", last_words());
    let (says, starts) = mpsc::channel();
    let poller = thread::spawn(move || {
        says.send(()).unwrap();
        // Each of the two may find the other at it.
        loop {
            match batch(queue, &mut room(1), 20_000) {
                HOSTWS_E_BUSY => thread::yield_now(),
                count => return count,
            }
        }
    });
    starts.recv().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while batch(queue, &mut room(1), 0) != HOSTWS_E_BUSY {
        assert!(Instant::now() < deadline && !poller.is_finished());
        thread::yield_now();
    }
    assert_eq!(ws_wake(queue), HOSTWS_OK);
    assert_eq!(poller.join().unwrap(), 0);
    assert_eq!(ws_queue_free(queue), HOSTWS_OK);
}
