//! Turns the host's messages into frames: checks, fragments, compression.

use std::sync::Arc;

use crate::error::{Code, Error, Result};
use crate::json;
use crate::protocol::{
    Compressor, Contexts, DataFrame, DeflateParams, MessageKind, NotUtf8, Utf8Check,
};

use super::DataType;

/// The state that a connection needs only if its messages are compressed or sent in fragments.
#[derive(Default)]
pub struct Composer {
    /// Made for the first message that is compressed. `Some(None)`: it could not be made.
    compressor: Option<Option<Compressor>>,
    /// The epoch that the compressor belongs to.
    epoch: u32,
    /// The incomplete message in fragments.
    open: Option<OpenMessage>,
}

#[derive(Clone, Copy)]
struct OpenMessage {
    data_type: DataType,
    /// The epoch for which it is compressed, if it is. On a later connection it starts again,
    /// uncompressed.
    compressed_for: Option<u32>,
    text: Utf8Check,
    length: u64,
}

/// A checked fragment. Nothing has changed yet, so it can still be refused.
pub struct Fragment {
    pub frame: DataFrame,
    after: Option<OpenMessage>,
}

impl Composer {
    /// Checks the next fragment of the open message, or the first fragment of a new one.
    /// `data_type` is `None` if the host gave none. `epoch` is that of the current connection.
    /// `compress` is the epoch to compress for, if a message that begins here is to be compressed.
    pub fn fragment(
        &self,
        payload: &[u8],
        data_type: Option<DataType>,
        fallback: DataType,
        is_last: bool,
        compress: Option<u32>,
        epoch: u32,
    ) -> Result<Fragment> {
        let is_first = self.open.is_none();
        let mut message = self.open.unwrap_or(OpenMessage {
            data_type: data_type.unwrap_or(fallback),
            compressed_for: compress,
            text: Utf8Check::default(),
            length: 0,
        });
        if data_type.is_some_and(|given| given != message.data_type) {
            let words = "a fragment has another data type than the message that it goes on with";
            return Err(Error::ws(Code::Argument, words));
        }
        if message.data_type == DataType::Object {
            let words = "an object is checked as a whole and cannot be sent in fragments";
            return Err(Error::ws(Code::Argument, words));
        }
        if message.data_type == DataType::Text {
            message.text.feed(payload, message.length).map_err(not_utf8)?;
        }
        message.length += payload.len() as u64;
        if is_last {
            message.text.finish(message.length).map_err(not_utf8)?;
        }
        let frame = DataFrame {
            kind: kind_of(message.data_type),
            is_first,
            is_last,
            is_compressed: message.compressed_for == Some(epoch),
        };
        Ok(Fragment { frame, after: (!is_last).then_some(message) })
    }

    /// Takes note that the fragment has been queued.
    pub fn commit(&mut self, fragment: &Fragment) {
        self.open = fragment.after;
    }

    /// Whether messages can be compressed with these parameters.
    pub fn can_compress(
        &mut self,
        terms: &DeflateParams,
        epoch: u32,
        contexts: &Arc<Contexts>,
    ) -> bool {
        if self.epoch != epoch {
            self.drop_compressor();
            self.epoch = epoch;
        }
        let make = || Compressor::new(terms).map(|compressor| compressor.sharing(contexts));
        self.compressor.get_or_insert_with(make).is_some()
    }

    /// Makes the next message compress without the history of the messages before it.
    pub fn drop_compressor(&mut self) {
        self.compressor = None;
    }

    /// Forgets the incomplete message in fragments, which is lost.
    pub fn forget_message(&mut self) {
        self.open = None;
    }

    pub fn compress(&mut self, payload: &[u8], is_last: bool) -> Result<Vec<u8>> {
        match &mut self.compressor {
            Some(Some(compressor)) => compressor.compress(payload, is_last),
            _ => Err(Error::ws(Code::Internal, "there is no compressor")),
        }
    }
}

/// Checks a whole message, and returns the kind of its frame.
#[inline]
pub fn check(payload: &[u8], data_type: DataType) -> Result<MessageKind> {
    match data_type {
        DataType::Blob => {}
        _ => check_text(payload, data_type)?,
    }
    Ok(kind_of(data_type))
}

#[inline(never)]
fn check_text(payload: &[u8], data_type: DataType) -> Result<()> {
    match data_type {
        DataType::Object => json::check(payload),
        _ => crate::protocol::check_utf8(payload).map_err(not_utf8),
    }
}

#[inline]
fn kind_of(data_type: DataType) -> MessageKind {
    match data_type {
        DataType::Blob => MessageKind::Binary,
        DataType::Text | DataType::Object => MessageKind::Text,
    }
}

fn not_utf8(NotUtf8 { position, is_cut }: NotUtf8) -> Error {
    let words = match is_cut {
        false => format!("the text is not UTF-8: bad byte at offset {position}"),
        true => format!("the text is not UTF-8: it ends inside the character at offset {position}"),
    };
    Error::ws(Code::Utf8, words)
}
