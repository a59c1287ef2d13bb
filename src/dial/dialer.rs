//! The phases of an opening, one after the other.

mod asking;
mod authenticating;
mod authentication;
mod failing;
mod preparing;
mod prerequisites;
mod securing;
mod trusting;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

use self::authentication::Authentication;
use self::prerequisites::Prerequisites;
use super::address;
use super::config::DialConfig;
use super::http::{Answer, Peer, Redirects, Refusal, Upgrade};
use super::openings::{Admit, Place, Turn};
use super::outcome::{Established, Failure, Progress, Timings};
use super::phase::{Asked, Phase, Step};
use super::prepare::{Found, Job, Need, Prepared, Resources};
use super::proxy::{Reply, Tunnel};
use super::tls::Handshake;
use super::trail::{Notes, Outcome};
use crate::log;
use crate::tls::Opening;
use crate::transport::{Socket, Stream, Transport};

type Result<T> = std::result::Result<T, Box<Failure>>;

/// One opening, from its first address to the server's answer. Dropping it
/// closes its sockets and cancels its job.
pub struct Dialer {
    notes: Notes,
    config: Arc<DialConfig>,
    resources: Arc<Resources>,
    phase: Phase,
    prerequisites: Prerequisites,
    redirects: Redirects,
    authentication: Authentication,
    /// The place among the openings in progress; `None` before its turn.
    place: Option<Place>,
    /// The connected socket that the host supplied.
    given: Option<socket2::Socket>,
    /// The server's certificate, after the handshake.
    certificate: Option<Vec<u8>>,
    /// The chain that the host has accepted, and the name of the server that sent it.
    accepted: Option<(String, Vec<Vec<u8>>)>,
    /// Whether the TLS session with the server was resumed; `None` without TLS.
    is_resumed: Option<bool>,
    cancelled: Arc<AtomicBool>,
    timings: Timings,
    /// When the present phase began.
    since: Instant,
}

impl Dialer {
    pub fn new(
        notes: Notes,
        config: Arc<DialConfig>,
        resources: Arc<Resources>,
        given: Option<socket2::Socket>,
    ) -> Dialer {
        begin(&notes, &config);
        Dialer {
            notes,
            authentication: Authentication::new(&config),
            config,
            resources,
            phase: Phase::Preparing,
            prerequisites: Prerequisites::default(),
            redirects: Redirects::default(),
            place: None,
            given,
            certificate: None,
            accepted: None,
            is_resumed: None,
            cancelled: Arc::new(AtomicBool::new(false)),
            timings: Timings::default(),
            since: Instant::now(),
        }
    }

    /// Takes a place among the openings in progress, or joins the end of the line until `admitted`.
    /// Call it before the first `advance`.
    pub fn line_up(&mut self, admit: Admit) {
        match self.resources.openings.enter(admit) {
            Turn::Now(place) => self.place = Some(place),
            Turn::Later(queued) => self.phase = Phase::InLine(queued),
        }
    }

    /// Takes the place that it waited for. The next `advance` begins the opening.
    pub fn admitted(&mut self, place: Place) {
        if matches!(self.phase, Phase::InLine(_)) {
            self.place = Some(place);
            self.phase = Phase::Preparing;
        }
    }

    /// Gives up its place in favour of another opening. Nothing else changes.
    pub fn make_room(&mut self) {
        self.place = None;
        if matches!(self.phase, Phase::InLine(_)) {
            self.phase = Phase::Over;
        }
    }

