//! A server's stream without extensions: what is told does not depend on how
//! it arrives, is what RFC 6455 says, is what tungstenite says, and takes no
//! more memory than the limit allows.

#![no_main]

use std::io::Cursor;

use hostws::protocol::{DecoderConfig, MessageKind};
use hostws_fuzz::feed;
use hostws_fuzz::input::Input;
use hostws_fuzz::memory::Counting;
use hostws_fuzz::model::{self, Told};
use libfuzzer_sys::fuzz_target;
use tungstenite::error::ProtocolError;
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tungstenite::{Error, Message};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LIMITS: [u64; 8] = [1 << 20, 0, 1, 125, 126, 1000, 65_535, u64::MAX];
const THRESHOLDS: [Option<usize>; 6] = [None, Some(0), Some(5), Some(16), Some(126), Some(4096)];

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let max_message = input.choose(&LIMITS);
    let stream_threshold = input.choose(&THRESHOLDS);
    let seed = input.byte();
    let stream = input.rest();

    let config = DecoderConfig { max_message, stream_threshold, deflate: None };
    let (told, handed_on) = model::join(&feed::events(config, stream, seed));
    let expected = model::model(stream, max_message, None);
    assert_eq!(told, expected.told, "not as the RFC has it");
    assert!(expected.unfinished.starts_with(&handed_on));
    compare(&told, stream, max_message);
    feed::bounded(config, stream, seed);
});

/// tungstenite looks at a frame when all of it is there, and at fewer things:
/// it may go on where we stop, but up to there both say the same.
fn compare(told: &[Told], stream: &[u8], max_message: u64) {
    let limit = Some(usize::try_from(max_message).unwrap_or(usize::MAX).min(1 << 20));
    let config = WebSocketConfig::default()
        .read_buffer_size(256)
        .max_message_size(limit)
        .max_frame_size(limit.map(|limit| limit.max(125)));
    let reader = Cursor::new(stream.to_vec());
    let mut reference = WebSocket::from_raw_socket(Reader(reader), Role::Client, Some(config));
    let mut ours = told.iter();
    loop {
        let theirs = match reference.read() {
            Ok(Message::Text(text)) => Told::Message(MessageKind::Text, text.as_bytes().to_vec()),
            Ok(Message::Binary(data)) => Told::Message(MessageKind::Binary, data.to_vec()),
            Ok(Message::Ping(data)) => Told::Ping(data.to_vec()),
            Ok(Message::Pong(data)) => Told::Pong(data.to_vec()),
            Ok(Message::Close(frame)) => {
                let frame = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                match ours.next() {
                    // Their list of codes is another one.
                    Some(Told::Violation(_)) => {}
                    Some(Told::Close(Some(_))) if matches!(frame, Some((1002, _))) => {}
                    other => assert_eq!(other, Some(&Told::Close(frame))),
                }
                return;
            }
            Ok(Message::Frame(_)) => unreachable!("a reader never gives one"),
            // The end of the stream: at most we know already that it is bad.
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                assert!(matches!(ours.next(), None | Some(Told::Violation(_))));
                return;
            }
            // Our largest limit is larger than theirs.
            Err(Error::Capacity(_)) if max_message > 1 << 20 => return,
            Err(error) => {
                let next = ours.next();
                assert!(matches!(next, Some(Told::Violation(_))), "{error}, not {next:?}");
                return;
            }
        };
        match ours.next() {
            Some(Told::Violation(_)) => return,
            other => assert_eq!(other, Some(&theirs)),
        }
    }
}

/// Reads the stream, and lets the answers go.
struct Reader(Cursor<Vec<u8>>);

impl std::io::Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl std::io::Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
