//! The library's own threads.

use std::any::Any;
use std::io;
use std::thread::{Builder, JoinHandle};

use super::process::stay_loaded;

/// The size of a stack. The host's functions are called on it too.
const STACK: usize = 2 << 20;

/// Starts a thread. There are no signals that it should not get.
pub fn spawn<F>(name: &str, f: F) -> io::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    stay_loaded();
    // Set here, because RUST_MIN_STACK in the environment is not meant for us.
    Builder::new().name(name.to_owned()).stack_size(STACK).spawn(f)
}

/// Whether the calling thread is the main thread. The system does not tell, so the main thread's
/// queue ends with the thread.
pub fn is_main_thread() -> bool {
    false
}

/// Not needed: TLS keeps nothing for a thread.
pub fn keep_until_thread_is_gone(_: Box<dyn Any + Send>) {}

/// Threads are not cancelled here.
pub fn test_cancel() {}

/// Threads are not cancelled here.
pub fn uncancelled<T>(act: impl FnOnce() -> T) -> T {
    act()
}
