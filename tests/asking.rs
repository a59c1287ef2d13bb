//! Questions to the host, about certificates, credentials and other attempts, for which the opening
//! waits.

mod support;

use std::ffi::CString;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hostws::capi::*;
use serde_json::json;
use support::host::*;
use support::servers::listener::{close_gently, Listener};
use support::servers::raw::{self, Request};
use support::servers::ClosedPort;
use support::{url, ws_server};

const NEGOTIATE: &str = "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm=\"x\"\r\n";

/// The values of the Authorization headers that arrived.
type Told = Arc<Mutex<Vec<Option<String>>>>;

/// A server that accepts this value, and asks again as long as the client returns with another.
fn server(value: &'static str) -> (Listener, Told) {
    let told = Told::default();
    let ours = Arc::clone(&told);
    let server = raw::scripted(move |mut stream, request| {
        let mut request = Request::read(request.head.as_bytes())?;
        loop {
            let given = request.header_all("Authorization").first().map(|&it| it.to_owned());
            ours.lock().unwrap().push(given.clone());
            if given.as_deref() == Some(value) {
                stream.write_all(&request.accept(""))?;
                close_gently(stream);
                return Ok(());
            }
            let head = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n";
            stream.write_all(format!("{head}{NEGOTIATE}\r\nno").as_bytes())?;
            request = Request::read(stream)?;
        }
    });
    (server.unwrap(), told)
}

fn asking(url: &str, topics: u32, set: impl FnOnce(&mut ws_options)) -> Client {
    Client::with(url, |options| {
        options.ask = topics.into();
        set(options);
    })
}

/// The questions so far.
fn questions(client: &Client) -> Vec<Question> {
    let question = |event: Event| match event {
        Event::Ask(question) => Some(question),
        _ => None,
    };
    client.events().into_iter().filter_map(question).collect()
}

/// Waits for question number `number`.
#[track_caller]
fn wait_question(client: &Client, number: usize) -> Question {
    client.poll_until("question", |events| {
        events.iter().filter(|event| matches!(event, Event::Ask(_))).count() >= number
    });
    questions(client).remove(number - 1)
}

/// A connection that ended because nobody answered its question. It has more time if the time was
/// too short even to ask.
fn unanswered(open: impl FnMut(i32) -> Client) -> Client {
    let mut clients = [1_000, 5_000, 15_000].into_iter().map(open);
    let was_asked = |client: &Client| {
        client.finish();
        !questions(client).is_empty()
    };
    clients.find(was_asked).expect("a question")
}

#[test]
fn the_host_says_who_is_asking() {
    let (server, told) = server("Negotiate two");
    let client = asking(&url(&server, "/a?b=c"), HOSTWS_ASK_CREDENTIALS, |_| {});
    let first = wait_question(&client, 1);
    assert_eq!((first.topic, first.delay_ms), (HOSTWS_ASK_CREDENTIALS, 0));
    let facts = json!({
        "ask": "credentials", "question": first.number, "status": 401, "proxy": false,
        "origin": format!("ws://127.0.0.1:{}", server.port), "method": "GET", "target": "/a?b=c",
        "challenges": ["Negotiate", "Basic realm=\"x\""], "round": 1,
    });
    assert_eq!(first.facts, facts);
    assert_eq!(ws_status(client.id), HOSTWS_CONNECTING);
    assert_eq!(reply(client.id, first.number, "Negotiate one"), HOSTWS_OK);
    let second = wait_question(&client, 2);
    assert_eq!((&second.facts["round"], second.number > first.number), (&json!(2), true));
    // A late answer and a wrong answer: the question stays open.
    let late = reply(client.id, first.number, "Negotiate two");
    check_refused(late, HOSTWS_E_NOT_FOUND, &format!("asks question {}", second.number));
    let wrong = reply(client.id, second.number, "Negotiate s3cret\r\nX: y");
    check_refused(wrong, HOSTWS_E_ARGUMENT, "a line break");
    assert!(!last_words().contains("s3cret"));
    // Any thread may answer.
    let (id, number) = (client.id, second.number);
    thread::spawn(move || assert_eq!(reply(id, number, "Negotiate two"), HOSTWS_OK))
        .join()
        .unwrap();
    client.wait_open();
    client.finish();
    let told = told.lock().unwrap().clone();
    assert_eq!(told, [None, Some("Negotiate one".into()), Some("Negotiate two".into())]);
    assert_eq!(server.accepted(), 1, "all on one connection");
}

