//! The limit on connections that are opened at the same time.

mod support;

use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::*;
use support::ws_server;

/// One test at a time: they share the places of the process, of which there are two.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    static SET: Once = Once::new();
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    SET.call_once(|| std::env::set_var("HOSTWS_MAX_OPENING", "2"));
    alone
}

/// A server that never answers.
struct Silent {
    listener: TcpListener,
    kept: Mutex<Vec<TcpStream>>,
}

impl Silent {
    fn new() -> Silent {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Silent { listener, kept: Mutex::default() }
    }

    fn url(&self) -> String {
        format!("ws://{}/", self.listener.local_addr().unwrap())
    }

    /// Accepts waiting clients. Returns whether there was one.
    fn has_caller(&self) -> bool {
        match self.listener.accept() {
            Ok((stream, _)) => {
                self.kept.lock().unwrap().push(stream);
                true
            }
            Err(_) => false,
        }
    }

    #[track_caller]
    fn wait_caller(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_caller() {
            assert!(Instant::now() < deadline, "nobody came");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[test]
fn the_others_wait_in_line_and_go_on_in_order() {
    let _alone = alone();
    let servers = [(); 5].map(|()| Silent::new());
    let clients: Vec<Client> = servers.iter().map(|server| Client::new(&server.url())).collect();
    servers[0].wait_caller();
    servers[1].wait_caller();
    // One gives up its place in the line.
    assert_eq!(ws_abort(clients[3].id), HOSTWS_OK);
    clients[3].finish().check_dropped(1006);
    assert!(!servers[2].has_caller());
    // When a connection ends, exactly one more gets a place.
    assert_eq!(ws_abort(clients[0].id), HOSTWS_OK);
    servers[2].wait_caller();
    assert!(!servers[4].has_caller());
    // So does an opening that fails.
    servers[1].kept.lock().unwrap().clear();
    servers[4].wait_caller();
    assert!(!servers[3].has_caller());
    for client in &clients {
        ws_abort(client.id);
        if client.id != clients[3].id {
            client.finish();
        }
    }
}

#[test]
fn an_open_connection_needs_no_place() {
    let _alone = alone();
    let server = ws_server();
    let url = format!("ws://127.0.0.1:{}/echo", server.port);
    let clients: Vec<Client> = (0..10).map(|_| Client::new(&url)).collect();
    clients.iter().for_each(Client::wait_open);
    for client in &clients {
        client.terminate();
        client.finish().check_clean(1000, "");
    }
}

#[test]
fn the_time_in_the_line_counts() {
    let _alone = alone();
    let silent = Silent::new();
    let busy = [(); 2].map(|()| Client::new(&silent.url()));
    silent.wait_caller();
    silent.wait_caller();
    let late = Client::with(&silent.url(), |options| options.open_timeout_ms = 200);
    let words = "200 ms passed while waiting in line behind 2 other openings";
    late.finish().check_failed(1006, &["ws", "ws"], words);
    for client in &busy {
        ws_abort(client.id);
        client.finish();
    }
}

#[test]
fn a_shutdown_ends_the_line() {
    let _alone = alone();
    let silent = Silent::new();
    let clients = [(); 6].map(|()| Client::new(&silent.url()));
    silent.wait_caller();
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
    clients.iter().for_each(|client| drop(client.finish()));
    // All places are free again.
    let again = [(); 2].map(|()| Client::new(&silent.url()));
    for client in &again {
        silent.wait_caller();
        ws_abort(client.id);
        client.finish();
    }
}
