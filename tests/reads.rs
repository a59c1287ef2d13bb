//! A socket that has given all is not asked again: this program replaces `recv`, by which TLS reads.
#![cfg(target_os = "linux")]

mod support;

use std::ffi::CString;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use hostws::capi::*;
use libc::{c_int, c_void, size_t, ssize_t};
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::websocket;

const ROUND_TRIPS: usize = 100;

/// How often there was nothing to read.
static IN_VAIN: AtomicUsize = AtomicUsize::new(0);

#[no_mangle]
unsafe extern "C" fn recv(
    socket: c_int,
    buffer: *mut c_void,
    length: size_t,
    flags: c_int,
) -> ssize_t {
    let nowhere = std::ptr::null_mut::<c_void>();
    // SAFETY: the caller keeps the contract of the system call.
    let read = unsafe {
        libc::syscall(libc::SYS_recvfrom, socket, buffer, length, flags, nowhere, nowhere)
    };
    if read < 0 && io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock {
        IN_VAIN.fetch_add(1, Ordering::SeqCst);
    }
    read as ssize_t
}

#[test]
fn a_tls_connection_that_begins_with_data_reads_each_message_once() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let client = Client::with(&format!("wss://localhost:{}/echo", server.port), |options| {
        options.tls_ca = ca.as_ptr();
    });
    // The first look of the open connection finds an answer.
    assert_eq!(ws_pause(client.id, 1), HOSTWS_OK);
    client.wait_open();
    client.send("first");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(ws_pause(client.id, 0), HOSTWS_OK);
    client.wait_messages(1);

    let before = IN_VAIN.load(Ordering::SeqCst);
    client.exchange(ROUND_TRIPS);
    let in_vain = IN_VAIN.load(Ordering::SeqCst) - before;
    assert!(in_vain < ROUND_TRIPS / 2, "{in_vain} of {ROUND_TRIPS} messages were read twice");
    client.terminate();
    client.finish().check_clean(1000, "");
}