#[test]
fn a_callback_can_answer_at_once_and_once() {
    let (server, _) = server("Bearer right");
    let set = |options: &mut ws_options| options.ask = HOSTWS_ASK_CREDENTIALS.into();
    let hook: Hook = Box::new(|ws, event| {
        if let Event::Ask(question) = event {
            assert_eq!(reply(ws, question.number, "Bearer right"), HOSTWS_OK);
            let again = reply(ws, question.number, "Bearer wrong");
            // The server may have accepted and closed meanwhile.
            assert!([HOSTWS_E_NOT_FOUND, HOSTWS_E_CLOSED].contains(&again), "{again}");
        }
    });
    let client = Client::full(&url(&server, "/"), 0, set, Some(hook));
    client.wait_open();
    client.finish();
}

#[test]
fn the_library_proves_a_user_that_the_host_names() {
    // me:s3cret
    let (server, told) = server("Basic bWU6czNjcmV0");
    let user = |password: &str| json!({ "user": "me", "password": password }).to_string();
    let with_user = url(&server, "/").replace("ws://", "ws://me:wrong@");
    let client = asking(&with_user, HOSTWS_ASK_CREDENTIALS, |_| {});
    let first = wait_question(&client, 1);
    assert_eq!(first.facts["round"], 2, "the URL's user came first");
    assert_eq!(reply(client.id, first.number, &user("mistyped")), HOSTWS_OK);
    let second = wait_question(&client, 2);
    assert_eq!(reply(client.id, second.number, &user("s3cret")), HOSTWS_OK);
    client.wait_open();
    client.finish();
    assert_eq!(told.lock().unwrap().len(), 4);

    let ntlm = raw::scripted(|mut stream, _| {
        let head = "HTTP/1.1 401 Who\r\nContent-Length: 0\r\nWWW-Authenticate: NTLM\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        let _ = Request::read(stream);
        Ok(())
    })
    .unwrap();
    let client = asking(&url(&ntlm, "/"), HOSTWS_ASK_CREDENTIALS, |_| {});
    let question = wait_question(&client, 1);
    assert_eq!(reply(client.id, question.number, &user("s3cret")), HOSTWS_OK);
    client.finish().check_failed(1006, &["ws", "http"], "takes a user and password");
}

#[test]
fn no_is_the_refusal_and_so_is_silence() {
    let (server, told) = server("nothing");
    for answer in ["refuse", ""] {
        let client = asking(&url(&server, "/"), HOSTWS_ASK_CREDENTIALS, |_| {});
        let question = wait_question(&client, 1);
        assert_eq!(reply(client.id, question.number, answer), HOSTWS_OK);
        let story = client.finish();
        story.check_failed(1006, &["ws", "http"], "401 Unauthorized");
        assert_eq!(story.errors()[1].code, 401);
        let late = reply(client.id, question.number, "refuse");
        check_refused(late, HOSTWS_E_CLOSED, "closed");
    }
    assert_eq!(told.lock().unwrap().len(), 2);
    let before = Instant::now();
    let client = unanswered(|limit| {
        asking(&url(&server, "/"), HOSTWS_ASK_CREDENTIALS, |o| o.open_timeout_ms = limit)
    });
    let story = client.finish();
    story.check_failed(1006, &["ws", "http"], "nobody answered the question");
    assert_eq!(story.errors()[1].code, 401);
    assert!(before.elapsed() >= Duration::from_millis(990));
    assert_eq!(questions(&client).len(), 1);
}

#[test]
fn a_server_that_has_closed_meanwhile_is_asked_on_another_connection() {
    let closes = Arc::new(Mutex::new(0));
    let ours = Arc::clone(&closes);
    let server = raw::scripted(move |mut stream, request| {
        if request.header_all("Authorization") == ["Bearer late"] {
            stream.write_all(&request.accept(""))?;
            close_gently(stream);
            return Ok(());
        }
        let head = "HTTP/1.1 401 Who\r\nContent-Length: 0\r\nWWW-Authenticate: Bearer\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        stream.shutdown(Shutdown::Both)?;
        *ours.lock().unwrap() += 1;
        Ok(())
    })
    .unwrap();
    let client = asking(&url(&server, "/"), HOSTWS_ASK_CREDENTIALS, |_| {});
    let question = wait_question(&client, 1);
    let deadline = Instant::now() + PATIENCE;
    while *closes.lock().unwrap() == 0 && Instant::now() < deadline {
        thread::yield_now();
    }
    assert_eq!(reply(client.id, question.number, "Bearer late"), HOSTWS_OK);
    client.wait_open();
    client.finish();
    assert_eq!(server.accepted(), 2);
}

