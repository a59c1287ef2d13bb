//! Eight host threads with fifty connections each, two of them over TLS, do everything at random, for
//! HOSTWS_STRESS_SECONDS (30): every message comes back whole and in order, each connection
//! ends once, no callback runs on another thread, and nothing is left behind.
//! HOSTWS_STRESS_SEED repeats a run's choices.

mod support;

use std::cell::Cell;
use std::env;
use std::ffi::{c_void, CString};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use hostws::capi::*;
use support::host::{last_words, options, send, terminate};
use support::process::{check_nothing_left_behind, holdings};
use support::servers::certificates::Certificates;
use support::servers::websocket;
use support::ws_server;

const HOSTS: usize = 8;
const CONNECTIONS: usize = 50;
const DEEPEST: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(60);

/// The state of a connection for its callbacks. It is kept to the end of the test.
struct Connection {
    id: AtomicU32,
    owner: ThreadId,
    sent: AtomicU32,
    received: AtomicU32,
    opened: AtomicBool,
    /// It was closed by its host or by another thread.
    closed: AtomicBool,
    /// It was closed after all echoes had arrived.
    complete: AtomicBool,
    aborted: AtomicBool,
    ends: AtomicU32,
    inside: AtomicBool,
}

impl Connection {
    fn id(&self) -> ws_id {
        self.id.load(Ordering::SeqCst) as ws_id
    }

    fn is_over(&self) -> bool {
        self.ends.load(Ordering::SeqCst) > 0
    }

    fn is_complete(&self) -> bool {
        self.sent.load(Ordering::SeqCst) == self.received.load(Ordering::SeqCst)
    }

