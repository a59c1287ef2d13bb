//! The C functions as a host calls them. A `Client` is a connection whose callbacks record their
//! events, and check each against the promises of the header.

use std::ffi::{c_char, c_void, CStr, CString};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use hostws::capi::*;

/// The longest wait of a test for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Whether the descriptor becomes readable in that time.
pub fn is_readable(fd: isize, timeout_ms: i32) -> bool {
    let mut entry = libc::pollfd { fd: fd as i32, events: libc::POLLIN, revents: 0 };
    // SAFETY: one valid entry, for the length of the call.
    unsafe { libc::poll(&mut entry, 1, timeout_ms) == 1 && entry.revents & libc::POLLIN != 0 }
}

/// One entry of an error stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub code: i32,
    pub message: String,
    pub component: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Open,
    Message {
        data_type: i32,
        data: Vec<u8>,
    },
    /// A part of a message that is larger than `stream_threshold`.
    Part {
        data: Vec<u8>,
        is_first: bool,
        is_last: bool,
    },
    Error(Vec<Trouble>),
    Terminate(Ending),
    Drain,
    Pong(Vec<u8>),
    Warning(Vec<Trouble>),
    Reconnecting {
        attempt: i32,
        delay_ms: i64,
        errors: Vec<Trouble>,
    },
    Reconnected(i32),
    Sent(i32),
    Expired(i32),
    Ask(Question),
}

/// The contents of an ASK event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub number: i32,
    pub topic: u32,
    pub facts: serde_json::Value,
    pub delay_ms: i64,
    pub errors: Vec<Trouble>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub code: i32,
    pub reason: String,
    pub was_clean: bool,
}

impl Event {
    /// Copies an event, and checks what the header promises about every event.
    ///
    /// # Safety The event comes from the library and is still valid.
    pub unsafe fn read(event: *const ws_event) -> Event {
        // SAFETY: the caller's promise.
        unsafe {
            let event = &*event;
            assert_eq!(event.struct_size as usize, size_of::<ws_event>());
            assert!(event.ws > 0 && event.time_us > 0);
            let is_message = event.r#type == HOSTWS_EVENT_MESSAGE;
            let is_question = event.r#type == HOSTWS_EVENT_ASK;
            assert!(is_question || event.flags & !(HOSTWS_FIRST | HOSTWS_LAST) == 0);
            assert!(is_message || is_question || event.flags == 0);
            assert!(event.r#type == HOSTWS_EVENT_PONG || event.round_trip_us == 0);
            let is_delayed = is_question || event.r#type == HOSTWS_EVENT_RECONNECTING;
            assert!(is_delayed || event.delay_ms == 0);
            let (is_first, is_last) =
                (event.flags & HOSTWS_FIRST != 0, event.flags & HOSTWS_LAST != 0);
            let data = if event.data.is_null() {
                Vec::new()
            } else {
                let length = usize::try_from(event.length).unwrap();
                assert_eq!(*event.data.add(length), 0, "one NUL follows the data");
                std::slice::from_raw_parts(event.data.cast(), length).to_vec()
            };
            let troubles = (0..event.error_count).map(|index| {
                let error = &*event.errors.add(index as usize);
                Trouble {
                    code: error.code,
                    message: words(error.message),
                    component: words(error.component),
                }
            });
            let troubles: Vec<Trouble> = troubles.collect();
            match event.r#type {
                HOSTWS_EVENT_OPEN => Event::Open,
                HOSTWS_EVENT_MESSAGE if is_first && is_last => {
                    Event::Message { data_type: event.data_type, data }
                }
                HOSTWS_EVENT_MESSAGE => Event::Part { data, is_first, is_last },
                HOSTWS_EVENT_ERROR => Event::Error(troubles),
                HOSTWS_EVENT_TERMINATE => Event::Terminate(Ending {
                    code: event.code,
                    reason: words(event.reason),
                    was_clean: event.was_clean != 0,
                }),
                HOSTWS_EVENT_DRAIN => Event::Drain,
                HOSTWS_EVENT_PONG => Event::Pong(data),
                HOSTWS_EVENT_WARNING => Event::Warning(troubles),
                HOSTWS_EVENT_RECONNECTING => Event::Reconnecting {
                    attempt: event.code,
                    delay_ms: event.delay_ms,
                    errors: troubles,
                },
                HOSTWS_EVENT_RECONNECTED => Event::Reconnected(event.code),
                HOSTWS_EVENT_ASK => {
                    assert_eq!(event.data_type, HOSTWS_OBJECT);
                    Event::Ask(Question {
                        number: event.code,
                        topic: event.flags,
                        facts: serde_json::from_slice(&data).expect("an object"),
                        delay_ms: event.delay_ms,
                        errors: troubles,
                    })
                }
                HOSTWS_EVENT_SENT => Event::Sent(event.code),
                HOSTWS_EVENT_EXPIRED => Event::Expired(event.code),
                other => panic!("an event of the unknown type {other}"),
            }
        }
    }
}

