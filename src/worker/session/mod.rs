//! An open connection on the worker: reads, writes and deadlines.

mod awaited;
mod ending;
mod extras;
mod incoming;
mod keepalive;
mod parting;
mod receiving;
mod stuck;

use std::io;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::awaited::head_start;
use self::extras::Extras;
use self::incoming::Incoming;
pub use self::receiving::READ_SIZE;
use crate::chance::Chance;
use crate::connection::Connection;
use crate::error::Error;
use crate::log;
use crate::protocol::ReadBuffer;
use crate::queue::{Ending, Event};
use crate::transport::{Received, Transport};
use crate::worker::timers::earlier;

/// How often a connection may read in one turn, so that a flood does not starve the others.
const READS_PER_TURN: usize = 8;
/// How long a server may take to close the TCP connection (RFC 6455 7.1.1) after the closing
/// handshake, or after it was told that it broke the protocol.
const FAREWELL: Duration = Duration::from_secs(1);

/// What to do next with a connection.
pub enum Flow {
    Stay,
    /// There is more to read than one turn allows.
    Again,
    End(Ending),
    /// The connection is lost for this reason. If it is not opened again, it ends like this.
    Lost(Error, Ending),
}

/// The settings of the reads in a turn.
pub struct Reading<'a> {
    /// The buffer that all connections read into, one after the other.
    pub buffer: &'a mut ReadBuffer,
    /// The same thread delivers the messages right after this.
    pub is_delivered_next: bool,
}

pub struct Session {
    connection: Arc<Connection>,
    transport: Arc<Transport>,
    /// Incomplete input. Most of the time there is none.
    incoming: Option<Box<Incoming>>,
    /// The end of the stream may have been announced: read until nothing is left.
    at_end: bool,
    /// The last read was of a large message.
    was_large: bool,
    extras: Option<Box<Extras>>,
    heard_at: Instant,
    was_paused: bool,
    /// A control frame has arrived, and may have queued an answer.
    has_answered: bool,
    /// See `head_start`.
    head_start_ms: u32,
}

impl Session {
    pub fn new(connection: Arc<Connection>, transport: Arc<Transport>, now: Instant) -> Session {
        let head_start_ms = head_start(connection.limits.ping_interval, Chance::draw());
        Session {
            connection,
            transport,
            incoming: None,
            at_end: true,
            was_large: false,
            extras: None,
            heard_at: now,
            was_paused: false,
            has_answered: false,
            head_start_ms,
        }
    }

    pub fn transport(&self) -> &Arc<Transport> {
        &self.transport
    }

    /// Reads and writes, because the socket is ready or a host thread has a request.
    pub fn advance(&mut self, at_end: bool, reading: &mut Reading<'_>, now: Instant) -> Flow {
        self.at_end |= at_end;
        if self.parting().is_restart() && self.connection.life().is_closing() {
            return Flow::End(self.ending());
        }
        self.write(now);
        self.settle_fault(now);
        let flow = self.read(reading, now);
        if std::mem::take(&mut self.has_answered) || self.parting().is_failed() {
            self.write(now);
        }
        flow
    }

    /// Begins with the bytes that came with the answer to the upgrade request.
    pub fn start(&mut self, leftover: &[u8], reading: &mut Reading<'_>, now: Instant) -> Flow {
        if !leftover.is_empty() {
            match ReadBuffer::copy_of(leftover) {
                Ok(buffer) => self.put_undecoded(buffer, now),
                Err(_) => {
                    let words = "there is no memory for what came with the server's answer";
                    return self.lost(words, None);
                }
            }
        }
        self.advance(false, reading, now)
    }

    /// Whether nothing but a ping can become due.
    #[inline]
    pub fn is_calm(&self) -> bool {
        self.extras.is_none()
    }

    /// When `on_timer` is due even if nothing happens.
    #[inline]
    pub fn deadline(&self) -> Option<Instant> {
        if self.parting().close_deadline.is_some() {
            return self.parting().close_deadline;
        }
        if let Some(fault) = self.parting().fault() {
            return Some(fault.deadline);
        }
        // While reading is paused, silence says nothing about the server.
        if self.is_paused() {
            return None;
        }
        earlier(self.ping_at(), self.write_deadline())
    }

