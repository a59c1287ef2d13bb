//! The connections of one or more queues, and one turn of their loop. The driver does not know
//! which thread it runs on.

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use mio::{Events, Poll, Token};
use slab::Slab;

use super::link::{Link, Tools};
use super::network::{Announce, NetworkWatch};
use super::session::{Flow, Reading, READ_SIZE};
use super::shared::Shared;
use super::sleep::SleepWatch;
use super::timers::Timers;
use crate::connection::{Command, Connection, Held, Mailbox, Seat, GATHERING_MOMENT};
use crate::error::{Code, Error, Result};
use crate::log;
use crate::protocol::{close_code, ReadBuffer};
use crate::queue::{Ending, Event, Turned, POOL_IDLE};
use crate::sys::{self, WakePipe};

/// The most connections that one turn reads from. The host gets what was read after the turn, and
/// the first message of a burst does not wait for the last.
const READ_PER_TURN: usize = 16;
const WAKE: Token = Token(usize::MAX);
const AWAKE: Token = Token(usize::MAX - 1);
const WAKE_PIPE: Token = Token(usize::MAX - 2);
const NETWORK: Token = Token(usize::MAX - 3);

/// How long a turn waits for something to do.
pub enum Patience<'a> {
    /// On the worker: until the next timer, but not longer than this.
    Own(Option<Duration>),
    /// On a host thread that has borrowed the loop for its queue: for this long. It ignores the
    /// timers, because it takes long to set the system's timer in each turn. If nothing comes, the
    /// worker takes the loop back in time. `is_watched`: it waits in its own event loop between its
    /// turns.
    Loan { timeout: Option<Duration>, seat: &'a Arc<Seat>, is_watched: bool },
}

pub struct Driver {
    poll: Poll,
    events: Events,
    links: Slab<Link>,
    timers: Timers,
    commands: Receiver<Command>,
    mailbox: Arc<Mailbox>,
    shared: Arc<Shared>,
    buffer: ReadBuffer,
    /// A host thread runs this turn.
    is_lent: bool,
    /// The connections with more to read than one turn allows.
    unfinished: VecDeque<usize>,
    sleep: SleepWatch,
    network: NetworkWatch,
    /// The wake pipes that hosts have asked for.
    wake_pipes: Vec<Arc<WakePipe>>,
    /// When gathered messages are due, in order.
    gathered: VecDeque<(Instant, Arc<Seat>)>,
    /// When to look whether memory that is kept is idle, in order.
    held: VecDeque<(Instant, Held)>,
}

impl Driver {
    /// `announce` tells all workers that the network has changed.
    pub fn new(shared: Arc<Shared>, announce: Announce) -> Result<Driver> {
        let resources = |error: std::io::Error| {
            Error::ws(Code::Resources, "no event loop could be made").because(error)
        };
        let buffer = ReadBuffer::with_room(READ_SIZE).map_err(|_| {
            Error::ws(Code::Resources, format!("there is no memory to read {READ_SIZE} bytes into"))
        })?;
        let made = sys::above_standard(|| {
            let poll = Poll::new()?;
            let waker = mio::Waker::new(poll.registry(), WAKE)?;
            let sleep = SleepWatch::new(poll.registry(), AWAKE);
            Ok((poll, waker, sleep))
        });
        let (poll, waker, sleep) = made.map_err(resources)?;
        let (sender, commands) = crossbeam_channel::unbounded();
        Ok(Driver {
            poll,
            events: Events::with_capacity(READ_PER_TURN),
            links: Slab::new(),
            timers: Timers::default(),
            commands,
            mailbox: Arc::new(Mailbox::new(sender, waker)),
            shared,
            buffer,
            is_lent: false,
            unfinished: VecDeque::new(),
            sleep,
            network: NetworkWatch::new(announce),
            wake_pipes: Vec::new(),
            gathered: VecDeque::new(),
            held: VecDeque::new(),
        })
    }

    /// From here on, this driver notices changes of the network for all of the process.
    fn watch_network(&mut self, now: Instant) {
        self.network.start(self.poll.registry(), NETWORK, now);
    }

    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// A descriptor that is readable while there is something to do, where the system has one.
    pub fn descriptor(&self) -> Option<isize> {
        sys::number_of_loop(&self.poll)
    }

    /// Whether the last turn has left something to do.
    pub fn is_unfinished(&self) -> bool {
        !self.unfinished.is_empty()
    }

