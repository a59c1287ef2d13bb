//! Records the history of a connection, and explains it.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::explanation::Explanation;
use super::history::{History, Known, Lost, MAX_LOSSES};
use super::Connection;
use crate::dial::{Timings, Trail, Trails};
use crate::error::Error;
use crate::queue::{Event, Reconnecting};
use crate::tls::TlsFacts;
use crate::transport::Transport;

impl Connection {
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The trail for attempts to open the connection; `None` if there are too many.
    pub fn trail(&self, trails: &Trails) -> Option<Arc<Trail>> {
        let mut known = self.known();
        if let Some(trail) = known.history.as_ref().and_then(|history| history.trail.clone()) {
            return Some(trail);
        }
        let trail = trails.begin()?;
        known.history.get_or_insert_default().trail = Some(Arc::clone(&trail));
        Some(trail)
    }

    /// Records a successful opening. The history is kept only if few connections have one.
    pub fn note_opening(&self, timings: &Timings, is_resumed: Option<bool>) {
        self.home.registry.tally().opened(timings, is_resumed);
        let mut known = self.known();
        let is_affordable =
            |history: &History| history.trail.as_ref().is_some_and(|trail| trail.is_affordable());
        let dropped = known.history.take_if(|history| !is_affordable(history));
        drop(known);
        drop(dropped);
    }

    /// Records a failed attempt to open the connection.
    pub fn note_refusal(&self, error: &Error) {
        self.home.registry.tally().refused(error);
    }

    /// Records an event.
    pub(super) fn note(&self, event: &Event) {
        match event {
            Event::Error(why) => {
                let why = Arc::new((**why).clone());
                self.known().history.get_or_insert_default().error = Some(why);
            }
            Event::Reconnecting(next) => {
                let Reconnecting { attempt, delay, why } = &**next;
                self.home.registry.tally().lost(why);
                let mut known = self.known();
                // A connection without a trail is one of many.
                let Some(history) = &mut known.history else { return };
                if history.losses.len() == MAX_LOSSES {
                    history.losses.pop_front();
                }
                let (at, why) = (SystemTime::now(), why.clone());
                let lost = Lost { at, attempt: *attempt, delay: *delay, why };
                history.losses.push_back(Arc::new(lost));
            }
            Event::Terminate(ending) => {
                self.home.registry.tally().ended(ending.code);
                self.known().history.get_or_insert_default().ending = Some((**ending).clone());
            }
            _ => {}
        }
    }

    /// Records the facts about a socket that is about to be closed.
    pub(super) fn note_socket(&self, transport: Option<&Transport>) {
        let Some(transport) = transport else { return };
        let (ends, tls) = (transport.ends(), transport.tls_facts());
        let mut known = self.known();
        let history = known.history.get_or_insert_default();
        history.ends = ends;
        history.tls = tls.map(|facts| TlsFacts { chain: Vec::new(), ..facts });
    }

    pub fn explanation(&self) -> Explanation {
        let url = self.url();
        let (ends, tls, certificate, buffered) = {
            let outbox = self.outbox();
            let certificate = outbox.peer_certificate();
            (outbox.ends(), outbox.tls_facts(), certificate, outbox.waiting_messages())
        };
        let (answer, history) = {
            let known = self.known();
            (known.answer.clone(), known.history.as_deref().cloned().unwrap_or_default())
        };
        Explanation {
            id: self.id,
            url,
            status: self.status(),
            data_type: self.data_type,
            queue: self.home.queue.id(),
            answer,
            ends: ends.or(history.ends),
            tls,
            certificate,
            history,
            stats: self.stats(),
            buffered,
        }
    }
}
