//! Authentication with the user and password of a URL, by Digest or Basic, at servers and proxies.

mod support;

use std::ffi::CString;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use hostws::capi::*;
use openssl::hash::{hash, MessageDigest};
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::listener::{close_gently, Listener};
use support::servers::raw::{self, Request};
use support::servers::websocket;
use support::url;

/// The requests that arrived, each with the number of its connection.
type Heard = Arc<Mutex<Vec<(usize, Request)>>>;

/// A server that answers each request with the result of `answer` for the request and its number,
/// up to a 101.
fn server<F>(answer: F) -> (Listener, Heard)
where
    F: Fn(&Request, usize) -> Vec<u8> + Send + Sync + 'static,
{
    let heard = Heard::default();
    let (ours, connections) = (Arc::clone(&heard), Mutex::new(0));
    let server = raw::scripted(move |mut stream, request| {
        let connection = {
            let mut connections = connections.lock().unwrap();
            *connections += 1;
            *connections
        };
        let mut request = Request::read(request.head.as_bytes())?;
        loop {
            let number = {
                let mut heard = ours.lock().unwrap();
                heard.push((connection, Request::read(request.head.as_bytes())?));
                heard.len()
            };
            let bytes = answer(&request, number);
            stream.write_all(&bytes)?;
            let is_last = bytes.starts_with(b"HTTP/1.1 101") || bytes.ends_with(END);
            if is_last {
                close_gently(stream);
                return Ok(());
            }
            request = Request::read(stream)?;
        }
    });
    (server.unwrap(), heard)
}

/// A body after which the server closes without an announcement.
const END: &[u8] = b"the end";

fn refuse(headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 401 Unauthorized\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let all = request.header_all(name);
    assert!(all.len() < 2, "{name} twice: {}", request.head);
    all.first().copied()
}

/// A parameter of an Authorization header.
fn part(value: &str, name: &str) -> Option<String> {
    let parts = value.strip_prefix("Digest ")?.split(", ");
    let (_, value) = parts.filter_map(|part| part.split_once('=')).find(|it| it.0 == name)?;
    Some(value.trim_matches('"').to_owned())
}

fn hex(algorithm: MessageDigest, text: &str) -> String {
    data_encoding::HEXLOWER.encode(&hash(algorithm, text.as_bytes()).unwrap())
}

/// Whether the header proves knowledge of the password for that method.
fn is_right(value: &str, user: &str, password: &str, method: &str) -> bool {
    let get = |name| part(value, name).unwrap_or_default();
    let algorithm = match get("algorithm").as_str() {
        "SHA-256" => MessageDigest::sha256(),
        _ => MessageDigest::md5(),
    };
    let secret = hex(algorithm, &format!("{user}:{}:{password}", get("realm")));
    let request = hex(algorithm, &format!("{method}:{}", get("uri")));
    let middle = match get("qop").as_str() {
        "" => get("nonce"),
        qop => format!("{}:{}:{}:{qop}", get("nonce"), get("nc"), get("cnonce")),
    };
    get("response") == hex(algorithm, &format!("{secret}:{middle}:{request}"))
}

fn with_user(server: &Listener, path: &str) -> String {
    url(server, path).replace("ws://", "ws://me:open%20sesame@")
}

/// A server that accepts valid Digest credentials.
fn by_digest(challenges: &'static str, end: &'static str) -> (Listener, Heard) {
    server(move |request, _| match header(request, "Authorization") {
        Some(value) if is_right(value, "me", "open sesame", "GET") => request.accept(""),
        _ => refuse(challenges, end),
    })
}

#[test]
fn digest_answers_the_challenge_on_the_same_connection() {
    for (algorithm, length) in [("MD5", 32), ("SHA-256", 64)] {
        let challenge = format!(
            "WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Digest realm=\"a, \\\"b\\\"\", \
             nonce=\"n0nce==\", opaque=\"o\", qop=\"auth,auth-int\", algorithm={algorithm}\r\n"
        );
        let (server, heard) = server(move |request, number| match number {
            1 => refuse(&challenge, "who are you"),
            _ => request.accept(""),
        });
        let client = Client::new(&with_user(&server, "/a?b=c"));
        client.wait_open();
        let heard = heard.lock().unwrap();
        assert_eq!(heard.len(), 2);
        assert_eq!(header(&heard[0].1, "Authorization"), None, "nobody has asked yet");
        let value = header(&heard[1].1, "Authorization").unwrap();
        assert_eq!(part(value, "uri").as_deref(), Some("/a?b=c"));
        assert_eq!(part(value, "response").unwrap().len(), length);
        assert_eq!(part(value, "nc").as_deref(), Some("00000001"));
        assert!(
            value.contains("realm=\"a, \\\"b\\\"\"") && value.contains("opaque=\"o\""),
            "{value}"
        );
        assert_eq!(heard[0].0, heard[1].0, "on one connection");
        client.finish();
    }
}

