//! Redirects: how far they are followed, and what is sent along.

mod support;

use std::ffi::CString;
use std::io::{Read, Write};
use std::sync::mpsc::{channel, Receiver};
use std::sync::Mutex;
use std::time::Duration;

use hostws::capi::*;
use native_tls::TlsAcceptor;
use support::host::*;
use support::servers::certificates::Certificates;
use support::servers::listener::{close_gently, Listener};
use support::servers::proxies::{Kind, Setup};
use support::servers::{raw, websocket};
use support::{url, ws_server};

fn redirect(status: u16, location: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 5\r\n\r\nmoved")
        .into_bytes()
}

/// A server that redirects each request to the result of the function for its path; "" accepts it.
fn redirector(to: impl Fn(&str) -> String + Send + Sync + 'static) -> (Listener, Receiver<String>) {
    let (sender, heads) = channel();
    let sender = Mutex::new(sender);
    let server = raw::scripted(move |mut stream, request| {
        let _ = sender.lock().unwrap().send(request.head.clone());
        let location = to(request.path());
        let answer = match location.is_empty() {
            true => request.accept(""),
            false => redirect(302, &location),
        };
        stream.write_all(&answer)?;
        close_gently(stream);
        Ok(())
    });
    (server.unwrap(), heads)
}

fn following(url: &str, count: i32, set: impl FnOnce(&mut ws_options)) -> Client {
    Client::with(url, |options| {
        options.max_redirects = count;
        set(options);
    })
}

#[test]
fn every_kind_is_followed() {
    let server = ws_server();
    for status in [301, 302, 303, 307, 308] {
        let target = format!("http://127.0.0.1:{}/echo", server.port);
        let first = raw::scripted(move |mut stream, _| {
            stream.write_all(&redirect(status, &target))?;
            close_gently(stream);
            Ok(())
        })
        .unwrap();
        let client = following(&url(&first, "/"), 1, |_| {});
        client.send("hello");
        client.wait_messages(1);
        assert_eq!(ws_response_status(client.id), 101);
        client.terminate();
        client.finish().check_clean(1000, "");
    }
}

#[test]
fn none_is_followed_unless_it_is_wanted() {
    let (server, heads) = redirector(|_| "/elsewhere".to_owned());
    let story = Client::new(&url(&server, "/")).finish();
    story.check_failed(1006, &["ws", "http"], "redirects are not followed");
    assert_eq!(heads.try_iter().count(), 1);
    // A status without a location is not followed.
    let silent = raw::scripted(|mut stream, _| {
        stream.write_all(b"HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nlost")?;
        close_gently(stream);
        Ok(())
    });
    let hook: Hook = Box::new(|ws, event| {
        if matches!(event, Event::Error(_)) {
            assert_eq!((ws_response_status(ws), response_body(ws)), (302, Ok("lost".to_owned())));
        }
    });
    let set = |options: &mut ws_options| options.max_redirects = 9;
    let story = Client::full(&url(&silent.unwrap(), "/"), 0, set, Some(hook)).finish();
    story.check_failed(1006, &["ws", "http"], "refused the upgrade with 302 Found");
}

