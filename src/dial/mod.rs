//! From a URL to an open stream, without ever blocking: resolve, connect,
//! TLS, HTTP upgrade.
//!
//! A `Dialer` is driven by whoever owns the poll: its blocking part is a
//! `Job` for another thread, everything else happens in `advance`, which
//! tries whatever the present phase could do.

mod body;
mod connect;
pub mod jobs;
mod prepare;
mod target;
mod tls;
mod tls_errors;
mod upgrade;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Registry, Token};
use native_tls::{MidHandshakeTlsStream, TlsConnector};

use self::connect::{known_addresses, Lap, Race};
use self::prepare::Ready;
use self::tls::Handshake;
use self::tls_errors::handshake_failure;
use self::upgrade::{Answer, Refusal, Upgrade};
use crate::error::{Code, Component, Error};
use crate::protocol::{Agreed, DeflateOffer, Response};
use crate::transport::Transport;

pub use self::jobs::{spawn_quiet, Jobs};
pub use self::prepare::{Job, Prepared};
pub use self::target::{without_credentials, Target};
pub use self::tls::{TlsConfig, TlsContexts, TlsVersion, Verify};
pub use self::tls_errors::is_broken_off;

/// The close codes of RFC 6455 for a connection that was never open.
const CLOSE_ABNORMAL: u16 = 1006;
const CLOSE_TLS: u16 = 1015;

/// What a connection is opened with.
#[derive(Clone)]
pub struct DialConfig {
    pub target: Target,
    pub tls: TlsConfig,
    pub headers: Vec<(String, String)>,
    pub subprotocols: Vec<String>,
    /// The compression to offer.
    pub deflate: Option<DeflateOffer>,
}

impl DialConfig {
    /// The name that the server's certificate must have.
    fn tls_name(&self) -> String {
        self.tls.expected_name(self.target.tls_name())
    }
}

/// How long each phase took. A phase that was skipped took nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    pub dns_us: u64,
    pub tcp_us: u64,
    /// With the time to build the context, when it was the first of its kind.
    pub tls_us: u64,
    pub upgrade_us: u64,
}

/// An open connection. Its socket is still registered, and since readiness is
/// edge-triggered, what has arrived meanwhile is not announced again: read
/// until it would block.
pub struct Established {
    pub transport: Transport,
    pub response: Response,
    pub agreed: Agreed,
    /// What came behind the response: the first frames.
    pub leftover: Vec<u8>,
    pub timings: Timings,
}

/// Why there is no connection.
pub struct Failure {
    /// That there is none, then the causes.
    pub error: Error,
    /// The server's answer, if it gave one, and the start of its body.
    pub response: Option<(Response, Vec<u8>)>,
    /// 1015 if TLS failed, else 1006.
    pub close_code: u16,
    pub timings: Timings,
}

pub enum Progress {
    Pending,
    Open(Box<Established>),
}

/// One opening, from its first address to the server's answer. Dropping it
/// closes its sockets and cancels its job.
pub struct Dialer {
    config: Arc<DialConfig>,
    phase: Phase,
    connector: Option<TlsConnector>,
    cancelled: Arc<AtomicBool>,
    timings: Timings,
    /// When the present phase began.
    since: Instant,
}

enum Phase {
    /// The job has not been taken yet.
    Unprepared(Box<Job>),
    Preparing {
        resolving: bool,
    },
    Prepared(Result<Ready, Error>),
    Connecting(Race),
    Securing(MidHandshakeTlsStream<mio::net::TcpStream>),
    Upgrading(Box<Upgrade>),
    Refused(Box<Refusal>),
    Over,
}

