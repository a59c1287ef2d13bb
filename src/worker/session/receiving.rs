//! Input of an open connection: it is decoded, and then queued or answered.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::incoming::Incoming;
use super::Session;
use crate::connection::{add, DataType};
use crate::error::{Code, Error};
use crate::headroom;
use crate::json;
use crate::log;
use crate::protocol::{
    close_code, Batch, Control, Decoded, Decoder, DecoderConfig, DirectRead, ReadBuffer, Violation,
};
use crate::queue::{Event, Pong};
use crate::transport::{Received, Room};

/// The most bytes of one read. Reads directly into a large message are twice as large.
pub const READ_SIZE: usize = 128 * 1024;
/// How many bytes are read beyond the end of a large message: enough for the beginning of the next
/// message, which must be copied.
const BEHIND_LARGE: usize = 4 * 1024;

impl Session {
    /// Reads and decodes what has arrived.
    pub(super) fn receive(
        &mut self,
        buffer: &mut ReadBuffer,
        now: Instant,
    ) -> io::Result<Received> {
        buffer.clear();
        if let Some(received) = self.receive_large(buffer, now) {
            return received;
        }
        // A large message is likely to be followed by another one.
        let was_large = std::mem::take(&mut self.was_large);
        let most = if was_large { BEHIND_LARGE } else { READ_SIZE };
        let received =
            self.transport.read(&mut [Room { buffer: buffer.end(), most }], self.at_end)?;
        if received.count > 0 {
            self.digest(buffer, now);
        }
        Ok(received)
    }

    /// The same inside a large message, whose bytes are read directly into it.
    fn receive_large(
        &mut self,
        buffer: &mut ReadBuffer,
        now: Instant,
    ) -> Option<io::Result<Received>> {
        if self.is_deaf() {
            return None;
        }
        let decoder = &mut self.incoming.as_mut()?.decoder;
        let mut batch = self.connection.queue().batch_for_large();
        let mut received = Received { count: 0, is_drained: false };
        let direct = decoder.read_direct(2 * READ_SIZE, &mut batch, |message, most, ends| {
            let mut rooms =
                [Room { buffer: message, most }, Room { buffer: buffer.end(), most: BEHIND_LARGE }];
            let rooms = if ends { &mut rooms[..] } else { &mut rooms[..1] };
            received = self.transport.read(rooms, self.at_end)?;
            Ok(())
        });
        let Some(DirectRead { read, violation }) = direct else {
            self.keep_spares(&mut batch);
            return None;
        };
        self.was_large = true;
        if received.count > 0 {
            self.hear(now);
            add(&self.connection.counters.wire_received, received.count);
        }
        self.deliver(&mut batch, now);
        self.tidy_incoming();
        if let Some(violation) = violation {
            self.violated(violation, &mut batch, now);
        } else if !buffer.is_empty() {
            self.decode(buffer, now);
        }
        Some(read.map(|()| received))
    }

    /// Decodes what was read, and counts it.
    fn digest(&mut self, input: &mut ReadBuffer, now: Instant) {
        self.hear(now);
        add(&self.connection.counters.wire_received, input.rest().len());
        self.decode(input, now);
    }

    /// Keeps bytes that were read, to be decoded like the next read.
    pub(super) fn put_undecoded(&mut self, input: ReadBuffer, now: Instant) {
        self.hear(now);
        add(&self.connection.counters.wire_received, input.rest().len());
        let mut incoming = self.new_incoming();
        incoming.undecoded = Some(input);
        self.incoming = Some(incoming);
    }

    pub(super) fn decode(&mut self, input: &mut ReadBuffer, now: Instant) {
        // Input after the server's close frame or a violation is ignored.
        if self.is_deaf() {
            return;
        }
        let has_reserve = headroom::keep();
        let mut batch = self.connection.queue().batch();
        if !has_reserve {
            let violation = Violation::no_memory(input.rest().len());
            return self.violated(violation, &mut batch, now);
        }
        if self.incoming.is_none() {
            // Most input consists of whole messages, and needs no decoder. A decoder between
            // messages gives the same result.
            match batch.take_whole_messages(input, self.bounds().small()) {
                Err(violation) => return self.violated(violation, &mut batch, now),
                Ok(()) if input.is_empty() => return self.hand_over(batch, now),
                Ok(()) => {}
            }
        }
        let mut incoming = self.incoming.take().unwrap_or_else(|| self.new_incoming());
        while !self.is_deaf() {
            match incoming.decoder.decode(input, &mut batch) {
                Ok(Decoded { control, is_full }) => {
                    if let Some(control) = control {
                        self.on_control(control, &mut batch, now);
                    }
                    if is_full {
                        // The rest waits for the next round, like another read.
                        match ReadBuffer::copy_of(input.rest()) {
                            Ok(rest) => incoming.undecoded = Some(rest),
                            Err(_) => {
                                let violation = Violation::no_memory(input.rest().len());
                                self.violated(violation, &mut batch, now);
                            }
                        }
                        break;
                    }
                    if input.is_empty() {
                        break;
                    }
                }
                Err(violation) => self.violated(violation, &mut batch, now),
            }
        }
        self.incoming = Some(incoming);
        self.tidy_incoming();
        self.hand_over(batch, now);
    }