#[test]
fn locations_are_relative() {
    let (server, heads) = redirector(|path| {
        match path {
            "/a/b" => "c?x=1",
            "/a/c" => "/d",
            "/d" => "../e",
            _ => "",
        }
        .to_owned()
    });
    let client = following(&url(&server, "/a/b?secret"), 3, |_| {});
    assert!(client.finish().was_open());
    let asked: Vec<String> =
        heads.try_iter().map(|head| head.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(asked, ["/a/b?secret", "/a/c?x=1", "/d", "/e"]);
}

const PRIVATE: [&str; 4] =
    ["Authorization:", "Cookie:", "Proxy-Authorization:", "Host: mine.example"];

fn with_headers(url: &str, count: i32, names: &[(&str, &str)]) -> Client {
    let texts: Vec<(CString, CString)> = names
        .iter()
        .map(|(name, value)| (CString::new(*name).unwrap(), CString::new(*value).unwrap()))
        .collect();
    let headers: Vec<ws_header> = texts
        .iter()
        .map(|(name, value)| ws_header { name: name.as_ptr(), value: value.as_ptr() })
        .collect();
    following(url, count, |options| {
        options.headers = headers.as_ptr();
        options.header_count = headers.len() as i32;
    })
}

#[test]
fn credentials_stay_with_their_origin() {
    let given = [
        ("Authorization", "Bearer hunter2"),
        ("Cookie", "a=hunter2"),
        ("cookie", "b=hunter2"),
        ("Proxy-Authorization", "Basic hunter2"),
        ("Host", "mine.example"),
        ("X-Open", "yes"),
    ];
    // From home to a stranger and back: what was not sent to the stranger does not come back.
    let (home_port, stranger_port) = (Mutex::new(0), Mutex::new(0));
    let ports = std::sync::Arc::new((home_port, stranger_port));
    let shared = ports.clone();
    let (home, home_heads) = redirector(move |path| match path {
        "/start" => "/next".to_owned(),
        "/next" => format!("http://127.0.0.1:{}/", shared.1.lock().unwrap()),
        _ => String::new(),
    });
    let shared = ports.clone();
    let (stranger, stranger_heads) =
        redirector(move |_| format!("http://127.0.0.1:{}/back", shared.0.lock().unwrap()));
    (*ports.0.lock().unwrap(), *ports.1.lock().unwrap()) = (home.port, stranger.port);

    let client = with_headers(&url(&home, "/start"), 5, &given);
    assert!(client.finish().was_open());
    let heads: Vec<String> = home_heads.try_iter().collect();
    for head in &heads[..2] {
        assert!(PRIVATE.iter().all(|name| head.contains(name)), "{head}");
        assert_eq!(head.matches("ookie: ").count(), 2);
    }
    for head in stranger_heads.try_iter().chain(heads[2..].iter().cloned()) {
        assert!(!head.contains("hunter2") && !head.contains("mine.example"), "{head}");
        assert!(head.contains("X-Open: yes"), "{head}");
        assert!(head.contains("\r\nHost: 127.0.0.1:"), "{head}");
    }
}

/// Answers every request over TLS with a redirect.
fn secure_redirector(certificates: &Certificates, location: String) -> Listener {
    let acceptor = TlsAcceptor::new(certificates.good.identity()).unwrap();
    let serve = move |stream| {
        let Ok(mut stream) = acceptor.accept(stream) else { return };
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
            head.push(byte[0]);
        }
        let _ = stream.write_all(&redirect(301, &location));
        let _ = stream.shutdown();
    };
    Listener::start(move |stream, _| serve(stream)).unwrap()
}

#[test]
fn to_tls_and_never_back() {
    let certificates = Certificates::new().unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let secure = websocket::tls(&certificates.good).unwrap();
    let to = format!("https://localhost:{}/echo", secure.port);
    let (plain, _) = redirector(move |_| to.clone());
    let client = following(&url(&plain, "/"), 1, |options| options.tls_ca = ca.as_ptr());
    client.send("secret");
    client.wait_messages(1);
    client.terminate();
    client.finish().check_clean(1000, "");

    let server = ws_server();
    for scheme in ["http", "ws"] {
        let location = format!("{scheme}://127.0.0.1:{}/echo?token=hunter2", server.port);
        let downgrade = secure_redirector(&certificates, location);
        let first = format!("wss://localhost:{}/", downgrade.port);
        let story = following(&first, 9, |options| options.tls_ca = ca.as_ptr()).finish();
        story.check_failed(1006, &["ws", "http"], "from wss to ws is not followed");
        assert_eq!(story.errors()[1].code, 301);
        assert!(!format!("{story:?}").contains("hunter2"));
    }
    assert_eq!(server.count("/echo", |_| true), 0);
}

