//! The work before the first socket, which may block: the resolver, PEM files, the TLS context.

use std::net::SocketAddr;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::address::{Lookups, Turns, Waiter};
use super::jobs::Wait;
use super::tls::{Context, TlsConfig, TlsContexts};
use super::trail::Trails;
use crate::error::{Code, Component, Error};

/// What all openings share.
#[derive(Default)]
pub struct Resources {
    pub(super) contexts: TlsContexts,
    pub(super) lookups: Lookups,
    pub(super) turns: Turns,
    pub trails: Trails,
}

impl Resources {
    /// Later openings read the system's files again.
    pub fn forget(&self) {
        self.contexts.forget();
    }
}

/// Something that an opening needs.
pub(super) enum Need {
    /// The addresses of a host and port.
    Addresses(String, u16),
    Context(Arc<TlsConfig>),
}

/// A blocking part of an opening, which runs on another thread.
pub struct Job {
    pub(super) need: Need,
    pub(super) resources: Arc<Resources>,
    pub(super) cancelled: Arc<AtomicBool>,
}

/// The result of a job.
pub struct Prepared {
    pub(super) result: Result<Found, Error>,
    pub(super) took: Duration,
}

pub(super) enum Found {
    /// The addresses of that host.
    Addresses(String, Vec<SocketAddr>),
    Context(Arc<Context>),
}

impl Job {
    /// What the job blocks for.
    pub fn wait(&self) -> Wait {
        match self.need {
            Need::Addresses(..) => Wait::Resolver,
            Need::Context(_) => Wait::Files,
        }
    }

    /// Does the job and delivers the result. It may block as long as the resolver does. If another
    /// thread looks up the same name already, that thread delivers. Nothing is delivered if the
    /// dialer is gone.
    pub fn run(self, deliver: impl FnOnce(Prepared) + Send + 'static) {
        let Job { need, resources, cancelled } = self;
        if cancelled.load(Ordering::Relaxed) {
            return;
        }
        let started = Instant::now();
        let given_up = Arc::clone(&cancelled);
        let deliver = move |result| {
            if !cancelled.load(Ordering::Relaxed) {
                deliver(Prepared { result, took: started.elapsed() });
            }
        };
        match need {
            Need::Addresses(host, port) => {
                let name = host.clone();
                let deliver = Box::new(move |found: Result<_, _>| {
                    deliver(found.map(|addresses| Found::Addresses(name, addresses)));
                });
                let waiter = Waiter { cancelled: given_up, deliver };
                resources.lookups.look_up(&host, port, waiter);
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
