//! A resolver that hangs. This program replaces getaddrinfo() and counts the calls.
#![cfg(unix)]

mod support;

use std::ffi::{c_char, c_int, CStr};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use support::host::*;

/// The look-up of this name hangs until the test lets it fail.
const SLOW: &str = "slow.invalid";
/// The look-up of this name fails at once, like that of every other name.
const QUICK: &str = "quick.invalid";

#[derive(Default)]
struct Resolver {
    asked_for_slow: usize,
    may_fail: bool,
}

static RESOLVER: Mutex<Resolver> = Mutex::new(Resolver { asked_for_slow: 0, may_fail: false });
static CHANGED: Condvar = Condvar::new();

fn resolver() -> MutexGuard<'static, Resolver> {
    RESOLVER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces that of the C library.
#[no_mangle]
extern "C" fn getaddrinfo(
    name: *const c_char,
    _: *const c_char,
    _: *const libc::addrinfo,
    _: *mut *mut libc::addrinfo,
) -> c_int {
    // SAFETY: the standard library asks for a name, which ends in a NUL.
    if unsafe { CStr::from_ptr(name) }.to_bytes() == SLOW.as_bytes() {
        let mut resolver = resolver();
        resolver.asked_for_slow += 1;
        CHANGED.notify_all();
        let _ = CHANGED.wait_timeout_while(resolver, 2 * PATIENCE, |resolver| !resolver.may_fail);
    }
    libc::EAI_NONAME
}

fn open(name: &str) -> Client {
    Client::with(&format!("ws://{name}/"), |options| options.open_timeout_ms = -1)
}

fn check_unresolved(client: &Client) {
    let errors = client.finish().errors();
    assert_eq!((errors[0].component.as_str(), errors[1].component.as_str()), ("ws", "dns"));
}

#[test]
fn many_connections_to_one_name_share_its_look_up() {
    let clients: Vec<Client> = (0..40).map(|_| open(SLOW)).collect();
    let deadline = Instant::now() + PATIENCE;
    while resolver().asked_for_slow == 0 {
        assert!(Instant::now() < deadline, "nobody asks");
        std::thread::yield_now();
    }
    // A later look-up is answered, so all forty have asked, and occupy no thread.
    check_unresolved(&open(QUICK));
    assert_eq!(resolver().asked_for_slow, 1);
    // One gives up, which does not affect the others.
    hostws::capi::ws_abort(clients[0].id);
    assert_eq!(clients[0].finish().ending().code, 1006);
    resolver().may_fail = true;
    CHANGED.notify_all();
    for client in &clients[1..] {
        check_unresolved(client);
    }
}
