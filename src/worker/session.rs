//! An open connection on the worker: what it reads, what it answers, how it closes.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::connection::{add, Connection, DataType, Status};
use crate::error::{Code, Component, Error};
use crate::json;
use crate::log;
use crate::protocol::{Batch, CloseFrame, Control, Decoded, Decoder, DecoderConfig, MAX_REASON};
use crate::queue::{Ending, Event, Pong, Recipient};
use crate::transport::Transport;

/// Reads of one connection in one turn, so that a flood does not starve the others.
const READS_PER_TURN: usize = 8;
/// How long a server gets to close the TCP connection (RFC 6455 7.1.1) once the closing
/// handshake is done, or once it was told that it broke the protocol.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long a host gets to read and answer what came before a fault, before the connection
/// is failed for it.
const GRACE: Duration = Duration::from_millis(500);

/// RFC 6455 7.4.1
const NO_STATUS: u16 = 1005;
const ABNORMAL: u16 = 1006;
const INVALID_PAYLOAD: u16 = 1007;

/// What becomes of a connection after it was looked at.
pub enum Flow {
    Stay,
    /// There is more to read than one turn allows.
    Again,
    End(Ending),
}

/// A fault of the server's that the connection is yet to be failed for.
struct Fault {
    close_code: u16,
    error: Error,
    deadline: Instant,
}

pub struct Session {
    connection: Arc<Connection>,
    transport: Arc<Transport>,
    decoder: Decoder,
    /// What was read and is not decoded, because the host has too much to read.
    undecoded: Option<Vec<u8>>,
    /// The end of the stream may have been announced already: read until there is no more.
    at_end: bool,
    /// Why nothing can be sent any more. What the server has said before is still read.
    broken: Option<io::Error>,
    /// The server's close frame.
    server_close: Option<Ending>,
    /// The connection is going to be failed: nothing more is read.
    fault: Option<Fault>,
    /// The code with which the connection was failed.
    failed: Option<u16>,
    /// The sending side of the stream is shut.
    finished: bool,
    close_deadline: Option<Instant>,
    heard_at: Instant,
    /// A ping of ours is unanswered; when that is too long.
    pinged: bool,
    ping_deadline: Option<Instant>,
    was_paused: bool,
}

impl Session {
    pub fn new(connection: Arc<Connection>, transport: Arc<Transport>, now: Instant) -> Session {
        let decoder = Decoder::new(DecoderConfig {
            max_message: connection.limits.max_message,
            stream_threshold: connection.limits.stream_threshold,
            deflate: connection.answer().and_then(|answer| answer.deflate),
        });
        Session {
            connection,
            transport,
            decoder,
            undecoded: None,
            at_end: true,
            broken: None,
            server_close: None,
            fault: None,
            failed: None,
            finished: false,
            close_deadline: None,
            heard_at: now,
            pinged: false,
            ping_deadline: None,
            was_paused: false,
        }
    }

    pub fn transport(&self) -> &Arc<Transport> {
        &self.transport
    }

    /// The socket is ready for something, or a host thread wants something.
    pub fn advance(&mut self, at_end: bool, buffer: &mut [u8], now: Instant) -> Flow {
        self.at_end |= at_end;
        self.write(now);
        self.settle_fault(now);
        let flow = self.read(buffer, now);
        // What was read may have been answered.
        self.write(now);
        flow
    }

    /// What came with the answer to the upgrade request.
    pub fn start(&mut self, leftover: &[u8], buffer: &mut [u8], now: Instant) -> Flow {
        if !leftover.is_empty() {
            self.digest(leftover, now);
        }
        self.advance(false, buffer, now)
    }

    /// When to be looked at although nothing happens.
    pub fn deadline(&self) -> Option<Instant> {
        if self.close_deadline.is_some() {
            return self.close_deadline;
        }
        if let Some(fault) = &self.fault {
            return Some(fault.deadline);
        }
        // While the host does not read, silence is ours and not the server's.
        if self.connection.is_paused() {
            return None;
        }
        if self.pinged {
            return self.ping_deadline;
        }
        Some(self.heard_at + self.connection.limits.ping_interval?)
    }

