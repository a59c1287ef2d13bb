//! From a server's bytes to messages and control frames (RFC 6455 5 and 6.2).
//!
//! Refuses a frame at its header and text at its first bad byte, and holds
//! memory only while something is incomplete.

use super::batch::LARGE;
use super::frame::{self, FrameHeader, Opcode, FIN, MAX_HEADER};
use super::utf8::{self, Utf8Check};
use super::{close, Batch, Control, ControlPayload, MessageKind, Violation};

/// An announced length is believed up to this, or up to `TRUST` times what
/// has arrived of the message; beyond it, memory follows the bytes.
const FIRST_RESERVE: usize = 128 * 1024;
const TRUST: usize = 8;

/// The receiving side of one connection.
pub struct Decoder {
    max_message: u64,
    /// Payload bytes that the frame being read still has.
    remaining: u64,
    /// What has arrived of the message being read.
    data: Vec<u8>,
    /// What has arrived of a control frame that was split.
    control: Option<Box<ControlPayload>>,
    utf8: Utf8Check,
    state: State,
    /// The message being read; `None` between messages.
    message: Option<MessageKind>,
    header: [u8; MAX_HEADER],
    header_len: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between frames, or inside a header.
    Header,
    /// In the payload of a text, binary or continuation frame.
    Data { fin: bool },
    /// In the payload of a ping, pong or close frame.
    Control(Opcode),
    /// After a close frame or a violation.
    Stopped,
}

/// What one call to `Decoder::decode` did.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes of the input that are done with: all of them, unless `control`
    /// is there, which ends the call.
    pub consumed: usize,
    pub control: Option<Control>,
}

impl Decoder {
    /// `max_message` is the most payload bytes of a message, fragments together.
    pub fn new(max_message: u64) -> Decoder {
        Decoder {
            // Lengths become `usize` below; no message can be larger anyway.
            max_message: max_message.min(isize::MAX as u64 - 1),
            remaining: 0,
            data: Vec::new(),
            control: None,
            utf8: Utf8Check::default(),
            state: State::Header,
            message: None,
            header: [0; MAX_HEADER],
            header_len: 0,
        }
    }

    /// Decodes until `input` is used up or a control frame is complete;
    /// finished messages go to `batch` in order. On `Err` what is in `batch`
    /// is still good and to be delivered.
    ///
    /// After a close frame or a violation there is nothing more to come
    /// (RFC 6455 1.4, 7.1.7): further input is consumed and ignored.
    pub fn decode(&mut self, input: &[u8], batch: &mut Batch) -> Result<Decoded, Violation> {
        let result = self.run(input, batch);
        if let Err(_) | Ok(Decoded { control: Some(Control::Close(_)), .. }) = &result {
            *self = Decoder { state: State::Stopped, ..Decoder::new(self.max_message) };
        }
        result
    }

    /// Whether nothing is partial: the last byte ended a message or a control
    /// frame that was not inside a message.
    pub fn is_idle(&self) -> bool {
        self.message.is_none()
            && self.header_len == 0
            && matches!(self.state, State::Header | State::Stopped)
    }

    /// In the middle of a data frame: how many payload bytes it still has,
    /// which is a hint for reading.
    pub fn expecting(&self) -> Option<u64> {
        match self.state {
            State::Data { .. } => Some(self.remaining),
            _ => None,
        }
    }

    fn run(&mut self, input: &[u8], batch: &mut Batch) -> Result<Decoded, Violation> {
        let mut rest = input;
        loop {
            match self.state {
                State::Header => {
                    if self.header_len == 0 && self.message.is_none() {
                        rest = self.whole_messages(rest, batch)?;
                    }
                    match self.take_header(&mut rest)? {
                        Some(header) => self.begin_frame(header)?,
                        None => break,
                    }
                }
                State::Data { fin } => {
                    let piece = self.take_payload(&mut rest);
                    self.append(piece, fin)?;
                    if self.remaining > 0 {
                        break;
                    }
                    self.state = State::Header;
                    if fin {
                        self.finish_message(batch)?;
                    }
                }
                State::Control(opcode) => {
                    let piece = self.take_payload(&mut rest);
                    if let Some(control) = self.take_control(opcode, piece)? {
                        return Ok(Decoded {
                            consumed: input.len() - rest.len(),
                            control: Some(control),
                        });
                    }
                    break;
                }
                State::Stopped => break,
            }
        }
        Ok(Decoded { consumed: input.len(), control: None })
    }

