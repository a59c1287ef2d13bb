//! Events that replace earlier ones, so that a host that does not poll does not collect useless
//! events.

use std::sync::atomic::Ordering;

use super::event::{Entry, Event, Recipient};
use super::state::State;

impl State {
    /// Removes events that `event` makes useless, back to the recipient's last message: an older
    /// RECONNECTING with the RECONNECTED after it, an older DRAIN, or an older ASK, whose question is
    /// over.
    pub fn supersede(&mut self, recipient: &dyn Recipient, event: &Event) -> Vec<Entry> {
        let mut superseded = Vec::new();
        if !matches!(event, Event::Reconnecting(_) | Event::Drain | Event::Ask(_)) {
            return superseded;
        }
        let kind = recipient.kind();
        let mut waiting = recipient.queued().load(Ordering::Relaxed);
        let mut index = self.lanes[kind as usize].entries.len();
        let mut reconnected = None;
        while waiting > 0 && index > 0 {
            index -= 1;
            let entry = &self.lanes[kind as usize].entries[index];
            if entry.recipient.id() != recipient.id() {
                continue;
            }
            waiting -= entry.left();
            match (&entry.event, event) {
                (Event::Messages(_) | Event::Open, _) => break,
                (Event::Drain, Event::Drain) | (Event::Ask(_), Event::Ask(_)) => {
                    superseded.extend(self.remove(kind, index))
                }
                (Event::Reconnected(_), Event::Reconnecting(_)) => reconnected = Some(index),
                (Event::Reconnecting(_), Event::Reconnecting(_)) => {
                    let behind = reconnected.take().and_then(|index| self.remove(kind, index));
                    superseded.extend(behind);
                    superseded.extend(self.remove(kind, index));
                }
                _ => {}
            }
        }
        superseded
    }
}