    /// Keeps the decoder only while something is incomplete.
    fn tidy_incoming(&mut self) {
        self.incoming = self.incoming.take().filter(|incoming| !incoming.is_empty());
        self.connection.hold_contexts();
    }

    /// Fails the connection. Messages before the violation are still delivered.
    fn violated(&mut self, violation: Violation, batch: &mut Box<Batch>, now: Instant) {
        let Violation { close_code, message, is_memory } = violation;
        self.deliver(batch, now);
        let code = if is_memory { Code::Resources } else { Code::Protocol };
        self.fail(close_code, Error::ws(code, message), now);
    }

    pub(super) fn has_undecoded(&self) -> bool {
        self.incoming.as_ref().is_some_and(|incoming| incoming.undecoded.is_some())
    }

    pub(super) fn take_undecoded(&mut self) -> Option<ReadBuffer> {
        self.incoming.as_mut()?.undecoded.take()
    }

    fn new_incoming(&self) -> Box<Incoming> {
        // Without an offer, nothing can be negotiated.
        let answer =
            self.connection.limits.deflate_threshold.and_then(|_| self.connection.answer());
        let deflate = answer.and_then(|answer| answer.deflate);
        let decoder = Decoder::new(DecoderConfig { deflate, ..self.bounds() });
        let decoder = decoder.sharing(self.connection.contexts());
        Box::new(Incoming { decoder, undecoded: None })
    }

    /// The limits of a decoder without compression.
    fn bounds(&self) -> DecoderConfig {
        let limits = &self.connection.limits;
        DecoderConfig {
            max_message: limits.max_message,
            stream_threshold: limits.stream_threshold,
            deflate: None,
        }
    }

    /// Gives back the memory of large messages that the batch has not needed.
    #[inline]
    fn keep_spares(&self, batch: &mut Batch) {
        if let Some(spares) = batch.take_spares() {
            self.connection.queue().keep_large(spares);
        }
    }

    /// Hands messages over to the queue, and leaves the batch empty.
    fn deliver(&mut self, batch: &mut Box<Batch>, now: Instant) {
        match batch.is_empty() {
            true => self.keep_spares(batch),
            false => {
                headroom::prepare();
                self.hand_over(std::mem::take(batch), now);
            }
        }
    }

    /// The same with a batch that is not filled again.
    fn hand_over(&mut self, mut batch: Box<Batch>, now: Instant) {
        self.keep_spares(&mut batch);
        if batch.is_empty() || self.is_deaf() {
            return;
        }
        // The batch may wait for a long time, and only its contents are counted.
        batch.shrink();
        let mut bad = None;
        if self.connection.data_type() == DataType::Object && !self.connection.life().is_muted() {
            for index in 0..batch.len() {
                let Some(part) = batch.get(index) else { break };
                if let Err(error) = json::check(part.payload) {
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
            let bytes = batch.payload_bytes();
            if !self.connection.emit_messages(batch) {
                return self.violated(Violation::no_memory(bytes), &mut Box::default(), now);
            }
            if self.connection.must_pause() {
                self.was_paused = true;
                log::line!(
                    Debug,
                    "connection {}: reading pauses until the host has read",
                    self.connection.id
                );
            }
        }
        if let Some(cause) = bad {
            if cause.code == Code::Resources as i32 {
                return self.fail(close_code::TOO_BIG, cause, now);
            }
            let error = Error::ws(Code::Protocol, "a message is not a JSON object or array");
            self.fail(close_code::INVALID_PAYLOAD, error.because(cause), now);
        }
    }

    /// Messages before a control frame are delivered first if the frame causes an event, or if it
    /// is the last.
    fn on_control(&mut self, control: Control, batch: &mut Box<Batch>, now: Instant) {
        self.has_answered = true;
        let connection = &self.connection;
        match control {
            Control::Ping(payload) => {
                let mut outbox = connection.outbox();
                // Nothing follows the close frame.
                if !connection.life().is_closing() {
                    // This fails only without random bytes. Then there is no pong.
                    let _ = outbox.push_pong(&payload);
                }
                connection.flush(&mut outbox);
            }
            Control::Pong(payload) => {
                let answered = connection.outbox().answered(&payload);
                let Some(ping) = answered else { return };
                let round_trip_us =
                    u64::try_from(ping.sent_at.elapsed().as_micros()).unwrap_or(u64::MAX);
                let id = connection.id;
                log::line!(Trace, "connection {id}: a ping was answered after {round_trip_us} us");
                let counters = &connection.counters;
                counters.round_trip_us.store(round_trip_us, Ordering::Relaxed);
                add(&counters.pongs_received, 1);
                if ping.by_host {
                    let mut payload = payload.to_vec();
                    payload.push(0);
                    self.deliver(batch, now);
                    if self.is_deaf() {
                        return;
                    }
                    self.connection.emit(Event::Pong(Box::new(Pong { payload, round_trip_us })));
                }
            }
            Control::Close(frame) => {
                self.deliver(batch, now);
                // A message before it may have ended the connection already.
                if self.is_deaf() {
                    return;
                }
                self.close_with_server(frame, now);
            }
        }
    }
}
