//! What must be done before the first socket and may block: the resolver,
//! PEM files, the TLS context.

use std::net::SocketAddr;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use native_tls::TlsConnector;

use super::connect::resolve;
use super::tls::TlsContexts;
use super::DialConfig;
use crate::error::{Code, Component, Error};

/// The blocking part of an opening, to be run on another thread.
pub struct Job {
    pub(super) config: Arc<DialConfig>,
    pub(super) contexts: Arc<TlsContexts>,
    pub(super) known: Ready,
    pub(super) cancelled: Arc<AtomicBool>,
}

/// What a job brings back to its dialer.
pub struct Prepared {
    pub(super) result: Result<Ready, Error>,
    pub(super) dns: Duration,
    pub(super) tls: Duration,
}

/// What connecting needs: addresses and, for `wss`, a TLS context.
#[derive(Default)]
pub(super) struct Ready {
    pub(super) addresses: Option<Vec<SocketAddr>>,
    pub(super) connector: Option<Arc<TlsConnector>>,
}

impl Job {
    /// Blocks, for as long as the resolver does. Returns at once if the
    /// dialer is gone.
    pub fn run(self) -> Prepared {
        let mut prepared =
            Prepared { result: Ok(Ready::default()), dns: Duration::ZERO, tls: Duration::ZERO };
        let ran = catch_unwind(AssertUnwindSafe(|| self.prepare(&mut prepared)));
        prepared.result = ran.unwrap_or_else(|_| {
            Err(Error::ws(Code::Internal, "a defect in this library ended the preparation"))
        });
        prepared
    }

    fn prepare(self, prepared: &mut Prepared) -> Result<Ready, Error> {
        let mut ready = self.known;
        let target = &self.config.target;
        if ready.addresses.is_none() {
            give_up_if(&self.cancelled)?;
            let started = Instant::now();
            let resolved = resolve(&target.host, target.port);
            prepared.dns = started.elapsed();
            ready.addresses = Some(resolved?);
        }
        if target.secure && ready.connector.is_none() {
            give_up_if(&self.cancelled)?;
            let started = Instant::now();
            let loaded = self.contexts.load(&self.config.tls);
            prepared.tls = started.elapsed();
            ready.connector = Some(loaded?);
        }
        Ok(ready)
    }
}

/// Nobody reads this error: the dialer whose job this was is gone.
fn give_up_if(cancelled: &AtomicBool) -> Result<(), Error> {
    if cancelled.load(Ordering::Relaxed) {
        return Err(Error::new(Code::Closed, Component::Ws, "the opening was given up"));
    }
    Ok(())
}
