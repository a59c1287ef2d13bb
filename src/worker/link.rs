//! One connection on the worker, from its first look-up to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

use super::session::{Flow, Session};
use crate::connection::{Answer, Command, Connection, Mailbox, Status};
use crate::dial::{Dialer, Failure, Job, Jobs, Prepared, Progress, Resources, Verify};
use crate::error::{Code, Error};
use crate::log;
use crate::queue::{Ending, Event};

const ABNORMAL: u16 = 1006;

/// What the links of a worker share.
pub struct Tools<'a> {
    pub registry: &'a Registry,
    pub mailbox: &'a Arc<Mailbox>,
    pub jobs: &'a Jobs,
    /// What every link reads into, one after the other.
    pub buffer: &'a mut [u8],
    pub now: Instant,
}

pub struct Link {
    pub connection: Arc<Connection>,
    phase: Phase,
    /// Its entry among the timers.
    pub timer: Option<Instant>,
    /// It has more to read than one turn allows.
    pub unfinished: bool,
}

enum Phase {
    Dialing { dialer: Box<Dialer>, deadline: Option<Instant> },
    Open(Box<Session>),
}

impl Link {
    pub fn new(connection: Arc<Connection>, resources: &Arc<Resources>, now: Instant) -> Link {
        let dialer = Dialer::new(Arc::clone(&connection.config), Arc::clone(resources));
        let deadline = connection.limits.open_timeout.map(|timeout| now + timeout);
        Link {
            connection,
            phase: Phase::Dialing { dialer: Box::new(dialer), deadline },
            timer: None,
            unfinished: false,
        }
    }

    /// Begins to open.
    pub fn start(&mut self, token: Token, tools: &mut Tools<'_>) -> Flow {
        if self.connection.outbox().is_sealed() {
            return Flow::End(Ending::unclean(ABNORMAL));
        }
        let config = &self.connection.config;
        let id = self.connection.id;
        match &config.proxy {
            None => log::line!(Info, "connection {id}: opening {:?}", config.target),
            Some(proxy) => {
                log::line!(Info, "connection {id}: opening {:?} through {proxy}", config.target);
            }
        }
        // A redirect may lead from ws to wss.
        let may_be_secure = config.target.secure || config.max_redirects > 0;
        if may_be_secure && config.tls.verify != Verify::Full {
            let words = match config.tls.verify {
                Verify::NoHostname => "tls_verify: the server's name is not checked",
                _ if !config.tls.pins.is_empty() => {
                    "tls_verify: of the server's certificate only the pinned key is checked"
                }
                _ => "tls_verify: the server's certificate is not checked at all",
            };
            log::line!(Warning, "connection {id}: {words}");
            let warning = Error::new(Code::Tls, crate::error::Component::Tls, words);
            self.connection.emit(Event::Warning(warning));
        }
        self.advance(token, false, tools)
    }

    pub fn prepared(&mut self, prepared: Prepared, token: Token, tools: &mut Tools<'_>) -> Flow {
        if let Phase::Dialing { dialer, .. } = &mut self.phase {
            dialer.prepared(prepared);
        }
        self.advance(token, false, tools)
    }

    /// Goes as far as it can: the socket is ready, or a host thread wants something.
    pub fn advance(&mut self, token: Token, at_end: bool, tools: &mut Tools<'_>) -> Flow {
        if self.connection.is_aborted() {
            return Flow::End(Ending::unclean(ABNORMAL));
        }
        let dialer = match &mut self.phase {
            Phase::Open(session) => return session.advance(at_end, tools.buffer, tools.now),
            Phase::Dialing { .. } if self.connection.outbox().is_sealed() => {
                return Flow::End(Ending::unclean(ABNORMAL));
            }
            Phase::Dialing { dialer, .. } => dialer,
        };
        match dialer.advance(tools.registry, token, tools.now) {
            Ok(Progress::Pending) => match dialer.take_job() {
                None => Flow::Stay,
                Some(job) => self.submit(job, tools),
            },
            Err(failure) => Flow::End(self.refuse(*failure)),
            Ok(Progress::Open(established)) => {
                let transport = Arc::new(established.transport);
                self.connection.set_answer(Answer {
                    response: established.response,
                    body: Vec::new(),
                    subprotocol: established.agreed.subprotocol,
                    deflate: established.agreed.deflate,
                    timings: established.timings,
                });
                let mut outbox = self.connection.outbox();
                if !self.connection.set_open(&outbox) {
                    return Flow::End(Ending::unclean(ABNORMAL));
                }
                // Told before a message can be: an answer may already be on its way.
                self.connection.emit(Event::Open);
                outbox.open(Arc::clone(&transport));
                drop(outbox);
                log::line!(Info, "connection {}: open", self.connection.id);
                let connection = Arc::clone(&self.connection);
                let mut session = Box::new(Session::new(connection, transport, tools.now));
                let flow = session.start(&established.leftover, tools.buffer, tools.now);
                self.phase = Phase::Open(session);
                flow
            }
        }
    }

    /// Has a blocking part of the opening done on another thread.
    fn submit(&self, job: Job, tools: &Tools<'_>) -> Flow {
        let mailbox = Arc::clone(tools.mailbox);
        let connection = Arc::clone(&self.connection);
        let deliver = move |prepared| mailbox.send(Command::Prepared(connection, prepared));
        match tools.jobs.submit(Box::new(move || job.run(deliver))) {
            Ok(()) => Flow::Stay,
            Err(error) => {
                self.connection.emit(Event::Error(error));
                Flow::End(Ending::unclean(ABNORMAL))
            }
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Open(session) => session.deadline(),
            Phase::Dialing { dialer, deadline } => {
                [dialer.wake_at(), *deadline].into_iter().flatten().min()
            }
        }
    }

    pub fn on_timer(&mut self, token: Token, tools: &mut Tools<'_>) -> Flow {
        match &mut self.phase {
            Phase::Open(session) => session.on_timer(tools.now),
            Phase::Dialing { dialer, deadline: Some(deadline) } if *deadline <= tools.now => {
                let limit = self.connection.limits.open_timeout.unwrap_or(Duration::ZERO);
                let failure = dialer.timed_out(limit);
                Flow::End(self.refuse(*failure))
            }
            Phase::Dialing { .. } => self.advance(token, false, tools),
        }
    }

    /// There is no connection: tells why.
    fn refuse(&self, failure: Failure) -> Ending {
        log::line!(Error, "connection {}: {}", self.connection.id, failure.error);
        if let Some((response, body)) = failure.response {
            let timings = failure.timings;
            self.connection.set_answer(Answer {
                response,
                body,
                subprotocol: None,
                deflate: None,
                timings,
            });
        }
        self.connection.outbox().keep_certificate(failure.certificate);
        self.connection.emit(Event::Error(failure.error));
        Ending::unclean(failure.close_code)
    }

    /// It is over: the host hears of it, and the socket closes.
    pub fn end(self, ending: Ending) {
        log::line!(Info, "connection {}: closed with {}", self.connection.id, ending.code);
        self.connection.outbox().seal();
        drop(self.connection.outbox().detach());
        if let Phase::Open(session) = &self.phase {
            session.transport().close();
        }
        self.connection.advance(Status::Closed);
        self.connection.emit(Event::Terminate(ending));
    }
}