/// What a test does inside a callback.
pub type Hook = Box<dyn Fn(ws_id, &Event) + Send + Sync>;

/// Records the events of a connection.
pub struct Recorder {
    /// The only thread on which callbacks may run; `None` for a queue of ws_queue_new().
    owner: Option<ThreadId>,
    /// Shared, so that a test can look at many of them often without a copy.
    events: Mutex<Arc<Vec<Event>>>,
    faults: Mutex<Vec<String>>,
    running: AtomicUsize,
    hook: Option<Hook>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    pub fn new(owner: Option<ThreadId>, hook: Option<Hook>) -> Arc<Recorder> {
        let recorder = Arc::new(Recorder {
            owner,
            events: Mutex::default(),
            faults: Mutex::default(),
            running: AtomicUsize::new(0),
            hook,
        });
        // Never freed, because the library has its address, whatever happens to the test.
        static KEPT: Mutex<Vec<Arc<Recorder>>> = Mutex::new(Vec::new());
        locked(&KEPT).push(Arc::clone(&recorder));
        recorder
    }

    pub fn events(&self) -> Vec<Event> {
        Vec::clone(&self.snapshot())
    }

    fn snapshot(&self) -> Arc<Vec<Event>> {
        Arc::clone(&locked(&self.events))
    }

    /// Callbacks that ran on the wrong thread or at the wrong time.
    pub fn faults(&self) -> Vec<String> {
        locked(&self.faults).clone()
    }

    fn blame(&self, words: String) {
        locked(&self.faults).push(words);
    }

