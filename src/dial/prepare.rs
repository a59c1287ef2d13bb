//! The jobs of an opening, which may block: the resolver, PEM files, the TLS context, a function of
//! the host.

use std::net::SocketAddr;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::address::{Lookups, Turns, Waiter};
use super::jobs::Wait;
use super::openings::Openings;
use super::socket::{self, SocketHook};
use super::tls::{Context, TlsConfig, TlsContexts};
use super::trail::Trails;
use crate::error::{Code, Component, Error};

/// The state that all openings share.
#[derive(Default)]
pub struct Resources {
    pub(super) contexts: TlsContexts,
    pub(super) lookups: Lookups,
    pub(super) turns: Turns,
    pub trails: Trails,
    pub(super) openings: Arc<Openings>,
}

impl Resources {
    /// Makes later openings read the system's files again.
    pub fn forget(&self) {
        self.contexts.forget();
        socket::forget_lost_hook();
    }

    /// Reads the environment. Call it on a host thread before there are threads of ours.
    pub fn start(&self) {
        self.openings.start();
    }
}

/// Something that an opening needs.
pub(super) enum Need {
    /// The addresses of a host and port.
    Addresses(String, u16),
    Context(Arc<TlsConfig>),
    /// The host's consent to use a socket.
    Consent(Shown),
}

/// A socket that is shown to the host.
pub struct Shown {
    pub id: i32,
    pub hook: SocketHook,
    pub socket: Socket,
    pub address: SocketAddr,
}

/// A blocking part of an opening. It runs on another thread.
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
    /// The socket for that address, if the host agrees.
    Consent(SocketAddr, Result<Socket, Error>),
}

impl Job {
    /// What the job blocks for.
    pub fn wait(&self) -> Wait {
        match self.need {
            Need::Addresses(..) => Wait::Resolver,
            Need::Context(_) => Wait::Files,
            Need::Consent(_) => Wait::Host,
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
            Need::Consent(Shown { id, hook, socket, address }) => {
                let answer = Answer::new(address, hook.clone(), deliver);
                let consent = hook.show(id, &socket, address);
                answer.give(consent.map(|()| socket));
            }
        }
    }
}

/// Delivers the host's answer, even if its function does not return, because it throws an exception
/// or ends its thread.
struct Answer<D: FnOnce(Result<Found, Error>)> {
    address: SocketAddr,
    hook: SocketHook,
    deliver: Option<D>,
}

impl<D: FnOnce(Result<Found, Error>)> Answer<D> {
    fn new(address: SocketAddr, hook: SocketHook, deliver: D) -> Answer<D> {
        Answer { address, hook, deliver: Some(deliver) }
    }

    fn give(mut self, consent: Result<Socket, Error>) {
        if let Some(deliver) = self.deliver.take() {
            deliver(Ok(Found::Consent(self.address, consent)));
        }
    }
}

impl<D: FnOnce(Result<Found, Error>)> Drop for Answer<D> {
    fn drop(&mut self) {
        if let Some(deliver) = self.deliver.take() {
            let lost = self.hook.lose();
            let _ = catch_unwind(AssertUnwindSafe(|| {
                deliver(Ok(Found::Consent(self.address, Err(lost))));
            }));
        }
    }
}

fn defect() -> Error {
    let words = "a defect in this library ended the preparation";
    Error::new(Code::Internal, Component::Ws, words)
}