#[test]
fn questions_without_end_come_to_one() {
    let (server, told) = server("nothing");
    let set = |options: &mut ws_options| options.ask = HOSTWS_ASK_CREDENTIALS.into();
    let hook: Hook = Box::new(|ws, event| {
        if let Event::Ask(question) = event {
            assert_eq!(reply(ws, question.number, "Bearer wrong"), HOSTWS_OK);
        }
    });
    let client = Client::full(&url(&server, "/"), 0, set, Some(hook));
    client.finish().check_failed(1006, &["ws", "http"], "asked for credentials too often");
    assert_eq!((questions(&client).len(), told.lock().unwrap().len()), (16, 17));
}

#[test]
fn the_end_does_not_wait_for_an_answer() {
    let (server, _) = server("nothing");
    let open = || {
        let client = asking(&url(&server, "/"), HOSTWS_ASK_CREDENTIALS, |_| {});
        client.send("waits");
        let question = wait_question(&client, 1);
        (client, question.number)
    };
    let (client, number) = open();
    client.terminate();
    check_refused(reply(client.id, number, "Bearer x"), HOSTWS_E_CLOSED, "clos");
    client.finish().check_dropped(1006);
    let (client, _) = open();
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);
}

// ---- certificates

/// Only OpenSSL can stop a handshake.
#[cfg(tls_openssl)]
mod certificates {
    use super::*;
    use support::servers::certificates::Certificates;
    use support::servers::websocket;

    fn pinned_echo(client: &Client) {
        client.send("hello");
        client.wait_messages(1);
        client.terminate();
        client.finish().check_clean(1000, "");
    }

    #[test]
    fn the_host_decides_about_a_certificate() {
        let certificates = Certificates::new().unwrap();
        let server = websocket::tls(&certificates.good).unwrap();
        let url = format!("wss://localhost:{}/echo", server.port);
        // The authority is not trusted.
        let client = asking(&url, HOSTWS_ASK_CERTIFICATE, |_| {});
        let question = wait_question(&client, 1);
        assert_eq!(question.topic, HOSTWS_ASK_CERTIFICATE);
        let facts = &question.facts;
        assert_eq!(facts["ask"], "certificate");
        assert_eq!(facts["origin"], format!("wss://localhost:{}", server.port));
        assert_eq!(
            (&facts["name"], &facts["faults"][0]["depth"]),
            (&json!("localhost"), &json!(0))
        );
        assert!(facts["faults"][0]["code"].as_i64().unwrap() > 0, "{facts}");
        let words = facts["faults"][0]["message"].as_str().unwrap();
        assert!(question.errors[0].message.contains(words), "{question:?}");
        let leaf = &facts["chain"][0];
        let der = data_encoding::BASE64.decode(leaf["der"].as_str().unwrap().as_bytes()).unwrap();
        let digest = openssl::hash::hash(openssl::hash::MessageDigest::sha256(), &der).unwrap();
        assert_eq!(leaf["sha256"], data_encoding::HEXLOWER.encode(&digest));
        assert!(leaf["names"].as_array().unwrap().contains(&json!("localhost")), "{leaf}");
        let times = ["not_before", "not_after"].map(|name| leaf[name].as_i64().unwrap());
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
        assert!(times[0] < now && now < times[1], "{times:?}");
        let wrong = reply(client.id, question.number, "now");
        check_refused(wrong, HOSTWS_E_ARGUMENT, "about a certificate");
        assert_eq!(reply(client.id, question.number, "accept"), HOSTWS_OK);
        client.wait_open();
        assert_eq!(peer_certificate(client.id), Ok(der));
        pinned_echo(&client);
        let pin = leaf["pin"].as_str().unwrap().to_owned();

        // It refuses, and the next connection asks again, because answers are not remembered.
        let client = asking(&url, HOSTWS_ASK_CERTIFICATE, |_| {});
        let question = wait_question(&client, 1);
        assert_eq!(reply(client.id, question.number, "refuse"), HOSTWS_OK);
        client.finish().check_failed(1015, &["ws", "tls", "tls"], "the program refused it");

        // An accepted certificate must still have the pinned key.
        let other = CString::new(pin.clone()).unwrap();
        let client =
            asking(&url, HOSTWS_ASK_CERTIFICATE, |options| options.tls_pins = other.as_ptr());
        let question = wait_question(&client, 1);
        assert_eq!(reply(client.id, question.number, "accept"), HOSTWS_OK);
        client.wait_open();
        pinned_echo(&client);
        let other = c"sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let client =
            asking(&url, HOSTWS_ASK_CERTIFICATE, |options| options.tls_pins = other.as_ptr());
        let question = wait_question(&client, 1);
        assert_eq!(reply(client.id, question.number, "accept"), HOSTWS_OK);
        client.finish().check_failed(1015, &["ws", "tls"], &pin);
    }