#[test]
fn the_name_for_tls_stays_with_its_host() {
    let certificates = Certificates::new().unwrap();
    let ca = CString::new(certificates.ca_pem.clone()).unwrap();
    let secure = websocket::tls(&certificates.good).unwrap();
    for (host, opens) in [("localhost", true), ("127.0.0.1", false)] {
        let to = format!("https://{host}:{}/drop", secure.port);
        let (plain, _) = redirector(move |_| to.clone());
        // No certificate has this name. It is expected on 127.0.0.1 only.
        let client = following(&url(&plain, "/"), 1, |options| {
            options.tls_ca = ca.as_ptr();
            options.tls_server_name = c"other.example".as_ptr();
        });
        assert_eq!(client.finish().was_open(), opens, "{host}");
    }
}

#[test]
fn circles_and_long_ways_end() {
    let (server, heads) = redirector(|path| match path {
        "/a" => "/b?token=hunter2".to_owned(),
        "/b" => "/a".to_owned(),
        number => format!("/{}", number[1..].parse::<u32>().unwrap_or_default() + 1),
    });
    let port = server.port;
    let story = following(&url(&server, "/a"), 9, |_| {}).finish();
    let circle = format!("in a circle, back to ws://127.0.0.1:{port}");
    story.check_failed(1006, &["ws", "http"], &circle);
    let way = format!("(after 1 redirect: ws://127.0.0.1:{port})");
    assert!(story.errors()[0].message.ends_with(&way), "{story:?}");
    assert!(!format!("{story:?}").contains("hunter2"));
    assert_eq!(heads.try_iter().count(), 2);

    let story = following(&url(&server, "/1"), 3, |_| {}).finish();
    story.check_failed(1006, &["ws", "http"], "there are more than 3 redirects, on to");
    assert_eq!(heads.try_iter().count(), 4);
}

#[test]
fn all_share_one_deadline() {
    let (server, _) = redirector(|path| {
        std::thread::sleep(Duration::from_millis(100));
        format!("/{}", path[1..].parse::<u32>().unwrap_or_default() + 1)
    });
    let client = following(&url(&server, "/0"), 1000, |o| o.open_timeout_ms = 450);
    let errors = client.finish().errors();
    assert_eq!(errors[1].code, HOSTWS_E_TIMEOUT);
    assert!(errors[1].message.starts_with("450 ms passed while "), "{errors:?}");
}

#[test]
fn locations_that_lead_nowhere() {
    for (location, words) in [
        ("ftp://me:hunter2@h/", "neither of http nor of ws"),
        ("http://me:hunter2@h:99999/", "no URL"),
        ("http://", "no URL"),
        ("mailto:hunter2@h", "neither of http nor of ws"),
    ] {
        let (server, _) = redirector(move |_| location.to_owned());
        let story = following(&url(&server, "/?token=hunter2"), 9, |_| {}).finish();
        story.check_failed(1006, &["ws", "http"], words);
        assert!(!format!("{story:?}").contains("hunter2"));
    }
    // The error of an unreachable target names the redirects.
    let (server, _) = redirector(|_| "http://me:hunter2@127.0.0.1:1/hunter2?hunter2".to_owned());
    let port = server.port;
    for (count, words) in [
        (0, "with 302 Moved to ws://127.0.0.1:1; redirects are not followed, for max_redirects is 0".to_owned()),
        (9, format!("(after 1 redirect: ws://127.0.0.1:{port}, then ws://127.0.0.1:1)")),
    ] {
        let story = following(&url(&server, "/hunter2?hunter2"), count, |_| {}).finish();
        let message = |error: &Trouble| error.message.contains(&words);
        assert!(story.errors().iter().any(message), "{story:?}");
        assert!(!format!("{story:?}").contains("hunter2"));
    }
    // Its status is not a redirect.
    let other = raw::scripted(|mut stream, _| {
        stream.write_all(&redirect(305, "http://127.0.0.1:1/"))?;
        close_gently(stream);
        Ok(())
    });
    let story = following(&url(&other.unwrap(), "/"), 9, |_| {}).finish();
    assert_eq!(story.errors()[1].message, "the server refused the upgrade with 305 Moved");
}

