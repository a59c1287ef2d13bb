//! How an exported function waits: it comes out of everything that catches panics or has to be
//! tidied up, and sleeps there. So a thread may be cancelled in its sleep, and a signal handler
//! may leave it by `longjmp`.

use std::cell::RefCell;

use super::frames::Poller;
use super::guard::enter;
use crate::error::Result;
use crate::process;
use crate::queue::{Sleeper, Wait};
use crate::sys::{self, Sleep};

/// What a step of a wait comes to.
pub enum Step<T> {
    Done(T),
    /// Sleep, and come back. The poller stays it meanwhile.
    Sleep(Sleeper, Option<Poller>, Sleep),
}

/// What a thread holds that sleeps.
struct Asleep {
    held: Option<(Sleeper, Option<Poller>)>,
    generation: u32,
}

thread_local! {
    static ASLEEP: RefCell<Option<Asleep>> = const { RefCell::new(None) };
}

impl Asleep {
    fn rise(mut self) -> Option<Poller> {
        // The sleeper is dropped: its queue forgets it.
        self.held.take().and_then(|(_, poller)| poller)
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        // In a forked child everything of the parent's stays untouched.
        if self.generation != process::generation() || process::is_forked() {
            std::mem::forget(self.held.take());
        }
    }
}

/// Gives back what a sleep held that was left without waking up.
pub fn reap() {
    let left = ASLEEP.try_with(|asleep| asleep.borrow_mut().take());
    drop(left);
}

/// Takes step after step until one is the answer, and sleeps in between. Of a step that follows
/// a sleep the second argument is the poller that the one before held.
///
/// Nothing here has a destructor while it sleeps, nor may `step` have.
pub fn patiently<T>(
    mut wait: Wait,
    mut step: impl FnMut(&mut Wait, Option<Poller>) -> Result<Step<T>>,
) -> std::result::Result<T, i32> {
    sys::test_cancel();
    loop {
        let mut sleep = None;
        let answer = enter(true, true, || {
            let mut poller = None;
            if wait.has_slept() {
                let asleep = ASLEEP.try_with(|asleep| asleep.borrow_mut().take());
                poller = asleep.ok().flatten().and_then(Asleep::rise);
            }
            loop {
                let (sleeper, holder, bed) = match step(&mut wait, poller)? {
                    Step::Done(value) => return Ok(Some(value)),
                    Step::Sleep(sleeper, holder, bed) => (sleeper, holder, bed),
                };
                let generation = process::generation();
                let asleep = Asleep { held: Some((sleeper, holder)), generation };
                match lie_down(asleep) {
                    Ok(()) => {
                        sleep = Some(bed);
                        return Ok(None);
                    }
                    // This thread is being destroyed, and cannot be cancelled any more.
                    Err(asleep) => {
                        wait.rise(bed.run());
                        poller = asleep.rise();
                    }
                }
            }
        });
        match (answer, sleep) {
            (Ok(Some(value)), _) => return Ok(value),
            (Ok(None), Some(sleep)) => wait.rise(sleep.run()),
            (Ok(None), None) => {}
            (Err(code), _) => return Err(code),
        }
    }
}

fn lie_down(asleep: Asleep) -> std::result::Result<(), Asleep> {
    let mut asleep = Some(asleep);
    let _ = ASLEEP.try_with(|place| *place.borrow_mut() = asleep.take());
    asleep.map_or(Ok(()), Err)
}
