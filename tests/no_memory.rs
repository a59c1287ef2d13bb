//! Memory that runs out where the host or the server chooses the size: the call returns an error or
//! the connection fails, but the process lives. Each case runs in a separate process with a limited
//! address space. The server is in the process of the test.

mod support;

use std::ffi::CString;
use std::fs;
use std::io::Write;
use std::process::Command;

use hostws::capi::*;
use support::host::*;
use support::servers::frames::{frame, BINARY, FIN, TEXT};
use support::servers::listener::{wait_until_gone, Listener};
use support::servers::raw;
use support::url;

const MIB: usize = 1 << 20;
const URL: &str = "HOSTWS_TEST_URL";

/// In a process with a limit, returns the URL of its server. Otherwise runs the test with that name
/// in such a process.
fn in_child(test: &str, server: Option<&Listener>) -> Option<String> {
    if let Ok(url) = std::env::var(URL) {
        return Some(url);
    }
    let url = server.map_or_else(String::new, |server| url(server, "/"));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(URL, url)
        // One arena, so that all free memory can be used.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    None
}

/// Limits how much the address space may grow from now on.
fn limit(more: usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let kib: u64 = line.split_whitespace().next().unwrap().parse().unwrap();
    let limit = libc::rlimit { rlim_cur: (kib << 10) + more as u64, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the struct lives during the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
}

fn no_limit() {
    let limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
}

/// A server that sends `piece` again and again until the client leaves. If it is empty, it sends
/// nothing.
fn flooding(piece: Vec<u8>) -> Listener {
    raw::scripted(move |mut stream, request| {
        stream.write_all(&request.accept(""))?;
        while !piece.is_empty() && stream.write_all(&piece).is_ok() {}
        wait_until_gone(stream);
        Ok(())
    })
    .unwrap()
}

/// Fetches all events up to the end. Returns the number of messages and the last error.
fn drain(ws: ws_id) -> (usize, Vec<Trouble>) {
    let (mut messages, mut errors) = (0, Vec::new());
    loop {
        match next(0, 20_000) {
            Ok((_, Event::Message { .. })) => messages += 1,
            Ok((_, Event::Error(troubles))) => errors = troubles,
            Ok((id, Event::Terminate(_))) => {
                assert_eq!(id, ws);
                return (messages, errors);
            }
            Ok(_) => {}
            Err(code) => panic!("{code}: {}", last_words()),
        }
    }
}

/// Polls only after the connection has ended.
fn check_flood(test: &str, piece: fn() -> Vec<u8>, room: usize, options: &str) {
    let server = std::env::var(URL).is_err().then(|| flooding(piece()));
    let Some(url) = in_child(test, server.as_ref()) else { return };
    let ws = open_pull(&url, Some(options));
    assert!(ws > 0, "{}", last_words());
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    limit(room);
    let deadline = std::time::Instant::now() + 2 * PATIENCE;
    while ws_status(ws) < HOSTWS_CLOSED {
        assert!(std::time::Instant::now() < deadline, "{} events", ws_pending(0));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    no_limit();
    let (_, errors) = drain(ws);
    assert_eq!(errors[0].code, HOSTWS_E_RESOURCES, "{errors:?}");
    assert!(errors[0].message.contains("memory"), "{errors:?}");
}

#[test]
fn large_messages_that_nobody_polls() {
    let piece = || frame(FIN | BINARY, &[7; 300_000]);
    check_flood("large_messages_that_nobody_polls", piece, 64 * MIB, r#"{"receive_queue_max":-1}"#);
}

#[test]
fn small_messages_that_nobody_polls() {
    let piece = || frame(FIN | BINARY, b"small").repeat(10_000);
    check_flood("small_messages_that_nobody_polls", piece, 64 * MIB, r#"{"receive_queue_max":-1}"#);
}

#[test]
fn messages_of_middle_size_that_nobody_polls() {
    let piece = || frame(FIN | BINARY, &[7; 10_000]).repeat(3);
    let test = "messages_of_middle_size_that_nobody_polls";
    check_flood(test, piece, 64 * MIB, r#"{"receive_queue_max":-1}"#);
}

#[test]
fn json_that_is_nested_too_deeply_for_the_memory() {
    let piece = || frame(FIN | TEXT, &[b'['; 16 * MIB]);
    let test = "json_that_is_nested_too_deeply_for_the_memory";
    check_flood(test, piece, 40 * MIB, r#"{"data_type":"object"}"#);
}

#[test]
fn a_value_of_json() {
    if in_child("a_value_of_json", None).is_none() {
        return;
    }
    let json = CString::new(format!(r#"{{"a":"{}\n"}}"#, "x".repeat(6 * MIB))).unwrap();
    let mut buffer = vec![0; 7 * MIB];
    let mut get = || {
        let (buffer, size) = (buffer.as_mut_ptr(), buffer.len() as i64);
        // SAFETY: all of it lives during the call.
        unsafe { ws_json_get(json.as_ptr(), -1, c"/a".as_ptr(), buffer, size) }
    };
    limit(5 * MIB);
    let refused = get();
    no_limit();
    check_refused(refused, HOSTWS_E_RESOURCES, "memory");
    assert_eq!(get(), 6 * MIB as i64 + 1);
}

#[test]
fn a_new_connection_and_its_options() {
    if in_child("a_new_connection_and_its_options", None).is_none() {
        return;
    }
    // Everything that is made once exists by now.
    check_refused(open_pull("http://h/", None), HOSTWS_E_URL, "");
    let ca = format!(r#"{{"tls_ca":"{}"}}"#, "x".repeat(4 * MIB));
    limit(0);
    let refused = open_pull("ws://127.0.0.1:1/", None);
    no_limit();
    check_refused(refused, HOSTWS_E_RESOURCES, "memory");
    limit(6 * MIB);
    let refused = open_pull("ws://127.0.0.1:1/", Some(&ca));
    no_limit();
    check_refused(refused, HOSTWS_E_RESOURCES, "memory");
}

#[test]
fn what_is_sent() {
    let server = std::env::var(URL).is_err().then(|| flooding(Vec::new()));
    let Some(url) = in_child("what_is_sent", server.as_ref()) else { return };
    let ws = open_pull(&url, Some(r#"{"send_queue_max":-1}"#));
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    let payload = vec![7; 16 * MIB];
    limit(8 * MIB);
    let refused = send(ws, &payload, HOSTWS_BLOB);
    no_limit();
    check_refused(refused, HOSTWS_E_RESOURCES, "memory");
    assert_eq!(ws_abort(ws), HOSTWS_OK);
    assert_eq!(drain(ws), (0, vec![]));
}
