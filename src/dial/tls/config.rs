//! The TLS settings: the authorities to trust, what to check, and the client's identity.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Host;

use super::identity::ClientIdentity;
use super::key_log::KeyLog;
use super::pem::Pem;
use super::pins::Pin;
use crate::dial::target::is_host_name;
use crate::error::{Code, Error};
use crate::exit::Guarded;
use crate::tls::{Connector, TlsVersion, Verify};

/// Who is at the other end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Peer {
    /// The server that the host named, or another server of the same origin.
    #[default]
    Server,
    /// The server of another origin, after a redirect. It does not get the client's identity.
    Stranger,
    /// A proxy on the way to the server.
    Proxy,
}

#[derive(Default, PartialEq)]
pub struct TlsConfig {
    pub peer: Peer,
    /// Authorities to trust in addition to the system's roots, or with `ca_only` instead of them.
    pub ca: Option<Arc<Pem>>,
    pub ca_only: bool,
    /// The client's identity, for a server that asks for it.
    pub identity: Option<Box<ClientIdentity>>,
    /// If there are any, the server's key must be one of these.
    pub pins: Vec<Pin>,
    pub verify: Verify,
    /// The name to send (SNI) and to expect, instead of the URL's host.
    pub server_name: Option<String>,
    pub min_version: TlsVersion,
    /// Whether sessions of earlier connections are resumed.
    pub resumes: bool,
    /// The file for the keys of the sessions, for debugging.
    pub key_log: Option<KeyLog>,
    /// The context built from these settings. It lives at least as long as they do.
    pub held: Held,
}

impl TlsConfig {
    /// Checks that the options go together.
    pub fn check(&self) -> Result<(), Error> {
        if self.ca_only && self.ca.is_none() {
            let words = "option tls_ca_only: is set, and tls_ca is not: nobody would be trusted";
            return Err(Error::ws(Code::Option, words));
        }
        match &self.server_name {
            Some(name) if !is_host_name(name) => Err(Error::ws(
                Code::Option,
                "tls_server_name is neither a host name nor an address",
            )),
            _ => Ok(()),
        }
    }

    /// The settings for an https:// proxy: the same authorities, but nothing that was meant for the
    /// server only.
    pub fn for_proxy(&self) -> TlsConfig {
        TlsConfig {
            peer: Peer::Proxy,
            ca: self.ca.clone(),
            ca_only: self.ca_only,
            min_version: self.min_version,
            resumes: self.resumes,
            key_log: self.key_log.clone(),
            ..TlsConfig::default()
        }
    }

    /// The settings for another origin after a redirect, perhaps on the same host: the same checks
    /// of the server, but not the client's identity.
    pub fn for_other_origin(&self, is_same_host: bool) -> TlsConfig {
        TlsConfig {
            peer: if self.identity.is_some() { Peer::Stranger } else { self.peer },
            ca: self.ca.clone(),
            ca_only: self.ca_only,
            identity: None,
            pins: self.pins.clone(),
            verify: self.verify,
            server_name: self.server_name.clone().filter(|_| is_same_host),
            min_version: self.min_version,
            resumes: self.resumes,
            key_log: self.key_log.clone(),
            held: Held::default(),
        }
    }

    /// Whether the settings depend on a file that must be read.
    fn reads_files(&self) -> bool {
        self.ca.as_ref().is_some_and(|ca| ca.is_file())
            || self.identity.as_ref().is_some_and(|identity| identity.fingerprint().is_none())
    }

    /// The context that was built with the client's identity before, which no cache keeps. `None`
    /// if files must be read, because they may have changed.
    pub fn held(&self) -> Option<Arc<Context>> {
        if self.identity.is_none() || self.reads_files() {
            return None;
        }
        self.held.lock().clone()
    }

    /// Keeps a context as long as these settings live. They can then release the identity that is
    /// in it, unless a file may give the next context another one.
    pub fn hold(&self, context: &Arc<Context>) {
        *self.held.lock() = Some(Arc::clone(context));
        match &self.identity {
            Some(identity) if !self.reads_files() => identity.release(),
            _ => {}
        }
    }