    fn record(&self, ws: ws_id, event: Event) {
        if self.owner.is_some_and(|owner| owner != thread::current().id()) {
            self.blame(format!("{event:?} came on another thread"));
        }
        if self.running.fetch_add(1, Ordering::SeqCst) > 0 {
            self.blame(format!("{event:?} came inside another callback of this connection"));
        }
        Arc::make_mut(&mut locked(&self.events)).push(event.clone());
        if let Some(hook) = &self.hook {
            hook(ws, &event);
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Every callback of a `Client`.
unsafe extern "C-unwind" fn tell(ws: ws_id, event: *const ws_event, user_data: *mut c_void) {
    // SAFETY: the recorder lives as long as the process; the event is valid during the call.
    unsafe {
        assert_eq!(((*event).ws, (*event).user_data), (ws, user_data));
        (*user_data.cast::<Recorder>()).record(ws, Event::read(event));
    }
}

/// A handler whose callbacks write to the recorder.
pub fn handler(recorder: &Arc<Recorder>, data_type: i32) -> ws_handler {
    ws_handler {
        struct_size: size_of::<ws_handler>() as u32,
        data_type,
        user_data: Arc::as_ptr(recorder).cast_mut().cast(),
        on_open: Some(tell),
        on_message: Some(tell),
        on_error: Some(tell),
        on_terminate: Some(tell),
        on_event: Some(tell),
    }
}

/// All defaults.
pub fn options() -> ws_options {
    // SAFETY: zero is NULL in each pointer and a number elsewhere.
    let mut options: ws_options = unsafe { std::mem::zeroed() };
    options.struct_size = size_of::<ws_options>() as u32;
    options
}

/// A connection that records its events.
pub struct Client {
    pub id: ws_id,
    pub queue: ws_queue,
    pub recorder: Arc<Recorder>,
}

impl Client {
    #[track_caller]
    pub fn new(url: &str) -> Client {
        Client::with(url, |_| {})
    }

    /// With options.
    #[track_caller]
    pub fn with(url: &str, set: impl FnOnce(&mut ws_options)) -> Client {
        Client::full(url, 0, set, None)
    }

    /// With a hook that runs in its callbacks.
    #[track_caller]
    pub fn hooked(url: &str, hook: impl Fn(ws_id, &Event) + Send + Sync + 'static) -> Client {
        Client::full(url, 0, |_| {}, Some(Box::new(hook)))
    }

    #[track_caller]
    pub fn full(
        url: &str,
        data_type: i32,
        set: impl FnOnce(&mut ws_options),
        hook: Option<Hook>,
    ) -> Client {
        let mut options = options();
        // Most tests are not about how long a server may take to answer a close frame.
        options.close_timeout_ms = 60_000;
        set(&mut options);
        let owner = (options.queue == 0).then(|| thread::current().id());
        let recorder = Recorder::new(owner, hook);
        let url = CString::new(url).unwrap();
        let handler = handler(&recorder, data_type);
        // SAFETY: all three are valid during the call, the recorder after it.
        let id = unsafe { ws_new(url.as_ptr(), &handler, &options) };
        assert!(id > 0, "ws_new: {id}, {}", last_words());
        Client { id, queue: options.queue, recorder }
    }

    pub fn events(&self) -> Vec<Event> {
        self.recorder.events()
    }

    /// Polls until the events satisfy the condition, and fails if nothing comes for a while.
    #[track_caller]
    pub fn poll_until(&self, what: &str, done: impl Fn(&[Event]) -> bool) {
        let mut deadline = Deadline::new();
        while !done(&self.recorder.snapshot()) {
            let polled = ws_poll(self.queue, 200, 0);
            assert!(
                polled >= 0 || polled == HOSTWS_E_IDLE && done(&self.recorder.snapshot()),
                "waiting for {what}: ws_poll says {polled}, {}; so far {}",
                last_words(),
                shortened(&self.events())
            );
            assert!(
                !deadline.has_passed(self.recorder.snapshot().len()),
                "no {what} in time; so far {}",
                shortened(&self.events())
            );
        }
    }

    #[track_caller]
    pub fn wait_open(&self) {
        self.poll_until("open", |events| events.contains(&Event::Open));
    }

    #[track_caller]
    pub fn wait_messages(&self, count: usize) {
        self.poll_until("messages", |events| {
            events.iter().filter(|event| matches!(event, Event::Message { .. })).count() >= count
        });
    }

    /// Makes round trips, and waits for each.
    #[track_caller]
    pub fn exchange(&self, count: usize) {
        let before = self.messages().len();
        for number in 0..count {
            self.send(&format!("echo {number}"));
            self.wait_messages(before + number + 1);
        }
    }

    /// Waits for the end, checks the order of the events, and returns them.
    #[track_caller]
    pub fn finish(&self) -> Story {
        self.poll_until("terminate", |events| {
            events.iter().any(|event| matches!(event, Event::Terminate(_)))
        });
        ws_poll(self.queue, 0, 0);
        let story = Story(self.events());
        story.check_order();
        assert_eq!(self.recorder.faults(), Vec::<String>::new());
        assert_eq!(ws_status(self.id), HOSTWS_CLOSED);
        assert_eq!(send(self.id, b"late", HOSTWS_TEXT), HOSTWS_E_CLOSED);
        story
    }

    pub fn messages(&self) -> Vec<Vec<u8>> {
        Story(self.events()).messages()
    }

    #[track_caller]
    pub fn send(&self, text: &str) {
        let sent = send(self.id, text.as_bytes(), HOSTWS_TEXT);
        assert_eq!(sent, HOSTWS_OK, "{}", last_words());
    }

    #[track_caller]
    pub fn terminate(&self) {
        assert_eq!(terminate(self.id, 0, None), HOSTWS_OK, "{}", last_words());
    }
}

/// All events of a connection, up to its end.
#[derive(Clone, Debug)]
pub struct Story(pub Vec<Event>);

impl Story {
    /// OPEN once and first, at most one ERROR, TERMINATE once and last.
    #[track_caller]
    pub fn check_order(&self) {
        let mut is_open = false;
        let mut has_failed = false;
        for (index, event) in self.0.iter().enumerate() {
            let is_in_order = match event {
                Event::Open => !std::mem::replace(&mut is_open, true) && !has_failed,
                Event::Message { .. } | Event::Part { .. } | Event::Pong(_) => {
                    is_open && !has_failed
                }
                Event::Warning(_) | Event::Reconnecting { .. } | Event::Ask(_) => !has_failed,
                // Messages that expire make room even before it is open.
                Event::Drain | Event::Expired(_) => !has_failed,
                Event::Reconnected(_) | Event::Sent(_) => is_open && !has_failed,
                Event::Error(errors) => {
                    assert!(errors.iter().all(|e| !e.message.is_empty() && e.code != 0));
                    !errors.is_empty() && !std::mem::replace(&mut has_failed, true)
                }
                Event::Terminate(_) => index + 1 == self.0.len(),
            };
            assert!(is_in_order, "{event:?} is out of order in {}", shortened(&self.0));
        }
        assert!(matches!(self.0.last(), Some(Event::Terminate(_))), "{}", shortened(&self.0));
    }

    pub fn messages(&self) -> Vec<Vec<u8>> {
        let message = |event: &Event| match event {
            Event::Message { data, .. } => Some(data.clone()),
            _ => None,
        };
        self.0.iter().filter_map(message).collect()
    }

    pub fn errors(&self) -> Vec<Trouble> {
        let errors = |event: &Event| match event {
            Event::Error(errors) => Some(errors.clone()),
            _ => None,
        };
        self.0.iter().find_map(errors).unwrap_or_default()
    }

    pub fn was_open(&self) -> bool {
        self.0.contains(&Event::Open)
    }

    #[track_caller]
    pub fn ending(&self) -> Ending {
        match self.0.last() {
            Some(Event::Terminate(ending)) => ending.clone(),
            _ => panic!("no end in {}", shortened(&self.0)),
        }
    }

    /// Checks that it ended like this, without an error.
    #[track_caller]
    pub fn check_clean(&self, code: i32, reason: &str) {
        assert_eq!(self.errors(), Vec::new());
        let wanted = Ending { code, reason: reason.to_owned(), was_clean: true };
        assert_eq!(self.ending(), wanted);
    }

    /// Checks that it ended like this, without an error, because the host closed it.
    #[track_caller]
    pub fn check_dropped(&self, code: i32) {
        assert_eq!(self.errors(), Vec::new());
        let wanted = Ending { code, reason: String::new(), was_clean: false };
        assert_eq!(self.ending(), wanted);
    }

    /// Checks that it failed with that close code and those components, and that a message of the
    /// stack contains those words.
    #[track_caller]
    pub fn check_failed(&self, code: i32, components: &[&str], words: &str) {
        let errors = self.errors();
        let chain: Vec<&str> = errors.iter().map(|error| error.component.as_str()).collect();
        assert_eq!(chain, components, "{errors:?}");
        assert!(errors.iter().any(|e| e.message.contains(words)), "no {words:?} in {errors:?}");
        let wanted = Ending { code, reason: String::new(), was_clean: false };
        assert_eq!(self.ending(), wanted);
    }
}

/// The first events, without long payloads.
pub fn shortened(events: &[Event]) -> String {
    let one = |event: &Event| match event {
        Event::Message { data_type, data } if data.len() > 40 => {
            format!("Message({data_type}, {} bytes)", data.len())
        }
        event => format!("{event:?}"),
    };
    let first: Vec<String> = events.iter().take(12).map(one).collect();
    format!("{} events: {}", events.len(), first.join(", "))
}

/// The end of a wait, which begins anew with each event: a slow machine may need long for many.
struct Deadline {
    count: usize,
    at: Instant,
    last: Instant,
}

impl Deadline {
    fn new() -> Deadline {
        let now = Instant::now();
        Deadline { count: 0, at: now + PATIENCE, last: now + 6 * PATIENCE }
    }

    /// Call it with the number of events so far.
    fn has_passed(&mut self, count: usize) -> bool {
        let now = Instant::now();
        if count > self.count {
            self.count = count;
            self.at = (now + PATIENCE).min(self.last);
        }
        now >= self.at
    }
}

/// Waits until that many events of the calling thread's queue can be delivered.
#[track_caller]
pub fn wait_pending(count: i32) {
    let mut deadline = Deadline::new();
    while ws_pending(0) < count {
        let waiting = ws_pending(0);
        assert!(!deadline.has_passed(waiting as usize), "{waiting} events wait, not {count}");
        thread::sleep(Duration::from_millis(1));
    }
}

// ---- the functions that take pointers

pub fn send(ws: ws_id, data: &[u8], data_type: i32) -> i32 {
    // SAFETY: the bytes are valid during the call.
    unsafe { ws_send(ws, data.as_ptr().cast(), data.len() as i64, data_type) }
}

pub fn send_ex(ws: ws_id, data: &[u8], data_type: i32, flags: u32) -> i32 {
    // SAFETY: the slice is valid during the call.
    unsafe { ws_send_ex(ws, data.as_ptr().cast(), data.len() as i64, data_type, flags) }
}

pub fn ping(ws: ws_id, data: &[u8]) -> i32 {
    // SAFETY: the bytes are valid during the call.
    unsafe { ws_ping(ws, data.as_ptr().cast(), data.len() as i32) }
}

pub fn terminate(ws: ws_id, code: i32, reason: Option<&str>) -> i32 {
    let reason = reason.map(|reason| CString::new(reason).unwrap());
    // SAFETY: the string is valid during the call.
    unsafe { ws_terminate(ws, code, reason.as_ref().map_or(std::ptr::null(), |r| r.as_ptr())) }
}

/// ws_answer()
pub fn reply(ws: ws_id, question: i32, value: &str) -> i32 {
    // SAFETY: the bytes are valid during the call.
    unsafe { ws_answer(ws, question, value.as_ptr().cast(), value.len() as i64) }
}

/// ws_open(), for ws_next().
pub fn open_pull(url: &str, options_json: Option<&str>) -> ws_id {
    let url = CString::new(url).unwrap();
    let json = options_json.map(|json| CString::new(json).unwrap());
    let json = json.as_ref().map_or(std::ptr::null(), |json| json.as_ptr());
    // SAFETY: the strings are valid during the call.
    unsafe { ws_open(url.as_ptr(), json, std::ptr::null_mut()) }
}

/// ws_next(), with a copy of the event; `Err` is ws_last_error().
pub fn next(queue: ws_queue, timeout_ms: i32) -> Result<(ws_id, Event), i32> {
    let event = ws_next(queue, timeout_ms);
    if event.is_null() {
        return Err(ws_last_error());
    }
    // SAFETY: the event is valid until the next ws_next().
    unsafe { Ok(((*event).ws, Event::read(event))) }
}

/// The text that a function copies out, or its code.
pub fn copied_out(f: impl Fn(*mut c_char, i64) -> i64) -> Result<String, i64> {
    let length = f(std::ptr::null_mut(), 0);
    if length < 0 {
        return Err(length);
    }
    let mut buffer = vec![0x7f_u8; length as usize + 1];
    assert_eq!(f(buffer.as_mut_ptr().cast(), buffer.len() as i64), length);
    assert_eq!(buffer.pop(), Some(0), "a NUL ends what was copied out");
    Ok(String::from_utf8(buffer).unwrap())
}

pub fn response_header(ws: ws_id, name: &str) -> Result<String, i64> {
    let name = CString::new(name).unwrap();
    // SAFETY: the buffer is as large as it says.
    copied_out(|buffer, size| unsafe { ws_response_header(ws, name.as_ptr(), buffer, size) })
}

pub fn response_body(ws: ws_id) -> Result<String, i64> {
    // SAFETY: the buffer is as large as it says.
    copied_out(|buffer, size| unsafe { ws_response_body(ws, buffer, size) })
}

pub fn subprotocol(ws: ws_id) -> Result<String, i64> {
    // SAFETY: the buffer is as large as it says.
    copied_out(|buffer, size| unsafe { ws_subprotocol(ws, buffer, size) })
}

/// ws_peer_certificate(), with a buffer of exactly its length.
pub fn peer_certificate(ws: ws_id) -> Result<Vec<u8>, i64> {
    // SAFETY: the buffer is as large as it says.
    unsafe {
        let length = ws_peer_certificate(ws, std::ptr::null_mut(), 0);
        let mut buffer = vec![0x7f_u8; usize::try_from(length).map_err(|_| length)?];
        assert_eq!(ws_peer_certificate(ws, buffer.as_mut_ptr().cast(), length), length);
        Ok(buffer)
    }
}

pub fn set_header(ws: ws_id, name: &str, value: Option<&str>) -> i32 {
    let name = CString::new(name).unwrap();
    let value = value.map(|value| CString::new(value).unwrap());
    // SAFETY: the strings are valid during the call.
    unsafe {
        ws_set_header(ws, name.as_ptr(), value.as_ref().map_or(std::ptr::null(), |v| v.as_ptr()))
    }
}

/// Fetches events until that many connections have ended.
pub fn fetch_ends(count: usize) {
    let mut ends = 0;
    while ends < count {
        let (_, event) = next(0, 20_000).expect("an end");
        ends += usize::from(matches!(event, Event::Terminate(_)));
    }
}

pub fn set_url(ws: ws_id, url: &str) -> i32 {
    let url = CString::new(url).unwrap();
    // SAFETY: the string is valid during the call.
    unsafe { ws_set_url(ws, url.as_ptr()) }
}

pub fn url_of(ws: ws_id) -> Result<String, i64> {
    // SAFETY: the buffer is as large as it says.
    copied_out(|buffer, size| unsafe { ws_url(ws, buffer, size) })
}

pub fn stats(ws: ws_id) -> ws_stats {
    // SAFETY: numbers only.
    let mut stats: ws_stats = unsafe { std::mem::zeroed() };
    stats.struct_size = size_of::<ws_stats>() as u32;
    // SAFETY: it is as large as it says.
    let got = unsafe { ws_get_stats(ws, &mut stats) };
    assert_eq!(got, HOSTWS_OK, "{}", last_words());
    stats
}

/// Reads a C string of the library.
pub fn words(text: *const c_char) -> String {
    assert!(!text.is_null());
    // SAFETY: it ends in a NUL.
    unsafe { CStr::from_ptr(text) }.to_str().expect("all words are UTF-8").to_owned()
}

pub fn last_words() -> String {
    words(ws_last_error_message())
}

/// Checks that the call failed with that code, and that its message contains those words.
#[track_caller]
pub fn check_refused(result: impl Into<i64>, code: i32, expected: &str) {
    assert_eq!((result.into(), ws_last_error()), (i64::from(code), code), "{}", last_words());
    assert!(last_words().contains(expected), "no {expected:?} in {:?}", last_words());
}
