//! The additional state of a connection that is opened again when it is lost. It belongs to the
//! outbox and its lock.

use std::sync::Arc;

use super::backoff::Backoff;
use super::unsent::Unsent;
use crate::dial::DialConfig;

pub struct Reconnect {
    pub backoff: Backoff,
    /// The settings of the next attempt.
    pub config: Arc<DialConfig>,
    /// The URL of the next attempt, if the host has changed it.
    pub url: Option<Arc<str>>,
    pub unsent: Unsent,
    /// Incremented by each loss, because data compressed for one connection is useless for the
    /// next.
    pub epoch: u32,
    /// The host must be told that its message in fragments is lost.
    pub is_torn: bool,
    /// How often the connection was opened again.
    pub reconnects: u64,
}

impl Reconnect {
    pub fn new(backoff: Backoff, config: Arc<DialConfig>) -> Reconnect {
        Reconnect {
            backoff,
            config,
            url: None,
            unsent: Unsent::default(),
            epoch: 0,
            is_torn: false,
            reconnects: 0,
        }
    }
}