    /// The name to send and to expect when connecting to `host`.
    pub fn expected_name(&self, host: &str) -> String {
        match &self.server_name {
            None => host.to_owned(),
            Some(name) => match Host::parse(name) {
                Ok(Host::Domain(ascii)) => ascii.strip_suffix('.').unwrap_or(&ascii).to_owned(),
                _ => name.clone(),
            },
        }
    }
}

/// The context that sessions are made from.
pub type Context = Guarded<Connector>;

/// A place for the context in use.
#[derive(Default)]
pub struct Held(Mutex<Option<Arc<Context>>>);

impl PartialEq for Held {
    /// It follows from the other settings, so comparisons ignore it.
    fn eq(&self, _: &Held) -> bool {
        true
    }
}

impl Held {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Context>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dial::tls::{parse_pins, Content};
    use crate::secret::Secret;

    #[test]
    fn checks_what_needs_no_disk() {
        let named = |name: &str| TlsConfig { server_name: Some(name.into()), ..Default::default() };
        assert_eq!(named("example.com").check(), Ok(()));
        assert_eq!(named("::1").check(), Ok(()));
        let error = named("example.com:443").check().expect_err("a port is no name");
        assert_eq!(error.code, Code::Option as i32);
        assert!(error.message.contains("tls_server_name"), "{error}");
    }

    #[test]
    fn somebody_must_be_trusted() {
        let file = Secret::from("@ca.pem".to_owned());
        let ca = Pem::new("tls_ca", Content::Certificates, file).unwrap();
        let config = TlsConfig { ca: Some(Arc::new(ca)), ca_only: true, ..Default::default() };
        assert_eq!(config.check(), Ok(()));
        let error = TlsConfig { ca: None, ..config }.check().expect_err("no authority");
        assert_eq!(error.code, Code::Option as i32);
        assert!(error.message.contains("tls_ca_only"), "{error}");
    }

    #[test]
    fn the_server_name_goes_before_the_host() {
        assert_eq!(TlsConfig::default().expected_name("h"), "h");
        for (given, expected) in [
            ("Example.com.", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("::1", "::1"),
            ("10.0.0.1", "10.0.0.1"),
        ] {
            let config = TlsConfig { server_name: Some(given.into()), ..Default::default() };
            assert_eq!(config.expected_name("h"), expected);
        }
    }

    /// All settings, with the identity in files that have not been read.
    fn whole() -> TlsConfig {
        let file = |path: &str| Secret::from(path.to_owned());
        let identity = ClientIdentity::new(Some("@c.pem".into()), Some(file("@k.pem")), None);
        let ca = Pem::new("tls_ca", Content::Certificates, file("@ca.pem")).unwrap();
        let pin = format!("sha256/{}=", "A".repeat(43));
        TlsConfig {
            ca: Some(Arc::new(ca)),
            ca_only: true,
            identity: identity.unwrap(),
            pins: parse_pins(&pin).unwrap(),
            verify: Verify::None,
            server_name: Some("n".into()),
            min_version: TlsVersion::V1_3,
            ..TlsConfig::default()
        }
    }

    #[test]
    fn a_proxy_shares_the_authorities_and_nothing_of_the_servers() {
        let (whole, proxy) = (whole(), whole().for_proxy());
        assert_eq!((proxy.peer, proxy.verify), (Peer::Proxy, Verify::Full));
        assert!(proxy.ca.is_some() && proxy.ca_only && proxy.min_version == whole.min_version);
        assert!(proxy.identity.is_none() && proxy.pins.is_empty() && proxy.server_name.is_none());
    }

    #[test]
    fn another_origin_must_have_a_pin_and_sees_no_identity() {
        for is_same_host in [true, false] {
            let other = whole().for_other_origin(is_same_host);
            assert_eq!((other.peer, other.verify), (Peer::Stranger, Verify::None));
            assert!(other.ca.is_some() && other.ca_only && other.min_version == TlsVersion::V1_3);
            assert!(other.identity.is_none() && other.pins.len() == 1);
            assert_eq!(other.server_name.is_some(), is_same_host);
            // Neither does the next redirect.
            let next = other.for_other_origin(true);
            assert!(next.peer == Peer::Stranger && next.identity.is_none());
        }
        assert_eq!(TlsConfig::default().for_other_origin(false).peer, Peer::Server);
    }
}