    /// The job that must run on another thread now, if there is one. Call this after each
    /// `advance`.
    pub fn take_job(&mut self) -> Option<Job> {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Lacking(purpose, job) => {
                self.phase = Phase::Awaiting(purpose);
                Some(*job)
            }
            Phase::Connecting(mut race) => {
                let shown = race.take_shown();
                self.phase = Phase::Connecting(race);
                let (resources, cancelled) = (self.resources.clone(), self.cancelled.clone());
                shown.map(|shown| Job { need: Need::Consent(shown), resources, cancelled })
            }
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// Takes the job's result. The next `advance` uses it, or returns its error.
    pub fn prepared(&mut self, prepared: Prepared) {
        match (&mut self.phase, prepared.result) {
            (Phase::Connecting(race), Ok(Found::Consent(address, consent))) => {
                race.answered(address, consent);
            }
            // The race is over: nobody needs the consent.
            (_, Ok(Found::Consent(..))) => {}
            (Phase::Awaiting(purpose), result) => {
                self.phase = Phase::Prepared(*purpose, Prepared { result, ..prepared });
            }
            _ => {}
        }
    }

    /// Proceeds as far as possible without blocking. Call it at the beginning, after `prepared`,
    /// after every event of `token`, and when `wake_at` has passed.
    pub fn advance(&mut self, registry: &Registry, token: Token, now: Instant) -> Result<Progress> {
        loop {
            let phase = std::mem::replace(&mut self.phase, Phase::Over);
            match self.step(phase, registry, token, now)? {
                Step::Next(phase) => {
                    self.notes.phase(phase.name());
                    self.phase = phase;
                }
                Step::Wait(phase) => {
                    self.notes.phase(phase.name());
                    self.phase = phase;
                    return Ok(Progress::Pending);
                }
                Step::Open(established) => return Ok(Progress::Open(established)),
            }
        }
    }

    fn step(
        &mut self,
        phase: Phase,
        registry: &Registry,
        token: Token,
        now: Instant,
    ) -> Result<Step> {
        match phase {
            Phase::Preparing => self.prepare(),
            Phase::Prepared(purpose, prepared) => self.supplied(purpose, prepared),
            Phase::Connecting(mut race) => match race.advance(registry, token, now) {
                Ok(address::Progress::Pending) => Ok(Step::Wait(Phase::Connecting(race))),
                Ok(address::Progress::Won(stream)) => {
                    self.timings.tcp_us = self.timings.tcp_us.saturating_add(self.lap());
                    self.connected(Stream::from(Socket::Tcp(stream)))
                }
                Err(error) => {
                    self.timings.tcp_us = self.timings.tcp_us.saturating_add(self.lap());
                    Err(self.failure(self.on_the_way(error)))
                }
            },
            Phase::ConnectingLocally(mut attempt) => match attempt.advance(registry, token, now) {
                Ok(None) => Ok(Step::Wait(Phase::ConnectingLocally(attempt))),
                Ok(Some(stream)) => {
                    self.timings.tcp_us = self.timings.tcp_us.saturating_add(self.lap());
                    let server = self.config.target.authority();
                    log::line!(Debug, "connection {}: connected to {server}", self.notes.id);
                    self.reached(Stream::from(Socket::Unix(stream)))
                }
                Err(error) => Err(self.failure(error)),
            },
            Phase::Given(socket) => match address::adopt(socket, registry, token) {
                Ok(socket) => {
                    log::line!(Debug, "connection {}: on the socket that was given", self.notes.id);
                    self.reached(Stream::from(socket))
                }
                Err(error) => Err(self.failure(error)),
            },
            Phase::SecuringProxy(pending) => self.proxy_secured(Handshake::advance(pending)),
            Phase::Tunnelling(tunnel) => self.tunnel(tunnel, now),
            Phase::Securing(pending) => self.secured(Handshake::advance(pending)),
            Phase::Upgrading(upgrade) => self.upgrade(upgrade, now),
            Phase::Refused(mut refusal) => match refusal.advance(now) {
                true => self.refused(refusal),
                false => Ok(Step::Wait(Phase::Refused(refusal))),
            },
            Phase::Answered(verdict, Asked::Refusal(refusal)) => {
                self.refusal_answered(verdict, refusal)
            }
            Phase::Answered(verdict, Asked::Certificate(stopped)) => {
                self.certificate_answered(verdict, *stopped)
            }
            // The result of the job or the host's answer is missing, or the opening is over.
            idle @ (Phase::InLine(_)
            | Phase::Lacking(..)
            | Phase::Awaiting(_)
            | Phase::Asking(..)
            | Phase::Over) => Ok(Step::Wait(idle)),
        }
    }

    /// When `advance` must be called even if nothing has happened.
    pub fn wake_at(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Connecting(race) => race.wake_at(),
            Phase::ConnectingLocally(attempt) => attempt.wake_at(),
            Phase::Refused(refusal) => Some(refusal.deadline()),
            _ => None,
        }
    }

    // ---- phases

    fn connected(&mut self, stream: Stream) -> Result<Step> {
        let Some(proxy) = &self.config.proxy else { return self.reached(stream) };
        match self.prerequisites.proxy_connector.take() {
            Some(connector) => {
                self.notes.phase("proxy");
                let origin = self.config.tls.resumes.then(|| format!("the proxy {proxy}"));
                let opening = Opening { name: proxy.tls_name(), origin, asks: false };
                let handshake = Handshake::start(&connector, opening, stream);
                self.proxy_secured(handshake)
            }
            None if proxy.is_tls() => self.lost(),
            None => self.start_tunnel(stream),
        }
    }