    /// Acts on deadlines that have passed.
    pub fn on_timer(&mut self, now: Instant) -> Flow {
        if self.is_paused() {
            self.was_paused = true;
        } else if std::mem::take(&mut self.was_paused) {
            self.resume(now);
        }
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return Flow::Stay;
        }
        if self.parting().close_deadline.is_some() {
            return self.end();
        }
        if self.parting().fault().is_some() {
            self.settle_fault(now);
            self.write(now);
            // Input that came meanwhile, above all the end of the stream, is still unread.
            return Flow::Again;
        }
        if self.write_deadline().is_some_and(|deadline| deadline <= now) {
            return self.on_stuck(now);
        }
        self.on_silence(now)
    }

    /// Writes waiting bytes, and continues our side of the closing handshake.
    pub(super) fn write(&mut self, now: Instant) {
        self.connection.expire(now);
        let mut outbox = self.connection.outbox();
        let life = self.connection.life();
        if outbox.is_quiet() && !life.is_closing() && !life.is_draining() && self.stuck().is_none()
        {
            return;
        }
        self.connection.flush(&mut outbox);
        self.connection.close_if_drained(&mut outbox);
        let drained = outbox.take_drain();
        let reports = self.connection.take_reports(&mut outbox);
        let is_closing = life.is_closing();
        let all_left = outbox.waiting() == 0;
        let sent = self.connection.counters.wire_sent.load(Ordering::Relaxed);
        let is_stuck = outbox.is_stuck();
        let broken = outbox.take_broken();
        if broken.is_some() {
            drop(outbox.detach());
        }
        drop(outbox);
        self.note_stuck(is_stuck, sent, now);
        if let Some(error) = broken {
            self.parting_mut().broken = Some(error);
            self.at_end = true;
        }
        self.connection.report_sent(reports);
        if drained {
            self.connection.emit(Event::Drain);
        }
        if is_closing && self.parting().close_deadline.is_none() {
            self.parting_mut().close_deadline = Some(now + self.connection.limits.close_timeout);
        }
        if is_closing && all_left && !self.parting().finished {
            if self.parting().is_failed() {
                self.parting_mut().finished = true;
                self.transport.finish();
                self.hasten(now);
            } else if self.parting().is_over() {
                self.parting_mut().finished = true;
                self.hasten(now);
            }
        }
    }

    /// Shortens the deadline: the server only has to close the TCP connection.
    fn hasten(&mut self, now: Instant) {
        let farewell = now + FAREWELL.min(self.connection.limits.close_timeout);
        self.parting_mut().close_deadline =
            Some(self.parting().close_deadline.map_or(farewell, |at| at.min(farewell)));
    }

    fn read(&mut self, reading: &mut Reading<'_>, now: Instant) -> Flow {
        let waiting = self.connection.entries_waiting();
        for _ in 0..READS_PER_TURN {
            if self.is_paused() {
                self.was_paused = true;
                return Flow::Stay;
            }
            if std::mem::take(&mut self.was_paused) {
                self.resume(now);
            }
            if self.parting().fault().is_some() {
                return Flow::Stay;
            }
            // Deliver before reading more, while the data is still in the nearest cache.
            if reading.is_delivered_next && self.connection.entries_waiting() > waiting {
                break;
            }
            if let Some(mut rest) = self.take_undecoded() {
                self.decode(&mut rest, now);
                continue;
            }
            match self.receive(reading.buffer, now) {
                Ok(Received { count: 0, .. }) => return self.on_end(None, now),
                Ok(Received { is_drained, .. }) => {
                    if is_drained && !self.has_undecoded() {
                        return self.on_drained(now);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return self.on_drained(now);
                }
                Err(error) => return self.on_end(Some(error), now),
            }
        }
        Flow::Again
    }

    /// Nothing is left to read, and new data will be announced.
    fn on_drained(&mut self, now: Instant) -> Flow {
        if self.parting().broken.is_some() {
            return self.on_end(None, now);
        }
        self.at_end = false;
        Flow::Stay
    }

    /// Whether reading pauses. Once the end has begun, input is read and dropped.
    fn is_paused(&self) -> bool {
        self.connection.is_paused() && !self.is_deaf()
    }

    /// Resumes reading after a pause. The clocks start again, because the silence was not the
    /// server's fault.
    fn resume(&mut self, now: Instant) {
        log::line!(Debug, "connection {}: reading goes on", self.connection.id);
        self.hear(now);
        self.restart_stuck(now);
    }
}
