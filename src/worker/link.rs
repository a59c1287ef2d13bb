//! A connection on the worker, from its first attempt to its end.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mio::{Registry, Token};
use socket2::Socket;

use super::dialing::Dialing;
use super::hesitation::{Decision, Hesitation};
use super::reconnect::{is_passing_failure, may_hit_all, refusing_status, retry_after};
use super::session::{Flow, Reading, Session};
use super::timers::{earlier, Due};
use crate::connection::{Answer, EndGuard, Loss, Mailbox, Pause};
use crate::dial::{DialConfig, Failure, Jobs, Place, Prepared, Progress, Resources, Verify};
use crate::error::{Code, Error};
use crate::log;
use crate::protocol::close_code;
use crate::queue::{Ending, Event, Reconnecting};

/// What the links of a worker share.
pub struct Tools<'a> {
    pub registry: &'a Registry,
    pub mailbox: &'a Arc<Mailbox>,
    pub jobs: &'a Jobs,
    pub resources: &'a Arc<Resources>,
    pub reading: Reading<'a>,
    pub now: Instant,
}

pub struct Link {
    pub connection: EndGuard,
    phase: Phase,
    /// Its entry among the timers.
    pub timer: Option<Due>,
    /// At the last visit, nothing but a ping could become due.
    was_calm: bool,
    /// It has more to read than one turn allows.
    pub unfinished: bool,
    /// The host was warned that the server's certificate is not verified.
    has_warned: bool,
    /// The number of the last attempt.
    attempt: u32,
}

enum Phase {
    Dialing(Box<Dialing>),
    Open(Box<Session>),
    /// The host decides whether there is another attempt.
    Hesitating(Box<Hesitation>),
    /// Between two attempts.
    Waiting(Box<Waiting>),
}

struct Waiting {
    until: Instant,
    /// The server asked for this delay.
    is_asked: bool,
}

impl Link {
    pub fn new(
        connection: EndGuard,
        config: &Arc<DialConfig>,
        given: Option<Socket>,
        resources: &Arc<Resources>,
        now: Instant,
    ) -> Link {
        // The host may have changed the settings since the last attempt.
        let config = connection.dial_config().unwrap_or_else(|| Arc::clone(config));
        let dialing = Dialing::new(&connection, 0, config, given, resources, now);
        let phase = Phase::Dialing(Box::new(dialing));
        Link {
            connection,
            phase,
            timer: None,
            was_calm: false,
            unfinished: false,
            has_warned: false,
            attempt: 0,
        }
    }

    /// Begins the first attempt.
    pub fn start(&mut self, config: &Arc<DialConfig>, token: Token, tools: &mut Tools<'_>) -> Flow {
        if self.connection.life().is_closing() {
            return Flow::End(Ending::unclean(close_code::ABNORMAL));
        }
        let config = self.connection.dial_config().unwrap_or_else(|| Arc::clone(config));
        let id = self.connection.id;
        match &config.proxy {
            None => log::line!(Info, "connection {id}: opening {:?}", config.target),
            Some(proxy) => {
                log::line!(Info, "connection {id}: opening {:?} through {proxy}", config.target);
            }
        }
        self.warn(&config);
        self.line_up(tools);
        self.advance(token, false, tools)
    }

    /// Waits in line if too many other connections are opening.
    fn line_up(&mut self, tools: &Tools<'_>) {
        if let Phase::Dialing(dialing) = &mut self.phase {
            dialing.line_up(&self.connection, tools.mailbox);
        }
    }

    /// Its turn to open has come.
    pub fn admitted(
        &mut self,
        attempt: u32,
        place: Place,
        token: Token,
        tools: &mut Tools<'_>,
    ) -> Flow {
        match &mut self.phase {
            Phase::Dialing(dialing) => dialing.admitted(attempt, place),
            // The place goes to the next in line.
            _ => drop(place),
        }
        self.advance(token, false, tools)
    }

