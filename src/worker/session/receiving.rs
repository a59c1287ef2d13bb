//! What an open connection receives: decoded, and handed to the queue or answered.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Session;
use crate::connection::{add, DataType};
use crate::error::{Code, Error};
use crate::json;
use crate::log;
use crate::protocol::{Batch, Control, Decoded};
use crate::queue::{Event, Pong, Recipient};

/// RFC 6455 7.4.1
const INVALID_PAYLOAD: u16 = 1007;

impl Session {
    /// Takes in what was read.
    pub(super) fn digest(&mut self, input: &[u8], now: Instant) {
        self.hear(now);
        add(&self.connection.counters.wire_received, input.len());
        self.decode(input, now);
    }

    pub(super) fn decode(&mut self, mut input: &[u8], now: Instant) {
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
                counters.round_trip_us.store(round_trip_us, Ordering::Relaxed);
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
                self.close_with_server(frame, now);
            }
        }
    }
}
