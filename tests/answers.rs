//! Answers of servers and proxies, including the irregular ones of real servers.

mod support;

use std::ffi::CString;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{mpsc, Mutex};

use hostws::capi::*;
use support::host::*;
use support::servers::listener::{close_gently, Listener};
use support::servers::raw;
use support::url;

/// A server that adds these header lines to its answer, which to `/401` is a refusal.
fn server(lines: &'static [u8]) -> Listener {
    let server = raw::scripted(move |mut stream, request| {
        match request.path() {
            "/401" => {
                stream.write_all(b"HTTP/1.1 401 Sorry\r\n")?;
                stream.write_all(lines)?;
                stream.write_all(b"Content-Length: 2\r\n\r\nno")?;
            }
            _ => {
                let mut answer = request.accept("");
                answer.truncate(answer.len() - 2);
                stream.write_all(&[&answer[..], lines, b"\r\n"].concat())?;
            }
        }
        close_gently(stream);
        Ok(())
    });
    server.unwrap()
}

/// All headers in order.
fn headers(ws: ws_id) -> Vec<(String, Vec<u8>)> {
    let header = |index| {
        let mut name = [0; 256];
        let mut value = [0_u8; 256];
        let room = value.len() as i64;
        // SAFETY: both buffers have that much room.
        let length = unsafe {
            ws_response_header_at(
                ws,
                index,
                name.as_mut_ptr(),
                256,
                value.as_mut_ptr().cast(),
                room,
            )
        };
        let length = usize::try_from(length).ok()?;
        Some((words(name.as_ptr()), value[..length].to_vec()))
    };
    (0..).map_while(header).collect()
}

/// The result of `look` inside on_terminate, when nothing can change any more.
fn told<T: Send + 'static>(
    url: &str,
    set: impl FnOnce(&mut ws_options),
    look: impl Fn(ws_id) -> T + Send + Sync + 'static,
) -> (Story, T) {
    let (sender, told) = mpsc::channel();
    let sender = Mutex::new(sender);
    let hook = move |ws: ws_id, event: &Event| {
        if matches!(event, Event::Terminate(_)) {
            sender.lock().unwrap().send(look(ws)).unwrap();
        }
    };
    let story = Client::full(url, 0, set, Some(Box::new(hook))).finish();
    (story, told.try_recv().unwrap())
}

const FOLDED: &[u8] = b"X-Long: one\r\n  two\r\nX-Odd : three\r\nno header\r\nSet-Cookie: a=b\r\n";

fn odd_headers(ws: ws_id) -> Vec<Result<String, i64>> {
    ["X-Long", "X-Odd", "Set-Cookie"].map(|name| response_header(ws, name)).into()
}

#[test]
fn lines_that_break_the_rules_lose_no_answer() {
    let expected = ["one two", "three", "a=b"].map(|value| Ok(value.to_owned()));
    let server = server(FOLDED);
    let (story, headers) = told(&url(&server, "/open"), |_| {}, odd_headers);
    assert!(story.was_open());
    assert_eq!(headers, expected);
    let (story, headers) = told(&url(&server, "/401"), |_| {}, odd_headers);
    story.check_failed(1006, &["ws", "http"], "401 Sorry");
    assert_eq!(headers, expected);
}

#[test]
fn nor_does_a_proxy_lose_its_answer() {
    let server = server(b"");
    for (answer, opens) in [
        (&b"HTTP/1.1 200 Go on\r\nVia: one\r\n two\r\nno header\r\n\r\n"[..], true),
        (b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n realm=\"x\"\r\n\r\n", false),
    ] {
        let port = server.port;
        let proxy = Listener::start(move |mut client, _| {
            assert!(read_head(&mut client).starts_with(b"CONNECT "));
            client.write_all(answer).unwrap();
            if opens {
                let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                server.write_all(&read_head(&mut client)).unwrap();
                let _ = io::copy(&mut server, &mut client);
            }
            close_gently(client.tcp());
        })
        .unwrap();
        let proxy = CString::new(format!("http://127.0.0.1:{}", proxy.port)).unwrap();
        let story = Client::with(&url(&server, "/open"), |o| o.proxy = proxy.as_ptr()).finish();
        assert_eq!(story.was_open(), opens);
        if !opens {
            story.check_failed(1006, &["ws", "proxy"], "407 No");
            story.check_failed(1006, &["ws", "proxy"], "Basic realm=\"x\"");
        }
    }
}

fn read_head(mut stream: impl Read) -> Vec<u8> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    head
}

#[test]
fn headers_that_repeat_are_told_one_by_one() {
    let server = server(
        b"Set-Cookie: sid=abc; Expires=Wed, 21 Oct 2065 07:28:00 GMT\r\nset-cookie: route=2\r\n\
         Via: a\r\nVia: b\r\nX-User: caf\xe9\r\n",
    );
    let look = |ws| {
        let joined = ["Set-Cookie", "Via"].map(|name| response_header(ws, name));
        (joined, headers(ws))
    };
    let (_, (joined, headers)) = told(&url(&server, "/401"), |_| {}, look);
    let cookies = ["sid=abc; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "route=2"];
    assert_eq!(joined, [Ok(cookies.join("\n")), Ok("a, b".to_owned())]);
    let expected = [
        ("Set-Cookie", cookies[0].as_bytes()),
        ("set-cookie", cookies[1].as_bytes()),
        ("Via", b"a"),
        ("Via", b"b"),
        ("X-User", b"caf\xe9"),
        ("Content-Length", b"2"),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.into())));
}

#[test]
fn a_location_is_bytes() {
    let (sender, asked) = mpsc::channel();
    let server = raw::scripted(move |mut stream, request| {
        sender.send(request.head.lines().next().unwrap_or_default().to_owned()).unwrap();
        match request.path() {
            "/" => {
                stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /caf\xe9?\xc3\xa9\r\n\r\n")?
            }
            _ => stream.write_all(&request.accept(""))?,
        }
        close_gently(stream);
        Ok(())
    })
    .unwrap();
    assert!(Client::with(&url(&server, "/"), |o| o.max_redirects = 1).finish().was_open());
    let asked: Vec<String> = asked.try_iter().collect();
    assert_eq!(asked, ["GET / HTTP/1.1", "GET /caf%E9?%C3%A9 HTTP/1.1"]);
}
