//! What a host sends: whole messages, fragments, pings. Each is queued whole or not at
//! all, and on a quiet connection written at once.

use std::sync::{MutexGuard, PoisonError};

use super::composer::{check, Composer};
use super::{add, Connection, DataType, Outbox};
use crate::error::{Code, Error, Result};
use crate::protocol::{DataFrame, DeflateParams, MAX_CONTROL};

/// How a message is sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct SendFlags {
    /// It is not complete: the next call goes on with it.
    pub has_more: bool,
    /// It is not to be compressed.
    pub is_uncompressed: bool,
}

impl Connection {
    /// Queues one message.
    pub fn send(&self, payload: &[u8], data_type: DataType) -> Result<()> {
        let frame = DataFrame::whole(check(payload, data_type)?);
        match self.compresses(payload.len()) {
            None => self.push(frame, payload),
            Some(terms) => {
                let mut composer = self.composer();
                if !composer.can_compress(terms) {
                    return self.push(frame, payload);
                }
                let frame = DataFrame { is_compressed: true, ..frame };
                self.push_compressed(&mut composer, frame, payload)
            }
        }
    }

    /// Queues one message or a fragment of one.
    pub fn send_with(
        &self,
        payload: &[u8],
        data_type: Option<DataType>,
        flags: SendFlags,
    ) -> Result<()> {
        let is_fragment = flags.has_more || self.outbox().is_fragmented();
        if !is_fragment {
            let data_type = data_type.unwrap_or(self.data_type);
            return match flags.is_uncompressed {
                false => self.send(payload, data_type),
                true => self.push(DataFrame::whole(check(payload, data_type)?), payload),
            };
        }
        let mut composer = self.composer();
        // How long it becomes is not known yet, so it counts as long.
        let terms = self.compresses(usize::MAX).filter(|_| !flags.is_uncompressed);
        let compress = terms.is_some_and(|terms| composer.can_compress(terms));
        let is_last = !flags.has_more;
        let fragment = composer.fragment(payload, data_type, self.data_type, is_last, compress)?;
        if fragment.frame.is_compressed {
            self.push_compressed(&mut composer, fragment.frame, payload)?;
        } else {
            self.push(fragment.frame, payload)?;
        }
        composer.commit(&fragment);
        Ok(())
    }

    /// The terms under which a message of that length is compressed, if it is. What is
    /// sent before the connection is open is not: nothing has been agreed yet.
    fn compresses(&self, length: usize) -> Option<&DeflateParams> {
        let terms = self.answer()?.deflate.as_ref()?;
        (length >= self.limits.deflate_threshold).then_some(terms)
    }

    /// Locked before the outbox, never while it is: compressing takes long, and the worker
    /// must not wait for it.
    fn composer(&self) -> MutexGuard<'_, Composer> {
        self.composer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, frame: DataFrame, payload: &[u8]) -> Result<()> {
        let mut outbox = self.outbox();
        let was_quiet = outbox.waiting() == 0;
        outbox.push_data(frame, payload, self.limits.send_queue_max)?;
        self.sent(outbox, was_quiet, frame, payload.len());
        Ok(())
    }

    fn push_compressed(
        &self,
        composer: &mut Composer,
        frame: DataFrame,
        payload: &[u8],
    ) -> Result<()> {
        let promise = self.outbox().promise(frame, payload.len(), self.limits.send_queue_max)?;
        let compressed = composer.compress(payload, frame.is_last);
        let mut outbox = self.outbox();
        let was_quiet = outbox.waiting() == 0;
        let kept = outbox.keep_promise(promise, frame, compressed);
        // Who was refused for the sake of the promise hears of the room from the worker.
        let owes_drain = outbox.owes_drain();
        if kept.is_ok() {
            self.sent(outbox, was_quiet, frame, payload.len());
        } else {
            drop(outbox);
            // The server never gets what it would be referred to.
            composer.forget();
        }
        if owes_drain {
            self.post();
        }
        kept
    }

    fn sent(
        &self,
        outbox: MutexGuard<'_, Outbox>,
        was_quiet: bool,
        frame: DataFrame,
        length: usize,
    ) {
        add(&self.counters.messages_sent, usize::from(frame.is_last));
        add(&self.counters.payload_sent, length);
        self.leave(outbox, was_quiet);
    }

    pub fn ping(&self, payload: &[u8]) -> Result<()> {
        if payload.len() > MAX_CONTROL {
            let words =
                format!("a ping carries at most {MAX_CONTROL} bytes, not {}", payload.len());
            return Err(Error::ws(Code::Argument, words));
        }
        let mut outbox = self.outbox();
        let was_quiet = outbox.waiting() == 0;
        outbox.push_ping(payload, true, self.limits.send_queue_max)?;
        add(&self.counters.pings_sent, 1);
        self.leave(outbox, was_quiet);
        Ok(())
    }

    /// Writes what was queued, if nothing was before it; else the worker writes when the
    /// socket takes bytes again.
    fn leave(&self, mut outbox: MutexGuard<'_, Outbox>, was_quiet: bool) {
        if was_quiet {
            add(&self.counters.wire_sent, outbox.flush());
            if outbox.is_broken() {
                drop(outbox);
                self.post();
            }
        }
    }
}