impl Dialer {
    pub fn new(config: Arc<DialConfig>, contexts: Arc<TlsContexts>) -> Dialer {
        let target = &config.target;
        let known = Ready {
            addresses: known_addresses(&target.host, target.port),
            connector: if target.secure { contexts.cached(&config.tls) } else { None },
        };
        let cancelled = Arc::new(AtomicBool::new(false));
        let is_ready = known.addresses.is_some() && known.connector.is_some() == target.secure;
        let phase = if is_ready {
            Phase::Prepared(Ok(known))
        } else {
            let (config, cancelled) = (config.clone(), cancelled.clone());
            Phase::Unprepared(Box::new(Job { config, contexts, known, cancelled }))
        };
        Dialer {
            config,
            phase,
            connector: None,
            cancelled,
            timings: Timings::default(),
            since: Instant::now(),
        }
    }

    /// The blocking part that must run on another thread, if there is one:
    /// DNS, PEM files, the TLS context.
    pub fn take_job(&mut self) -> Option<Job> {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Unprepared(job) => {
                self.phase = Phase::Preparing { resolving: job.known.addresses.is_none() };
                Some(*job)
            }
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// The job's result; `advance` returns its error, if it has one.
    pub fn prepared(&mut self, prepared: Prepared) {
        if let Phase::Preparing { .. } = self.phase {
            self.timings.dns_us = micros(prepared.dns);
            self.timings.tls_us = micros(prepared.tls);
            self.phase = Phase::Prepared(prepared.result);
        }
    }

    /// Goes as far as it can without blocking. To be called once `take_job`
    /// has nothing to do or `prepared` was called, then after every event of
    /// `token` and when `wake_at` has passed.
    pub fn advance(
        &mut self,
        registry: &Registry,
        token: Token,
        now: Instant,
    ) -> Result<Progress, Box<Failure>> {
        loop {
            match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Prepared(result) => {
                    let ready = result.map_err(|error| self.failure(error))?;
                    self.connector = ready.connector;
                    self.since = Instant::now();
                    self.phase = Phase::Connecting(Race::new(ready.addresses.unwrap_or_default()));
                }
                Phase::Connecting(mut race) => match race.advance(registry, token, now) {
                    Err(error) => {
                        self.timings.tcp_us = self.lap();
                        return Err(self.failure(error));
                    }
                    Ok(Lap::Pending) => {
                        self.phase = Phase::Connecting(race);
                        return Ok(Progress::Pending);
                    }
                    Ok(Lap::Won(stream)) => {
                        self.timings.tcp_us = self.lap();
                        match self.connector.take() {
                            None => self.upgrade(Transport::Plain(stream))?,
                            Some(connector) => {
                                let name = self.config.tls_name();
                                let handshake = Handshake::start(&connector, &name, stream);
                                if self.secured(handshake)? {
                                    return Ok(Progress::Pending);
                                }
                            }
                        }
                    }
                },
                Phase::Securing(pending) => {
                    if self.secured(Handshake::advance(pending))? {
                        return Ok(Progress::Pending);
                    }
                }
                Phase::Upgrading(upgrade) => {
                    let answer = upgrade.advance(&self.config, now);
                    if !matches!(answer, Ok(Answer::Pending(_))) {
                        self.timings.upgrade_us = self.lap();
                    }
                    match answer {
                        Ok(Answer::Pending(upgrade)) => {
                            self.phase = Phase::Upgrading(upgrade);
                            return Ok(Progress::Pending);
                        }
                        Ok(Answer::Accepted { transport, response, agreed, leftover }) => {
                            let timings = self.timings;
                            return Ok(Progress::Open(Box::new(Established {
                                transport,
                                response,
                                agreed,
                                leftover,
                                timings,
                            })));
                        }
                        Ok(Answer::Refused(refusal)) => self.phase = Phase::Refused(refusal),
                        Err(broken) => {
                            let mut failure = self.failure(broken.error);
                            failure.response = broken.response.map(|head| (head, Vec::new()));
                            return Err(failure);
                        }
                    }
                }
                Phase::Refused(mut refusal) => {
                    if refusal.advance(now) {
                        return Err(self.refused(*refusal));
                    }
                    self.phase = Phase::Refused(refusal);
                    return Ok(Progress::Pending);
                }
                // The job has not come back, or the opening is over.
                idle @ (Phase::Unprepared(_) | Phase::Preparing { .. } | Phase::Over) => {
                    self.phase = idle;
                    return Ok(Progress::Pending);
                }
            }
        }
    }

