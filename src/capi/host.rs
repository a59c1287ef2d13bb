//! The functions that the host gives us: its callbacks, and those that run on threads of ours.

use std::cell::Cell;
use std::ffi::{c_char, c_void, CString};
use std::sync::Arc;

use super::guard::{c_words, quarantined};
use super::memory::{self, Versioned as _};
use super::types::{ws_callback, ws_handler, ws_socket_function};
use crate::connection::{DataType, Interner, Options};
use crate::dial::SocketHook;
use crate::error::{Code, Error, Result};
use crate::log;
use crate::queue::{Attached, Kind, Wakeup};

/// A pointer that only the host uses.
#[derive(Clone, Copy)]
struct UserData(*mut c_void);

// SAFETY: it is never followed here; the header says on which thread it is handed back.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    fn get(self) -> *mut c_void {
        self.0
    }
}

/// A connection's handler.
#[derive(Clone, Copy)]
pub struct HostHandler {
    user_data: UserData,
    common: Common,
}

/// The parts of a handler that most connections of a thread have in common.
#[derive(Clone, Copy, PartialEq)]
struct Common {
    data_type: DataType,
    callbacks: Callbacks,
}

thread_local! {
    static COMMON: Interner<Common> = Interner::default();
}

#[derive(Clone, Copy)]
pub struct Callbacks {
    pub on_open: ws_callback,
    pub on_message: ws_callback,
    pub on_error: ws_callback,
    pub on_terminate: ws_callback,
    pub on_event: ws_callback,
}

impl Callbacks {
    const NONE: Callbacks = Callbacks {
        on_open: None,
        on_message: None,
        on_error: None,
        on_terminate: None,
        on_event: None,
    };

    fn addresses(&self) -> [usize; 5] {
        let Callbacks { on_open, on_message, on_error, on_terminate, on_event } = *self;
        [on_open, on_message, on_error, on_terminate, on_event]
            .map(|callback| callback.map_or(0, |callback| callback as usize))
    }
}

impl PartialEq for Callbacks {
    fn eq(&self, other: &Callbacks) -> bool {
        self.addresses() == other.addresses()
    }
}

// SAFETY: zero is NULL in each pointer and a number elsewhere; it starts with struct_size.
unsafe impl memory::Versioned for ws_handler {
    const FIRST_SIZE: usize = memory::first_size!(ws_handler, on_event: ws_callback, 56);
}

impl HostHandler {
    pub unsafe fn read(handler: *const ws_handler) -> Result<HostHandler> {
        if handler.is_null() {
            return Ok(HostHandler::pull(DataType::Text, std::ptr::null_mut()));
        }
        // SAFETY: the caller's promise, which is the header's.
        let handler = unsafe { ws_handler::read(handler, "handler") }?;
        let data_type = match handler.data_type {
            0 => DataType::Text,
            other => DataType::from_number(other)?,
        };
        let callbacks = Callbacks {
            on_open: handler.on_open,
            on_message: handler.on_message,
            on_error: handler.on_error,
            on_terminate: handler.on_terminate,
            on_event: handler.on_event,
        };
        let user_data = UserData(handler.user_data);
        Ok(HostHandler { user_data, common: Common { data_type, callbacks } })
    }

    /// The handler of a connection without callbacks.
    pub fn pull(data_type: DataType, user_data: *mut c_void) -> HostHandler {
        let common = Common { data_type, callbacks: Callbacks::NONE };
        HostHandler { user_data: UserData(user_data), common }
    }

    #[inline]
    pub fn of(attached: &Attached) -> Result<HostHandler> {
        let common = attached.common.downcast_ref();
        let common =
            *common.ok_or_else(|| Error::ws(Code::Internal, "the connection has no handler"))?;
        Ok(HostHandler { user_data: UserData(attached.own as *mut c_void), common })
    }

    /// What a connection keeps of it. Connections that are created one after the other share what
    /// they have in common.
    pub fn attach(self) -> Attached {
        let HostHandler { user_data, common } = self;
        // A thread that is being destroyed has no interner.
        let shared = COMMON.try_with(|interner| interner.share(common));
        let common = shared.unwrap_or_else(|_| Arc::new(common));
        Attached { common, own: user_data.get() as usize }
    }

    pub fn data_type(&self) -> DataType {
        self.common.data_type
    }

    /// A connection without callbacks is pulled.
    pub fn kind(&self) -> Kind {
        let Callbacks { on_open, on_message, on_error, on_terminate, on_event } = self.callbacks();
        let all = [on_open, on_message, on_error, on_terminate, on_event];
        if all.iter().all(Option::is_none) {
            Kind::Pull
        } else {
            Kind::Push
        }
    }

    /// A connection with callbacks needs on_event, which gets the questions.
    pub fn check_hears(&self, options: &Options) -> Result<()> {
        if options.ask != 0 && self.kind() == Kind::Push && self.callbacks().on_event.is_none() {
            let words = "option ask: the handler has callbacks, and not on_event, which gets the \
                         questions";
            return Err(Error::ws(Code::Option, words));
        }
        Ok(())
    }

    pub fn callbacks(&self) -> Callbacks {
        self.common.callbacks
    }

    pub fn user_data(&self) -> *mut c_void {
        self.user_data.get()
    }

    pub fn as_c(&self) -> ws_handler {
        let Callbacks { on_open, on_message, on_error, on_terminate, on_event } = self.callbacks();
        ws_handler {
            struct_size: size_of::<ws_handler>() as u32,
            data_type: self.data_type() as i32,
            user_data: self.user_data(),
            on_open,
            on_message,
            on_error,
            on_terminate,
            on_event,
        }
    }
}

pub struct WakeupFunction;

impl WakeupFunction {
    #[allow(clippy::new_ret_no_self)]
    pub fn new(
        function: Option<unsafe extern "C-unwind" fn(*mut c_void)>,
        user_data: *mut c_void,
    ) -> Option<Wakeup> {
        let function = function?;
        let user_data = UserData(user_data);
        Some(Box::new(move || {
            // SAFETY: the host gave function and argument for each other.
            quarantined(&|| unsafe { function(user_data.get()) });
            true
        }))
    }
}

pub struct LogFunction;

impl LogFunction {
    pub fn sink(
        function: Option<unsafe extern "C-unwind" fn(i32, *const c_char, *mut c_void)>,
        user_data: *mut c_void,
    ) -> Option<log::Sink> {
        let function = function?;
        let user_data = UserData(user_data);
        Some(Box::new(move |level, line| {
            let line = CString::new(line.replace('\0', "\u{FFFD}")).unwrap_or_default();
            // SAFETY: the host gave function and argument for each other.
            quarantined(&|| unsafe { function(level as i32, line.as_ptr(), user_data.get()) });
        }))
    }
}

pub struct SocketFunction;

impl SocketFunction {
    pub fn hook(function: ws_socket_function) -> Option<SocketHook> {
        let function = function?;
        let show = move |id, socket, address: &str, user_data: usize| {
            let address = c_words(address);
            let answer = Cell::new(0);
            quarantined(&|| {
                // SAFETY: the host gave function and argument for each other.
                answer.set(unsafe {
                    function(id, socket, address.as_ptr(), user_data as *mut c_void)
                });
            });
            answer.get()
        };
        Some(SocketHook::new(Arc::new(show), function as usize))
    }
}
