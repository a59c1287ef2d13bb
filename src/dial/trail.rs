//! The trail of a connection: what happened at each attempt to open it, to be explained later. The
//! worker writes it, and any thread reads it. It holds no secrets: heads are as the log shows them.

use std::collections::VecDeque;
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use super::outcome::Timings;
use crate::error::Error;
use crate::tls::TlsFacts;
use crate::words::cut;

/// The most attempts in a trail. The newest are kept.
const MAX_ATTEMPTS: usize = 8;
/// The most addresses and heads of an attempt. The first are kept.
const MAX_TRIES: usize = 16;
const MAX_HEADS: usize = 8;
/// The most bytes of a head.
const MAX_HEAD: usize = 2048;

/// The most trails at a time. Further connections that are opened have none.
const MAX_TRAILS: usize = 128;
/// Open connections keep their trails while there are no more trails than this. An idle connection
/// among many has none.
const KEPT: usize = 32;

/// Counts the trails.
#[derive(Clone, Default)]
pub struct Trails(Arc<AtomicUsize>);

impl Trails {
    /// Begins a trail, unless there are too many.
    pub fn begin(&self) -> Option<Arc<Trail>> {
        if self.0.fetch_add(1, Ordering::Relaxed) < MAX_TRAILS {
            return Some(Arc::new(Trail { attempts: Mutex::default(), trails: self.clone() }));
        }
        self.0.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

pub struct Trail {
    attempts: Mutex<Attempts>,
    trails: Trails,
}

impl Drop for Trail {
    fn drop(&mut self) {
        self.trails.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Default)]
pub struct Attempts {
    pub newest_last: VecDeque<Attempt>,
    /// The number of older attempts that were dropped.
    pub left_out: u32,
}

impl Trail {
    pub fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an open connection may keep it.
    pub fn is_affordable(&self) -> bool {
        self.trails.0.load(Ordering::Relaxed) <= KEPT
    }
}

/// One attempt to open the connection. A redirect that is followed begins another one.
pub struct Attempt {
    pub started: SystemTime,
    since: Instant,
    pub server: String,
    pub proxy: Option<String>,
    /// The current or last phase.
    pub phase: &'static str,
    pub tries: Vec<Try>,
    pub tries_left_out: u32,
    pub heads: Vec<Head>,
    /// The TLS session with the server. Only the last attempt keeps the certificates.
    pub tls: Option<TlsFacts>,
    pub local: Option<SocketAddr>,
    pub timings: Timings,
    pub result: Outcome,
}

pub enum Outcome {
    Pending,
    Open,
    Redirected,
    Failed(Error),
}

/// An attempt to connect to an address.
pub struct Try {
    pub address: SocketAddr,
    /// Microseconds since the attempt began.
    pub began_us: u32,
    pub took_us: Option<u32>,
    /// `None` while it is not known, or if another address was faster.
    pub result: Option<Result<(), String>>,
}

/// The head of an HTTP request or of its answer, without secrets.
pub struct Head {
    pub is_request: bool,
    /// Exchanged with the proxy, not with the server.
    pub is_proxys: bool,
    /// The lines, with a line feed between them.
    pub text: Box<str>,
}

impl Attempt {
    /// Microseconds since it began.
    fn age(&self) -> u32 {
        u32::try_from(self.since.elapsed().as_micros()).unwrap_or(u32::MAX)
    }
}

/// Where an opening reports its progress: the log, with the connection's id, and the trail.
#[derive(Clone)]
pub struct Notes {
    pub id: i32,
    trail: Option<Arc<Trail>>,
}

impl Notes {
    pub fn new(id: i32, trail: Option<Arc<Trail>>) -> Notes {
        Notes { id, trail }
    }

    fn last(&self, note: impl FnOnce(&mut Attempt)) {
        if let Some(trail) = &self.trail {
            if let Some(attempt) = trail.attempts().newest_last.back_mut() {
                note(attempt);
            }
        }
    }

    /// Begins another attempt.
    pub fn begin(&self, server: String, proxy: Option<String>) {
        let Some(trail) = &self.trail else { return };
        let mut attempts = trail.attempts();
        if attempts.newest_last.len() == MAX_ATTEMPTS {
            attempts.newest_last.pop_front();
            attempts.left_out = attempts.left_out.saturating_add(1);
        }
        if let Some(tls) = attempts.newest_last.back_mut().and_then(|last| last.tls.as_mut()) {
            tls.chain = Vec::new();
        }
        attempts.newest_last.push_back(Attempt {
            started: SystemTime::now(),
            since: Instant::now(),
            server,
            proxy,
            phase: "",
            tries: Vec::new(),
            tries_left_out: 0,
            heads: Vec::new(),
            tls: None,
            local: None,
            timings: Timings::default(),
            result: Outcome::Pending,
        });
    }

    pub fn phase(&self, phase: &'static str) {
        if !phase.is_empty() {
            self.last(|attempt| attempt.phase = phase);
        }
    }

    pub fn tls(&self, facts: TlsFacts) {
        self.last(|attempt| attempt.tls = Some(facts));
    }

    pub fn connecting(&self, address: SocketAddr) {
        self.last(|attempt| {
            if attempt.tries.len() == MAX_TRIES {
                attempt.tries_left_out += 1;
                return;
            }
            let began_us = attempt.age();
            attempt.tries.push(Try { address, began_us, took_us: None, result: None });
        });
    }

    /// Records a connection from `local` to `address`.
    pub fn connected(&self, address: SocketAddr, local: Option<SocketAddr>) {
        self.last(|attempt| attempt.local = local);
        self.tried(address, Ok(()));
    }

    pub fn unreachable(&self, address: SocketAddr, error: &dyn Display) {
        if self.trail.is_some() {
            self.tried(address, Err(error.to_string()));
        }
    }

    fn tried(&self, address: SocketAddr, result: Result<(), String>) {
        self.last(|attempt| {
            let age = attempt.age();
            if let Some(entry) = attempt.tries.iter_mut().rev().find(|it| it.address == address) {
                entry.took_us = Some(age.saturating_sub(entry.began_us));
                entry.result = Some(result);
            }
        });
    }

    /// Whether heads are logged or kept.
    pub fn wants_heads(&self) -> bool {
        self.trail.is_some()
    }

    pub fn head(&self, is_request: bool, lines: &[String]) {
        self.last(|attempt| {
            if attempt.heads.len() < MAX_HEADS {
                let text: Box<str> = cut(&lines.join("\n"), MAX_HEAD).into();
                // An answer comes from the peer that got the request.
                let is_proxys = match is_request {
                    true => text.starts_with("CONNECT "),
                    false => attempt.heads.last().is_some_and(|request| request.is_proxys),
                };
                attempt.heads.push(Head { is_request, is_proxys, text });
            }
        });
    }

    pub fn ended(&self, timings: Timings, result: Outcome) {
        self.last(|attempt| {
            attempt.timings = timings;
            attempt.result = result;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trails_are_few_and_each_is_short() {
        let trails = Trails::default();
        let all: Vec<_> = std::iter::from_fn(|| trails.begin()).collect();
        assert_eq!(all.len(), MAX_TRAILS);
        assert!(!all[0].is_affordable());
        drop(all);
        let trail = trails.begin().unwrap();
        assert!(trail.is_affordable());

        let notes = Notes::new(1, Some(Arc::clone(&trail)));
        for attempt in 0..=MAX_ATTEMPTS {
            notes.begin(format!("ws://h{attempt}:80"), None);
        }
        for port in 0..=MAX_TRIES as u16 {
            notes.connecting(([127, 0, 0, 1], port).into());
        }
        notes.unreachable(([127, 0, 0, 1], 3).into(), &"refused");
        for _ in 0..=MAX_HEADS {
            notes.head(true, &["x".repeat(MAX_HEAD), "y".to_owned()]);
        }
        let attempts = trail.attempts();
        assert_eq!((attempts.newest_last.len(), attempts.left_out), (MAX_ATTEMPTS, 1));
        let last = attempts.newest_last.back().unwrap();
        assert_eq!(last.server, "ws://h8:80");
        assert_eq!((last.tries.len(), last.tries_left_out), (MAX_TRIES, 1));
        assert_eq!(last.tries[3].result, Some(Err("refused".to_owned())));
        assert_eq!((last.heads.len(), last.heads[0].text.len()), (MAX_HEADS, MAX_HEAD));
    }
}
