//! A context, from which sessions are made.

use std::io::{Read, Write};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use openssl::error::ErrorStack;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslSessionCacheMode,
    SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509CheckFlags;
use openssl::x509::X509VerifyResult;

use super::notes::Notes;
use super::sessions::ContextSessions;
use super::stream::Handshaking;
use super::trust::Trust;
use super::{ffi, verify, TlsError};
use crate::tls::{Opening, Settings, Step, TlsVersion, Verify};

/// TLS 1.2 without what is broken or does not prove who the server is. TLS 1.3 has no such suite.
const CIPHERS: &str = "DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!DES:!RC4:!IDEA:!SEED:!aDSS:!SRP:!PSK";

/// Sessions are made from it.
pub struct Connector {
    context: SslContext,
    verify: Verify,
    sessions: Arc<ContextSessions>,
}

impl Connector {
    pub fn build(settings: Settings) -> Result<Connector, TlsError> {
        let mut context = SslContextBuilder::new(SslMethod::tls_client())?;
        context.set_options(SslOptions::ALL | SslOptions::NO_COMPRESSION);
        context.clear_options(SslOptions::DONT_INSERT_EMPTY_FRAGMENTS);
        context.set_mode(
            SslMode::AUTO_RETRY
                | SslMode::ACCEPT_MOVING_WRITE_BUFFER
                | SslMode::ENABLE_PARTIAL_WRITE
                | SslMode::RELEASE_BUFFERS,
        );
        context.set_cipher_list(CIPHERS)?;
        context.set_min_proto_version(Some(version(settings.min_version)))?;
        if let Some(alpn) = settings.alpn {
            let length = u8::try_from(alpn.len()).unwrap_or_default();
            context.set_alpn_protos(&[&[length], alpn.as_bytes()].concat())?;
        }
        match settings.identity {
            Some(identity) => {
                identity.add_to(&mut context)?;
                ffi::allow_late_authentication(&mut context);
            }
            // Before TLS 1.3, a server that asks for the certificate later does it by a second
            // handshake. Nobody else has a reason for one.
            None => {
                context.set_options(SslOptions::NO_RENEGOTIATION);
            }
        }
        if let Some(file) = settings.key_log {
            // One write for each line: other connections and programs append to it, too.
            context.set_keylog_callback(move |_, line| {
                let _ = (&file).write_all(format!("{line}\n").as_bytes());
            });
        }
        let trust = Trust::new(settings.authorities, settings.roots.unwrap_or_default());
        let mut store = X509StoreBuilder::new()?;
        for authority in trust.authorities() {
            store.add_cert(authority.clone())?;
        }
        context.set_cert_store(store.build());
        verify::install(&mut context, trust, settings.verify)?;
        let sessions = ContextSessions::new(settings.sessions);
        collect(&mut context, &sessions, settings.verify);
        Ok(Connector { context: context.build(), verify: settings.verify, sessions })
    }

    /// Begins a handshake.
    pub fn connect<S: Read + Write>(
        &self,
        opening: Opening<'_>,
        stream: S,
    ) -> Result<Step<S>, TlsError> {
        let session = self.session(opening)?;
        Handshaking::new(session, stream)?.advance()
    }

    fn session(&self, opening: Opening<'_>) -> Result<Ssl, ErrorStack> {
        let mut session = Ssl::new(&self.context)?;
        let address: Option<IpAddr> = opening.name.parse().ok();
        if address.is_none() {
            session.set_hostname(opening.name)?;
        }
        if self.verify == Verify::Full {
            let checks = session.param_mut();
            checks.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
            match address {
                Some(address) => checks.set_ip(address)?,
                None => checks.set_host(opening.name)?,
            }
        }
        let question = opening.asks.then(Mutex::default);
        // A session that is resumed shows no certificate that could be asked about.
        let origin = opening.origin.filter(|_| question.is_none());
        let kept = origin.as_deref().and_then(|origin| self.sessions.take(origin));
        if let Some(kept) = &kept {
            // SAFETY: it is from this context: others have other sessions.
            unsafe { session.set_session(kept)? };
        }
        let offered_from = kept.map(|_| Arc::clone(&self.sessions));
        Notes { origin, offered_from, question }.attach(&mut session)?;
        Ok(session)
    }
}

/// Keeps the sessions that servers give from here on.
fn collect(context: &mut SslContextBuilder, sessions: &Arc<ContextSessions>, verify: Verify) {
    context.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
    let sessions = Arc::downgrade(sessions);
    context.set_new_session_callback(move |ssl, session| {
        // What the host accepted although something is wrong with it is asked about again.
        let is_verified = ssl.verify_result() == X509VerifyResult::OK || verify == Verify::None;
        let origin = Notes::of(ssl).and_then(|notes| notes.origin.clone());
        let sessions = sessions.upgrade().filter(|_| is_verified);
        if let (Some(sessions), Some(origin), Some(certificate)) =
            (sessions, origin, ssl.peer_certificate())
        {
            sessions.keep(origin, session, certificate);
        }
    });
}

fn version(version: TlsVersion) -> SslVersion {
    match version {
        TlsVersion::V1_0 => SslVersion::TLS1,
        TlsVersion::V1_1 => SslVersion::TLS1_1,
        TlsVersion::V1_2 => SslVersion::TLS1_2,
        TlsVersion::V1_3 => SslVersion::TLS1_3,
    }
}
