//! Options of hosts, and the settings that follow from them.

use super::*;

fn refused(options: Options) -> String {
    options.resolve("ws://h", DataType::Text).err().expect("refused").message
}

#[test]
fn no_value_is_printed() {
    let headers = vec![("Cookie".to_owned(), "s3cret".to_owned())];
    let secret = || Some("s3cret".to_owned());
    let options =
        Options { headers, proxy: secret(), subprotocols: secret(), ..Options::default() };
    assert_eq!(format!("{options:?}"), "Options { .. }");
}

#[test]
fn zero_is_the_default() {
    let limits = Options::default().resolve("ws://h", DataType::Text).unwrap().limits;
    assert_eq!(limits.open_timeout, Some(Duration::from_secs(30)));
    assert_eq!(limits.close_timeout, Duration::from_secs(5));
    assert_eq!(limits.ping_interval, Some(Duration::from_secs(30)));
    assert_eq!(limits.ping_timeout, Some(Duration::from_secs(30)));
    assert_eq!(limits.write_timeout, Some(Duration::from_secs(30)));
    assert_eq!(limits.max_message, 64 << 20);
    assert_eq!(limits.send, SendBound { queue: 16 << 20, alone: (64 << 20) + 14 });
    assert_eq!(limits.receive_queue_max, 16 << 20);
}

#[test]
fn minus_one_is_off() {
    let options = Options {
        open_timeout_ms: -1,
        ping_interval_ms: -1,
        ping_timeout_ms: -1,
        max_message: -1,
        send_queue_max: -1,
        receive_queue_max: -1,
        ..Options::default()
    };
    let limits = options.resolve("ws://h", DataType::Text).unwrap().limits;
    assert_eq!(
        (limits.open_timeout, limits.ping_interval, limits.ping_timeout),
        (None, None, None)
    );
    assert_eq!((limits.max_message, limits.send.queue), (u64::MAX, usize::MAX));
}

#[test]
fn what_is_out_of_range_is_named() {
    let base = Options::default;
    assert!(refused(Options { open_timeout_ms: -2, ..base() }).contains("open_timeout_ms"));
    assert!(refused(Options { close_timeout_ms: -1, ..base() }).contains("close_timeout_ms"));
    assert!(refused(Options { write_timeout_ms: -2, ..base() }).contains("write_timeout_ms"));
    assert!(refused(Options { max_message: -5, ..base() }).contains("max_message"));
    assert!(refused(Options { send_queue_max: i64::MIN, ..base() }).contains("send_queue_max"));
    assert!(refused(Options { stream_threshold: 1023, ..base() }).contains("stream_threshold"));
    let object = Options { stream_threshold: 4096, ..base() };
    let words = object.resolve("ws://h", DataType::Object).err().expect("refused").message;
    assert!(words.contains("stream_threshold"), "{words}");
    assert!(refused(Options { deflate: 2, ..base() }).contains("option deflate:"));
    assert!(refused(Options { deflate_threshold: -2, ..base() }).contains("deflate_threshold"));
    for (options, name) in [
        (
            Options { deflate_server_no_context_takeover: 2, ..base() },
            "deflate_server_no_context_takeover",
        ),
        (
            Options { deflate_client_no_context_takeover: -1, ..base() },
            "deflate_client_no_context_takeover",
        ),
        (Options { deflate_server_max_window_bits: 8, ..base() }, "deflate_server_max_window_bits"),
        (
            Options { deflate_client_max_window_bits: 16, ..base() },
            "deflate_client_max_window_bits",
        ),
    ] {
        assert!(refused(options).contains(name), "{name}");
    }
    assert!(refused(Options { tls_verify: 7, ..base() }).contains("tls_verify"));
    assert!(refused(Options { tls_ca_only: 2, ..base() }).contains("tls_ca_only"));
    assert!(refused(Options { tls_ca_only: 1, ..base() }).contains("tls_ca_only"));
    assert!(refused(Options { tls_pins: Some("x".into()), ..base() }).contains("tls_pins"));
    assert!(refused(Options { tls_min_version: 14, ..base() }).contains("tls_min_version"));
    assert!(refused(Options { ip_family: 5, ..base() }).contains("ip_family"));
    for (options, name) in [
        (Options { local_address: Some("eth0".into()), ..base() }, "local_address"),
        (Options { connect_to: Some("h:1=name".into()), ..base() }, "connect_to"),
        (Options { tcp_keepalive_ms: -2, ..base() }, "tcp_keepalive_ms"),
        (Options { tcp_user_timeout_ms: -2, ..base() }, "tcp_user_timeout_ms"),
        (Options { tcp_send_buffer: -1, ..base() }, "tcp_send_buffer"),
        (Options { tcp_receive_buffer: -1, ..base() }, "tcp_receive_buffer"),
    ] {
        assert!(refused(options).contains(&format!("option {name}:")), "{name}");
    }
    assert!(refused(Options { max_redirects: -1, ..base() }).contains("max_redirects"));
    assert!(
        refused(Options { subprotocols: Some("a,,b".into()), ..base() }).contains("subprotocols")
    );
    let headers = vec![("Bad Name".to_owned(), "x".to_owned())];
    assert!(refused(Options { headers, ..base() }).contains("headers"));
}

#[test]
fn reconnecting_is_off_by_default() {
    let ms = Duration::from_millis;
    let backoff = |max, least, most| {
        let options = Options {
            reconnect_max: max,
            reconnect_min_ms: least,
            reconnect_max_ms: most,
            ..Options::default()
        };
        let settings = options.resolve("ws://h", DataType::Text);
        settings.map(|settings| settings.limits.backoff).map_err(|error| error.message)
    };
    assert_eq!(backoff(0, 0, 0), Ok(None));
    assert_eq!(backoff(-1, 0, 0), Ok(Some(Backoff::new(None, None, ms(30_000)).unwrap())));
    assert_eq!(backoff(3, 7, 7), Ok(Some(Backoff::new(Some(3), Some(ms(7)), ms(7)).unwrap())));
    for (max, least, most, name) in [
        (-2, 0, 0, "reconnect_max:"),
        (0, -1, 0, "reconnect_min_ms"),
        (1, 0, -1, "reconnect_max_ms"),
        (1, -2, 0, "reconnect_min_ms"),
        (1, 8, 7, "more than reconnect_max_ms, which is 7 ms"),
        (0, 30_001, 0, "reconnect_min_ms"),
    ] {
        let words = backoff(max, least, most).expect_err("refused");
        assert!(words.contains(name), "{words}");
    }
}

#[test]
fn equal_options_come_to_equal_configurations() {
    let config = |options: Options| options.resolve("wss://h/p", DataType::Text).unwrap().config;
    let options = || Options {
        headers: vec![("X-Key".to_owned(), "1".to_owned())],
        proxy: Some("socks5://p".to_owned()),
        tls_server_name: Some("name".to_owned()),
        deflate: 1,
        ..Options::default()
    };
    assert!(config(options()) == config(options()));
    for other in [
        Options { headers: Vec::new(), ..options() },
        Options { proxy: None, ..options() },
        Options { tls_server_name: None, ..options() },
        Options { deflate: 0, ..options() },
        Options { tls_verify: -1, ..options() },
    ] {
        assert!(config(other) != config(options()));
    }
}
