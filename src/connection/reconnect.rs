//! The additional state of a connection that is opened again when it is lost. It belongs to the
//! outbox and its lock. It is small until the first loss, because most connections are never lost.

use std::sync::Arc;

use super::backoff::Attempts;
use super::unsent::Unsent;
use crate::dial::DialConfig;

pub struct Reconnect {
    /// The settings of the next attempt.
    pub config: Arc<DialConfig>,
    pub unsent: Unsent,
    /// `None`: it was never lost, and the host has not changed the URL.
    pub past: Option<Box<Past>>,
}

#[derive(Default)]
pub struct Past {
    pub attempts: Attempts,
    /// The URL of the next attempt, if the host has changed it.
    pub url: Option<Arc<str>>,
    /// Incremented by each loss, because data compressed for one connection is useless for the
    /// next.
    pub epoch: u32,
    /// The host must be told that its message in fragments is lost.
    pub is_torn: bool,
    /// How often the connection was opened again.
    pub reconnects: u64,
}

impl Reconnect {
    pub fn new(config: Arc<DialConfig>) -> Reconnect {
        Reconnect { config, unsent: Unsent::default(), past: None }
    }

    pub fn past_mut(&mut self) -> &mut Past {
        self.past.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_its_first_loss_a_connection_pays_for_three_words() {
        assert_eq!(size_of::<Reconnect>(), 3 * size_of::<usize>());
    }
}
