//! The state that exists once in a process, and what `fork` does to it.
//!
//! A forked child inherits memory but not threads: a lock may be held for ever by a thread that
//! does not exist. So every call in the child fails with HOSTWS_E_FORKED until it asks for a fresh
//! start. Then the parent's state is left alone, and new state is made.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::sync::Once;

use crate::{exit, sys};

static FORKED: AtomicBool = AtomicBool::new(false);
/// The number of forks that led to this process since the library was first used.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Whether this process is a fork that has not started afresh.
pub fn is_forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// Whether a thread that is ending leaves its values of that generation as they are: a forked child
/// does not touch what was the parent's, and at the end of the process nobody may hold a lock that
/// an ended thread holds.
pub fn is_left_behind(generation: u32) -> bool {
    generation != self::generation() || is_forked() || sys::is_ending()
}

/// The child's fresh start is complete.
pub fn forget_fork() {
    FORKED.store(false, Ordering::Relaxed);
}

pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

fn watch_forks() {
    static WATCH: Once = Once::new();
    extern "C" fn in_child() {
        FORKED.store(true, Ordering::Relaxed);
        GENERATION.fetch_add(1, Ordering::Relaxed);
        exit::start_afresh();
    }
    // It sets atomics, which is allowed after fork.
    WATCH.call_once(|| sys::at_fork(in_child));
}

/// A value that lives as long as the process. A forked child gets a new one.
pub struct PerProcess<T: 'static>(AtomicPtr<T>);

impl<T: Default + Send + Sync> PerProcess<T> {
    pub const fn new() -> PerProcess<T> {
        PerProcess(AtomicPtr::new(std::ptr::null_mut()))
    }

    pub fn get(&self) -> &'static T {
        let current = self.0.load(Ordering::Acquire);
        // SAFETY: it came from Box::into_raw below and is never freed.
        unsafe { current.as_ref() }.unwrap_or_else(|| self.make())
    }

    #[cold]
    fn make(&self) -> &'static T {
        watch_forks();
        let made = Box::into_raw(Box::<T>::default());
        let raced = self.0.compare_exchange(
            std::ptr::null_mut(),
            made,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        match raced {
            // SAFETY: it was just made and is never freed.
            Ok(_) => unsafe { &*made },
            Err(winner) => {
                // SAFETY: `made` was given to nobody; the winner is never freed.
                unsafe {
                    drop(Box::from_raw(made));
                    &*winner
                }
            }
        }
    }

    /// Leaves the parent's value where it is.
    pub fn start_afresh(&self) {
        self.0.store(std::ptr::null_mut(), Ordering::Release);
    }
}

/// The identity of a thread, as cheap as possible.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ThreadToken(usize);

impl ThreadToken {
    pub fn current() -> ThreadToken {
        thread_local! {
            static PLACE: u8 = const { 0 };
        }
        ThreadToken(PLACE.with(|place| std::ptr::from_ref(place) as usize))
    }

    /// A number that stays the same while the thread lives, and is never 0.
    pub fn number(self) -> usize {
        self.0
    }
}