    /// Runs one turn: waits for something to do and does it.
    pub fn turn(&mut self, patience: Patience<'_>) -> Turned {
        let (borrower, is_watched) = match patience {
            Patience::Own(_) => (None, false),
            Patience::Loan { seat, is_watched, .. } => (Some(seat), is_watched),
        };
        self.is_lent = borrower.is_some();
        let timeout = self.timeout(patience);
        self.mailbox.doze();
        let timeout = if self.commands.is_empty() { timeout } else { Some(Duration::ZERO) };
        let polled = self.poll.poll(&mut self.events, timeout);
        self.mailbox.rise();
        let now = Instant::now();
        let mut may_have_slept = self.events.is_empty();
        let mut turned = Turned::Done;
        for _ in 0..self.unfinished.len().min(READ_PER_TURN) {
            let Some(key) = self.unfinished.pop_front() else { break };
            if let Some(link) = self.links.get_mut(key) {
                link.unfinished = false;
            }
            self.visit(key, now, |link, tools| link.advance(Token(key), false, tools));
        }
        if let Err(error) = &polled {
            // An interrupted wait has no events. Any other failure would occur again at once.
            if error.kind() == std::io::ErrorKind::Interrupted {
                turned = Turned::Interrupted;
            } else {
                log::line!(Error, "waiting for the network failed: {error}");
                self.mailbox.lose();
            }
        }
        if self.mailbox.is_lost() {
            self.strand();
            return turned;
        }
        if polled.is_ok() {
            let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
            for event in &events {
                let token = event.token();
                let at_end = event.is_read_closed() || event.is_error();
                match token {
                    WAKE => {}
                    WAKE_PIPE => turned = Turned::Woken,
                    AWAKE => {
                        self.sleep.rearm();
                        may_have_slept = true;
                    }
                    NETWORK => self.network.look(now),
                    // It was visited just now, and is again when its messages are delivered.
                    Token(key) if !at_end && self.is_lent && self.has_more(key) => {}
                    _ => self.visit(token.0, now, |link, tools| link.advance(token, at_end, tools)),
                }
            }
            self.events = events;
        }
        // Commands that arrive meanwhile wait for the next turn.
        if !self.commands.is_empty() {
            for _ in 0..self.commands.len() {
                let Ok(command) = self.commands.try_recv() else { break };
                // The visits above may have taken long, and the time that a command sets a limit to
                // begins when it was sent.
                self.obey(command, Instant::now());
            }
        }
        // After the reads, because their data may have come before the sleep.
        if let Some(slept) = may_have_slept.then(|| self.sleep.take()).flatten() {
            log::line!(Debug, "the machine slept for {slept:?}: every connection is looked at");
            for key in self.links.iter().map(|(key, _)| key).collect::<Vec<_>>() {
                self.visit(key, now, |link, tools| link.on_wake(slept, tools.now));
            }
        }
        self.network.tell(now);
        // A host that watches the loop comes as soon as messages are gathered.
        self.send_gathered(borrower, if is_watched { now + GATHERING_MOMENT } else { now });
        self.expire(now);
        while let Some(key) = self.timers.pop(now) {
            if let Some(link) = self.links.get_mut(key) {
                link.timer = None;
            }
            self.visit(key, now, |link, tools| link.on_timer(Token(key), tools));
        }
        turned
    }

    /// Sends what is due by then.
    fn send_gathered(&mut self, borrower: Option<&Arc<Seat>>, until: Instant) {
        while self.gathered.front().is_some_and(|&(due, _)| due <= until) {
            let Some((_, seat)) = self.gathered.pop_front() else { break };
            seat.gathering.flush_late();
        }
        // While the loop is lent, other threads do not announce what they gather.
        if let Some(seat) = borrower.filter(|seat| seat.gathering.is_pending()) {
            if !self.gathered.iter().any(|(_, known)| Arc::ptr_eq(known, seat)) {
                self.gathered.push_back((until + GATHERING_MOMENT, Arc::clone(seat)));
            }
        }
    }

    /// Frees memory that is kept and not used.
    fn expire(&mut self, now: Instant) {
        while self.held.front().is_some_and(|&(due, _)| due <= now) {
            let Some((_, held)) = self.held.pop_front() else { break };
            if !held.expire(now) {
                self.held.push_back((now + POOL_IDLE, held));
            }
        }
    }

    fn timeout(&self, patience: Patience<'_>) -> Option<Duration> {
        if !self.unfinished.is_empty() {
            return Some(Duration::ZERO);
        }
        let wanted = match patience {
            Patience::Own(wanted) => wanted,
            Patience::Loan { timeout, .. } => return timeout,
        };
        let gathered = self.gathered.front().map(|&(due, _)| due);
        let held = self.held.front().map(|&(due, _)| due);
        let due = [self.timers.next(), gathered, held, self.network.due()];
        let due = due.into_iter().flatten().min();
        let next = due.map(|at| at.saturating_duration_since(Instant::now()));
        [wanted, next].into_iter().flatten().min()
    }

