//! The option `on_socket`: a function that is called with each socket before it connects.

mod support;

use std::ffi::{c_char, c_void, CStr, CString};
use std::net::TcpListener;
use std::os::fd::BorrowedFd;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::Mutex;
use std::thread::{self, ThreadId};

use hostws::capi::*;
use socket2::SockRef;
use support::host::*;
use support::servers::ClosedPort;
use support::ws_server;

/// A call of the function.
struct Call {
    ws: ws_id,
    address: String,
    is_connected: bool,
    thread: ThreadId,
    /// The results of two functions of the library, called inside it.
    status: i32,
    wake: i32,
}

type Act = Box<dyn Fn(&SockRef<'_>, &str) -> i32 + Send + Sync>;

static GUARDS: Mutex<Vec<&'static Guard>> = Mutex::new(Vec::new());

/// The data of `on_socket_data`. It is never freed.
struct Guard {
    calls: Mutex<Vec<Call>>,
    act: Act,
}

impl Guard {
    fn new(act: impl Fn(&SockRef<'_>, &str) -> i32 + Send + Sync + 'static) -> &'static Guard {
        let guard = &*Box::leak(Box::new(Guard { calls: Mutex::default(), act: Box::new(act) }));
        // Where a leak checker finds it.
        GUARDS.lock().unwrap().push(guard);
        guard
    }

    fn set(&self, options: &mut ws_options) {
        options.on_socket = Some(show);
        options.on_socket_data = std::ptr::from_ref(self).cast_mut().cast();
    }

    fn addresses(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|call| call.address.clone()).collect()
    }
}

unsafe extern "C-unwind" fn show(
    ws: ws_id,
    fd: isize,
    address: *const c_char,
    user_data: *mut c_void,
) -> i32 {
    // SAFETY: the library passes `on_socket_data` unchanged, and valid arguments.
    let (guard, address, fd) = unsafe {
        let address = CStr::from_ptr(address).to_str().unwrap();
        (&*user_data.cast::<Guard>(), address, BorrowedFd::borrow_raw(fd as i32))
    };
    let socket = SockRef::from(&fd);
    let call = Call {
        ws,
        address: address.to_owned(),
        is_connected: socket.peer_addr().is_ok(),
        thread: thread::current().id(),
        status: ws_status(ws),
        wake: ws_wake(0),
    };
    guard.calls.lock().unwrap().push(call);
    (guard.act)(&socket, address)
}

#[test]
fn it_sees_each_socket_before_it_connects() {
    let server = ws_server();
    let guard = Guard::new(|socket, _| {
        socket.set_tos_v4(0x10).unwrap();
        0
    });
    let url = format!("ws://127.0.0.1:{}/echo", server.port);
    let client = Client::with(&url, |options| guard.set(options));
    client.wait_open();
    {
        let calls = guard.calls.lock().unwrap();
        assert_eq!(calls.len(), 1);
        let call = &calls[0];
        assert_eq!((call.ws, &call.address), (client.id, &format!("127.0.0.1:{}", server.port)));
        assert!(!call.is_connected);
        assert_ne!(call.thread, thread::current().id());
        assert_eq!((call.status, call.wake), (HOSTWS_E_WRONG_THREAD, HOSTWS_OK));
    }
    let tos = (3..1024).find_map(|number| {
        // SAFETY: a number that is not a socket only causes errors.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        let socket = SockRef::from(&fd);
        let peer = socket.peer_addr().ok()?.as_socket()?;
        (peer.port() == server.port).then(|| socket.tos_v4().unwrap())
    });
    assert_eq!(tos, Some(0x10), "what it sets stays");
    client.terminate();
    client.finish().check_clean(1000, "");
}