    fn start_tunnel(&mut self, stream: Stream) -> Result<Step> {
        let authorization = self.authorize_connect()?;
        let Some(proxy) = &self.config.proxy else { return self.lost() };
        let address = self.prerequisites.target_addresses.take().and_then(for_proxy);
        let target = &self.config.target;
        match Tunnel::new(stream, proxy, target, address, authorization.as_ref(), &self.notes) {
            Ok(tunnel) => Ok(Step::Next(Phase::Tunnelling(tunnel))),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn tunnel(&mut self, tunnel: Tunnel, now: Instant) -> Result<Step> {
        let Some(proxy) = &self.config.proxy else { return self.lost() };
        let reply = tunnel.advance(proxy, &self.config.target, now);
        if !matches!(reply, Ok(Reply::Pending(_))) {
            self.timings.proxy_us = self.timings.proxy_us.saturating_add(self.lap());
        }
        match reply {
            Ok(Reply::Pending(tunnel)) => Ok(Step::Wait(Phase::Tunnelling(tunnel))),
            Ok(Reply::Through(stream)) => {
                self.authentication.is_reused = false;
                let server = self.config.target.authority();
                log::line!(
                    Debug,
                    "connection {}: the proxy has connected to {server}",
                    self.notes.id
                );
                self.reached(stream)
            }
            Ok(Reply::Refused(refusal)) => Ok(Step::Next(Phase::Refused(refusal))),
            Ok(Reply::Silence(error)) => self.unanswered(Peer::Proxy, error),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn start_upgrade(&mut self, stream: Stream) -> Result<Step> {
        let authorization = self.authorize_upgrade()?;
        match Upgrade::new(stream, &self.config, &self.redirects, authorization, &self.notes) {
            Ok(upgrade) => Ok(Step::Next(Phase::Upgrading(Box::new(upgrade)))),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn upgrade(&mut self, upgrade: Box<Upgrade>, now: Instant) -> Result<Step> {
        let answer = upgrade.advance(&self.config, now);
        if !matches!(answer, Ok(Answer::Pending(_))) {
            self.timings.upgrade_us = self.timings.upgrade_us.saturating_add(self.lap());
        }
        match answer {
            Ok(Answer::Pending(upgrade)) => Ok(Step::Wait(Phase::Upgrading(upgrade))),
            Ok(Answer::Accepted { stream, response, agreed, leftover }) => {
                let mut transport = Transport::new(stream, self.config.target.secure);
                transport.watch(self.notes.id, &leftover);
                let timings = self.timings;
                self.notes.ended(timings, Outcome::Open);
                let is_resumed = self.is_resumed;
                let established =
                    Established { transport, response, agreed, leftover, timings, is_resumed };
                Ok(Step::Open(Box::new(established)))
            }
            Ok(Answer::Refused(refusal)) => Ok(Step::Next(self.redirected(*refusal))),
            Ok(Answer::Silence(error)) => self.unanswered(Peer::Server, error),
            Err(broken) => {
                let mut failure = self.failure(broken.error);
                failure.response = broken.response.map(|head| (head, Vec::new()));
                Err(failure)
            }
        }
    }

    /// Starts again at the new target if a redirect is followed. The stream is dropped with the
    /// rest of the answer.
    fn redirected(&mut self, refusal: Refusal) -> Phase {
        match self.redirects.follow(&self.config, refusal.response()) {
            Ok(None) => Phase::Refused(Box::new(refusal)),
            Ok(Some(next)) => {
                log::line!(Debug, "connection {}: redirected to {:?}", self.notes.id, next.target);
                self.notes.ended(self.timings, Outcome::Redirected);
                self.authentication.redirected(refusal.response(), &self.config, &next);
                self.config = Arc::new(next);
                begin(&self.notes, &self.config);
                self.begin_anew()
            }
            Err(error) => Phase::Refused(Box::new(refusal.with_error(error))),
        }
    }

    /// Starts again with a new stream.
    fn begin_anew(&mut self) -> Phase {
        self.prerequisites = Prerequisites::default();
        self.certificate = None;
        self.is_resumed = None;
        self.authentication.is_reused = false;
        Phase::Preparing
    }

    /// Changes the phase, and returns the microseconds since the last change.
    fn lap(&mut self) -> u32 {
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(self.since);
        self.since = now;
        micros(elapsed)
    }
}

impl Drop for Dialer {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

/// Records the begin of an attempt in the trail.
fn begin(notes: &Notes, config: &DialConfig) {
    let proxy = config.proxy.as_ref().map(|proxy| proxy.to_string());
    notes.begin(format!("{:?}", config.target), proxy);
}

/// The address to send to a proxy: IPv4 if there is one, because a proxy tries only one address,
/// and more proxies can reach IPv4.
fn for_proxy(addresses: Vec<SocketAddr>) -> Option<SocketAddr> {
    let v4 = addresses.iter().find(|address| address.is_ipv4()).copied();
    v4.or_else(|| addresses.first().copied())
}

fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
