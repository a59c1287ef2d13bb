//! After events in quick succession, an idle connection costs nothing again.

mod support;

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use hostws::capi::*;
use support::host::*;
use support::process::processor_time;
use support::{url, ws_server};

/// One test at a time, because each measures the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The context switches of the library's threads.
#[cfg(target_os = "linux")]
fn switches_of_workers() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let of = |directory: std::path::PathBuf| -> Option<u64> {
        let status = fs::read_to_string(directory.join("status")).ok()?;
        let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
        if value("Name:")?.trim() != "hostws" {
            return None;
        }
        let voluntary: u64 = value("voluntary_ctxt_switches:")?.trim().parse().ok()?;
        let forced: u64 = value("nonvoluntary_ctxt_switches:")?.trim().parse().ok()?;
        Some(voluntary + forced)
    };
    tasks.filter_map(|task| of(task.unwrap().path())).sum()
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_sleeps_through_a_host_that_waits_and_one_that_does_not() {
    let _alone = alone();
    let server = ws_server();
    let client = Client::new(&url(&server, "/echo"));
    client.wait_open();
    let exchange = || {
        for _ in 0..50 {
            let count = client.messages().len();
            client.send("hello");
            client.wait_messages(count + 1);
        }
    };
    let waits = |milliseconds: u64| {
        ws_poll(0, milliseconds as i32, 0);
    };
    let sleeps = |milliseconds: u64| thread::sleep(Duration::from_millis(milliseconds));
    for idle in [&waits as &dyn Fn(u64), &sleeps] {
        exchange();
        // The worker takes the loop back.
        idle(50);
        let before = switches_of_workers();
        assert!(before > 0, "there is a worker");
        idle(500);
        let switches = switches_of_workers().saturating_sub(before);
        assert!(switches < 20, "{switches} switches in half a second");
    }
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_sleeps_while_the_end_of_its_last_connection_waits_for_a_poll() {
    let _alone = alone();
    // The worker keeps its thread, to warn after five seconds that nobody polls.
    assert_eq!(ws_set_log(HOSTWS_LOG_WARNING, None, std::ptr::null_mut()), HOSTWS_OK);
    let server = ws_server();
    let client = Client::new(&url(&server, "/close?code=1000"));
    wait_pending(2);
    let before = processor_time();
    thread::sleep(Duration::from_secs(5));
    let taken = processor_time() - before;
    assert!(taken < Duration::from_millis(1500), "{taken:?}");
    client.finish().check_clean(1000, "");
}