#[test]
fn each_address_is_shown_and_so_is_a_reconnect() {
    let closed = ClosedPort::new().unwrap();
    let guard = Guard::new(|_, _| 0);
    let client = Client::with(&format!("ws://localhost:{}/", closed.port), |options| {
        guard.set(options);
        options.reconnect_max = 1;
        options.reconnect_min_ms = 1;
        options.reconnect_max_ms = 1;
    });
    client.finish();
    let both = ["[::1]", "127.0.0.1"].map(|host| format!("{host}:{}", closed.port));
    assert_eq!(guard.addresses(), [&both[..], &both[..]].concat());
}

#[test]
fn it_can_refuse_an_address() {
    let server = ws_server();
    let guard = Guard::new(|_, address| if address.starts_with('[') { 7 } else { 0 });
    let url = format!("ws://localhost:{}/drop", server.port);
    assert!(Client::with(&url, |options| guard.set(options)).finish().was_open());
    assert_eq!(guard.addresses().len(), 2);

    let url = format!("ws://[::1]:{}/drop", server.port);
    let story = Client::with(&url, |options| guard.set(options)).finish();
    story.check_failed(1006, &["ws", "tcp", "tcp"], "on_socket returned 7 for the socket to [::1]");
}

#[test]
fn a_proxy_is_shown_and_what_is_behind_it_is_not() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let guard = Guard::new(|_, _| -1);
    let url = CString::new(format!("http://{address}")).unwrap();
    let client = Client::with("ws://example.invalid/", |options| {
        guard.set(options);
        options.proxy = url.as_ptr();
    });
    client.finish();
    assert_eq!(guard.addresses(), [address.to_string()]);
}

/// A guard that does not return until it is told to.
fn stuck() -> (&'static Guard, Receiver<()>, Sender<()>) {
    let (entered, has_entered) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let guard = Guard::new(move |_, _| {
        entered.send(()).unwrap();
        let _ = released.lock().unwrap().recv_timeout(PATIENCE);
        0
    });
    (guard, has_entered, release)
}

#[test]
fn a_function_that_does_not_return_holds_up_nothing_else() {
    let server = ws_server();
    let url = format!("ws://127.0.0.1:{}/drop", server.port);
    let (guard, has_entered, release) = stuck();
    let stuck = Client::with(&url, |options| guard.set(options));
    has_entered.recv_timeout(PATIENCE).unwrap();
    // On the same worker.
    assert!(Client::new(&url).finish().was_open());
    assert_eq!(ws_abort(stuck.id), HOSTWS_OK);
    stuck.finish().check_dropped(1006);

    let late = Client::with(&url, |options| {
        guard.set(options);
        options.open_timeout_ms = 2_000;
    });
    late.finish().check_failed(1006, &["ws", "tcp"], "which on_socket has not returned for");
    drop(release);
}

/// Another function, because it is not called again.
unsafe extern "C-unwind" fn end_thread(
    _: ws_id,
    _: isize,
    _: *const c_char,
    user_data: *mut c_void,
) -> i32 {
    extern "C-unwind" {
        fn pthread_exit(value: *mut c_void) -> !;
    }
    // SAFETY: it points to a counter that lives as long as the process.
    unsafe {
        (*user_data.cast::<std::sync::atomic::AtomicUsize>())
            .fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        pthread_exit(std::ptr::null_mut())
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_function_that_ends_its_thread_refuses_and_is_not_called_again() {
    static CALLS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let server = ws_server();
    let url = format!("ws://127.0.0.1:{}/drop", server.port);
    for _ in 0..2 {
        let client = Client::with(&url, |options| {
            options.on_socket = Some(end_thread);
            options.on_socket_data = std::ptr::from_ref(&CALLS).cast_mut().cast();
        });
        client.finish().check_failed(1006, &["ws", "tcp", "tcp"], "it is not called again");
    }
    assert_eq!(CALLS.load(std::sync::atomic::Ordering::SeqCst), 1);
    let guard = Guard::new(|_, _| 0);
    assert!(Client::with(&url, |options| guard.set(options)).finish().was_open());
}
