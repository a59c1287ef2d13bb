//! The events of a connection: into the queue, and out of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use super::life::Telling;
use super::Connection;
use crate::log;
use crate::protocol::Batch;
use crate::queue::{Attached, Event, Kind, Recipient};

impl Connection {
    /// Puts messages into the queue. Returns false if there is no memory for them.
    pub fn emit_messages(self: &Arc<Self>, batch: Box<Batch>) -> bool {
        let event = Event::Messages(batch);
        self.unread.fetch_add(event.weight(), Ordering::SeqCst);
        let recipient: Arc<dyn Recipient> = Arc::clone(self) as _;
        self.home.queue.push(&recipient, event)
    }

    /// Puts an event into the queue.
    pub fn emit(self: &Arc<Self>, event: Event) {
        let telling = match event {
            Event::Open => Telling::Open,
            Event::Error(_) => Telling::Error,
            Event::Terminate(_) => Telling::Terminate,
            Event::Sent(_) | Event::Expired(_) => Telling::Report,
            _ => Telling::Other,
        };
        if !self.life.admits(telling) {
            return;
        }
        self.note(&event);
        let why = match &event {
            Event::Error(why) => Some(&**why),
            Event::Reconnecting(next) => Some(&next.why),
            Event::Ask(ask) => ask.why.as_ref(),
            _ => None,
        };
        if let Some(why) = why {
            self.home.registry.causes().keep(self.id, why);
        } else if let Event::Reconnected(_) | Event::Open = event {
            self.home.registry.causes().forget(self.id);
        }
        if let Event::Warning(warning) = &event {
            if self.backlog.has_many_warnings() {
                log::line!(Warning, "connection {}: {warning}", self.id);
                return;
            }
        }
        self.backlog.add(&event);
        let recipient: Arc<dyn Recipient> = Arc::clone(self) as _;
        self.home.queue.push(&recipient, event);
        if matches!(telling, Telling::Open | Telling::Terminate) {
            self.life.queued(telling);
            self.home.queue.touch();
        }
    }

    /// Lets the worker know when the host has read everything.
    pub fn await_reading(&self) {
        self.is_awaited.store(true, Ordering::SeqCst);
    }

    /// The number of entries that wait for the host.
    pub fn entries_waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// The number of PONG events that wait for the host.
    pub fn pongs_waiting(&self) -> usize {
        self.backlog.pongs()
    }

    /// Whether nothing waits for the host.
    pub fn has_read_all(&self) -> bool {
        self.entries_waiting() == 0
    }
}

impl Recipient for Connection {
    fn id(&self) -> i32 {
        self.id
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn waiting(&self) -> &AtomicUsize {
        &self.waiting
    }

    fn queued(&self) -> &AtomicUsize {
        &self.queued
    }

    fn is_muted(&self) -> bool {
        self.life.is_muted()
    }

    fn is_discarded(&self) -> bool {
        self.life.is_discarded()
    }

    fn host(&self) -> &Attached {
        &self.host
    }

    fn read(&self, weight: usize) {
        self.unread.fetch_sub(weight, Ordering::SeqCst);
        self.resume_read();
    }

    fn settled(&self, event: &Event) {
        self.backlog.remove(event);
        match event {
            Event::Open if !self.is_muted() => self.life.open_told(),
            Event::Terminate(_) => self.forget(),
            _ => {}
        }
        if self.is_awaited.load(Ordering::SeqCst) && self.has_read_all() {
            self.post();
        }
    }
}