#[test]
fn through_a_proxy_and_past_its_own_redirects() {
    let server = ws_server();
    let target = format!("http://127.0.0.1:{}/drop", server.port);
    let (first, _) = redirector(move |_| target.clone());
    let proxy = Setup::new(Kind::Http).start();
    let option = CString::new(format!("http://127.0.0.1:{}", proxy.port())).unwrap();
    let client = following(&url(&first, "/"), 1, |o| o.proxy = option.as_ptr());
    assert!(client.finish().was_open());
    let asked = |port| format!("CONNECT 127.0.0.1:{port}");
    assert_eq!(proxy.asked(), [asked(first.port), asked(server.port)]);

    // A proxy that redirects its user.
    let location = format!("http://127.0.0.1:{}/", server.port);
    let portal = Listener::start(move |mut stream, _| {
        let _ = stream.read(&mut [0; 1000]);
        let _ = stream.write_all(&redirect(302, &location));
        close_gently(stream.tcp());
    })
    .unwrap();
    let option = CString::new(format!("http://127.0.0.1:{}", portal.port)).unwrap();
    let story = following(&url(&server, "/echo"), 9, |o| o.proxy = option.as_ptr()).finish();
    story.check_failed(1006, &["ws", "proxy"], "refused to connect to");
    assert_eq!(story.errors()[1].code, 302);
}

#[test]
fn a_host_header_of_ones_own() {
    let server = ws_server();
    let client = with_headers(&url(&server, "/headers"), 0, &[("hOST", "mine.example:99")]);
    client.wait_messages(1);
    let sent: serde_json::Value = serde_json::from_slice(&client.messages()[0]).unwrap();
    assert_eq!(sent["host"], serde_json::json!(["mine.example:99"]));
    client.terminate();
    client.finish();
}

#[test]
fn a_cookie_of_a_redirect_is_sent_back_to_its_origin() {
    let (other, others_heads) = redirector(|_| String::new());
    let port = other.port;
    let (sender, heads) = channel();
    let sender = Mutex::new(sender);
    let server = raw::scripted(move |mut stream, request| {
        let cookies = request.header_all("cookie").join("+");
        let set = "HTTP/1.1 302 Found\r\nSet-Cookie: sid=abc; HttpOnly\r\nSet-Cookie: r=2\r\n";
        let answer = match cookies.contains("sid") {
            // A redirect to the same URL: the server wants the cookie back.
            false => format!("{set}Location: /\r\n\r\n"),
            true => format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/\r\n\r\n"),
        };
        let _ = sender.lock().unwrap().send(cookies);
        stream.write_all(answer.as_bytes())?;
        close_gently(stream);
        Ok(())
    })
    .unwrap();
    let pair = ws_header { name: c"Cookie".as_ptr(), value: c"own=1; r=1".as_ptr() };
    let client = following(&url(&server, "/"), 2, |options| {
        options.headers = &pair;
        options.header_count = 1;
    });
    assert!(client.finish().was_open());
    let cookies: Vec<String> = heads.try_iter().collect();
    assert_eq!(cookies, ["own=1; r=1", "own=1; sid=abc; r=2"]);
    let head = others_heads.try_recv().unwrap();
    assert!(!head.to_ascii_lowercase().contains("cookie"), "{head}");
}

#[test]
fn subprotocols_stay_with_their_origin() {
    let (other, others_heads) = redirector(|_| String::new());
    let port = other.port;
    let (server, heads) = redirector(move |path| match path {
        "/" => "/again".to_owned(),
        _ => format!("http://127.0.0.1:{port}/"),
    });
    let client = following(&url(&server, "/"), 2, |options| {
        options.subprotocols = c"chat, token.hunter2".as_ptr();
    });
    assert!(client.finish().was_open());
    let heads: Vec<String> = heads.try_iter().collect();
    assert!(heads.len() == 2 && heads.iter().all(|head| head.contains("hunter2")), "{heads:?}");
    let head = others_heads.try_recv().unwrap();
    assert!(!head.contains("Sec-WebSocket-Protocol"), "{head}");
}