#[test]
fn a_server_that_closes_after_its_challenge_is_asked_again() {
    const PLAIN: &str = "WWW-Authenticate: Digest realm=r, nonce=n, qop=auth\r\n";
    const CLOSING: &str =
        "Connection: close\r\nWWW-Authenticate: Digest realm=r, nonce=n, qop=auth\r\n";
    // The server announces the close and closes; only closes; only announces it.
    for (challenges, body) in [(CLOSING, "the end"), (PLAIN, "the end"), (CLOSING, "")] {
        let (server, heard) = by_digest(challenges, body);
        let client = Client::new(&with_user(&server, "/"));
        client.wait_open();
        client.finish();
        let heard = heard.lock().unwrap();
        // Requests that were lost with the first connection do not count.
        let ends = (heard.first().unwrap().0, heard.last().unwrap().0);
        assert_eq!(ends, (1, 2), "{}", heard.len());
    }
}

#[test]
fn what_devices_send() {
    for challenges in [
        "WWW-Authenticate: Digest realm=\"cam\", nonce=\"1\", qop=auth, stale=FALSE\r\n",
        "WWW-Authenticate: Digest qop=auth,auth-int, realm=\"cam\", nonce=\"1\"\r\n",
        "WWW-Authenticate: Digest realm=\"cam\", nonce=\"1\"\r\n",
        "WWW-Authenticate: Basic realm=\"cam\", Digest realm=\"cam\", nonce=\"1\", algorithm=MD5\r\n",
        "WWW-Authenticate: Digest realm=\"cam\", nonce=\"1\", qop=\"auth\", Basic realm=\"cam\"\r\n",
        "www-authenticate: digest realm=\"cam\",domain=\"/\",nonce=\"1\",algorithm=\"MD5\",qop=\"auth\"\r\n",
        "WWW-Authenticate: NTLM\r\nWWW-Authenticate: Digest realm=cam, nonce=1, algorithm=SHA-512-256\r\n\
         WWW-Authenticate: Digest realm=cam, nonce=2, algorithm=md5\r\n",
    ] {
        let (server, _) = by_digest(challenges, "");
        let client = Client::new(&with_user(&server, "/"));
        client.wait_open();
        client.finish();
    }
}

#[test]
fn basic_where_digest_is_not_offered() {
    for challenges in [
        "WWW-Authenticate: Basic realm=\"x\"\r\n",
        "WWW-Authenticate: Digest realm=x, nonce=n, qop=auth-int, Basic realm=x\r\n",
        "",
    ] {
        let (server, heard) = server(move |request, _| match header(request, "Authorization") {
            Some("Basic bWU6b3BlbiBzZXNhbWU=") => request.accept(""),
            _ => refuse(challenges, ""),
        });
        let client = Client::new(&with_user(&server, "/"));
        client.wait_open();
        client.finish();
        assert_eq!(heard.lock().unwrap().len(), 2);
    }
}

#[test]
fn over_tls_basic_is_sent_at_once() {
    let certificates = Certificates::new().unwrap();
    let server = websocket::tls(&certificates.good).unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let url = format!("wss://user:p%40ss@localhost:{}/headers", server.port);
    let client = Client::with(&url, |options| options.tls_ca = ca.as_ptr());
    client.wait_messages(1);
    let sent: serde_json::Value = serde_json::from_slice(&client.messages()[0]).unwrap();
    // user:p@ss
    assert_eq!(sent["authorization"], serde_json::json!(["Basic dXNlcjpwQHNz"]));
    client.terminate();
    client.finish();
}

#[test]
fn what_was_refused_is_not_sent_again() {
    for challenges in [
        "WWW-Authenticate: Digest realm=r, nonce=n, qop=auth\r\nWWW-Authenticate: Basic realm=r\r\n",
        "WWW-Authenticate: Basic realm=r\r\n",
    ] {
        let (server, heard) = server(move |_, _| refuse(challenges, "no"));
        let story = Client::new(&with_user(&server, "/")).finish();
        story.check_failed(1006, &["ws", "http"], "401 Unauthorized");
        assert!(!format!("{story:?}").contains("sesame"));
        assert_eq!(heard.lock().unwrap().len(), 2);
    }
    // Without a user there is no answer to a challenge.
    let (server, heard) = server(|_, _| refuse("WWW-Authenticate: Basic realm=r\r\n", ""));
    Client::new(&url(&server, "/")).finish().check_failed(1006, &["ws", "http"], "401");
    assert_eq!(heard.lock().unwrap().len(), 1);
    // The host's header replaces the URL's user.
    let (name, value) = (c"authorization", c"Bearer x");
    let headers = [ws_header { name: name.as_ptr(), value: value.as_ptr() }];
    let client = Client::with(&with_user(&server, "/"), |options| {
        options.headers = headers.as_ptr();
        options.header_count = 1;
    });
    client.finish().check_failed(1006, &["ws", "http"], "401");
    let heard = heard.lock().unwrap();
    assert_eq!((heard.len(), header(&heard[1].1, "Authorization")), (2, Some("Bearer x")));
}

