//! Look-ups of names, at most one at a time for each name. Further requests for the name wait for
//! the same answer, and need no thread.

use std::collections::hash_map::{Entry, HashMap};
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Code, Component, Error};

type Found = Result<Vec<SocketAddr>, Error>;

/// A request that waits for an answer.
pub struct Waiter {
    /// Set when this waiter has given up. The others still get the answer.
    pub cancelled: Arc<AtomicBool>,
    pub deliver: Box<dyn FnOnce(Found) + Send>,
}

/// The look-ups in progress.
#[derive(Default)]
pub struct Lookups {
    running: Mutex<HashMap<(String, u16), Vec<Waiter>>>,
}

impl Lookups {
    /// Asks the system's resolver, which may block, and gives the answer to all waiters. If another
    /// thread is looking up the same name, this returns at once, and that thread answers `waiter`.
    pub fn look_up(&self, host: &str, port: u16, waiter: Waiter) {
        self.look_up_with(resolve, host, port, waiter);
    }

    fn look_up_with(
        &self,
        resolver: impl FnOnce(&str, u16) -> Found,
        host: &str,
        port: u16,
        waiter: Waiter,
    ) {
        let key = (host.to_owned(), port);
        match self.running().entry(key.clone()) {
            Entry::Occupied(mut running) => {
                let waiters = running.get_mut();
                // Each attempt of a connection adds a waiter, and a look-up may hang for a long
                // time.
                if waiters.len() == waiters.capacity() {
                    waiters.retain(|waiter| !waiter.cancelled.load(Ordering::Relaxed));
                }
                waiters.push(waiter);
                return;
            }
            Entry::Vacant(place) => drop(place.insert(vec![waiter])),
        }
        let found = catch_unwind(AssertUnwindSafe(|| resolver(host, port))).unwrap_or_else(|_| {
            Err(Error::ws(Code::Internal, "a defect in this library ended the look-up"))
        });
        let waiters = self.running().remove(&key).unwrap_or_default();
        for waiter in waiters {
            let found = found.clone();
            // If one delivery panics, the other waiters still get the answer.
            let _ = catch_unwind(AssertUnwindSafe(|| (waiter.deliver)(found)));
        }
    }

    /// The table is always consistent when a panic may happen.
    fn running(&self) -> MutexGuard<'_, HashMap<(String, u16), Vec<Waiter>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the system's resolver. Blocks.
fn resolve(host: &str, port: u16) -> Found {
    match (host, port).to_socket_addrs() {
        Ok(addresses) => {
            let addresses: Vec<_> = addresses.collect();
            if addresses.is_empty() {
                return Err(unresolved(host, "it has no address"));
            }
            Ok(addresses)
        }
        Err(error) => {
            let text = error.to_string();
            let words = text.strip_prefix("failed to lookup address information: ");
            let failure = unresolved(host, words.unwrap_or(&text));
            // The resolver's own errors have no errno.
            Err(match error.raw_os_error() {
                Some(_) => failure.because(error),
                None => failure,
            })
        }
    }
}

pub fn unresolved(host: &str, words: &str) -> Error {
    Error::new(Code::Dns, Component::Dns, format!("could not resolve {host}: {words}"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;

    use super::*;

    fn waiting(deliver: impl FnOnce(Found) + Send + 'static) -> Waiter {
        Waiter { cancelled: Arc::default(), deliver: Box::new(deliver) }
    }

    fn address() -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], 80))
    }

    #[test]
    fn one_look_up_answers_all_who_ask_meanwhile() {
        let lookups = Lookups::default();
        let asked = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        let waiter = |sender: &mpsc::Sender<Found>| -> Waiter {
            let sender = sender.clone();
            waiting(move |found| sender.send(found).unwrap())
        };
        lookups.look_up_with(
            |_, _| {
                asked.fetch_add(1, Ordering::Relaxed);
                for _ in 0..3 {
                    let nobody = |_: &str, _| panic!("it is being looked up already");
                    lookups.look_up_with(nobody, "name", 80, waiter(&sender));
                }
                // A different port is a different look-up.
                let other = |_: &str, _| Err(unresolved("name", "no"));
                lookups.look_up_with(other, "name", 81, waiter(&sender));
                assert!(receiver.try_recv().unwrap().is_err());
                assert!(receiver.try_recv().is_err(), "the others wait");
                Ok(vec![address()])
            },
            "name",
            80,
            waiter(&sender),
        );
        let answers: Vec<Found> = receiver.try_iter().collect();
        assert_eq!(answers, vec![Ok(vec![address()]); 4]);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(lookups.running().is_empty());
        lookups.look_up_with(|_, _| Ok(Vec::new()), "name", 80, waiter(&sender));
        assert_eq!(receiver.try_recv(), Ok(Ok(Vec::new())), "what was found is not kept");
    }

    #[test]
    fn neither_a_failing_resolver_nor_a_failing_waiter_keeps_the_answer_from_others() {
        let lookups = Lookups::default();
        let (sender, receiver) = mpsc::channel();
        let defect = |_: &str, _| -> Found {
            let sender = sender.clone();
            lookups.look_up("name", 80, waiting(move |found| sender.send(found).unwrap()));
            panic!("a defect")
        };
        lookups.look_up_with(defect, "name", 80, waiting(|_| panic!("a defect")));
        let error = receiver.try_recv().unwrap().expect_err("it failed");
        assert_eq!(error.code, Code::Internal as i32);
    }
    #[test]
    fn who_has_given_up_does_not_pile_up_behind_a_look_up_that_hangs() {
        let lookups = Lookups::default();
        let hangs = |_: &str, _| {
            for _ in 0..1000 {
                let attempt = waiting(|_| {});
                attempt.cancelled.store(true, Ordering::Relaxed);
                lookups.look_up("name", 80, attempt);
            }
            let waiters = lookups.running()[&("name".to_owned(), 80)].len();
            assert!(waiters < 10, "{waiters} wait");
            Ok(Vec::new())
        };
        let (sender, receiver) = mpsc::channel();
        let first = waiting(move |found| sender.send(found).unwrap());
        lookups.look_up_with(hangs, "name", 80, first);
        assert_eq!(receiver.try_recv(), Ok(Ok(Vec::new())));
    }
}
