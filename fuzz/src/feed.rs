//! A decoder fed as the worker feeds it, and what it told.

use hostws::protocol::{
    self, Batch, Control, Decoded, Decoder, DecoderConfig, MessageKind, ReadBuffer, Violation,
};

use crate::input::split;
use crate::memory;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Message(Part),
    Control(Control),
    Violation(Violation),
}

/// A message, or a part of a large one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub kind: MessageKind,
    pub payload: Vec<u8>,
    pub is_first: bool,
    pub is_last: bool,
}

/// Everything that a decoder tells about `stream`, which must not depend on how
/// it arrives: whole, a byte at a time, or in pieces that follow from `seed`.
pub fn events(config: DecoderConfig, stream: &[u8], seed: u8) -> Vec<Event> {
    let whole = collect(config, [stream]);
    assert_eq!(collect(config, split(stream, 0)), whole, "a byte at a time");
    assert_eq!(collect(config, split(stream, seed)), whole, "in pieces");
    for event in &whole.0 {
        check(event, config);
    }
    whole.0
}

/// The events, and whether it is idle at the end.
fn collect<'a>(
    config: DecoderConfig,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, bool) {
    let mut decoder = Decoder::new(config);
    let mut events = Vec::new();
    for piece in pieces {
        if !feed(&mut decoder, piece, &mut events) {
            break;
        }
    }
    (events, decoder.is_idle())
}

/// One piece. False when nothing counts any more.
fn feed(decoder: &mut Decoder, piece: &[u8], events: &mut Vec<Event>) -> bool {
    let mut input = ReadBuffer::copy_of(piece).expect("memory");
    loop {
        let mut batch = Batch::new();
        let result = decoder.decode(&mut input, &mut batch);
        take(&batch, events);
        let Decoded { control, is_full } = match result {
            Ok(decoded) => decoded,
            Err(violation) => {
                events.push(Event::Violation(violation));
                stays_stopped(decoder, input.rest());
                return false;
            }
        };
        let is_closed = matches!(control, Some(Control::Close(_)));
        let goes_on = is_full || control.is_some();
        assert!(goes_on || input.is_empty(), "input is left, and nothing came of it");
        assert!(!is_full || !batch.is_empty(), "an empty batch is full");
        events.extend(control.map(Event::Control));
        if is_closed {
            stays_stopped(decoder, input.rest());
            return false;
        }
        if !goes_on {
            return true;
        }
    }
}

/// After a close frame or a violation, input is consumed and ignored.
fn stays_stopped(decoder: &mut Decoder, input: &[u8]) {
    for input in [input, b"\x81\x01a\x89\x00\xff\xff"] {
        let mut batch = Batch::new();
        let mut input = ReadBuffer::copy_of(input).expect("memory");
        let decoded = decoder.decode(&mut input, &mut batch).expect("a second violation");
        assert_eq!(decoded, Decoded { control: None, is_full: false });
        assert!(input.is_empty() && batch.is_empty() && decoder.is_idle());
    }
}

fn take(batch: &Batch, events: &mut Vec<Event>) {
    let (mut payload_bytes, mut complete) = (0, 0);
    for part in batch.iter() {
        let protocol::Part { kind, payload, is_first, is_last } = part;
        // SAFETY: the batch keeps one byte behind each payload.
        assert_eq!(unsafe { *payload.as_ptr().add(payload.len()) }, 0, "no NUL follows");
        payload_bytes += payload.len();
        complete += usize::from(is_last);
        events.push(Event::Message(Part { kind, payload: payload.to_vec(), is_first, is_last }));
    }
    assert_eq!((payload_bytes, complete), (batch.payload_bytes(), batch.complete()));
}

/// What is true of every event.
fn check(event: &Event, config: DecoderConfig) {
    match event {
        Event::Message(part) => {
            let is_text = part.kind == MessageKind::Text;
            assert!(!is_text || std::str::from_utf8(&part.payload).is_ok(), "not UTF-8");
            assert!(part.payload.len() as u64 <= config.max_message);
            let Some(threshold) = config.stream_threshold else {
                return assert!(part.is_first && part.is_last, "a part, but nothing is streamed");
            };
            // The rest of a character, even if the parts should be smaller than it.
            let threshold = threshold.max(4);
            assert!(part.payload.len() <= threshold, "a part of {}", part.payload.len());
            let least = match (part.is_first, part.is_last) {
                (true, true) => 0,
                (false, true) => 1,
                (_, false) if is_text => threshold - 3,
                (_, false) => threshold,
            };
            assert!(part.payload.len() >= least, "a part of only {}", part.payload.len());
        }
        Event::Violation(violation) => {
            assert!(matches!(violation.close_code, 1002 | 1007 | 1009));
            assert!(!violation.message.is_empty() && violation.message.len() < 200);
            assert!(!violation.message.contains(char::is_control));
        }
        Event::Control(_) => {}
    }
}

/// Most memory that one call may take beyond what the limits and the input
/// account for: the first reservation for a message, a full batch of inflated
/// ones, the inflater.
const OVERHEAD: usize = 1 << 20;
const FULL: usize = (1 << 20) + 32 * 1024;
const INFLATER: usize = 64 * 1024;

/// Memory follows what arrives, whatever a header announces, and what comes out
/// of the inflater is bounded by the limit.
pub fn bounded(config: DecoderConfig, stream: &[u8], seed: u8) {
    let mut decoder = Decoder::new(config);
    let max_message = usize::try_from(config.max_message).unwrap_or(usize::MAX);
    let arrived = match config.deflate {
        None => 8 * stream.len(),
        // Amortised: the old and the new buffer of what has been inflated.
        Some(_) => max_message.min(2000 * stream.len()).saturating_mul(3) + FULL * 3 + INFLATER,
    };
    for piece in split(stream, seed) {
        let mut input = ReadBuffer::copy_of(piece).expect("memory");
        loop {
            let here = input.rest().len();
            let (result, peak) = memory::peak(|| {
                let mut batch = Batch::new();
                decoder.decode(&mut input, &mut batch)
            });
            // Beside the message: the batch of small ones, with an item for each.
            let allowed = OVERHEAD + arrived + 32 * here + 4096;
            assert!(peak <= allowed, "{peak} bytes for {here} of input");
            match result {
                Ok(Decoded { control, is_full }) => {
                    if control.is_none() && !is_full {
                        break;
                    }
                }
                Err(_) => return,
            }
        }
    }
}
