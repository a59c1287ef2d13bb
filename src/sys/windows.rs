//! Windows.

use std::any::Any;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream as StdStream};
use std::os::windows::io::AsRawSocket;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{MaybeUninitSlice, SockRef};

/// Calls `make`: there are no standard descriptors to avoid.
pub fn above_standard<T>(make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    make()
}

/// Opens a file for reading.
pub fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Whether the calling thread is the main thread. That is not known, so the main thread's queue
/// ends with the thread.
pub fn is_main_thread() -> bool {
    false
}

/// There is no fork.
pub fn at_fork(_: extern "C" fn()) {}

/// Not needed: when exit handlers run, all other threads have ended.
pub fn at_exit(_: extern "C" fn()) {}

/// The resource that has run out, if that is why a call failed.
pub fn shortage(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error()? {
        10024 => Some("no socket is free in this process"), // WSAEMFILE
        10055 => Some("the system has no memory left for it"), // WSAENOBUFS
        _ => None,
    }
}

/// A variable of the environment.
pub fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Not needed: TLS keeps nothing for a thread.
pub fn keep_until_thread_is_gone(_: Box<dyn Any + Send>) {}

/// Starts a thread. There are no signals.
pub fn spawn<F>(name: &str, f: F) -> io::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    Builder::new().name(name.to_owned()).spawn(f)
}

/// Whether new data is announced after a read that returned less than was asked for. mio announces
/// it only after a read that found nothing.
pub const TELLS_DRAINED: bool = false;

/// Reads into several buffers, one after the other. They may be uninitialized. It goes through mio,
/// which must see that nothing is left.
pub fn receive(stream: &TcpStream, buffers: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    stream.try_io(|| {
        let socket = SockRef::from(stream);
        match buffers {
            [buffer] => socket.recv(buffer),
            buffers => Ok(socket.recv_vectored(buffers)?.0),
        }
    })
}

/// Whether a connection is being made, which is not an error.
pub fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// A connection to a Unix socket. There is none: the standard library has no Unix sockets here.
pub struct LocalStream(Infallible);

pub fn local_path(_: Vec<u8>) -> Result<PathBuf, String> {
    Err("there are no Unix sockets on this system".to_owned())
}

pub fn receive_local(stream: &LocalStream, _: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    match stream.0 {}
}

pub fn send_local(stream: &LocalStream, _: &[u8]) -> io::Result<usize> {
    match stream.0 {}
}

impl LocalStream {
    pub fn connect(_: impl AsRef<Path>) -> io::Result<LocalStream> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        match self.0 {}
    }
}

impl Read for &LocalStream {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }
}

impl Source for LocalStream {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        match self.0 {}
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        match self.0 {}
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        match self.0 {}
    }
}

/// One end of a pair of sockets. It never blocks.
#[derive(Debug)]
pub struct PairEnd(StdStream);

/// Two sockets, connected over the loopback interface: select() takes no other kind of pair.
pub fn socket_pair() -> io::Result<(PairEnd, PairEnd)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let one = StdStream::connect(listener.local_addr()?)?;
    let other = loop {
        let (other, from) = listener.accept()?;
        // Any program may connect to it.
        if from == one.local_addr()? {
            break other;
        }
    };
    for end in [&one, &other] {
        end.set_nonblocking(true)?;
        end.set_nodelay(true)?;
    }
    Ok((PairEnd(one), PairEnd(other)))
}

impl PairEnd {
    /// Its descriptor.
    pub fn number(&self) -> isize {
        self.0.as_raw_socket() as isize
    }
}

impl Read for &PairEnd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.0).read(buffer)
    }
}

impl Write for &PairEnd {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// ---- sleeping: without poll() for what is not a socket, and without signals

/// Wakes a thread that sleeps.
#[derive(Debug, Default)]
pub struct Notifier {
    is_notified: Mutex<bool>,
    changed: Condvar,
}

impl Notifier {
    pub fn new() -> io::Result<Notifier> {
        Ok(Notifier::default())
    }

    /// The thread that sleeps on it wakes up, or does not fall asleep.
    pub fn notify(&self) {
        *self.is_notified.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// The thread has been woken.
    pub fn clear(&self) {
        *self.is_notified.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

/// The host writes to it to wake the threads that wait for the queue.
#[derive(Debug)]
pub struct WakePipe {
    host: PairEnd,
    ours: PairEnd,
}

impl WakePipe {
    pub fn new() -> io::Result<WakePipe> {
        let (host, ours) = socket_pair()?;
        Ok(WakePipe { host, ours })
    }

    /// The descriptor that the host writes to.
    pub fn number(&self) -> isize {
        self.host.number()
    }

    /// Removes what has been written. Returns false if that is nothing.
    pub fn drain(&self) -> bool {
        let mut scratch = [0; 64];
        let mut is_any = false;
        while let Ok(1..) = (&self.ours).read(&mut scratch) {
            is_any = true;
        }
        is_any
    }

    /// Not needed: a waiting thread looks by itself.
    pub fn watch(&self, _: &Registry, _: Token) -> io::Result<()> {
        Ok(())
    }
}

/// Why a sleep has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roused {
    /// It was notified, or its time is up.
    Normally,
    /// A signal handler ran.
    BySignal,
}

/// A sleep that is about to begin. Its notifier lives until the thread has woken up.
#[derive(Debug, Clone, Copy)]
pub struct Sleep {
    notifier: *const Notifier,
    until: Option<Instant>,
}

/// How often a thread looks at its wake pipe, which does not notify it.
const LOOK: Duration = Duration::from_millis(20);

impl Sleep {
    pub fn new(
        notifier: Option<&Arc<Notifier>>,
        pipe: Option<&Arc<WakePipe>>,
        until: Option<Instant>,
    ) -> Sleep {
        let soon = (notifier.is_none() || pipe.is_some()).then(|| Instant::now() + LOOK);
        let notifier = notifier.map_or(std::ptr::null(), Arc::as_ptr);
        Sleep { notifier, until: [until, soon].into_iter().flatten().min() }
    }

    pub fn run(self) -> Roused {
        let rest = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        let rest = rest.unwrap_or(Duration::from_secs(3600));
        // SAFETY: it lives until the thread has woken up.
        match unsafe { self.notifier.as_ref() } {
            Some(notifier) => {
                let state = notifier.is_notified.lock().unwrap_or_else(PoisonError::into_inner);
                drop(notifier.changed.wait_timeout_while(state, rest, |is_notified| !*is_notified));
            }
            None => std::thread::sleep(rest),
        }
        Roused::Normally
    }
}

/// Threads are not cancelled here.
pub fn test_cancel() {}

/// Threads are not cancelled here.
pub fn uncancelled<T>(act: impl FnOnce() -> T) -> T {
    act()
}