    /// Gives up its place among the openings, without using a socket.
    pub fn make_room(&mut self) {
        if let Phase::Dialing(dialing) = &mut self.phase {
            dialing.make_room();
        }
    }

    /// If TLS may be used, warns once that the server's certificate is not verified.
    fn warn(&mut self, config: &DialConfig) {
        if config.tls.key_log.is_some() && config.may_speak_tls() {
            let id = self.connection.id;
            log::line!(Warning, "connection {id}: tls_key_log: its TLS keys are written to a file");
        }
        // A redirect may lead from ws to wss.
        let may_be_secure = config.target.secure || config.max_redirects > 0;
        if may_be_secure && config.tls.verify != Verify::Full && !self.has_warned {
            self.has_warned = true;
            let id = self.connection.id;
            let words = match config.tls.verify {
                Verify::NoHostname => "tls_verify: the server's name is not checked",
                _ if !config.tls.pins.is_empty() => {
                    "tls_verify: of the server's certificate only the pinned key is checked"
                }
                _ => "tls_verify: the server's certificate is not checked at all",
            };
            log::line!(Warning, "connection {id}: {words}");
            let warning = Error::new(Code::Tls, crate::error::Component::Tls, words);
            self.connection.emit(Event::Warning(Box::new(warning)));
        }
    }

    pub fn prepared(
        &mut self,
        attempt: u32,
        prepared: Prepared,
        token: Token,
        tools: &mut Tools<'_>,
    ) -> Flow {
        if let Phase::Dialing(dialing) = &mut self.phase {
            dialing.prepared(attempt, prepared);
        }
        self.advance(token, false, tools)
    }

    /// Proceeds as far as possible, because the socket is ready or a host thread has a request.
    pub fn advance(&mut self, token: Token, at_end: bool, tools: &mut Tools<'_>) -> Flow {
        if self.connection.life().is_aborted() {
            return Flow::End(Ending::unclean(close_code::ABNORMAL));
        }
        let dialing = match &mut self.phase {
            Phase::Open(session) => {
                let flow = session.advance(at_end, &mut tools.reading, tools.now);
                return self.settle(flow, tools.now);
            }
            _ if self.connection.life().is_closing() => {
                return Flow::End(Ending::unclean(close_code::ABNORMAL));
            }
            Phase::Hesitating(hesitation) => {
                let is_deaf = self.connection.life().is_muted();
                return match hesitation.decision(is_deaf, tools.now) {
                    None => Flow::Stay,
                    Some(Decision::Attempt(pause, why)) => self.pause(pause, why, tools.now),
                    Some(Decision::GiveUp(why, ending)) => self.fail(why, ending),
                };
            }
            Phase::Waiting(_) => return Flow::Stay,
            Phase::Dialing(dialing) => dialing,
        };
        match dialing.advance(&self.connection, tools.registry, token, tools.now) {
            Ok(Progress::Pending) => {
                match dialing.delegate(&self.connection, tools.mailbox, tools.jobs) {
                    Ok(()) => Flow::Stay,
                    Err(error) => {
                        let ending = Ending::unclean(close_code::ABNORMAL);
                        self.lost(error, ending, None, true, tools.now)
                    }
                }
            }
            Err(failure) => self.refuse(*failure, tools.now),
            Ok(Progress::Open(established)) => {
                let transport = Arc::new(established.transport);
                self.connection.set_answer(Answer {
                    response: established.response,
                    has_subprotocol: established.agreed.subprotocol.is_some(),
                    deflate: established.agreed.deflate,
                    timings: established.timings,
                    epoch: self.connection.outbox().epoch(),
                });
                self.connection.note_opening(&established.timings, established.is_resumed);
                // Logged before `open`, which sends messages and holds a lock.
                log::line!(Info, "connection {}: open", self.connection.id);
                if !self.connection.open(&transport, tools.now) {
                    return Flow::End(Ending::unclean(close_code::ABNORMAL));
                }
                let connection = Arc::clone(&self.connection);
                let mut session = Box::new(Session::new(connection, transport, tools.now));
                let flow = session.start(&established.leftover, &mut tools.reading, tools.now);
                self.phase = Phase::Open(session);
                self.settle(flow, tools.now)
            }
        }
    }

