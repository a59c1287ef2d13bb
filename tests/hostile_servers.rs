//! Servers that stop, close, flood or hang up at the worst moment: earlier messages still arrive,
//! and the host is told at once.

mod support;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;
use std::time::Duration;

use hostws::capi::*;
use support::host::*;
use support::servers::frames::{self, close, frame, BINARY, FIN, TEXT};
use support::servers::listener::{close_gently, wait_until_gone, Listener};
use support::servers::raw::{self, Request};
use support::{url, ws_server};

/// How often a test is repeated that depends on the moment.
const ROUNDS: usize = 10;
const MIB: usize = 1 << 20;

fn server<F>(script: F) -> Listener
where
    F: Fn(&TcpStream, &Request) -> io::Result<()> + Send + Sync + 'static,
{
    raw::scripted(script).expect("a port of the loopback")
}

#[test]
fn last_words_arrive_although_the_server_hangs_up_while_it_is_sent_to() {
    let server = server(|mut stream, request| {
        stream.write_all(&request.accept(""))?;
        stream.read_exact(&mut [0; 10])?;
        for words in ["one", "two", "three"] {
            stream.write_all(&frame(FIN | TEXT, words.as_bytes()))?;
        }
        // Unread data turns its close into a reset.
        stream.write_all(&close(1009, b"too big"))
    });
    for _ in 0..ROUNDS {
        let client = Client::new(&url(&server, "/"));
        client.wait_open();
        assert_eq!(send(client.id, &vec![7; 12 * MIB], HOSTWS_BLOB), HOSTWS_OK);
        let story = client.finish();
        assert_eq!(story.messages(), [b"one".as_slice(), b"two", b"three"]);
        assert_eq!(story.errors(), []);
        let ending = story.ending();
        assert_eq!((ending.code, ending.reason.as_str()), (1009, "too big"));
    }
}

#[test]
fn a_message_that_was_fetched_makes_room_for_the_next_one() {
    let server = server(|mut stream, request| {
        stream.write_all(&request.accept(""))?;
        let message = frame(FIN | BINARY, &vec![7; 20 * MIB]);
        stream.write_all(&message)?;
        stream.write_all(&message)?;
        wait_until_gone(stream);
        Ok(())
    });
    let ws = open_pull(&url(&server, "/"), None);
    assert!(ws > 0, "{}", last_words());
    assert_eq!(next(0, 20_000), Ok((ws, Event::Open)));
    for number in ["first", "second"] {
        assert_eq!(ws_wait(0, 20_000), 1, "the {number} message can be fetched");
        let Ok((_, Event::Message { data, .. })) = next(0, 0) else {
            panic!("no {number} message")
        };
        assert_eq!(data.len(), 20 * MIB);
    }
    assert_eq!(ws_abort(ws), HOSTWS_OK);
    assert!(matches!(next(0, 20_000), Ok((_, Event::Terminate(_)))));
}

#[test]
fn an_end_in_the_same_burst_as_the_answer_is_noticed_at_once() {
    let server = server(|mut stream, request| {
        let mut burst = request.accept("");
        burst.extend(frame(FIN | BINARY, &[7; 40 << 10]));
        stream.write_all(&burst)?;
        stream.shutdown(Shutdown::Write)?;
        wait_until_gone(stream);
        Ok(())
    });
    for _ in 0..ROUNDS {
        // Unnoticed, it would be open for ever.
        let client = Client::with(&url(&server, "/"), |options| options.ping_interval_ms = -1);
        let story = client.finish();
        assert_eq!(story.messages(), [vec![7; 40 << 10]]);
        assert_eq!(story.ending().code, 1006);
    }
}

/// Sends three messages and closes before anybody has read them.
fn hasty_server() -> Listener {
    server(|mut stream, request| {
        let mut burst = request.accept("");
        for words in ["one", "two", "three"] {
            burst.extend(frame(FIN | TEXT, words.as_bytes()));
        }
        burst.extend(close(4000, b"done"));
        stream.write_all(&burst)?;
        close_gently(stream);
        Ok(())
    })
}