    /// The short way for what most input is: small messages, each one frame
    /// that is here as a whole. Returns the input from the first frame that
    /// is anything else, which the long way then judges.
    fn whole_messages<'a>(
        &self,
        input: &'a [u8],
        batch: &mut Batch,
    ) -> Result<&'a [u8], Violation> {
        const TEXT: u8 = FIN | Opcode::Text as u8;
        const BINARY: u8 = FIN | Opcode::Binary as u8;
        let limit = self.max_message.min(LARGE as u64) as usize;
        let mut rest = input;
        while let [first @ (TEXT | BINARY), second, after @ ..] = rest {
            let (len, after) = match (second, after) {
                (0..=125, _) => (usize::from(*second), after),
                (126, [a, b, after @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), after),
                _ => break,
            };
            let padded = *second == 126 && len <= 125;
            if padded || len > limit || len > after.len() {
                break;
            }
            let (payload, after) = after.split_at(len);
            let kind = if *first == TEXT {
                utf8::check(payload)?;
                MessageKind::Text
            } else {
                MessageKind::Binary
            };
            if rest.len() == input.len() {
                batch.reserve(input.len());
            }
            batch.push(kind, payload);
            rest = after;
        }
        Ok(rest)
    }

    /// Takes the next header out of `rest`, or all of `rest` into the header
    /// that is being collected.
    fn take_header(&mut self, rest: &mut &[u8]) -> Result<Option<FrameHeader>, Violation> {
        let in_message = self.message.is_some();
        if self.header_len == 0 {
            if let Some((header, size)) = frame::parse(rest, in_message)? {
                *rest = &rest[size..];
                return Ok(Some(header));
            }
        }
        while let Some((&byte, after)) = rest.split_first() {
            // Room: a header is complete at MAX_HEADER bytes.
            self.header[usize::from(self.header_len)] = byte;
            self.header_len += 1;
            *rest = after;
            let collected = &self.header[..usize::from(self.header_len)];
            if let Some((header, _)) = frame::parse(collected, in_message)? {
                self.header_len = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    fn begin_frame(&mut self, header: FrameHeader) -> Result<(), Violation> {
        let FrameHeader { fin, opcode, payload_len } = header;
        match opcode {
            Opcode::Text => self.message = Some(MessageKind::Text),
            Opcode::Binary => self.message = Some(MessageKind::Binary),
            Opcode::Continuation => {}
            Opcode::Ping | Opcode::Pong | Opcode::Close => {
                self.remaining = payload_len;
                self.state = State::Control(opcode);
                return Ok(());
            }
        }
        // Both are below 2^63.
        let total = self.data.len() as u64 + payload_len;
        if total > self.max_message {
            let at_least = if fin { "" } else { "at least " };
            return Err(Violation::too_big(format!(
                "the server sent a message of {at_least}{total} bytes; the limit is {} bytes",
                self.max_message
            )));
        }
        self.remaining = payload_len;
        self.state = State::Data { fin };
        Ok(())
    }

    /// The part of `rest` that belongs to the frame being read.
    fn take_payload<'a>(&mut self, rest: &mut &'a [u8]) -> &'a [u8] {
        // What is left of the frame fits in usize if it is less than a slice.
        let len = self.remaining.min(rest.len() as u64) as usize;
        let (piece, after) = rest.split_at(len);
        self.remaining -= len as u64;
        *rest = after;
        piece
    }

    fn append(&mut self, piece: &[u8], fin: bool) -> Result<(), Violation> {
        if piece.is_empty() {
            return Ok(());
        }
        if self.message == Some(MessageKind::Text) {
            self.utf8.feed(piece, self.data.len())?;
        }
        self.make_room(piece.len(), fin)?;
        self.data.extend_from_slice(piece);
        Ok(())
    }

    /// Room for `piece` bytes, and for as much of the rest of the frame as is
    /// plausible; each time more than before, so the cost stays linear.
    fn make_room(&mut self, piece: usize, fin: bool) -> Result<(), Violation> {
        let needed = self.data.len() + piece;
        if self.data.capacity() > needed {
            return Ok(());
        }
        // At most max_message, so it fits; and one byte for the batch's NUL.
        let announced = needed + self.remaining as usize + 1;
        let plausible = FIRST_RESERVE.max(needed.saturating_mul(TRUST));
        let additional = announced.min(plausible) - self.data.len();
        let reserved = if fin {
            self.data.try_reserve_exact(additional)
        } else {
            // More fragments follow: amortised.
            self.data.try_reserve(additional)
        };
        reserved.map_err(|_| {
            Violation::too_big(format!(
                "there is no memory for a message of {} bytes",
                announced - 1
            ))
        })
    }

    fn finish_message(&mut self, batch: &mut Batch) -> Result<(), Violation> {
        let data = std::mem::take(&mut self.data);
        if let Some(kind) = self.message.take() {
            if kind == MessageKind::Text {
                self.utf8.finish(data.len())?;
            }
            batch.push_owned(kind, data);
        }
        Ok(())
    }

    /// Adds to the control frame being read; gives it when it is complete.
    fn take_control(&mut self, opcode: Opcode, piece: &[u8]) -> Result<Option<Control>, Violation> {
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
        Ok(Some(match opcode {
            Opcode::Ping => Control::Ping(payload),
            Opcode::Pong => Control::Pong(payload),
            _ => Control::Close(close::parse(&payload)?),
        }))
    }
}

#[cfg(test)]
mod tests;
