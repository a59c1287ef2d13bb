//! How an exported function waits. It first leaves everything that catches panics or needs cleaning
//! up, and only then sleeps. A thread may therefore be cancelled in its sleep, and a signal handler
//! may leave it by `longjmp`.

use std::cell::RefCell;

use super::frames::Poller;
use super::guard::enter;
use crate::error::Result;
use crate::process;
use crate::queue::{Sleeper, Wait};
use crate::sys::{self, Sleep};

/// The result of a step of a wait.
pub enum Step<T> {
    Done(T),
    /// Sleep and come back. The poller remains the poller meanwhile.
    Sleep(Sleeper, Option<Poller>, Sleep),
}

/// What a sleeping thread holds.
struct Asleep {
    held: Option<(Sleeper, Option<Poller>)>,
    generation: u32,
}

thread_local! {
    static ASLEEP: RefCell<Option<Asleep>> = const { RefCell::new(None) };
}

impl Asleep {
    fn rise(mut self) -> Option<Poller> {
        // Dropping the sleeper removes it from its queue.
        self.held.take().and_then(|(_, poller)| poller)
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        if process::is_left_behind(self.generation) {
            std::mem::forget(self.held.take());
        }
    }
}

/// Whether no sleep was left without waking up.
pub fn is_clean() -> bool {
    ASLEEP.try_with(|asleep| asleep.borrow().is_none()).unwrap_or(false)
}

/// Cleans up after a sleep that was left without waking up.
pub fn reap() {
    let left = ASLEEP.try_with(|asleep| asleep.borrow_mut().take());
    drop(left);
}

/// Takes steps until one has a result, and sleeps in between. The second argument of a step after a
/// sleep is the poller that the previous step held.
///
/// Nothing here has a destructor while it sleeps, and `step` must not have one either.
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
                    // This thread is being destroyed, and can no longer be cancelled.
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