    /// Whether it has been open and all echoes have arrived.
    fn has_settled(&self) -> bool {
        self.opened.load(Ordering::SeqCst) && self.is_complete()
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    fn send(&self) {
        // Only one thread sends, so the number is not used twice.
        let number = self.sent.load(Ordering::SeqCst);
        let result = send(self.id(), text(self.id(), number).as_bytes(), HOSTWS_TEXT);
        if result == HOSTWS_OK {
            self.sent.fetch_add(1, Ordering::SeqCst);
        } else {
            let is_closed = result == HOSTWS_E_CLOSED && self.is_closed();
            check(is_closed, || format!("ws_send says {result}: {}", last_words()));
        }
    }

    fn terminate(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let result = terminate(self.id(), 0, None);
        check(result == HOSTWS_OK || result == HOSTWS_E_CLOSED, || format!("terminate: {result}"));
    }

    fn abort(&self) {
        self.aborted.store(true, Ordering::SeqCst);
        self.closed.store(true, Ordering::SeqCst);
        let result = ws_abort(self.id());
        check(result == HOSTWS_OK || result == HOSTWS_E_CLOSED, || format!("abort: {result}"));
    }
}

/// The message with that number, which determines its length and content.
fn text(id: ws_id, number: u32) -> String {
    let length = (id as usize).wrapping_mul(7919).wrapping_add(number as usize * 104_729) % 3000;
    format!("{id}:{number}:{}", "x".repeat(length))
}

// ---- what went wrong, and what was done

static FAULTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static DONE: [AtomicU64; 6] = [const { AtomicU64::new(0) }; 6];
const NAMES: [&str; 6] = ["connections", "messages", "complete", "aborts", "nested", "threads"];

fn done(what: &str) {
    let index = NAMES.iter().position(|&name| name == what).unwrap();
    DONE[index].fetch_add(1, Ordering::Relaxed);
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records a fault, without a panic, because callbacks must continue.
fn check(holds: bool, words: impl FnOnce() -> String) {
    if !holds {
        let mut faults = locked(&FAULTS);
        if faults.len() < 20 {
            faults.push(words());
        }
    }
}

// ---- chance

thread_local! {
    static CHANCE: Cell<u64> = const { Cell::new(0) };
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// SplitMix64.
fn chance(below: u64) -> u64 {
    let state = CHANCE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    CHANCE.set(state);
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % below
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}

// ---- a host thread

unsafe extern "C-unwind" fn tell(ws: ws_id, event: *const ws_event, user_data: *mut c_void) {
    // SAFETY: the connection is kept to the end of the test; the event is valid meanwhile.
    let (connection, event) = unsafe { (&*user_data.cast::<Connection>(), &*event) };
    let kind = event.r#type;
    check(ws == connection.id(), || format!("{ws} is told of {}", connection.id()));
    check(thread::current().id() == connection.owner, || format!("{ws}: on another thread"));
    check(!connection.inside.swap(true, Ordering::SeqCst), || format!("{ws}: nested"));
    check(!connection.is_over(), || format!("{ws}: an event {kind} after its end"));
    match kind {
        HOSTWS_EVENT_OPEN => {
            let again = connection.opened.swap(true, Ordering::SeqCst);
            check(!again, || format!("{ws}: opened twice"));
        }
        HOSTWS_EVENT_MESSAGE => {
            let number = connection.received.fetch_add(1, Ordering::SeqCst);
            // SAFETY: the library promises that many bytes.
            let data =
                unsafe { std::slice::from_raw_parts(event.data.cast(), event.length as usize) };
            check(data == text(ws, number).as_bytes(), || {
                let start = String::from_utf8_lossy(&data[..data.len().min(30)]).into_owned();
                format!("{ws}: {start:?} ({} bytes) instead of message {number}", data.len())
            });
            done("messages");
            inside_a_message(connection);
        }
        HOSTWS_EVENT_TERMINATE => {
            connection.ends.fetch_add(1, Ordering::SeqCst);
            let code = event.code;
            let aborted = connection.aborted.load(Ordering::SeqCst);
            let expected = match (connection.opened.load(Ordering::SeqCst), aborted) {
                (true, false) => code == 1000 && event.was_clean == 1,
                // It was open, but was closed before OPEN was delivered.
                (false, _) | (true, true) => code == 1000 || code == 1006,
            };
            check(expected, || format!("{ws}: ended with {code}"));
            check(connection.is_closed(), || format!("{ws}: nobody closed it"));
            if connection.complete.load(Ordering::SeqCst) {
                check(connection.is_complete(), || format!("{ws}: not all has come back"));
                done("complete");
            }
        }
        // The server never breaks anything, so nothing may go wrong.
        other => check(false, || format!("{ws}: an event of the type {other}")),
    }
    connection.inside.store(false, Ordering::SeqCst);
}

fn inside_a_message(connection: &Connection) {
    match chance(100) {
        0..5 => connection.send(),
        5 if chance(20) == 0 => connection.terminate(),
        6 if chance(20) == 0 => {
            connection.abort();
            done("aborts");
        }
        7 | 8 if DEPTH.get() < DEEPEST => {
            DEPTH.set(DEPTH.get() + 1);
            let polled = ws_poll(0, chance(3) as i32, chance(10) as i32);
            check(polled >= 0 || polled == HOSTWS_E_IDLE, || format!("nested poll: {polled}"));
            DEPTH.set(DEPTH.get() - 1);
            done("nested");
        }
        _ => {}
    }
}

struct World {
    plain: CString,
    secure: CString,
    ca: CString,
    end: Instant,
    /// All connections ever made, by host thread, so that the callbacks' pointers stay valid.
    connections: Vec<Mutex<Vec<Arc<Connection>>>>,
}

impl World {
    fn connect(&self, host: usize) -> Arc<Connection> {
        let connection = Arc::new(Connection {
            id: AtomicU32::new(0),
            owner: thread::current().id(),
            sent: AtomicU32::new(0),
            received: AtomicU32::new(0),
            opened: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            complete: AtomicBool::new(false),
            aborted: AtomicBool::new(false),
            ends: AtomicU32::new(0),
            inside: AtomicBool::new(false),
        });
        let handler = ws_handler {
            struct_size: size_of::<ws_handler>() as u32,
            data_type: HOSTWS_TEXT,
            user_data: Arc::as_ptr(&connection).cast_mut().cast(),
            on_open: Some(tell),
            on_message: Some(tell),
            on_error: Some(tell),
            on_terminate: Some(tell),
            on_event: Some(tell),
        };
        let mut options = options();
        options.close_timeout_ms = 60_000;
        options.tls_ca = self.ca.as_ptr();
        let url = if host % 4 == 3 { &self.secure } else { &self.plain };
        // SAFETY: all is valid during the call; the connection is kept below.
        let id = unsafe { ws_new(url.as_ptr(), &handler, &options) };
        check(id > 0, || format!("ws_new says {id}: {}", last_words()));
        connection.id.store(id.max(0) as u32, Ordering::SeqCst);
        locked(&self.connections[host]).push(Arc::clone(&connection));
        done("connections");
        connection
    }

    /// The life of a host thread.
    fn live(&self, host: usize, life: Duration) {
        let death = (Instant::now() + life).min(self.end);
        let mut mine: Vec<Arc<Connection>> = Vec::new();
        while Instant::now() < death {
            mine.retain(|connection| !connection.is_over());
            if mine.len() < CONNECTIONS {
                mine.push(self.connect(host));
            }
            for _ in 0..chance(20) {
                self.act(&mine[chance(mine.len() as u64) as usize]);
            }
            let polled = ws_poll(0, chance(4) as i32, chance(3) as i32 * 20);
            check(polled >= 0, || format!("ws_poll says {polled}: {}", last_words()));
        }
        done("threads");
        // Half of the threads leave their connections open.
        if chance(2) == 0 {
            self.leave_politely(&mine);
        }
    }

    fn act(&self, connection: &Connection) {
        match chance(200) {
            0 => connection.abort(),
            1 => connection.terminate(),
            2..8 if connection.has_settled() && !connection.is_closed() => {
                connection.complete.store(true, Ordering::SeqCst);
                connection.terminate();
            }
            _ if !connection.complete.load(Ordering::SeqCst) => {
                for _ in 0..chance(4) {
                    connection.send();
                }
            }
            _ => {}
        }
    }

    /// Waits for all echoes, closes all connections, and checks that each ends once.
    fn leave_politely(&self, mine: &[Arc<Connection>]) {
        let deadline = Instant::now() + PATIENCE;
        let settled = |connection: &Connection| connection.is_closed() || connection.has_settled();
        while !mine.iter().all(|connection| settled(connection)) && Instant::now() < deadline {
            ws_poll(0, 50, 0);
        }
        for connection in mine {
            check(settled(connection), || {
                let (sent, received) = (&connection.sent, &connection.received);
                format!("{}: {received:?} of {sent:?} came back", connection.id())
            });
            if !connection.is_closed() {
                connection.complete.store(true, Ordering::SeqCst);
                connection.terminate();
            }
        }
        while ws_poll(0, 1000, 0) >= 0 && Instant::now() < deadline {}
        check(ws_last_error() == HOSTWS_E_IDLE, || format!("at the end: {}", last_words()));
        for connection in mine {
            let ends = connection.ends.load(Ordering::SeqCst);
            check(ends == 1, || format!("{}: ended {ends} times", connection.id()));
        }
    }

    /// A thread that interferes with all connections.
    fn meddle(&self) {
        while Instant::now() < self.end {
            let picked = {
                let list = locked(&self.connections[chance(HOSTS as u64) as usize]);
                let recent = list.len().min(2 * CONNECTIONS) as u64;
                (recent > 0).then(|| Arc::clone(&list[list.len() - 1 - chance(recent) as usize]))
            };
            if let Some(connection) = picked {
                let id = connection.id();
                match chance(100) {
                    0 => connection.abort(),
                    1 => connection.terminate(),
                    2..20 => drop(ws_wake(ws_queue_of(id).max(0))),
                    20..40 => drop(ws_buffered_amount(id)),
                    _ => {
                        let status = ws_status(id);
                        check((0..=3).contains(&status), || format!("{id}: status {status}"));
                    }
                }
            }
            thread::sleep(Duration::from_micros(500));
        }
    }
}

/// Allows as many descriptors as the system permits.
fn raise_descriptor_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls on one valid struct.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}

#[test]
fn nothing_is_lost_doubled_or_left_behind_under_stress() {
    let seconds = setting("HOSTWS_STRESS_SECONDS").unwrap_or(30);
    let seed = setting("HOSTWS_STRESS_SEED").unwrap_or(6455);
    println!("seed {seed}, {seconds} s");
    raise_descriptor_limit();
    let before = holdings();
    let certificates = Certificates::new().unwrap();
    let server = ws_server();
    let secure = websocket::tls(&certificates.good).unwrap();
    let world = World {
        plain: CString::new(support::url(&server, "/echo")).unwrap(),
        secure: CString::new(format!("wss://localhost:{}/echo", secure.port)).unwrap(),
        ca: CString::new(certificates.ca_pem.clone()).unwrap(),
        end: Instant::now() + Duration::from_secs(seconds),
        connections: (0..HOSTS).map(|_| Mutex::default()).collect(),
    };
    thread::scope(|scope| {
        for host in 0..HOSTS {
            let world = &world;
            scope.spawn(move || {
                for life in 0.. {
                    if Instant::now() >= world.end {
                        break;
                    }
                    let of_life = seed ^ ((host as u64) << 32) ^ life;
                    thread::scope(|scope| {
                        scope.spawn(|| {
                            CHANCE.set(of_life);
                            world.live(host, Duration::from_millis(500 + chance(4000)));
                        });
                    });
                }
            });
        }
        scope.spawn(|| {
            CHANCE.set(seed ^ u64::MAX);
            world.meddle();
        });
    });
    assert_eq!(ws_shutdown(60_000), HOSTWS_OK, "{}", last_words());
    for list in &world.connections {
        for connection in locked(list).iter() {
            assert_eq!(ws_status(connection.id()), HOSTWS_CLOSED);
            let ends = connection.ends.load(Ordering::SeqCst);
            check(ends <= 1, || format!("{}: ended {ends} times", connection.id()));
        }
    }
    let counts = NAMES.iter().zip(&DONE).map(|(name, n)| format!("{name} {n:?}"));
    println!("{}", counts.collect::<Vec<_>>().join(", "));
    assert_eq!(*locked(&FAULTS), Vec::<String>::new());
    drop((server, secure));
    check_nothing_left_behind(before);
}
