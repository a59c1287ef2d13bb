//! The parts of a session that are rarely needed.

use super::awaited::Awaited;
use super::parting::{Parting, NOT_PARTING};
use super::stuck::Stuck;
use super::Session;

#[derive(Default)]
pub struct Extras {
    parting: Option<Box<Parting>>,
    /// The ping that has not been answered.
    pub awaited: Option<Awaited>,
    pub stuck: Option<Stuck>,
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

    /// Frees the extras when they are empty.
    pub(super) fn tidy(&mut self) {
        self.extras = self.extras.take().filter(|extras| {
            extras.parting.is_some() || extras.awaited.is_some() || extras.stuck.is_some()
        });
    }
}