#[test]
fn a_stale_nonce_is_renewed_and_not_for_ever() {
    let challenge = |number: usize, stale: bool| {
        format!("WWW-Authenticate: Digest realm=r, nonce=n{number}, qop=auth, stale={stale}\r\n")
    };
    let (server1, heard) = server(move |request, number| match number {
        1..=3 => refuse(&challenge(number, number > 1), ""),
        _ => request.accept(""),
    });
    let client = Client::new(&with_user(&server1, "/"));
    client.wait_open();
    client.finish();
    let last = header(&heard.lock().unwrap()[3].1, "Authorization").unwrap().to_owned();
    assert_eq!(
        (part(&last, "nonce"), part(&last, "nc")),
        (Some("n3".into()), Some("00000001".into()))
    );

    let (server2, heard) = server(move |_, number| refuse(&challenge(number, true), ""));
    let story = Client::new(&with_user(&server2, "/")).finish();
    story.check_failed(1006, &["ws", "http"], "asked for credentials too often");
    assert_eq!(heard.lock().unwrap().len(), 17);
}

#[test]
fn the_user_goes_with_a_redirect_to_the_same_origin_and_to_no_other() {
    let (stranger, strange) = server(|request, number| match number {
        1 => refuse("WWW-Authenticate: Digest realm=r, nonce=evil\r\n", ""),
        _ => request.accept(""),
    });
    let away = url(&stranger, "/").replace("ws:", "http:");
    let (home, heard) = server(move |request, _| {
        let told = "Authentication-Info: nextnonce=\"second\"\r\n";
        match (header(request, "Authorization"), request.path()) {
            (None, _) => refuse("WWW-Authenticate: Digest realm=r, nonce=first, qop=auth\r\n", ""),
            (Some(_), "/start") => redirect("/next", ""),
            (Some(_), "/next") => redirect("/last", told),
            _ => redirect(&away, ""),
        }
    });
    let client = Client::with(&with_user(&home, "/start"), |options| options.max_redirects = 5);
    client.finish().check_failed(1006, &["ws", "http"], "401");
    let proofs: Vec<_> = heard.lock().unwrap()[1..]
        .iter()
        .map(|(_, request)| {
            let value = header(request, "Authorization").unwrap();
            assert!(is_right(value, "me", "open sesame", "GET"), "{value}");
            let get = |name| part(value, name).unwrap();
            format!("{} {} {}", get("uri"), get("nonce"), get("nc"))
        })
        .collect();
    let expected = ["/start first 00000001", "/next first 00000002", "/last second 00000001"];
    assert_eq!(proofs, expected);
    let strange = strange.lock().unwrap();
    assert!(strange.len() == 1 && header(&strange[0].1, "Authorization").is_none());
}

fn redirect(location: &str, more: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n{more}Content-Length: 0\r\n\r\n").into()
}

/// The head of a CONNECT, whose target `Request` cannot read.
fn read_head(mut stream: &TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if io::Read::read(&mut stream, &mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.push(byte[0]);
    }
    Ok(String::from_utf8(head).unwrap())
}

#[test]
fn digest_to_a_proxy_covers_the_connect() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let ours = Arc::clone(&heads);
    // It lets nobody through. The test is about its refusals.
    let proxy = Listener::start(move |stream, _| {
        let mut stream = stream.tcp();
        while let Ok(head) = read_head(stream) {
            let value = head.split_once("Proxy-Authorization: ");
            let value = value.map(|(_, rest)| rest.split("\r\n").next().unwrap().to_owned());
            let is_good = value
                .as_deref()
                .is_some_and(|value| is_right(value, "me", "open sesame", "CONNECT"));
            ours.lock().unwrap().push(head);
            let answer = match is_good {
                true => "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n",
                false => {
                    "HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=p, nonce=n, qop=auth, \
                     algorithm=SHA-256\r\nContent-Length: 2\r\n\r\nno"
                }
            };
            let _ = stream.write_all(answer.as_bytes());
        }
    })
    .unwrap();
    for (password, words) in [("open%20sesame", "504"), ("wrong", "does not accept")] {
        heads.lock().unwrap().clear();
        let option = format!("http://me:{password}@127.0.0.1:{}", proxy.port);
        let option = CString::new(option).unwrap();
        let client = Client::with("ws://[fe80::1%25lo]:81/path", |options| {
            options.proxy = option.as_ptr();
        });
        client.finish().check_failed(1006, &["ws", "proxy"], words);
        let heads = heads.lock().unwrap();
        assert_eq!(heads.len(), 2, "on one connection or two");
        assert!(!heads[0].contains("Proxy-Authorization"), "{}", heads[0]);
        assert!(heads[1].contains("uri=\"[fe80::1]:81\""), "{}", heads[1]);
    }
}