    fn obey(&mut self, command: Command, now: Instant) {
        match command {
            Command::Open(connection, config, given) => {
                let resources = &self.shared.resources;
                let link = Link::new(connection, &config, given, resources, now);
                let key = self.links.vacant_key();
                link.connection.set_slot(key);
                self.links.insert(link);
                self.visit(key, now, |link, tools| link.start(&config, Token(key), tools));
            }
            Command::Attend(connection) => {
                connection.attended();
                if let Some(key) = self.key_of(&connection) {
                    self.visit(key, now, |link, tools| link.advance(Token(key), false, tools));
                }
            }
            Command::Prepared(connection, attempt, prepared) => {
                if let Some(key) = self.key_of(&connection) {
                    self.visit(key, now, |link, tools| {
                        link.prepared(attempt, prepared, Token(key), tools)
                    });
                }
            }
            Command::Admitted(connection, attempt, place) => {
                if let Some(key) = self.key_of(&connection) {
                    self.visit(key, now, |link, tools| {
                        link.admitted(attempt, place, Token(key), tools)
                    });
                }
            }
            Command::Orphaned(queue) => {
                let links = self.links.iter().map(|(_, link)| &link.connection);
                links.filter(|it| Arc::ptr_eq(it.queue(), &queue)).for_each(|it| it.drain(true));
            }
            Command::Gathered(seat) => {
                self.gathered.push_back((now + GATHERING_MOMENT, seat));
            }
            // It only ends the turn.
            Command::Wakeup => {}
            Command::Hold(held) => self.held.push_back((now + POOL_IDLE, held)),
            Command::NetworkChanged => {
                for key in self.links.iter().map(|(key, _)| key).collect::<Vec<_>>() {
                    self.visit(key, now, |link, tools| link.on_network_change(tools.now));
                }
            }
            Command::WatchNetwork => self.watch_network(now),
            Command::Watch(pipe) => {
                // Forgets the pipes of freed queues.
                self.wake_pipes.retain(|pipe| Arc::strong_count(pipe) > 1);
                // If this fails, the host thread sees the byte a few milliseconds later.
                let _ = pipe.watch(self.poll.registry(), WAKE_PIPE);
                self.wake_pipes.push(pipe);
            }
        }
    }

    /// The key of a connection, if it still exists.
    fn key_of(&self, connection: &Arc<Connection>) -> Option<usize> {
        let key = connection.slot();
        let link = self.links.get(key)?;
        Arc::ptr_eq(&link.connection, connection).then_some(key)
    }

    /// Lets a link do something, and handles the result.
    fn visit(
        &mut self,
        key: usize,
        now: Instant,
        act: impl FnOnce(&mut Link, &mut Tools<'_>) -> Flow,
    ) {
        // Borrowed separately: the link and the tools are parts of the same driver.
        let mut tools = Tools {
            registry: self.poll.registry(),
            mailbox: &self.mailbox,
            jobs: &self.shared.jobs,
            resources: &self.shared.resources,
            reading: Reading { buffer: &mut self.buffer, is_delivered_next: self.is_lent },
            now,
        };
        let Some(link) = self.links.get_mut(key) else { return };
        // A panic ends this connection only, not those of other queues.
        let flow = catch_unwind(AssertUnwindSafe(|| act(link, &mut tools)));
        let Ok(flow) = flow else {
            self.timers.clear(key, &mut link.timer);
            let link = self.links.remove(key);
            self.links_shrink();
            log::line!(Error, "connection {}: a panic ends it", link.connection.id);
            // Its guard reports the end to the host.
            drop(link);
            return;
        };
        match flow {
            Flow::End(ending) => {
                self.timers.clear(key, &mut link.timer);
                self.links.remove(key).end(ending);
                self.links_shrink();
                return;
            }
            Flow::Again if link.unfinished => {}
            Flow::Again => {
                link.unfinished = true;
                self.unfinished.push_back(key);
            }
            // After a loss, the link has arranged another attempt.
            Flow::Stay | Flow::Lost(..) => {}
        }
        if !link.keeps_timer() {
            let wanted = link.deadline();
            self.timers.set(key, &mut link.timer, wanted);
        }
    }

    /// Whether the connection has more to read than this turn allows.
    fn has_more(&self, key: usize) -> bool {
        self.links.get(key).is_some_and(|link| link.unfinished)
    }

    /// Frees the memory when the last connection is gone.
    fn links_shrink(&mut self) {
        if self.links.is_empty() {
            self.links = Slab::new();
        }
    }

    /// The host has closed our descriptors, and may own their numbers by now. They are not used any
    /// more.
    fn strand(&mut self) {
        self.unfinished.clear();
        self.timers = Timers::default();
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Open(connection, _, given) = command {
                connection.strand();
                // The host may own it again.
                std::mem::forget(given);
            }
        }
        for (_, mut link) in std::mem::take(&mut self.links) {
            link.make_room();
            link.connection.strand_if_lost();
            link.connection.strand();
            std::mem::forget(link);
        }
    }

    /// Ends every connection after a panic, and tells the host.
    pub fn abandon(&mut self) {
        self.unfinished.clear();
        self.events = Events::with_capacity(READ_PER_TURN);
        self.timers = Timers::default();
        for link in std::mem::take(&mut self.links).into_iter().map(|(_, link)| link) {
            let error = Error::ws(Code::Internal, "a defect in hostws ended the connection");
            link.connection.emit(Event::Error(Box::new(error)));
            link.end(Ending::unclean(close_code::ABNORMAL));
        }
    }
}
