//! The TLS phases of an opening, with the proxy and with the server.

use super::{Dialer, Result};
use crate::dial::phase::{Phase, Step};
use crate::dial::tls::{check_session, handshake_failure, log_session, log_verdict, Handshake};
use crate::log;
use crate::tls::{may_succeed_anew, Opening, TlsError};
use crate::transport::Stream;

impl Dialer {
    pub(super) fn proxy_secured(
        &mut self,
        handshake: std::result::Result<Handshake, TlsError>,
    ) -> Result<Step> {
        match handshake {
            Ok(Handshake::Pending(pending)) => Ok(Step::Wait(Phase::SecuringProxy(pending))),
            // The handshake was not told to stop here, so there is nobody to accept the
            // certificate.
            Ok(Handshake::Asked(asking, verdict)) => {
                log_verdict(self.notes.id, "the proxy", &verdict);
                self.proxy_secured(Handshake::answered(asking, false))
            }
            Ok(Handshake::Abandoned) => Ok(Step::Wait(Phase::Over)),
            Ok(Handshake::Done(session)) => {
                let Some(proxy) = &self.config.proxy else { return self.lost() };
                log_session(self.notes.id, proxy.tls_name(), &session);
                self.start_tunnel(Stream::Tls(session))
            }
            Err(error) if may_succeed_anew(&error) => Ok(Step::Next(self.anew())),
            Err(error) => {
                self.timings.proxy_us = self.timings.proxy_us.saturating_add(self.lap());
                let Some(proxy) = &self.config.proxy else { return self.lost() };
                let tls = self.config.tls.for_proxy();
                let cause = handshake_failure(&error, proxy.tls_name(), &tls);
                Err(self.failure(proxy.failed("could not speak TLS with", cause)))
            }
        }
    }

    /// The stream reaches the server.
    pub(super) fn reached(&mut self, stream: Stream) -> Result<Step> {
        match self.prerequisites.connector.take() {
            None if self.config.target.secure => self.lost(),
            None => self.start_upgrade(stream),
            Some(connector) => {
                self.notes.phase("tls");
                let name = self.config.tls_name();
                let origin = self.config.tls_origin();
                let asks = self.asks_about_certificates();
                let opening = Opening { name: &name, origin, asks };
                let handshake = Handshake::start(&connector, opening, stream);
                self.secured(handshake)
            }
        }
    }

    pub(super) fn secured(
        &mut self,
        handshake: std::result::Result<Handshake, TlsError>,
    ) -> Result<Step> {
        if let Ok(Handshake::Pending(pending)) = handshake {
            return Ok(Step::Wait(Phase::Securing(pending)));
        }
        self.timings.tls_us = self.timings.tls_us.saturating_add(self.lap());
        match handshake {
            Ok(Handshake::Pending(pending)) => Ok(Step::Wait(Phase::Securing(pending))),
            Ok(Handshake::Asked(asking, verdict)) => self.stopped(asking, verdict),
            Ok(Handshake::Abandoned) => Ok(Step::Wait(Phase::Over)),
            Ok(Handshake::Done(session)) => {
                log_session(self.notes.id, &self.config.tls_name(), &session);
                self.certificate = session.peer_certificate();
                let facts = session.facts();
                self.is_resumed = Some(facts.is_resumed);
                self.notes.tls(facts);
                check_session(&self.config.tls, self.certificate.as_deref(), &session)
                    .map_err(|error| self.failure(error))?;
                self.start_upgrade(Stream::Tls(session))
            }
            Err(error) if may_succeed_anew(&error) => Ok(Step::Next(self.anew())),
            Err(error) => {
                let name = self.config.tls_name();
                Err(self.failure(handshake_failure(&error, &name, &self.config.tls)))
            }
        }
    }

    /// Restarts the opening on a new socket.
    pub(super) fn anew(&mut self) -> Phase {
        log::line!(
            Debug,
            "connection {}: it wants no TLS session resumed; once more",
            self.notes.id
        );
        self.begin_anew()
    }
}
