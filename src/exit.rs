//! The end of the process, while threads of ours run on.
//!
//! `exit` takes down what other libraries hold. OpenSSL does so where the host uses it, too, and
//! whoever is inside it then, or enters it afterwards, meets memory that is freed. So each call
//! into it is made with a `Pass`. An exit handler of ours, which is registered after OpenSSL's
//! and therefore runs before it, gives out no more of them and waits for those that are out.

use std::cell::Cell;
use std::io;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::sys;

/// How long `exit` waits for a thread that is inside: to load the system's certificates takes a
/// part of a second.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(1);

const ENDING: usize = 1;
const ONE: usize = 2;

/// Whether the process is ending, and how many passes are out.
static STATE: AtomicUsize = AtomicUsize::new(0);

/// While it is there, `exit` waits.
pub struct Pass(());

/// The right to call what `exit` takes down; `None` when that is being done.
pub fn enter() -> Option<Pass> {
    if STATE.fetch_add(ONE, Ordering::SeqCst) & ENDING == 0 {
        return Some(Pass(()));
    }
    leave();
    None
}

/// The same for what cannot do without.
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

/// From here on `exit` waits. To be called when what it takes down has registered its own exit
/// handler, for the last one that is registered runs first.
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

/// In a forked child: the threads that were inside do not exist there. It sets an atomic, which
/// is allowed after fork.
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

/// Starts a thread of ours. What other libraries keep for it is cleared away with it; while the
/// process ends it therefore stays.
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

/// Waits until a thread is gone whose `f` has returned.
pub fn join(handle: JoinHandle<()>) {
    if STATE.load(Ordering::SeqCst) & ENDING == 0 {
        let _ = handle.join();
    }
}

/// A value whose destructor calls what `exit` takes down. When that is being done, it stays.
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
        }
    }
}
