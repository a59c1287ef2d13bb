use mio::net::UnixStream;

use super::*;
use crate::connection::{DataType, Options};
use crate::error::Code;

fn dialer(url: &str, proxy: &str) -> Dialer {
    let options = Options { proxy: Some(proxy.to_owned()), ..Options::default() };
    let config = options.resolve(url, DataType::Text).unwrap().config;
    Dialer::new(Notes::new(1, None), Arc::new(config), Arc::new(Resources::default()), None)
}

fn stream() -> Stream {
    Stream::from(Socket::Unix(UnixStream::pair().unwrap().0))
}

#[track_caller]
fn check_lost(step: Result<Step>) {
    let failure = step.err().expect("nothing to speak TLS with");
    let codes: Vec<i32> = failure.error.chain().map(|error| error.code).collect();
    assert_eq!(codes, [Code::Open as i32, Code::Internal as i32]);
}

#[test]
fn without_a_tls_context_nothing_goes_on_in_plain_text() {
    check_lost(dialer("wss://h", "").reached(stream()));
    check_lost(dialer("wss://h", "").connected(stream()));
    check_lost(dialer("ws://h", "https://p").connected(stream()));
    let plain = dialer("ws://h", "http://p").connected(stream());
    assert!(matches!(plain, Ok(Step::Next(Phase::Tunnelling(_)))));
    let plain = dialer("ws://h", "").reached(stream());
    assert!(matches!(plain, Ok(Step::Next(Phase::Upgrading(_)))));
}
