//! A connection is lost if the server takes none of the waiting data.

mod support;

use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::servers::raw;
use support::{url, ws_server};

fn fill(client: &Client) {
    client.wait_open();
    while send(client.id, &[0; 1 << 20], HOSTWS_BLOB) == HOSTWS_OK {}
}

#[test]
fn a_server_that_takes_nothing_is_lost() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/stall"), |options| {
        options.write_timeout_ms = 300;
        options.ping_interval_ms = -1;
    });
    client.wait_open();
    // All at once: the server's time may end before a slow host has sent more.
    assert_eq!(send(client.id, &vec![0; 12 << 20], HOSTWS_BLOB), HOSTWS_OK);
    let story = client.finish();
    story.check_failed(1006, &["ws", "ws"], "none left for 300 ms");
    let errors = story.errors();
    assert_eq!((errors[0].code, errors[1].code), (HOSTWS_E_LOST, HOSTWS_E_TIMEOUT));
    let waited: u64 = errors[1].message.split(' ').next().unwrap().parse().unwrap();
    assert!(waited > 1 << 20, "{waited}");
}

#[test]
fn it_is_switched_off_by_minus_one() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/stall"), |options| {
        options.write_timeout_ms = -1;
        options.ping_interval_ms = -1;
    });
    fill(&client);
    let until = Instant::now() + Duration::from_millis(400);
    while Instant::now() < until {
        ws_poll(0, 20, 0);
    }
    assert_eq!(ws_status(client.id), HOSTWS_CONNECTED);
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

#[test]
fn a_server_that_reads_again_in_time_stays() {
    let server = ws_server();
    let client = Client::with(&url(&server, "/gate"), |options| {
        options.write_timeout_ms = 15_000;
        options.close_timeout_ms = 60_000;
    });
    fill(&client);
    server.open_gate();
    client.poll_until("drain", |events| events.contains(&Event::Drain));
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn a_server_that_reads_slowly_stays() {
    let server = raw::scripted(|mut stream, request| {
        socket2::SockRef::from(stream).set_recv_buffer_size(64 << 10)?;
        stream.write_all(&request.accept(""))?;
        let mut buffer = vec![0; 16 << 10];
        // All of this is less than what makes the client's socket writable again.
        for _ in 0..60 {
            thread::sleep(Duration::from_millis(100));
            stream.read_exact(&mut buffer)?;
        }
        io::copy(&mut &*stream, &mut io::sink())?;
        Ok(())
    })
    .unwrap();
    let client = Client::with(&url(&server, "/"), |options| {
        options.write_timeout_ms = 4_000;
        options.ping_interval_ms = -1;
    });
    fill(&client);
    client.poll_until("drain", |events| events.contains(&Event::Drain));
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

#[test]
fn a_bad_value_is_refused() {
    let mut options = options();
    options.write_timeout_ms = -2;
    // SAFETY: all are valid during the call.
    let id = unsafe { ws_new(c"ws://127.0.0.1:1".as_ptr(), std::ptr::null(), &options) };
    check_refused(id, HOSTWS_E_OPTION, "write_timeout_ms");
}
