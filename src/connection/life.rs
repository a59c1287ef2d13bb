//! The life of a connection: one value, and the steps that change it.
//!
//! ```text
//!   Opening ──open──▶ Open ◀──open / suspend──▶ Suspended
//!      └───────────────┴───────────close───────────┴───▶ Closing
//!   any of them ──admits(Terminate)──▶ Closed ──queued──▶ Told ──forget──▶ Forgotten
//! ```
//!
//! It decides which events the host gets:
//! * OPEN once: `open` answers `First` once.
//! * ERROR at most once, TERMINATE once and last: `admits` sees to it.
//! * TERMINATE always: the drop of an `EndGuard` sees to it.
//!
//! `open`, `suspend`, `close` and `drain` are called under the lock of the outbox. So what a
//! sender reads under that lock stays true until it releases it.

use super::status::Status;
use crate::error::{Code, Error, Result};
use crate::sync::atomic::{AtomicU16, Ordering};

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// From the look-up of the name to the answer to the upgrade request.
    Opening,
    Open,
    /// It was lost and will be opened again.
    Suspended,
    /// No more messages are accepted. A close frame leaves last, or the opening is abandoned.
    Closing,
    /// The connection has ended on the network.
    Closed,
    /// TERMINATE is in the queue.
    Told,
    /// TERMINATE has been delivered, or never will be. The id is no longer valid.
    Forgotten,
}

/// Which opening succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    First,
    Again,
}

/// The events whose order is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    Open,
    Error,
    Terminate,
    /// SENT or EXPIRED. None follows the ERROR.
    Report,
    Other,
}

const PHASES: [Phase; 7] = [
    Phase::Opening,
    Phase::Open,
    Phase::Suspended,
    Phase::Closing,
    Phase::Closed,
    Phase::Told,
    Phase::Forgotten,
];
const PHASE_BITS: u16 = 0b111;

/// The connection has been open.
const OPENED: u16 = 1 << 3;
/// OPEN is in the queue.
const OPEN_QUEUED: u16 = 1 << 4;
/// on_open has returned.
const OPEN_TOLD: u16 = 1 << 5;
/// The one ERROR has been reported.
const FAILED: u16 = 1 << 6;
/// The host wants no event but TERMINATE.
const MUTED: u16 = 1 << 7;
/// The host wants no closing handshake.
const ABORTED: u16 = 1 << 8;
/// No more messages are accepted. The connection closes when the waiting messages have left.
const DRAINING: u16 = 1 << 9;
/// No caller waits for the draining with a deadline, so it has one of its own.
const UNATTENDED: u16 = 1 << 10;
/// An accepted message was dropped.
const LOST: u16 = 1 << 11;
/// The host does not even want TERMINATE.
const DISCARDED: u16 = 1 << 12;

/// The value at one moment.
#[derive(Clone, Copy)]
struct State(u16);

impl State {
    #[inline]
    fn phase(self) -> Phase {
        PHASES.get(usize::from(self.0 & PHASE_BITS)).copied().unwrap_or(Phase::Forgotten)
    }

    fn has(self, fact: u16) -> bool {
        self.0 & fact != 0
    }

    fn with(self, fact: u16) -> State {
        State(self.0 | fact)
    }

    fn without(self, fact: u16) -> State {
        State(self.0 & !fact)
    }

    fn at(self, phase: Phase) -> State {
        State(self.0 & !PHASE_BITS | phase as u16)
    }

    #[inline]
    fn takes_messages(self) -> bool {
        self.phase() < Phase::Closing && !self.has(DRAINING)
    }

    /// Moves on to `phase`, unless the state is past it.
    fn past(self, phase: Phase) -> State {
        self.at(self.phase().max(phase))
    }
}

pub struct Life(AtomicU16);

impl Default for Life {
    fn default() -> Life {
        Life(AtomicU16::new(Phase::Opening as u16))
    }
}

impl Life {
    fn now(&self) -> State {
        State(self.0.load(Ordering::SeqCst))
    }