    /// A deadline may have passed.
    pub fn on_timer(&mut self, now: Instant) -> Flow {
        if !self.connection.is_paused() && std::mem::take(&mut self.was_paused) {
            self.hear(now);
        }
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return Flow::Stay;
        }
        if self.close_deadline.is_some() {
            return Flow::End(self.ending());
        }
        if self.fault.is_some() {
            self.settle_fault(now);
            self.write(now);
            return Flow::Stay;
        }
        if self.pinged {
            let limit = self.connection.limits.ping_timeout.unwrap_or_default();
            let words = format!("the server was silent for {} ms after a ping", limit.as_millis());
            let cause = Error::ws(Code::Timeout, words);
            return Flow::End(self.lost("the connection does not answer", Some(cause)));
        }
        self.pinged = true;
        self.ping_deadline = self.connection.limits.ping_timeout.map(|timeout| now + timeout);
        let token = (self.heard_at.elapsed().as_nanos() as u64).to_be_bytes();
        let mut outbox = self.connection.outbox();
        if outbox.push_ping(&token, false, usize::MAX).is_ok() {
            add(&self.connection.counters.pings_sent, 1);
        }
        drop(outbox);
        self.write(now);
        Flow::Stay
    }

    /// Writes what waits, and follows the closing handshake from our side.
    fn write(&mut self, now: Instant) {
        let mut outbox = self.connection.outbox();
        add(&self.connection.counters.wire_sent, outbox.flush());
        let drained = outbox.take_drain(self.connection.limits.send_queue_max);
        let sealed = outbox.is_sealed();
        let all_left = outbox.waiting() == 0;
        if let Some(error) = outbox.take_broken() {
            self.broken = Some(error);
            self.at_end = true;
            drop(outbox.detach());
        }
        drop(outbox);
        if drained {
            self.connection.emit(Event::Drain);
        }
        if sealed && self.close_deadline.is_none() {
            self.close_deadline = Some(now + self.connection.limits.close_timeout);
        }
        if sealed && all_left && !self.finished {
            if self.failed.is_some() {
                self.finished = true;
                self.transport.finish();
                self.hasten(now);
            } else if self.server_close.is_some() {
                self.finished = true;
                self.hasten(now);
            }
        }
    }

    /// Only the server's end of the TCP connection is still awaited.
    fn hasten(&mut self, now: Instant) {
        let farewell = now + FAREWELL.min(self.connection.limits.close_timeout);
        self.close_deadline = Some(self.close_deadline.map_or(farewell, |at| at.min(farewell)));
    }

    fn read(&mut self, buffer: &mut [u8], now: Instant) -> Flow {
        for _ in 0..READS_PER_TURN {
            if self.connection.is_paused() {
                self.was_paused = true;
                return Flow::Stay;
            }
            if std::mem::take(&mut self.was_paused) {
                self.hear(now);
            }
            if self.fault.is_some() {
                return Flow::Stay;
            }
            if let Some(rest) = self.undecoded.take() {
                self.decode(&rest, now);
                continue;
            }
            match self.transport.read(buffer) {
                Ok(0) => return Flow::End(self.on_end(None)),
                Ok(count) => {
                    self.digest(&buffer[..count], now);
                    // A plain socket that fills less than it could is empty.
                    if count < buffer.len() && !self.at_end && !self.transport.is_tls() {
                        return Flow::Stay;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.broken.is_some() {
                        return Flow::End(self.on_end(None));
                    }
                    // From here on, what comes is announced.
                    self.at_end = false;
                    return Flow::Stay;
                }
                Err(error) => return Flow::End(self.on_end(Some(error))),
            }
        }
        Flow::Again
    }

    fn hear(&mut self, now: Instant) {
        self.heard_at = now;
        self.pinged = false;
        self.ping_deadline = None;
    }

    /// Takes in what was read.
    fn digest(&mut self, input: &[u8], now: Instant) {
        self.hear(now);
        add(&self.connection.counters.wire_received, input.len());
        self.decode(input, now);
    }

    fn decode(&mut self, mut input: &[u8], now: Instant) {
        let mut batch = Batch::new();
        // After the server's close frame, and after it broke the protocol, nothing counts.
        while self.server_close.is_none() && self.fault.is_none() && self.failed.is_none() {
            match self.decoder.decode(input, &mut batch) {
                Ok(Decoded { consumed, control, is_full }) => {
                    input = &input[consumed..];
                    if let Some(control) = control {
                        self.on_control(control, &mut batch, now);
                    }
                    if is_full {
                        self.deliver(&mut batch, now);
                        if self.connection.is_paused() {
                            self.undecoded = Some(input.to_vec());
                            return;
                        }
                    } else if input.is_empty() {
                        break;
                    }
                }
                Err(violation) => {
                    self.deliver(&mut batch, now);
                    let words = violation.message;
                    self.fail(violation.close_code, Error::ws(Code::Protocol, words), now);
                }
            }
        }
        self.deliver(&mut batch, now);
    }

    /// Hands messages over to the queue.
    fn deliver(&mut self, batch: &mut Batch, now: Instant) {
        if batch.is_empty() || self.fault.is_some() || self.failed.is_some() {
            return;
        }
        let mut batch = std::mem::take(batch);
        // It may wait for long, and counts by what is in it.
        batch.shrink();
        let mut bad = None;
        if self.connection.data_type() == DataType::Object && !self.connection.is_muted() {
            for index in 0..batch.len() {
                let Some((_, payload)) = batch.get(index) else { break };
                if let Err(error) = json::check(payload) {
                    batch.truncate(index);
                    bad = Some(error);
                    break;
                }
            }
        }
        if !batch.is_empty() {
            let counters = &self.connection.counters;
            add(&counters.messages_received, batch.complete());
            add(&counters.payload_received, batch.payload_bytes());
            let event = Event::Messages(batch);
            self.connection.count_unread(event.weight());
            self.connection.emit(event);
            if self.connection.must_pause() {
                self.was_paused = true;
                log::line!(Debug, "connection {}: reading pauses", self.connection.id);
            }
        }
        if let Some(cause) = bad {
            let error = Error::ws(Code::Protocol, "a message is not a JSON object or array");
            self.fail(INVALID_PAYLOAD, error.because(cause), now);
        }
    }

    /// Only what the host hears of, or what ends the messages, has its place among them.
    fn on_control(&mut self, control: Control, batch: &mut Batch, now: Instant) {
        let connection = &self.connection;
        match control {
            Control::Ping(payload) => {
                let mut outbox = connection.outbox();
                // It fails only when no random bytes are to be had: a pong less.
                let _ = outbox.push_pong(&payload);
                add(&connection.counters.wire_sent, outbox.flush());
            }
            Control::Pong(payload) => {
                let answered = connection.outbox().answered(&payload);
                let Some(ping) = answered else { return };
                let round_trip_us =
                    u64::try_from(ping.sent_at.elapsed().as_micros()).unwrap_or(u64::MAX);
                let counters = &connection.counters;
                counters.round_trip_us.store(round_trip_us, std::sync::atomic::Ordering::Relaxed);
                add(&counters.pongs_received, 1);
                if ping.by_host {
                    let mut payload = payload.to_vec();
                    payload.push(0);
                    self.deliver(batch, now);
                    self.connection.emit(Event::Pong(Pong { payload, round_trip_us }));
                }
            }
            Control::Close(frame) => {
                self.deliver(batch, now);
                let connection = &self.connection;
                log::line!(Debug, "connection {}: the server closes", connection.id);
                connection.advance(Status::Closing);
                let mut outbox = connection.outbox();
                // The answer carries the same code (RFC 6455 5.5.1).
                let _ = outbox.push_close(frame.as_ref().map(|frame| (frame.code, "")));
                drop(outbox);
                let CloseFrame { code, reason } =
                    frame.unwrap_or(CloseFrame { code: NO_STATUS, reason: String::new() });
                self.server_close = Some(Ending { code, reason, was_clean: true });
            }
        }
    }

    /// Fails the connection (RFC 6455 7.1.7), once the host has had a chance to answer
    /// what came before the fault. Nothing more is read from here on.
    fn fail(&mut self, close_code: u16, error: Error, now: Instant) {
        if self.failed.is_none() && self.fault.is_none() {
            self.fault = Some(Fault { close_code, error, deadline: now + GRACE });
            self.connection.await_reading();
            self.settle_fault(now);
        }
    }

    fn settle_fault(&mut self, now: Instant) {
        let is_due = self.fault.as_ref().is_some_and(|fault| {
            fault.deadline <= now
                || self.connection.has_read_all()
                || self.broken.is_some()
                || self.connection.outbox().is_sealed()
        });
        if !is_due {
            return;
        }
        let Some(Fault { close_code, error, .. }) = self.fault.take() else { return };
        log::line!(Error, "connection {}: {error}", self.connection.id);
        self.failed = Some(close_code);
        self.connection.advance(Status::Closing);
        let reason = clipped(&error.message);
        // It fails only when no random bytes are to be had: then it closes without a frame.
        let _ = self.connection.outbox().push_close(Some((close_code, reason)));
        self.connection.outbox().seal();
        self.connection.emit(Event::Error(error));
    }

    /// The stream has ended.
    fn on_end(&mut self, error: Option<io::Error>) -> Ending {
        let is_closing = self.connection.outbox().is_sealed();
        if is_closing || self.server_close.is_some() || self.failed.is_some() {
            return self.ending();
        }
        let (words, error) = match self.broken.take() {
            Some(broken) => ("the connection was lost while sending", Some(broken)),
            None => ("the server ended the connection without a close frame", error),
        };
        let cause = error.map(|error| match error.raw_os_error() {
            Some(_) => Error::from(error),
            None => Error::tls(error.to_string()),
        });
        self.lost(words, cause)
    }

    /// How it ends, as things stand.
    fn ending(&self) -> Ending {
        if let Some(code) = self.failed {
            return Ending::unclean(code);
        }
        match &self.server_close {
            Some(ending) => {
                let all_left = self.connection.outbox().waiting() == 0;
                Ending { was_clean: all_left, ..ending.clone() }
            }
            None => Ending::unclean(ABNORMAL),
        }
    }

    fn lost(&mut self, words: &str, cause: Option<Error>) -> Ending {
        let mut error = Error::ws(Code::Lost, words);
        if let Some(cause) = cause {
            let via = if cause.component == Component::Os {
                Error::new(Code::Tcp, Component::Tcp, "the TCP connection broke").because(cause)
            } else {
                cause
            };
            error = error.because(via);
        }
        log::line!(Error, "connection {}: {error}", self.connection.id);
        self.connection.emit(Event::Error(error));
        Ending::unclean(ABNORMAL)
    }
}

/// As much of the words as a close frame has room for.
fn clipped(words: &str) -> &str {
    let mut end = words.len().min(MAX_REASON);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    &words[..end]
}