    /// Whether the timer can stay, which saves time for each message: if there was only data, the
    /// next ping is not due earlier than before. Call it at the end of each visit.
    #[inline]
    pub fn keeps_timer(&mut self) -> bool {
        let is_calm = matches!(&self.phase, Phase::Open(session) if session.is_calm())
            && self.connection.next_expiry().is_none();
        let was_calm = std::mem::replace(&mut self.was_calm, is_calm);
        is_calm && was_calm && self.timer.is_some()
    }

    pub fn deadline(&self) -> Option<Instant> {
        let of_phase = match &self.phase {
            Phase::Open(session) => session.deadline(),
            Phase::Dialing(dialing) => dialing.wake_at(),
            Phase::Hesitating(hesitation) => hesitation.deadline(),
            Phase::Waiting(waiting) => Some(waiting.until),
        };
        earlier(of_phase, self.connection.next_expiry())
    }

    pub fn on_timer(&mut self, token: Token, tools: &mut Tools<'_>) -> Flow {
        self.connection.expire(tools.now);
        match &mut self.phase {
            Phase::Open(session) => {
                let flow = session.on_timer(tools.now);
                self.settle(flow, tools.now)
            }
            Phase::Waiting(waiting) if waiting.until <= tools.now => {
                log::line!(Debug, "connection {}: trying again", self.connection.id);
                self.attempt = self.attempt.wrapping_add(1);
                let Some(config) = self.connection.dial_config() else { return self.no_config() };
                self.warn(&config);
                let (number, resources) = (self.attempt, tools.resources);
                let dialing =
                    Dialing::new(&self.connection, number, config, None, resources, tools.now);
                self.phase = Phase::Dialing(Box::new(dialing));
                self.line_up(tools);
                self.advance(token, false, tools)
            }
            Phase::Dialing(dialing) if dialing.is_late(tools.now) => {
                let limit = self.connection.limits.open_timeout.unwrap_or(Duration::ZERO);
                let failure = dialing.timed_out(limit);
                self.refuse(*failure, tools.now)
            }
            Phase::Dialing(_) | Phase::Hesitating(_) | Phase::Waiting(_) => {
                self.advance(token, false, tools)
            }
        }
    }

    /// The machine slept for this long.
    pub fn on_wake(&mut self, slept: Duration, now: Instant) -> Flow {
        match &mut self.phase {
            Phase::Open(session) => session.on_wake(now),
            // The sleep counts towards the delay that the server asked for.
            Phase::Waiting(waiting) if waiting.is_asked => {
                waiting.until = waiting.until.checked_sub(slept).unwrap_or(now);
            }
            Phase::Waiting(waiting) => waiting.until = now,
            // These phases have their own deadlines.
            Phase::Dialing(_) | Phase::Hesitating(_) => {}
        }
        Flow::Stay
    }

    /// The network of the machine has changed.
    pub fn on_network_change(&mut self, now: Instant) -> Flow {
        match &mut self.phase {
            // A further change does not extend the server's time.
            Phase::Open(session) if !session.has_just_slept() => session.on_wake(now),
            Phase::Waiting(waiting) if !waiting.is_asked => waiting.until = now,
            Phase::Open(_) | Phase::Waiting(_) | Phase::Dialing(_) | Phase::Hesitating(_) => {}
        }
        Flow::Stay
    }

