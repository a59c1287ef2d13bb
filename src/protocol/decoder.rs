//! From a server's bytes to messages and control frames (RFC 6455 5 and 6.2).
//!
//! The decoder refuses a bad frame at its header, and bad text at the first bad byte. It holds
//! memory only while a message or a frame is incomplete.

mod inflating;
mod whole;

use std::sync::Arc;

use tungstenite::protocol::frame::coding::{self, Data, OpCode};

use super::assembly::Assembly;
use super::batch::LARGE;
use super::deflate::{Contexts, Inflater};
use super::frame::{self, FrameHeader, MAX_HEADER};
use super::{
    close, Batch, Control, ControlPayload, DeflateParams, MessageKind, ReadBuffer, Violation,
};

/// The limits that a decoder enforces.
#[derive(Debug, Clone, Copy)]
pub struct DecoderConfig {
    /// The most payload bytes of a message: of all its fragments, inflated.
    pub max_message: u64,
    /// A message with more bytes than this is delivered in parts of this size. Parts of text end
    /// between characters.
    pub stream_threshold: Option<usize>,
    /// The agreed compression.
    pub deflate: Option<DeflateParams>,
}

/// The receiving side of one connection.
pub struct Decoder {
    message: Assembly,
    inflater: Option<Box<Inflater>>,
    /// The payload bytes still to come in the current frame.
    remaining: u64,
    /// The beginning of a control frame, if the rest is still to come.
    control: Option<Box<ControlPayload>>,
    state: State,
    /// The current message is compressed.
    is_compressed: bool,
    header: [u8; MAX_HEADER],
    header_len: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between frames, or inside a header.
    Header,
    /// In the payload of a text, binary or continuation frame.
    Data { fin: bool },
    /// After the last frame of a compressed message, before all of it is inflated.
    Inflating,
    /// In the payload of a ping, pong or close frame.
    Control(coding::Control),
    /// After a close frame or a violation.
    Stopped,
}

/// The result of `Decoder::decode`. All input was used, unless a control frame or a full batch
/// ended the call.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    pub control: Option<Control>,
    /// The batch is full. Call again with an empty batch, even if no input is left.
    pub is_full: bool,
}

impl DecoderConfig {
    /// The largest message that needs no assembly: short, within the limit, and whole.
    pub fn small(&self) -> usize {
        Assembly::new(self.max_message, self.stream_threshold).small()
    }
}

/// The result of `Decoder::read_direct`.
pub struct DirectRead<E> {
    pub read: Result<(), E>,
    pub violation: Option<Violation>,
}

impl Decoder {
    pub fn new(config: DecoderConfig) -> Decoder {
        let inflater = config.deflate.as_ref().map(|params| Box::new(Inflater::new(params)));
        Decoder::fresh(Assembly::new(config.max_message, config.stream_threshold), inflater)
    }

    /// Shares contexts with the decoders of other connections.
    pub fn sharing(mut self, contexts: &Arc<Contexts>) -> Decoder {
        if let Some(inflater) = &mut self.inflater {
            inflater.share(contexts);
        }
        self
    }

    fn fresh(message: Assembly, inflater: Option<Box<Inflater>>) -> Decoder {
        Decoder {
            message,
            inflater,
            remaining: 0,
            control: None,
            state: State::Header,
            is_compressed: false,
            header: [0; MAX_HEADER],
            header_len: 0,
        }
    }

    /// Decodes until `input` is used up, a control frame is complete, or `batch` is full. Complete
    /// messages, and parts of large ones, go to `batch` in order. After an error, the messages in
    /// `batch` are still valid and must be delivered.
    ///
    /// After a close frame or a violation, further input is ignored (RFC 6455 1.4, 7.1.7).
    pub fn decode(
        &mut self,
        input: &mut ReadBuffer,
        batch: &mut Batch,
    ) -> Result<Decoded, Violation> {
        let result = self.run(input, batch);
        if let Err(_) | Ok(Decoded { control: Some(Control::Close(_)), .. }) = &result {
            self.stop();
        }
        self.message.release();
        if let Some(inflater) = &mut self.inflater {
            inflater.release();
        }
        result
    }

    /// Inside a large message, lets `read` append up to `most` bytes of the frame directly to the
    /// message, which saves a copy. `read` gets the message, the number of bytes to add, and
    /// whether the frame ends with them. If the input is anything else, returns `None` and reads
    /// nothing: use `decode`.
    pub fn read_direct<E>(
        &mut self,
        most: usize,
        batch: &mut Batch,
        read: impl FnOnce(&mut Vec<u8>, usize, bool) -> Result<(), E>,
    ) -> Option<DirectRead<E>> {
        let State::Data { fin } = self.state else { return None };
        if self.is_compressed || !self.message.is_large_with(self.remaining) {
            return None;
        }
        // A small fragment is read together with those that follow.
        if !fin && self.remaining <= LARGE as u64 {
            return None;
        }
        let room = self.message.make_space(self.remaining, fin, batch)?.min(most);
        let ends = room as u64 == self.remaining;
        let before = self.message.data().len();
        let read = read(self.message.data(), room, ends);
        let count = self.message.data().len() - before;
        let violation = self.filled(count, fin, batch).err();
        if violation.is_some() {
            self.stop();
        }
        Some(DirectRead { read, violation })
    }

    fn filled(&mut self, count: usize, fin: bool, batch: &mut Batch) -> Result<(), Violation> {
        self.message.filled(count)?;
        self.remaining -= count as u64;
        if self.end_frame(fin, batch)? && fin {
            self.message.release();
        }
        Ok(())
    }