    #[test]
    fn a_certificate_that_is_in_order_is_asked_about_too() {
        let certificates = Certificates::new().unwrap();
        let server = websocket::tls(&certificates.good).unwrap();
        let ca = CString::new(certificates.ca_pem.clone()).unwrap();
        let url = format!("wss://localhost:{}/echo", server.port);
        let open = || asking(&url, HOSTWS_ASK_CERTIFICATE, |options| options.tls_ca = ca.as_ptr());
        let client = open();
        let question = wait_question(&client, 1);
        assert_eq!((&question.facts["faults"], question.errors), (&json!([]), vec![]));
        assert_eq!(reply(client.id, question.number, "accept"), HOSTWS_OK);
        client.wait_open();
        pinned_echo(&client);
        let client = open();
        let question = wait_question(&client, 1);
        assert_eq!(reply(client.id, question.number, "refuse"), HOSTWS_OK);
        client.finish().check_failed(1015, &["ws", "tls"], "in order, but the program refused it");
        // Without verification there is no question.
        let client = asking(&url, HOSTWS_ASK_CERTIFICATE, |options| {
            options.tls_verify = HOSTWS_TLS_VERIFY_NONE;
        });
        client.wait_open();
        pinned_echo(&client);
        assert_eq!(questions(&client), []);
    }

    #[test]
    fn without_an_answer_a_certificate_is_refused() {
        let certificates = Certificates::new().unwrap();
        let server = websocket::tls(&certificates.good).unwrap();
        let url = format!("wss://localhost:{}/echo", server.port);
        // An opening that did not come so far may be tried again.
        let client = unanswered(|limit| {
            asking(&url, HOSTWS_ASK_CERTIFICATE, |options| {
                options.open_timeout_ms = limit;
                options.reconnect_max = 3;
                options.reconnect_min_ms = 1;
            })
        });
        client.finish().check_failed(1015, &["ws", "tls", "tls"], "nobody answered the question");
        assert_eq!(questions(&client).len(), 1, "it is no passing failure");
        let client = asking(&url, HOSTWS_ASK_CERTIFICATE, |_| {});
        wait_question(&client, 1);
        client.terminate();
        client.finish().check_dropped(1006);
    }
}

