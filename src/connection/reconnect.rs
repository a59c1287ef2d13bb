//! What a connection has that is opened again when it is lost. It hangs on the outbox, behind
//! its lock; other connections have none.

use std::sync::Arc;

use super::backoff::Backoff;
use super::unsent::Unsent;
use crate::dial::DialConfig;

pub struct Reconnect {
    pub backoff: Backoff,
    /// What the next attempt is made with.
    pub config: Arc<DialConfig>,
    /// Where the next attempt goes, if the host has said so since.
    pub url: Option<Arc<str>>,
    pub unsent: Unsent,
    /// Goes up with each loss: what was compressed for one connection is nothing to the next.
    pub epoch: u32,
    /// The host is to hear that the message it sends in fragments is lost.
    pub is_torn: bool,
    /// How often it was opened again.
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
