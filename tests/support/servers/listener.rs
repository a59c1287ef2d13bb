//! A listening port on the loopback, with a thread for each connection. Dropping it ends all of
//! them.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The longest wait of a connection for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);
const END: Duration = Duration::from_secs(10);
const STACK: usize = 256 << 10;

#[derive(Default)]
struct State {
    next: u64,
    open: HashMap<u64, Weak<TcpStream>>,
    stopping: bool,
    gate_open: bool,
    seen: Vec<Seen>,
}

/// The course of a connection, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub path: String,
    pub ending: Ending,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It has begun.
    Opened,
    /// The client's close frame: its code and reason, if any.
    Close(Option<(u16, String)>),
    /// The connection ended without a close frame.
    Lost,
}

/// The state that the threads of the connections share.
#[derive(Default)]
pub struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

impl Board {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, limit: Duration, done: impl Fn(&State) -> bool) -> bool {
        let state = self.state();
        let wait = self.changed.wait_timeout_while(state, limit, |state| !done(state));
        let (state, _) = wait.unwrap_or_else(PoisonError::into_inner);
        done(&state)
    }

    fn change(&self, f: impl FnOnce(&mut State)) {
        f(&mut self.state());
        self.changed.notify_all();
    }

    pub fn saw(&self, path: &str, ending: Ending) {
        self.change(|state| state.seen.push(Seen { path: path.to_owned(), ending }));
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// Waits until someone opens the gate.
    pub fn wait_for_gate(&self) {
        self.wait(PATIENCE, |state| state.gate_open || state.stopping);
    }
}

/// A connection's stream, which the listener can end from outside.
#[derive(Clone)]
pub struct Connected(Arc<TcpStream>);

impl Connected {
    pub fn tcp(&self) -> &TcpStream {
        &self.0
    }
}

impl Read for Connected {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        again_if_interrupted(|| (&*self.0).read(buffer))
    }
}

impl Write for Connected {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        again_if_interrupted(|| (&*self.0).write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A socket with a time limit is interrupted when its process was stopped and goes on.
fn again_if_interrupted(mut work: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

pub struct Listener {
    pub port: u16,
    address: SocketAddr,
    board: Arc<Board>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Serves each connection on a thread of its own.
    pub fn start<F>(serve: F) -> io::Result<Listener>
    where
        F: Fn(Connected, &Board) + Send + Sync + 'static,
    {
        Listener::start_at("127.0.0.1:0", serve)
    }

    /// The same on another address.
    pub fn start_at<F>(address: &str, serve: F) -> io::Result<Listener>
    where
        F: Fn(Connected, &Board) + Send + Sync + 'static,
    {
        let listener = TcpListener::bind(address)?;
        // The standard library's backlog is 128: too few for many clients at once.
        socket2::SockRef::from(&listener).listen(4096)?;
        let address = listener.local_addr()?;
        let board = Arc::new(Board::default());
        let shared = Arc::clone(&board);
        let thread = thread::spawn(move || accept(&listener, &shared, &Arc::new(serve)));
        Ok(Listener { port: address.port(), address, board, thread: Some(thread) })
    }

    /// The number of connections accepted so far.
    pub fn accepted(&self) -> u64 {
        self.board.state().next
    }

    pub fn open_gate(&self) {
        self.board.change(|state| state.gate_open = true);
    }

    /// Waits until the server has seen an ending like this on that path.
    pub fn wait_seen(&self, path: &str, limit: Duration, wanted: impl Fn(&Ending) -> bool) -> bool {
        self.board.wait(limit, |state| {
            state.seen.iter().any(|seen| seen.path == path && wanted(&seen.ending))
        })
    }

    /// The close frames received on that path, in order.
    pub fn closes(&self, path: &str) -> Vec<Option<(u16, String)>> {
        let close = |seen: Seen| match seen.ending {
            Ending::Close(close) if seen.path == path => Some(close),
            _ => None,
        };
        self.board.seen().into_iter().filter_map(close).collect()
    }

    pub fn count(&self, path: &str, wanted: impl Fn(&Ending) -> bool) -> usize {
        self.board.seen().iter().filter(|s| s.path == path && wanted(&s.ending)).count()
    }

    /// Waits until no connection is left. Returns false if the time was up first.
    pub fn wait_quiet(&self, limit: Duration) -> bool {
        self.board.wait(limit, |state| state.open.is_empty())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.board.change(|state| {
            state.stopping = true;
            for stream in state.open.values().filter_map(Weak::upgrade) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        // Ends the accept.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.board.wait(END, |state| state.open.is_empty());
    }
}

fn accept<F>(listener: &TcpListener, board: &Arc<Board>, serve: &Arc<F>)
where
    F: Fn(Connected, &Board) + Send + Sync + 'static,
{
    loop {
        let Ok((stream, _)) = listener.accept() else {
            // Out of descriptors: wait until another connection ends.
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        let mut state = board.state();
        if state.stopping {
            return;
        }
        let _ = stream.set_nodelay(true);
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let _ = stream.set_write_timeout(Some(PATIENCE));
        let stream = Arc::new(stream);
        let number = state.next;
        state.next += 1;
        state.open.insert(number, Arc::downgrade(&stream));
        drop(state);
        let place = Place { board: Arc::clone(board), number };
        let serve = Arc::clone(serve);
        // If no thread can be started, the connection closes.
        let _ = thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || serve(Connected(stream), &place.board));
    }
}

/// The entry of a connection, removed when its thread ends.
struct Place {
    board: Arc<Board>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.board.change(|state| drop(state.open.remove(&self.number)));
    }
}

/// Reads nothing, and waits until the client has gone.
pub fn wait_until_gone(stream: &TcpStream) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut entry =
            libc::pollfd { fd: stream.as_raw_fd(), events: libc::POLLRDHUP, revents: 0 };
        // SAFETY: one valid entry, for the length of the call.
        let ready = unsafe { libc::poll(&mut entry, 1, left.as_millis() as libc::c_int) };
        if ready >= 0 || left.is_zero() {
            return;
        }
    }
}

/// Shuts down the sending side, and gives the client time to do the same. Closing a socket with
/// unread data causes a reset, which could overtake data that was written.
pub fn close_gently(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let mut reader = stream;
    let mut buffer = [0; 4096];
    while matches!(reader.read(&mut buffer), Ok(1..)) {}
}
