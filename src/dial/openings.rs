//! Limits how many openings of the process are in progress at the same time. The others wait in
//! line.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::{log, sys};

/// The default limit.
const MOST: usize = 256;
const VARIABLE: &str = "HOSTWS_MAX_OPENING";

/// Receives the place after waiting, on any thread and with no lock held.
pub type Admit = Box<dyn FnOnce(Place) + Send>;

#[derive(Default)]
pub struct Openings {
    most: OnceLock<usize>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: usize,
    /// The next number in the line.
    next: u64,
    line: BTreeMap<u64, Admit>,
}

/// The right to open a connection. When it is dropped, it passes to the first in the line.
pub struct Place(Arc<Openings>);

/// A position in the line, which is given up when this is dropped.
pub struct Queued {
    openings: Arc<Openings>,
    number: u64,
}

pub enum Turn {
    Now(Place),
    /// `admit` receives the place later.
    Later(Queued),
}

impl Openings {
    /// Reads the environment. Call it on a host thread before there are threads of ours.
    pub fn start(&self) {
        self.most.get_or_init(|| limit(sys::environment(VARIABLE).as_deref()));
    }

    pub fn most(&self) -> usize {
        self.most.get().copied().unwrap_or(MOST)
    }

    /// Takes a place, or joins the end of the line.
    pub fn enter(self: &Arc<Self>, admit: Admit) -> Turn {
        let most = self.most();
        let mut state = self.state();
        // A free place belongs to the line first.
        if state.taken < most && state.line.is_empty() {
            state.taken += 1;
            return Turn::Now(Place(Arc::clone(self)));
        }
        let number = state.next;
        state.next += 1;
        state.line.insert(number, admit);
        Turn::Later(Queued { openings: Arc::clone(self), number })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let first = state.line.pop_first();
        if first.is_none() {
            state.taken -= 1;
        }
        drop(state);
        if let Some((_, admit)) = first {
            admit(Place(Arc::clone(&self.0)));
        }
    }
}

impl Queued {
    /// The number of places.
    pub fn most(&self) -> usize {
        self.openings.most()
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        let left = self.openings.state().line.remove(&self.number);
        // Dropped outside the lock, because it owns a connection.
        drop(left);
    }
}

/// The limit that the environment variable sets.
fn limit(value: Option<&std::ffi::OsStr>) -> usize {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return MOST };
    match value.to_str().and_then(|value| value.trim().parse().ok()) {
        Some(most @ 1..) => most,
        _ => {
            log::line!(
                Warning,
                "{VARIABLE} is {value:?}, not a number from 1; it counts as {MOST}"
            );
            MOST
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::sync::mpsc;

    use super::*;

    fn with(most: usize) -> Arc<Openings> {
        let openings = Openings::default();
        openings.most.set(most).unwrap();
        Arc::new(openings)
    }

    #[test]
    fn who_comes_first_is_admitted_first_and_who_leaves_is_passed_over() {
        let openings = with(2);
        let (sender, admitted) = mpsc::channel();
        let enter = |name: &'static str| {
            let sender = sender.clone();
            openings.enter(Box::new(move |place| sender.send((name, place)).unwrap()))
        };
        let Turn::Now(first) = enter("first") else { panic!("there is room") };
        let Turn::Now(second) = enter("second") else { panic!("there is room") };
        let [third, fourth, fifth] = ["third", "fourth", "fifth"].map(enter);
        assert!(admitted.try_recv().is_err());
        drop(fourth);
        drop(first);
        let (name, place) = admitted.try_recv().unwrap();
        assert_eq!(name, "third");
        // As when its connection ends.
        drop(place);
        let (name, place) = admitted.try_recv().unwrap();
        assert_eq!(name, "fifth");
        drop((third, fifth, second));
        assert_eq!(openings.state().taken, 1);
        drop(place);
        assert_eq!(openings.state().taken, 0);
        assert!(matches!(enter("again"), Turn::Now(_)));
    }

    #[test]
    fn a_place_that_reaches_nobody_goes_on() {
        let openings = with(1);
        let Turn::Now(first) = openings.enter(Box::new(drop)) else { panic!("there is room") };
        let line: Vec<Turn> = (0..100).map(|_| openings.enter(Box::new(drop))).collect();
        drop(first);
        let state = openings.state();
        assert_eq!((state.taken, state.line.len()), (0, 0));
        drop(state);
        drop(line);
    }

    #[test]
    fn the_environment_sets_the_limit() {
        for (value, expected) in [("", MOST), ("1", 1), (" 7 ", 7), ("0", MOST), ("many", MOST)] {
            assert_eq!(limit(Some(OsStr::new(value))), expected, "{value:?}");
        }
        assert_eq!(limit(None), MOST);
    }
}
