//! Round-robin: connections that share a choice of addresses take turns in using them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The most choices that are remembered. Beyond this, all counts start again.
const MOST: usize = 4096;

#[derive(Default)]
pub struct Turns(Mutex<HashMap<String, usize>>);

impl Turns {
    /// Returns how often it was called before for this choice.
    pub fn take(&self, choice: String) -> usize {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= MOST && !turns.contains_key(&choice) {
            turns.clear();
        }
        let turn = turns.entry(choice).or_default();
        let now = *turn;
        *turn = now.wrapping_add(1);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_counts_for_itself_and_few_are_kept() {
        let turns = Turns::default();
        let take = |name: &str| turns.take(name.to_owned());
        assert_eq!([take("a"), take("a"), take("b"), take("a")], [0, 1, 0, 2]);
        for n in 0..2 * MOST {
            take(&n.to_string());
        }
        assert!(turns.0.lock().unwrap().len() <= MOST);
    }
}
