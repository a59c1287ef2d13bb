//! The first phase of an opening: it collects what the other phases need, at once or by jobs that
//! may block.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::{micros, Dialer, Result};
use crate::dial::address::{known_addresses, LocalAttempt, Race};
use crate::dial::config::DialConfig;
use crate::dial::phase::{Phase, Purpose, Step};
use crate::dial::prepare::{Found, Job, Need, Prepared};
use crate::dial::proxy::Proxy;
use crate::error::{Code, Error};
use crate::log;

impl Dialer {
    /// Requests the first thing that is missing. Connects when nothing is missing.
    pub(super) fn prepare(&mut self) -> Result<Step> {
        let config = Arc::clone(&self.config);
        let (target, proxy) = (&config.target, config.proxy.as_ref());
        if config.is_given && self.given.is_none() {
            let words = "the socket that was given as `fd` has been used, and there is no other";
            return Err(self.failure(Error::ws(Code::Open, words)));
        }
        let is_reached = target.is_local_socket() || self.given.is_some();
        if self.prerequisites.addresses.is_none() && !is_reached {
            let (host, port) =
                proxy.map_or((&target.host, target.port), |proxy| (&proxy.host, proxy.port));
            match known(&config, host, port) {
                Some(known) => self.found(Purpose::Addresses, known, host)?,
                None => return Ok(self.lacks(Purpose::Addresses, address_of(host, port))),
            }
        }
        if self.prerequisites.target_addresses.is_none() && proxy.is_some_and(Proxy::wants_address)
        {
            let (host, port) = (&target.host, target.port);
            match known(&config, host, port) {
                Some(known) => self.found(Purpose::TargetAddresses, known, host)?,
                None => return Ok(self.lacks(Purpose::TargetAddresses, address_of(host, port))),
            }
        }
        let (found, contexts) = (&mut self.prerequisites, &self.resources.contexts);
        if found.proxy_connector.is_none() && proxy.is_some_and(Proxy::is_tls) {
            let tls = config.tls.for_proxy();
            found.proxy_connector = contexts.cached(&tls);
            if found.proxy_connector.is_none() {
                return Ok(self.lacks(Purpose::ProxyContext, Need::Context(Arc::new(tls))));
            }
        }
        if found.connector.is_none() && target.secure {
            found.connector = contexts.cached(&config.tls);
            if found.connector.is_none() {
                let need = Need::Context(Arc::clone(&config.tls));
                return Ok(self.lacks(Purpose::Context, need));
            }
        }
        self.since = Instant::now();
        if let Some(socket) = self.given.take() {
            return Ok(Step::Next(Phase::Given(socket)));
        }
        if let Some(socket) = &target.socket {
            return Ok(Step::Next(Phase::ConnectingLocally(LocalAttempt::new(socket.clone()))));
        }
        let addresses = found.addresses.take().unwrap_or_default();
        let (host, turns) = (config.next_hop(), &self.resources.turns);
        let race = Race::new(addresses, &host, &config.sockets, turns, self.notes.clone());
        Ok(Step::Next(Phase::Connecting(race)))
    }

    fn lacks(&self, purpose: Purpose, need: Need) -> Step {
        let (resources, cancelled) = (self.resources.clone(), self.cancelled.clone());
        Step::Wait(Phase::Lacking(purpose, Box::new(Job { need, resources, cancelled })))
    }

    pub(super) fn supplied(&mut self, purpose: Purpose, prepared: Prepared) -> Result<Step> {
        let took = micros(prepared.took);
        let time = match purpose {
            Purpose::Addresses | Purpose::TargetAddresses => &mut self.timings.dns_us,
            Purpose::ProxyContext => &mut self.timings.proxy_us,
            Purpose::Context => &mut self.timings.tls_us,
        };
        *time = time.saturating_add(took);
        log_found(self.notes.id, &prepared);
        match (purpose, prepared.result) {
            (_, Ok(Found::Addresses(host, found))) => self.found(purpose, found, &host)?,
            (Purpose::ProxyContext, Ok(Found::Context(connector))) => {
                self.prerequisites.proxy_connector = Some(connector);
            }
            (_, Ok(Found::Context(connector))) => self.prerequisites.connector = Some(connector),
            // The race uses it.
            (_, Ok(Found::Consent(..))) => {}
            (Purpose::Addresses, Err(error)) => return Err(self.failure(self.on_the_way(error))),
            (_, Err(error)) => return Err(self.failure(error)),
        }
        Ok(Step::Next(Phase::Preparing))
    }

    /// Takes the addresses of `host` that belong to the wanted family.
    fn found(&mut self, purpose: Purpose, addresses: Vec<SocketAddr>, host: &str) -> Result<()> {
        match (purpose, self.config.family.only(addresses, host)) {
            (Purpose::TargetAddresses, Ok(found)) => {
                self.prerequisites.target_addresses = Some(found)
            }
            (_, Ok(found)) => self.prerequisites.addresses = Some(found),
            (Purpose::TargetAddresses, Err(error)) => return Err(self.failure(error)),
            (_, Err(error)) => return Err(self.failure(self.on_the_way(error))),
        }
        Ok(())
    }
}

fn log_found(id: i32, Prepared { result, took }: &Prepared) {
    match result {
        Ok(Found::Addresses(host, found)) if log::wants(log::Level::Debug) => {
            let found: Vec<String> = found.iter().map(|found| found.ip().to_string()).collect();
            log::line!(Debug, "connection {id}: {host} is {} ({took:?})", found.join(", "));
        }
        Ok(Found::Context(_)) => {
            log::line!(Debug, "connection {id}: the authorities to trust are loaded ({took:?})");
        }
        _ => {}
    }
}

/// The addresses of a host that need no resolver.
fn known(config: &DialConfig, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
    config.elsewhere.addresses(host, port).or_else(|| known_addresses(host, port))
}

fn address_of(host: &str, port: u16) -> Need {
    Need::Addresses(host.to_owned(), port)
}
