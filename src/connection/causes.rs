//! Why connections ended or were lost. Later calls that fail name this as their cause, even if the
//! connection no longer exists.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;

/// How many causes are kept, the newest.
const KEPT: usize = 128;

#[derive(Default)]
pub struct Causes {
    newest_last: Mutex<VecDeque<(i32, Arc<Error>)>>,
    is_used: AtomicBool,
}

impl Causes {
    fn newest_last(&self) -> MutexGuard<'_, VecDeque<(i32, Arc<Error>)>> {
        self.newest_last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the error with which connection `id` failed. It replaces an earlier one.
    pub fn keep(&self, id: i32, error: &Error) {
        let error = Arc::new(error.clone());
        let mut causes = self.newest_last();
        causes.retain(|(other, _)| *other != id);
        if causes.len() == KEPT {
            causes.pop_front();
        }
        causes.push_back((id, error));
        self.is_used.store(true, Ordering::Relaxed);
    }

    /// Forgets the failure of connection `id`, which is open again.
    pub fn forget(&self, id: i32) {
        if self.is_used.load(Ordering::Relaxed) {
            self.newest_last().retain(|(other, _)| *other != id);
        }
    }

    /// Adds the last failure of connection `id` to the error as its cause.
    pub fn explain(&self, id: i32, error: Error) -> Error {
        let known = self.newest_last().iter().find(|(other, _)| *other == id).cloned();
        match known {
            Some((_, cause)) if error.cause.is_none() => error.because((*cause).clone()),
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn told(causes: &Causes, id: i32) -> String {
        causes.explain(id, Error::ws(Code::Closed, "closed")).to_string()
    }

    #[test]
    fn the_newest_cause_is_told_until_it_is_past() {
        let causes = Causes::default();
        assert_eq!(told(&causes, 1), "closed");
        causes.keep(1, &Error::ws(Code::Lost, "lost"));
        causes.keep(2, &Error::ws(Code::Open, "refused").because(Error::tls("bad")));
        assert_eq!(told(&causes, 1), "closed: lost");
        assert_eq!(told(&causes, 2), "closed: refused: bad");
        causes.keep(1, &Error::ws(Code::Lost, "lost again"));
        assert_eq!(told(&causes, 1), "closed: lost again");
        causes.forget(1);
        assert_eq!(told(&causes, 1), "closed");
    }

    #[test]
    fn the_oldest_go_first() {
        let causes = Causes::default();
        for id in 1..=KEPT as i32 + 1 {
            causes.keep(id, &Error::ws(Code::Lost, "lost"));
        }
        assert_eq!(told(&causes, 1), "closed");
        assert_eq!(told(&causes, 2), "closed: lost");
        assert_eq!(causes.newest_last().len(), KEPT);
    }
}