    /// The opening failed. Tries again, or reports why.
    fn refuse(&mut self, failure: Failure, now: Instant) -> Flow {
        let wait = failure
            .response
            .as_ref()
            .and_then(|(response, _)| retry_after(response, SystemTime::now()));
        if let Some((response, body)) = failure.response {
            let timings = failure.timings;
            self.connection.set_answer(Answer {
                response: response.with_body(&body),
                has_subprotocol: false,
                deflate: None,
                timings,
                epoch: 0,
            });
        }
        self.connection.note_refusal(&failure.error);
        self.connection.outbox().keep_certificate(failure.certificate);
        let ending = Ending::unclean(failure.close_code);
        let may_pass = is_passing_failure(&failure.error);
        self.lost(failure.error, ending, wait, may_pass, now)
    }

    /// Opens a lost connection again, if the options say so.
    #[inline]
    fn settle(&mut self, flow: Flow, now: Instant) -> Flow {
        match flow {
            Flow::Lost(error, ending) => self.lost(error, ending, None, true, now),
            flow => flow,
        }
    }

    /// Opens the connection again, if the options say so for such an end. `may_pass` is the
    /// default.
    fn lost(
        &mut self,
        why: Error,
        ending: Ending,
        retry_after: Option<Duration>,
        may_pass: bool,
        now: Instant,
    ) -> Flow {
        let policy = &self.connection.limits.reconnect;
        if !policy.is_worth(refusing_status(&why), ending.code, may_pass) {
            if self.connection.resumes(now) {
                let id = self.connection.id;
                log::line!(Debug, "connection {id}: no other attempt after such an end");
            }
            return self.fail(why, ending);
        }
        let is_common = may_hit_all(&why, ending.code) && !self.has_just_slept();
        let pause = match self.connection.retry(now, Loss { retry_after, is_common }) {
            Ok(Some(pause)) => pause,
            Ok(None) => return self.fail(why, ending),
            Err(error) => return self.fail(error, ending),
        };
        if let Phase::Open(session) = &self.phase {
            session.transport().close();
        }
        if self.connection.limits.asks_to_reconnect {
            let hesitation = Hesitation::new(&self.connection, pause, why, ending, now);
            self.phase = Phase::Hesitating(Box::new(hesitation));
            return Flow::Stay;
        }
        self.pause(pause, why, now)
    }

    /// Arranges another attempt after a pause.
    fn pause(&mut self, pause: Pause, why: Error, now: Instant) -> Flow {
        let (id, delay) = (self.connection.id, pause.delay);
        let (attempt, ms) = (pause.attempt, delay.as_millis());
        log::line!(Info, "connection {id}: {why}; attempt {attempt} in {ms} ms");
        self.connection.emit(Event::Reconnecting(Box::new(Reconnecting {
            attempt: pause.attempt,
            delay,
            why,
        })));
        let waiting = Waiting { until: now + delay, is_asked: pause.is_asked };
        self.phase = Phase::Waiting(Box::new(waiting));
        Flow::Stay
    }

    /// Whether nothing was received since the machine woke up.
    fn has_just_slept(&self) -> bool {
        matches!(&self.phase, Phase::Open(session) if session.has_just_slept())
    }

    /// The settings for another attempt are missing. This cannot happen.
    fn no_config(&self) -> Flow {
        let words = "a defect in this library lost what to open the connection with";
        self.fail(Error::ws(Code::Internal, words), Ending::unclean(close_code::ABNORMAL))
    }

    fn fail(&self, error: Error, ending: Ending) -> Flow {
        log::line!(Error, "connection {}: {error}", self.connection.id);
        self.connection.report();
        self.connection.emit(Event::Error(Box::new(error)));
        Flow::End(ending)
    }

    /// Ends the connection: tells the host, and closes the socket.
    pub fn end(self, ending: Ending) {
        log::line!(Info, "connection {}: closed with {}", self.connection.id, ending.code);
        self.connection.report();
        self.connection.release();
        if let Phase::Open(session) = &self.phase {
            session.transport().close();
        }
        self.connection.end(ending);
    }
}