#[test]
fn after_a_terminate_no_message_comes_although_the_server_had_closed_already() {
    let server = hasty_server();
    let client = Client::new(&url(&server, "/"));
    // OPEN, three messages, TERMINATE.
    wait_pending(5);
    assert_eq!(ws_poll(0, 0, 1), 1);
    assert_eq!(terminate(client.id, 0, None), HOSTWS_E_CLOSED);
    let story = client.finish();
    assert_eq!(story.messages(), Vec::<Vec<u8>>::new());
    assert_eq!((story.0.len(), story.ending().code), (2, 4000));
}

#[test]
fn after_a_terminate_inside_a_message_the_rest_of_them_does_not_come() {
    let server = hasty_server();
    let answer = Arc::new(Mutex::new(None));
    let told = Arc::clone(&answer);
    let client = Client::hooked(&url(&server, "/"), move |ws, event| {
        if matches!(event, Event::Message { .. }) {
            *told.lock().unwrap() = Some(terminate(ws, 0, None));
        }
    });
    wait_pending(5);
    let story = client.finish();
    assert_eq!(*answer.lock().unwrap(), Some(HOSTWS_E_CLOSED));
    assert_eq!(story.messages(), [b"one"]);
    assert_eq!(story.ending().code, 4000);
}

#[test]
fn a_wait_for_closing_ends_with_the_servers_close_frame() {
    let (leave, left) = mpsc::channel::<()>();
    let left = Mutex::new(left);
    let server = server(move |mut stream, request| {
        stream.write_all(&request.accept(""))?;
        frames::read(&mut stream)?;
        // The client waits by then.
        thread::sleep(Duration::from_millis(300));
        stream.write_all(&close(1000, b"bye"))?;
        // The server keeps the stream open, whatever the client does.
        let _ = left.lock().unwrap().recv_timeout(PATIENCE);
        Ok(())
    });
    // A second later the connection ends whatever the server does, and a slow host may see that.
    let is_seen = (0..ROUNDS).any(|_| {
        let client = Client::new(&url(&server, "/"));
        client.wait_open();
        client.send("close");
        let waited = ws_wait_status(client.id, HOSTWS_CLOSING, 20_000);
        assert_eq!(waited, HOSTWS_OK, "{}", last_words());
        let status = ws_status(client.id);
        leave.send(()).unwrap();
        client.finish();
        status == HOSTWS_CLOSING
    });
    assert!(is_seen, "it waits for the end");
}

#[test]
fn what_has_ended_has_reached_closing() {
    let server = hasty_server();
    let client = Client::new(&url(&server, "/"));
    client.finish().check_clean(4000, "done");
    for status in [HOSTWS_CLOSING, HOSTWS_CLOSED] {
        assert_eq!(ws_wait_status(client.id, status, 0), HOSTWS_OK, "{}", last_words());
    }
}

#[test]
fn a_freed_queue_takes_no_message_any_more() {
    let server = ws_server();
    for _ in 0..ROUNDS {
        let queue = ws_queue_new();
        assert!(queue > 0, "{}", last_words());
        let clients: Vec<Client> = (0..4)
            .map(|_| Client::with(&url(&server, "/echo"), |options| options.queue = queue))
            .collect();
        for client in &clients {
            client.wait_open();
        }
        assert_eq!(ws_queue_free(queue), HOSTWS_OK);
        for client in &clients {
            let status = ws_status(client.id);
            assert!([HOSTWS_CLOSING, HOSTWS_CLOSED].contains(&status), "{status}");
            assert_eq!(send(client.id, b"late", HOSTWS_TEXT), HOSTWS_E_CLOSED);
        }
    }
}

#[test]
fn a_wait_inside_the_only_connections_callback_is_idle_at_once() {
    let server = server(|mut stream, request| {
        let mut burst = request.accept("");
        burst.extend(frame(FIN | TEXT, b"what cannot be delivered inside"));
        stream.write_all(&burst)?;
        wait_until_gone(stream);
        Ok(())
    });
    let answer = Arc::new(Mutex::new(None));
    let told = Arc::clone(&answer);
    let client = Client::hooked(&url(&server, "/"), move |_, event| {
        // With a finite timeout it would wait, because another thread may create a connection.
        let waited = ws_wait(0, -1);
        told.lock().unwrap().get_or_insert(waited);
        assert!(!matches!(event, Event::Error(_)));
    });
    client.wait_messages(1);
    assert_eq!(answer.lock().unwrap().unwrap(), HOSTWS_E_IDLE);
    assert_eq!(ws_abort(client.id), HOSTWS_OK);
    client.finish();
}