    /// Changes the state. Returns the state before, or `None` if `step` refuses.
    fn change(&self, step: impl Fn(State) -> Option<State>) -> Option<State> {
        let step = |value| step(State(value)).map(|state| state.0);
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step).ok().map(State)
    }

    fn note(&self, fact: u16) -> bool {
        State(self.0.fetch_or(fact, Ordering::SeqCst)).has(fact)
    }

    // ---- the steps

    /// The upgrade is done. `None` if the connection is already closing.
    pub fn open(&self) -> Option<Opening> {
        let before = self.change(|state| {
            (state.phase() < Phase::Closing).then(|| state.at(Phase::Open).with(OPENED))
        })?;
        Some(if before.has(OPENED) { Opening::Again } else { Opening::First })
    }

    /// The connection is lost and will be opened again. Returns false if it was not open.
    pub fn suspend(&self) -> bool {
        let is_open = |state: State| state.phase() == Phase::Open;
        self.change(|state| is_open(state).then(|| state.at(Phase::Suspended))).is_some()
    }

    /// Begins to close. Returns the phase before, or `None` if the connection was already closing.
    pub fn close(&self) -> Option<Phase> {
        let before = self
            .change(|state| (state.phase() < Phase::Closing).then(|| state.at(Phase::Closing)))?;
        Some(before.phase())
    }

    /// Begins to drain: the connection closes when the waiting messages have left. Returns false if
    /// it was already closing or draining. From now on, `has_lost` refers to the messages that wait
    /// now.
    pub fn drain(&self, is_unattended: bool) -> bool {
        let facts = if is_unattended { DRAINING | UNATTENDED } else { DRAINING };
        self.change(|state| state.takes_messages().then(|| state.without(LOST).with(facts)))
            .is_some()
    }

    /// Whether the host may get this event. After TERMINATE, none may follow, and the connection
    /// has ended on the network.
    pub fn admits(&self, telling: Telling) -> bool {
        if telling == Telling::Other {
            return !self.is_over();
        }
        self.change(|state| match telling {
            _ if state.phase() >= Phase::Closed => None,
            Telling::Terminate => Some(state.at(Phase::Closed)),
            Telling::Error if state.has(FAILED) => None,
            Telling::Error => Some(state.with(FAILED)),
            Telling::Report if state.has(FAILED) => None,
            Telling::Open | Telling::Report | Telling::Other => Some(state),
        })
        .is_some()
    }

    /// The event is in the queue.
    pub fn queued(&self, telling: Telling) {
        self.change(|state| match telling {
            Telling::Open => Some(state.with(OPEN_QUEUED)),
            Telling::Terminate => Some(state.past(Phase::Told)),
            Telling::Error | Telling::Report | Telling::Other => None,
        });
    }

    /// TERMINATE has been delivered, or never will be.
    pub fn forget(&self) {
        self.change(|state| Some(state.at(Phase::Forgotten)));
    }

    // ---- facts

    /// The host wants no event but TERMINATE.
    pub fn mute(&self) {
        let _ = self.note(MUTED);
    }

    /// The host does not even want TERMINATE.
    pub fn discard(&self) {
        self.note(MUTED | DISCARDED);
    }

    /// The host wants no closing handshake.
    pub fn abort(&self) {
        self.note(ABORTED);
    }

    /// on_open has returned.
    pub fn open_told(&self) {
        self.note(OPEN_TOLD);
    }

    /// An accepted message is dropped. Returns whether a message was dropped before.
    pub fn lose(&self) -> bool {
        self.note(LOST)
    }

    // ---- what is asked

    pub fn status(&self) -> Status {
        let state = self.now();
        match state.phase() {
            Phase::Closed | Phase::Told | Phase::Forgotten => Status::Closed,
            Phase::Closing => Status::Closing,
            _ if state.has(DRAINING) => Status::Closing,
            Phase::Open => Status::Connected,
            Phase::Opening | Phase::Suspended => Status::Connecting,
        }
    }

    pub fn is_open(&self) -> bool {
        self.now().phase() == Phase::Open
    }

    pub fn is_suspended(&self) -> bool {
        self.now().phase() == Phase::Suspended
    }

    /// Whether the connection is closing or closed, so that no more messages are accepted.
    pub fn is_closing(&self) -> bool {
        self.now().phase() >= Phase::Closing
    }

    /// Whether the connection closes when the waiting messages have left.
    pub fn is_draining(&self) -> bool {
        let state = self.now();
        state.has(DRAINING) && state.phase() < Phase::Closing
    }

    /// The same, if it ends when nothing leaves within the time limit of the closing handshake.
    pub fn is_unattended(&self) -> bool {
        self.is_draining() && self.now().has(UNATTENDED)
    }

    /// Fails unless messages are still accepted.
    #[inline]
    pub fn check_takes_messages(&self) -> Result<()> {
        if self.now().takes_messages() {
            return Ok(());
        }
        Err(Error::ws(Code::Closed, "the connection is closing"))
    }

    /// The connection has ended on the network.
    pub fn is_over(&self) -> bool {
        self.now().phase() >= Phase::Closed
    }

    pub fn is_told(&self) -> bool {
        self.now().phase() >= Phase::Told
    }

    pub fn is_forgotten(&self) -> bool {
        self.now().phase() == Phase::Forgotten
    }

    pub fn is_muted(&self) -> bool {
        self.now().has(MUTED)
    }

    pub fn is_discarded(&self) -> bool {
        self.now().has(DISCARDED)
    }

    pub fn is_aborted(&self) -> bool {
        self.now().has(ABORTED)
    }

    pub fn is_open_queued(&self) -> bool {
        self.now().has(OPEN_QUEUED)
    }

    pub fn is_open_told(&self) -> bool {
        self.now().has(OPEN_TOLD)
    }

    pub fn has_lost(&self) -> bool {
        self.now().has(LOST)
    }
}
