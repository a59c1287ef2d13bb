//! Event objects, and waiting for them.

use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::time::Duration;

use mio::{Registry, Token};
use windows_sys::Win32::Foundation::{HANDLE, WAIT_FAILED};
use windows_sys::Win32::Networking::WinSock::{WSAEventSelect, FD_CLOSE, FD_READ};
use windows_sys::Win32::System::Threading::{
    CreateEventW, ResetEvent, SetEvent, WaitForMultipleObjects, INFINITE,
};

use crate::sys::PairEnd;

/// An event object, which is set or not set.
#[derive(Debug)]
pub struct EventObject(OwnedHandle);

impl EventObject {
    /// It is not set, and stays set once it is.
    pub fn new() -> io::Result<EventObject> {
        // SAFETY: the attributes and the name may be missing.
        let handle = unsafe { CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle is new, and owned from here on.
        Ok(EventObject(unsafe { OwnedHandle::from_raw_handle(handle) }))
    }

    pub fn handle(&self) -> *mut c_void {
        self.0.as_raw_handle()
    }

    pub fn set(&self, is_set: bool) {
        // SAFETY: the handle is open.
        unsafe {
            match is_set {
                true => SetEvent(self.handle()),
                false => ResetEvent(self.handle()),
            };
        }
    }
}

/// Wakes a thread that sleeps.
#[derive(Debug)]
pub struct Notifier(EventObject);

impl Notifier {
    pub fn new() -> io::Result<Notifier> {
        EventObject::new().map(Notifier)
    }

    pub fn number(&self) -> isize {
        self.0.handle() as isize
    }

    /// The thread that sleeps on it wakes up, or does not fall asleep.
    pub fn notify(&self) {
        self.0.set(true);
    }

    /// The thread has been woken.
    pub fn clear(&self) {
        self.0.set(false);
    }
}

/// Set by the system when something arrives at our end of a wake pipe.
#[derive(Debug)]
pub struct PipeAlert(EventObject);

impl PipeAlert {
    pub fn of(ours: &PairEnd) -> io::Result<PipeAlert> {
        let event = EventObject::new()?;
        let wanted = (FD_READ | FD_CLOSE) as i32;
        // SAFETY: both are open. The pipe closes its socket after the event, which is allowed.
        match unsafe { WSAEventSelect(ours.number() as usize, event.handle() as isize, wanted) } {
            0 => Ok(PipeAlert(event)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub fn number(&self) -> isize {
        self.0.handle() as isize
    }

    /// To be called before a read, which makes the system set it again when more comes.
    pub fn clear(&self) {
        self.0.set(false);
    }

    /// Not possible: mio wants the socket for itself. A host thread runs the loop only while events
    /// come in quick succession, and after each it looks at the pipe.
    pub fn watch(&self, _: &Registry, _: Token) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until one of the event objects is set, for at most `timeout` milliseconds. Returns whether
/// a signal handler has run meanwhile, which is never.
pub fn wait_for_any(sources: [Option<isize>; 2], timeout: Option<i32>) -> bool {
    let timeout = timeout.map_or(INFINITE, |timeout| timeout.max(0) as u32);
    let mut handles: [HANDLE; 2] = [std::ptr::null_mut(); 2];
    let mut count = 0;
    for source in sources.into_iter().flatten() {
        handles[count] = source as HANDLE;
        count += 1;
    }
    let waited = match count {
        0 => WAIT_FAILED,
        // SAFETY: that many handles are valid during the call.
        _ => unsafe { WaitForMultipleObjects(count as u32, handles.as_ptr(), 0, timeout) },
    };
    if waited == WAIT_FAILED {
        // There is nothing to wait for, or the program has closed it.
        std::thread::sleep(Duration::from_millis(timeout.min(10).into()));
    }
    false
}