    /// Whether the current data frame is complete. The last frame also completes the message.
    fn end_frame(&mut self, fin: bool, batch: &mut Batch) -> Result<bool, Violation> {
        if self.remaining > 0 {
            return Ok(false);
        }
        self.state = State::Header;
        if fin {
            self.message.finish(batch)?;
        }
        Ok(true)
    }

    fn stop(&mut self) {
        *self = Decoder { state: State::Stopped, ..Decoder::fresh(self.message.empty(), None) };
    }

    /// Whether the last byte ended a message, or a control frame between messages.
    pub fn is_idle(&self) -> bool {
        !self.message.is_open()
            && self.header_len == 0
            && matches!(self.state, State::Header | State::Stopped)
    }

    /// Whether it is in the state of a new decoder.
    pub fn is_as_new(&self) -> bool {
        self.is_idle()
            && self.state == State::Header
            && self.inflater.as_ref().is_none_or(|inflater| inflater.is_as_new())
    }

    /// The payload bytes still to come in the current data frame, as a hint for reading.
    pub fn expecting(&self) -> Option<u64> {
        match self.state {
            State::Data { .. } => Some(self.remaining),
            _ => None,
        }
    }

    /// The capacity of the current message, in bytes.
    #[cfg(test)]
    pub fn room(&self) -> usize {
        self.message.capacity()
    }

    fn run(&mut self, input: &mut ReadBuffer, batch: &mut Batch) -> Result<Decoded, Violation> {
        let mut control = None;
        let mut is_full = false;
        let mut inflated = Vec::new();
        loop {
            match self.state {
                State::Header => {
                    if self.header_len == 0 && !self.message.is_open() {
                        batch.take_whole_messages(input, self.message.small())?;
                    }
                    match self.take_header(input)? {
                        Some(header) => self.begin_frame(header)?,
                        None => break,
                    }
                }
                State::Data { .. } | State::Inflating if self.is_compressed => {
                    if self.inflate_whole(input, &mut inflated, batch)? {
                        continue;
                    }
                    is_full = !self.inflate(input, &mut inflated, batch)?;
                    if is_full || self.remaining > 0 {
                        break;
                    }
                    self.state = match self.state {
                        State::Data { fin: true } => State::Inflating,
                        State::Inflating => {
                            self.message.finish(batch)?;
                            State::Header
                        }
                        _ => State::Header,
                    };
                }
                State::Data { fin } => {
                    let piece = input.take(self.remaining);
                    self.remaining -= piece.len() as u64;
                    self.message.append(piece, self.remaining, fin, batch)?;
                    if !self.end_frame(fin, batch)? {
                        break;
                    }
                }
                State::Control(opcode) => {
                    let piece = input.take(self.remaining);
                    self.remaining -= piece.len() as u64;
                    control = self.take_control(opcode, piece)?;
                    break;
                }
                State::Inflating | State::Stopped => {
                    input.clear();
                    break;
                }
            }
        }
        Ok(Decoded { control, is_full })
    }

    /// Takes the next header from `input`, or adds all of `input` to the incomplete header.
    fn take_header(&mut self, input: &mut ReadBuffer) -> Result<Option<FrameHeader>, Violation> {
        let (in_message, has_deflate) = (self.message.is_open(), self.inflater.is_some());
        if self.header_len == 0 {
            if let Some((header, size)) = frame::parse(input.rest(), in_message, has_deflate)? {
                input.advance(size);
                return Ok(Some(header));
            }
        }
        while let Some(&byte) = input.rest().first() {
            // There is room: a header is complete at MAX_HEADER bytes.
            self.header[usize::from(self.header_len)] = byte;
            self.header_len += 1;
            input.advance(1);
            let collected = &self.header[..usize::from(self.header_len)];
            if let Some((header, _)) = frame::parse(collected, in_message, has_deflate)? {
                self.header_len = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    fn begin_frame(&mut self, header: FrameHeader) -> Result<(), Violation> {
        let FrameHeader { fin, is_compressed, opcode, payload_len } = header;
        let kind = match opcode {
            OpCode::Data(Data::Text) => Some(MessageKind::Text),
            OpCode::Data(Data::Binary) => Some(MessageKind::Binary),
            OpCode::Data(_) => None,
            OpCode::Control(control) => {
                self.remaining = payload_len;
                self.state = State::Control(control);
                return Ok(());
            }
        };
        if let Some(kind) = kind {
            self.message.begin(kind);
            self.is_compressed = is_compressed;
        }
        if !self.is_compressed {
            self.message.expect(payload_len, fin)?;
        }
        self.remaining = payload_len;
        self.state = State::Data { fin };
        Ok(())
    }

    /// Adds to the current control frame, and returns it when it is complete.
    fn take_control(
        &mut self,
        kind: coding::Control,
        piece: &[u8],
    ) -> Result<Option<Control>, Violation> {
        if self.remaining > 0 {
            self.control.get_or_insert_default().append(piece);
            return Ok(None);
        }
        let payload = match self.control.take() {
            None => ControlPayload::from(piece),
            Some(mut begun) => {
                begun.append(piece);
                *begun
            }
        };
        self.state = State::Header;
        Ok(Some(match kind {
            coding::Control::Ping => Control::Ping(payload),
            coding::Control::Pong => Control::Pong(payload),
            _ => Control::Close(close::parse(&payload)?),
        }))
    }
}

#[cfg(test)]
mod tests;
