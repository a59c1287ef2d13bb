//! The end of the process, while our threads still run.
//!
//! `exit` frees the memory of other libraries. If the host uses OpenSSL too, OpenSSL's exit handler
//! frees its memory, and a thread that is inside OpenSSL then, or enters it later, crashes. So each
//! of our calls into it needs a `Pass`. Our own exit handler is registered after OpenSSL's, and so
//! runs before it: it gives out no more passes and waits until all are returned.

use std::cell::Cell;
use std::io;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::sys;

/// How long `exit` waits for a thread that is inside. Loading the system's certificates takes less
/// than a second.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(1);

const ENDING: usize = 1;
const ONE: usize = 2;

/// Whether the process is ending, and how many passes are out.
static STATE: AtomicUsize = AtomicUsize::new(0);

/// `exit` waits while a pass exists.
pub struct Pass(());

/// Returns the right to call what `exit` frees, or `None` once `exit` has begun.
pub fn enter() -> Option<Pass> {
    if STATE.fetch_add(ONE, Ordering::SeqCst) & ENDING == 0 {
        return Some(Pass(()));
    }
    leave();
    None
}

/// The same, but fails without a pass.
pub fn enter_or_fail() -> Result<Pass, Error> {
    enter().ok_or_else(|| Error::tls("the process is ending, and TLS with it"))
}

fn leave() {
    STATE.fetch_sub(ONE, Ordering::SeqCst);
}

impl Drop for Pass {
    fn drop(&mut self) {
        leave();
    }
}

/// From here on, `exit` waits for passes. Call it after OpenSSL has registered its own exit
/// handler, because the handler that was registered last runs first.
pub fn watch() {
    static IS_WATCHED: AtomicBool = AtomicBool::new(false);
    if !IS_WATCHED.swap(true, Ordering::SeqCst) {
        sys::at_exit(end);
    }
}

extern "C" fn end() {
    let deadline = Instant::now() + PATIENCE;
    STATE.fetch_or(ENDING, Ordering::SeqCst);
    while STATE.load(Ordering::SeqCst) >= ONE && Instant::now() < deadline {
        thread::sleep(LOOK);
    }
}

/// In a forked child: the threads with passes do not exist there. It only sets an atomic, which is
/// allowed after fork.
pub fn start_afresh() {
    STATE.fetch_and(ENDING, Ordering::SeqCst);
}

thread_local! {
    static IS_OWN: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is one of ours.
pub fn is_own_thread() -> bool {
    IS_OWN.get()
}

/// Starts a thread. Its end also frees what other libraries keep for it. So a thread does not end
/// while the process ends.
pub fn spawn<F>(name: &str, f: F) -> io::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    sys::spawn(name, move || {
        IS_OWN.set(true);
        f();
        match enter() {
            Some(pass) => sys::keep_until_thread_is_gone(Box::new(pass)),
            None => loop {
                thread::park();
            },
        }
    })
}

/// Waits until the system has removed a thread whose `f` has returned.
pub fn join(handle: JoinHandle<()>) {
    if STATE.load(Ordering::SeqCst) & ENDING == 0 {
        let _ = handle.join();
    }
}

/// A value whose destructor needs a pass. Once `exit` has begun, it is leaked instead.
pub struct Guarded<T>(ManuallyDrop<T>);

impl<T> Guarded<T> {
    pub fn new(value: T) -> Guarded<T> {
        Guarded(ManuallyDrop::new(value))
    }

    pub fn into_inner(self) -> T {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not used after this, and its destructor does not run.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

impl<T> Deref for Guarded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Guarded<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        if let Some(_pass) = enter() {
            // SAFETY: it is not used after this.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        } else {
            // SAFETY: as above.
            keep(unsafe { ManuallyDrop::take(&mut self.0) });
        }
    }
}

/// Leaks a value where a leak checker finds it: what still has an owner is no leak to it.
fn keep<T>(value: T) {
    static KEPT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let kept = Box::into_raw(Box::new(ManuallyDrop::new(value)));
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(kept as usize);
}
