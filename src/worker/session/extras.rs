//! The parts of a session that are rarely needed.

use std::time::Instant;

use super::awaited::Awaited;
use super::parting::{Parting, NOT_PARTING};
use super::Session;

#[derive(Default)]
pub struct Extras {
    parting: Option<Box<Parting>>,
    /// The ping that has not been answered.
    pub awaited: Option<Awaited>,
    pub stuck: Option<Stuck>,
}

/// Bytes that wait because the socket takes no more.
pub struct Stuck {
    pub since: Instant,
    /// How many bytes had been sent at that time.
    pub sent: u64,
}

impl Session {
    pub(super) fn parting(&self) -> &Parting {
        self.extras.as_ref().and_then(|extras| extras.parting.as_deref()).unwrap_or(&NOT_PARTING)
    }

    pub(super) fn parting_mut(&mut self) -> &mut Parting {
        self.extras_mut().parting.get_or_insert_default()
    }

    pub(super) fn awaited(&self) -> Option<&Awaited> {
        self.extras.as_ref()?.awaited.as_ref()
    }

    pub(super) fn stuck(&self) -> Option<&Stuck> {
        self.extras.as_ref()?.stuck.as_ref()
    }

    pub(super) fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// No ping is awaited any more.
    pub(super) fn forget_ping(&mut self) {
        if let Some(extras) = &mut self.extras {
            extras.awaited = None;
            self.tidy();
        }
    }

    /// Takes note whether bytes are stuck. `sent` is how many have been sent so far.
    pub(super) fn note_stuck(&mut self, is_stuck: bool, sent: u64, now: Instant) {
        match &mut self.extras {
            None if !is_stuck => {}
            Some(extras) if !is_stuck => {
                extras.stuck = None;
                self.tidy();
            }
            _ => {
                let stuck = &mut self.extras_mut().stuck;
                if stuck.as_ref().is_none_or(|stuck| stuck.sent != sent) {
                    *stuck = Some(Stuck { since: now, sent });
                }
            }
        }
    }

    /// Frees the extras when they are empty.
    fn tidy(&mut self) {
        self.extras = self.extras.take().filter(|extras| {
            extras.parting.is_some() || extras.awaited.is_some() || extras.stuck.is_some()
        });
    }
}