    /// When `advance` has something to do although nothing happened.
    pub fn wake_at(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Connecting(race) => race.wake_at(),
            Phase::Refused(refusal) => Some(refusal.deadline()),
            _ => None,
        }
    }

    /// The failure to report when the deadline of the whole opening, `limit`,
    /// has passed: it says during what.
    pub fn timed_out(&mut self, limit: Duration) -> Box<Failure> {
        let target = &self.config.target;
        let server = target.authority();
        let (component, during) = match std::mem::replace(&mut self.phase, Phase::Over) {
            // The server has answered, so that is what there is to report.
            Phase::Refused(refusal) => return self.refused(*refusal),
            Phase::Unprepared(_) | Phase::Preparing { resolving: true } => {
                (Component::Dns, format!("resolving {}", target.host))
            }
            Phase::Preparing { resolving: false } => {
                (Component::Tls, "loading the trusted certificates".to_owned())
            }
            Phase::Connecting(race) => {
                self.timings.tcp_us = self.lap();
                (Component::Tcp, format!("connecting to {}", race.tried()))
            }
            Phase::Securing(_) => {
                self.timings.tls_us += self.lap();
                (Component::Tls, format!("waiting for the TLS handshake with {server}"))
            }
            Phase::Upgrading(_) => {
                self.timings.upgrade_us = self.lap();
                (Component::Http, "waiting for the answer to the upgrade request".to_owned())
            }
            Phase::Prepared(_) | Phase::Over => {
                (Component::Ws, format!("about to connect to {server}"))
            }
        };
        let words = format!("{} passed while {during}", spoken(limit));
        self.failure(Error::new(Code::Timeout, component, words))
    }

    /// Takes up the next phase; `true` if the handshake has to wait.
    fn secured(
        &mut self,
        handshake: Result<Handshake, native_tls::Error>,
    ) -> Result<bool, Box<Failure>> {
        match handshake {
            Ok(Handshake::Pending(pending)) => {
                self.phase = Phase::Securing(pending);
                Ok(true)
            }
            Ok(Handshake::Done(stream)) => {
                self.timings.tls_us += self.lap();
                self.upgrade(Transport::tls(stream))?;
                Ok(false)
            }
            Err(error) => {
                self.timings.tls_us += self.lap();
                let name = self.config.tls_name();
                let cause = handshake_failure(&error, &name, &self.config.tls);
                Err(self.failure(cause))
            }
        }
    }

    fn upgrade(&mut self, transport: Transport) -> Result<(), Box<Failure>> {
        let upgrade = Upgrade::new(transport, &self.config).map_err(|error| self.failure(error))?;
        self.phase = Phase::Upgrading(Box::new(upgrade));
        Ok(())
    }

    fn refused(&self, refusal: Refusal) -> Box<Failure> {
        let (error, response, body) = refusal.into_failure();
        let mut failure = self.failure(error);
        failure.response = Some((response, body));
        failure
    }

    fn failure(&self, cause: Error) -> Box<Failure> {
        let is_tls = cause.component == Component::Tls;
        let words = format!("could not open a connection to {}", self.config.target.authority());
        Box::new(Failure {
            error: Error::ws(Code::Open, words).because(cause),
            response: None,
            close_code: if is_tls { CLOSE_TLS } else { CLOSE_ABNORMAL },
            timings: self.timings,
        })
    }

    /// The microseconds since the last phase change, which this is.
    fn lap(&mut self) -> u64 {
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

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A limit as it was set: `30 s`, `1500 ms`.
fn spoken(limit: Duration) -> String {
    let ms = limit.as_millis();
    if ms.is_multiple_of(1000) {
        format!("{} s", ms / 1000)
    } else {
        format!("{ms} ms")
    }
}
