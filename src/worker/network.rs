//! Notices that the network of the machine has changed. One worker does this for all.

use std::time::{Duration, Instant};

use mio::{Registry, Token};

use super::timers::earlier;
use crate::log;
use crate::sys::{self, NetworkMonitor};

/// A change comes in many steps. So long after the first, all are told as one.
const SETTLING: Duration = Duration::from_millis(250);
/// So long after the start, the monitor is completed. That takes longer than the opening of a
/// connection, and a process that ends before can do without.
const COMPLETION: Duration = Duration::from_secs(1);
/// The variable that switches it off.
const VARIABLE: &str = "HOSTWS_NETWORK_WATCH";

/// Tells all workers.
pub type Announce = Box<dyn Fn() + Send>;

pub struct NetworkWatch {
    /// `None` if another worker does it, or nobody can.
    monitor: Option<NetworkMonitor>,
    /// When the monitor is to be completed.
    incomplete_until: Option<Instant>,
    /// When a change is told.
    due: Option<Instant>,
    announce: Announce,
}

/// Reads the environment. Call it on a host's thread.
pub fn is_to_be_watched() -> bool {
    let given = sys::environment(VARIABLE).unwrap_or_default();
    let is_off = given == "0";
    if !is_off && !given.is_empty() && given != "1" {
        log::line!(Warning, "{VARIABLE} is {given:?}, neither 0 nor 1; it counts as 1");
    }
    !is_off
}

impl NetworkWatch {
    pub fn new(announce: Announce) -> NetworkWatch {
        NetworkWatch { monitor: None, incomplete_until: None, due: None, announce }
    }

    /// An event with that token comes when `look` is to be called.
    pub fn start(&mut self, registry: &Registry, token: Token, now: Instant) {
        match NetworkMonitor::new(registry, token) {
            Ok(monitor) => {
                self.monitor = Some(monitor);
                self.incomplete_until = Some(now + COMPLETION);
            }
            Err(error) => {
                log::line!(Debug, "changes of the network are not noticed by themselves: {error}");
            }
        }
    }

    pub fn look(&mut self, now: Instant) {
        if self.monitor.as_mut().is_some_and(NetworkMonitor::has_changed) {
            self.due.get_or_insert(now + SETTLING);
        }
    }

    /// When `tell` is to be called.
    pub fn due(&self) -> Option<Instant> {
        earlier(self.due, self.incomplete_until)
    }

    pub fn tell(&mut self, now: Instant) {
        if self.incomplete_until.take_if(|until| *until <= now).is_some() {
            self.monitor.as_ref().inspect(|monitor| monitor.complete());
        }
        if self.due.take_if(|due| *due <= now).is_some() {
            log::line!(Debug, "the network has changed: every connection is looked at");
            (self.announce)();
        }
    }
}
