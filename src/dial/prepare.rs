//! What must be done before the first socket and may block: the resolver,
//! PEM files, the TLS context.

use std::net::SocketAddr;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::address::Lookups;
use super::jobs::Wait;
use super::tls::{Context, TlsConfig, TlsContexts};
use crate::error::{Code, Component, Error};

/// What openings share with each other.
#[derive(Default)]
pub struct Resources {
    pub(super) contexts: TlsContexts,
    pub(super) lookups: Lookups,
}

impl Resources {
    /// What was read of the system is read again by the openings that follow.
    pub fn forget(&self) {
        self.contexts.forget();
    }
}

/// One thing that an opening lacks.
pub(super) enum Need {
    /// The addresses of a host and port.
    Addresses(String, u16),
    Context(Arc<TlsConfig>),
}

/// A blocking part of an opening, to be run on another thread.
pub struct Job {
    pub(super) need: Need,
    pub(super) resources: Arc<Resources>,
    pub(super) cancelled: Arc<AtomicBool>,
}

/// What a job brings back to its dialer.
pub struct Prepared {
    pub(super) result: Result<Found, Error>,
    pub(super) took: Duration,
}

pub(super) enum Found {
    /// Of that host.
    Addresses(String, Vec<SocketAddr>),
    Context(Arc<Context>),
}

impl Job {
    /// What it blocks for.
    pub fn wait(&self) -> Wait {
        match self.need {
            Need::Addresses(..) => Wait::Resolver,
            Need::Context(_) => Wait::Files,
        }
    }

    /// Blocks, for as long as the resolver does, and delivers the result; or
    /// leaves that to a thread which looks up the same name already. Delivers
    /// nothing if the dialer is gone.
    pub fn run(self, deliver: impl FnOnce(Prepared) + Send + 'static) {
        let Job { need, resources, cancelled } = self;
        if cancelled.load(Ordering::Relaxed) {
            return;
        }
        let started = Instant::now();
        let deliver = move |result| {
            if !cancelled.load(Ordering::Relaxed) {
                deliver(Prepared { result, took: started.elapsed() });
            }
        };
        match need {
            Need::Addresses(host, port) => {
                let name = host.clone();
                let waiter = move |found: Result<_, _>| {
                    deliver(found.map(|addresses| Found::Addresses(name, addresses)));
                };
                resources.lookups.look_up(&host, port, Box::new(waiter));
            }
            Need::Context(config) => {
                let loaded = catch_unwind(AssertUnwindSafe(|| resources.contexts.load(&config)));
                deliver(loaded.unwrap_or_else(|_| Err(defect())).map(Found::Context));
            }
        }
    }
}

fn defect() -> Error {
    let words = "a defect in this library ended the preparation";
    Error::new(Code::Internal, Component::Ws, words)
}
