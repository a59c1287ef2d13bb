//! The resources of the process: threads and descriptors.

use std::fs;
use std::time::{Duration, Instant};

/// The longest wait for threads to end.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    pub threads: usize,
    pub descriptors: usize,
}

pub fn holdings() -> Holdings {
    let count = |folder| fs::read_dir(folder).map_or(0, |entries| entries.count());
    Holdings {
        threads: count("/proc/self/task"),
        // Without the descriptor that reads the folder.
        descriptors: count("/proc/self/fd") - 1,
    }
}

/// Waits until the library has that many threads that do the I/O. A thread that has ended is still
/// counted for a moment.
#[track_caller]
pub fn wait_workers(is_right: impl Fn(usize) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_right(workers()) {
        assert!(Instant::now() < deadline, "there are {} workers", workers());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The number of the library's threads that do the I/O.
fn workers() -> usize {
    let name = |task: std::io::Result<fs::DirEntry>| {
        fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    tasks.filter_map(name).filter(|name| name.trim() == "hostws").count()
}

/// The CPU time of the process.
pub fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid during the call.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Waits until the process has no more resources than before.
#[track_caller]
pub fn check_nothing_left_behind(before: Holdings) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let now = holdings();
        if now.threads <= before.threads && now.descriptors <= before.descriptors {
            return;
        }
        assert!(Instant::now() < deadline, "left behind: {now:?}, it was {before:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