#[cfg(not(tls_openssl))]
#[test]
fn about_certificates_nobody_is_asked() {
    let refused = open_pull("wss://127.0.0.1:1/", Some(r#"{"ask":1}"#));
    check_refused(refused, HOSTWS_E_OPTION, "HOSTWS_ASK_CERTIFICATE is not possible");
}

// ---- proxies

/// A proxy that requires NTLM: both messages, in order, on the same connection.
fn ntlm_proxy(port: u16) -> (Listener, Told) {
    let told = Told::default();
    let ours = Arc::clone(&told);
    let proxy = Listener::start(move |stream, _| {
        let _ = serve_ntlm(stream.tcp(), port, &ours);
    });
    (proxy.unwrap(), told)
}

fn serve_ntlm(mut stream: &TcpStream, port: u16, told: &Told) -> io::Result<()> {
    let mut expected = ["NTLM one", "NTLM three"].iter();
    loop {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("CONNECT inside.invalid:80 HTTP/1.1\r\n"), "{head}");
        let given = head.split_once("Proxy-Authorization: ");
        let given = given.map(|(_, rest)| rest.split("\r\n").next().unwrap().to_owned());
        told.lock().unwrap().push(given.clone());
        let is_expected = given.is_some() && given.as_deref() == expected.next().copied();
        let challenge = match (is_expected, expected.len()) {
            (true, 0) => break,
            (true, _) => "NTLM dHdv",
            (false, _) => {
                expected = ["NTLM one", "NTLM three"].iter();
                "NTLM"
            }
        };
        let body = "<html>no</html>";
        let head = "HTTP/1.1 407 Proxy Authentication Required\r\nTransfer-Encoding: chunked\r\n";
        let head = format!("{head}Proxy-Authenticate: {challenge}\r\nProxy-Connection: Keep-Alive");
        let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        stream.write_all(format!("{head}\r\n\r\n{chunk}").as_bytes())?;
    }
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let server = TcpStream::connect(("127.0.0.1", port))?;
    let (mut from, mut to) = (server.try_clone()?, stream.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    let _ = io::copy(&mut stream, &mut &server);
    server.shutdown(Shutdown::Both)
}

#[test]
fn ntlm_takes_three_messages_on_one_connection() {
    let server = ws_server();
    let (proxy, told) = ntlm_proxy(server.port);
    let option = CString::new(format!("http://127.0.0.1:{}", proxy.port)).unwrap();
    let client = asking("ws://inside.invalid/echo", HOSTWS_ASK_CREDENTIALS, |options| {
        options.proxy = option.as_ptr();
    });
    let first = wait_question(&client, 1);
    let expected = json!({
        "ask": "credentials", "question": first.number, "status": 407, "proxy": true,
        "origin": format!("http://127.0.0.1:{}", proxy.port), "method": "CONNECT",
        "target": "inside.invalid:80", "challenges": ["NTLM"], "round": 1,
    });
    assert_eq!(first.facts, expected);
    assert_eq!(reply(client.id, first.number, "NTLM one"), HOSTWS_OK);
    let second = wait_question(&client, 2);
    assert_eq!(second.facts["challenges"], json!(["NTLM dHdv"]));
    assert_eq!(reply(client.id, second.number, "NTLM three"), HOSTWS_OK);
    client.wait_open();
    client.send("hello");
    client.wait_messages(1);
    client.terminate();
    client.finish().check_clean(1000, "");
    let told = told.lock().unwrap().clone();
    assert_eq!(told, [None, Some("NTLM one".into()), Some("NTLM three".into())]);
    assert_eq!(proxy.accepted(), 1);
}

// ---- another attempt

fn unreachable(set: impl FnOnce(&mut ws_options)) -> (Client, ClosedPort) {
    let port = ClosedPort::new().unwrap();
    let client =
        asking(&format!("ws://127.0.0.1:{}/", port.port), HOSTWS_ASK_RECONNECT, |options| {
            options.reconnect_max = 3;
            options.reconnect_min_ms = 3_600_000;
            options.reconnect_max_ms = 3_600_000;
            set(options);
        });
    (client, port)
}

fn pauses(client: &Client) -> Vec<(i32, i64)> {
    let pause = |event: Event| match event {
        Event::Reconnecting { attempt, delay_ms, .. } => Some((attempt, delay_ms)),
        _ => None,
    };
    client.events().into_iter().filter_map(pause).collect()
}

#[test]
fn an_attempt_comes_at_once_if_the_host_says_so() {
    let (client, _port) = unreachable(|_| {});
    for attempt in 1..=3 {
        let question = wait_question(&client, attempt);
        assert_eq!((question.topic, question.delay_ms), (HOSTWS_ASK_RECONNECT, 3_600_000));
        let expected = json!({
            "ask": "reconnect", "question": question.number, "attempt": attempt,
            "delay_ms": 3_600_000,
        });
        assert_eq!(question.facts, expected);
        let chain: Vec<&str> = question.errors.iter().map(|it| it.component.as_str()).collect();
        assert_eq!(chain, ["ws", "tcp", "os"]);
        let wrong = reply(client.id, question.number, "accept");
        check_refused(wrong, HOSTWS_E_ARGUMENT, "about an attempt");
        assert_eq!(reply(client.id, question.number, "now"), HOSTWS_OK);
    }
    client.finish().check_failed(1006, &["ws", "tcp", "os"], "refused");
    assert_eq!(pauses(&client), [(1, 0), (2, 0), (3, 0)]);
}

#[test]
fn it_waits_or_there_is_none() {
    let (client, _port) = unreachable(|_| {});
    let question = wait_question(&client, 1);
    assert_eq!(pauses(&client), [], "nothing is decided yet");
    assert_eq!(reply(client.id, question.number, "wait"), HOSTWS_OK);
    client.poll_until("the pause", |events| {
        events.iter().any(|event| matches!(event, Event::Reconnecting { .. }))
    });
    let (attempt, delay) = pauses(&client)[0];
    assert!(attempt == 1 && (1_000_000..=3_600_000).contains(&delay), "{delay} from the loss on");
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish().check_dropped(1006);

    let (client, _port) = unreachable(|_| {});
    let question = wait_question(&client, 1);
    assert_eq!(reply(client.id, question.number, "refuse"), HOSTWS_OK);
    client.finish().check_failed(1006, &["ws", "tcp", "os"], "refused");
    assert_eq!(pauses(&client), []);
}

#[test]
fn without_an_answer_there_is_no_attempt() {
    let mut ports = Vec::new();
    let client = unanswered(|limit| {
        let (client, port) = unreachable(|options| options.open_timeout_ms = limit);
        ports.push(port);
        client
    });
    let story = client.finish();
    story.check_failed(1006, &["ws", "tcp", "os", "ws"], "nobody answered the question");
    assert_eq!(story.errors()[3].code, HOSTWS_E_TIMEOUT);
    assert_eq!((questions(&client).len(), pauses(&client)), (1, vec![]));
}

#[test]
fn the_settings_of_the_attempt_can_be_changed_before_it_is_allowed() {
    let server = ws_server();
    let (client, _port) = unreachable(|_| {});
    let question = wait_question(&client, 1);
    assert_eq!(set_url(client.id, &url(&server, "/echo")), HOSTWS_OK);
    assert_eq!(reply(client.id, question.number, "now"), HOSTWS_OK);
    client.wait_open();
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn the_end_does_not_wait_for_a_decision() {
    let (client, _port) = unreachable(|_| {});
    wait_question(&client, 1);
    client.terminate();
    client.finish().check_dropped(1006);
}

// ---- who can be asked

#[test]
fn options_that_make_no_sense() {
    for (json, words) in [
        (r#"{"ask":8}"#, "option ask: is 8"),
        (r#"{"ask":-1}"#, "option ask: is -1"),
        (r#"{"ask":4}"#, "without reconnect_max"),
        (r#"{"ask":"credentials"}"#, "ask"),
    ] {
        check_refused(open_pull("ws://127.0.0.1:1/", Some(json)), HOSTWS_E_OPTION, words);
    }
    let recorder = Recorder::new(None, None);
    let mut handler = handler(&recorder, 0);
    handler.on_event = None;
    let mut options = options();
    options.ask = HOSTWS_ASK_CREDENTIALS.into();
    // SAFETY: all three are valid during the call, the recorder after it.
    let refused = unsafe { ws_new(c"ws://127.0.0.1:1/".as_ptr(), &handler, &options) };
    check_refused(refused, HOSTWS_E_OPTION, "on_event");
}

#[test]
fn questions_can_be_fetched() {
    let (server, _) = server("Bearer pulled");
    let ws = open_pull(&url(&server, "/"), Some(r#"{"ask":2}"#));
    let (_, event) = next(0, 20_000).unwrap();
    let Event::Ask(question) = event else { panic!("{event:?}") };
    check_refused(reply(ws, 0, "Bearer pulled"), HOSTWS_E_NOT_FOUND, "asks question");
    assert_eq!(reply(ws, question.number, "Bearer pulled"), HOSTWS_OK);
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    // The server may have closed meanwhile.
    assert!([HOSTWS_E_NOT_FOUND, HOSTWS_E_CLOSED].contains(&reply(ws, question.number, "x")));
    fetch_ends(1);
    check_refused(reply(0, 1, "x"), HOSTWS_E_NO_SUCH_ID, "null id");
}
