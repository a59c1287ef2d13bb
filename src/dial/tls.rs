//! TLS: what is asked for, the contexts that are built from it, the handshake.

use std::fs::File;
use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};

use native_tls::{
    Certificate, HandshakeError, MidHandshakeTlsStream, Protocol, TlsConnector, TlsStream,
};
use url::Host;

use super::target::is_host_name;
use crate::error::{Code, Error};
use crate::transport::Stream;

/// A context with the system's roots has some megabytes.
const MAX_CONTEXTS: usize = 16;
const MAX_CA_FILE: u64 = 16 << 20;

/// What of the server's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verify {
    Full,
    NoHostname,
    None,
}

/// The system's own policy may still forbid the two oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsVersion {
    V1_0,
    V1_1,
    V1_2,
    V1_3,
}

impl TlsVersion {
    fn protocol(self) -> Protocol {
        match self {
            TlsVersion::V1_0 => Protocol::Tlsv10,
            TlsVersion::V1_1 => Protocol::Tlsv11,
            TlsVersion::V1_2 => Protocol::Tlsv12,
            TlsVersion::V1_3 => Protocol::Tlsv13,
        }
    }

    pub fn number(self) -> &'static str {
        match self {
            TlsVersion::V1_0 => "1.0",
            TlsVersion::V1_1 => "1.1",
            TlsVersion::V1_2 => "1.2",
            TlsVersion::V1_3 => "1.3",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TlsConfig {
    /// Trusted beside the system's roots: PEM text, or `@` and the path of a
    /// PEM file.
    pub ca: Option<String>,
    pub verify: Verify,
    /// The name to ask for and to expect, instead of the URL's host.
    pub server_name: Option<String>,
    pub min_version: TlsVersion,
}

impl TlsConfig {
    /// What can be told without the disk, which OpenSSL itself reads as it
    /// starts: so the PEM text is only looked over here, and parsed in the job.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(ca) = &self.ca {
            let has_certificate = match ca.strip_prefix('@') {
                Some(path) => !path.is_empty() && !path.contains('\0'),
                None => has_pem_certificate(ca),
            };
            if !has_certificate {
                return Err(Error::ws(
                    Code::Option,
                    "tls_ca is neither PEM text with a certificate nor @ and the path of a file",
                ));
            }
        }
        match &self.server_name {
            Some(name) if !is_host_name(name) => Err(Error::ws(
                Code::Option,
                "tls_server_name is neither a host name nor an address",
            )),
            _ => Ok(()),
        }
    }

    /// The name to ask for and to expect on the way to `host`.
    pub fn expected_name(&self, host: &str) -> String {
        match &self.server_name {
            None => host.to_owned(),
            Some(name) => match Host::parse(name) {
                Ok(Host::Domain(ascii)) => ascii.strip_suffix('.').unwrap_or(&ascii).to_owned(),
                _ => name.clone(),
            },
        }
    }

    /// What holds for a proxy to which TLS is spoken: the same authorities,
    /// and nothing else that was meant for the server.
    pub fn for_proxy(&self) -> TlsConfig {
        TlsConfig {
            ca: self.ca.clone(),
            verify: Verify::Full,
            server_name: None,
            min_version: self.min_version,
        }
    }

    fn ca_file(&self) -> Option<&str> {
        self.ca.as_deref()?.strip_prefix('@')
    }
}

fn has_pem_certificate(text: &str) -> bool {
    ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].iter().any(|label| {
        text.split_once(&format!("-----BEGIN {label}-----"))
            .is_some_and(|(_, rest)| rest.contains(&format!("-----END {label}-----")))
    })
}

/// What makes one context differ from another.
#[derive(PartialEq, Eq)]
struct Key {
    ca: Option<Vec<u8>>,
    verify: Verify,
    min_version: TlsVersion,
}

/// The contexts of the process: to read the system's roots takes tens of
/// milliseconds, so connections that ask for the same share one.
#[derive(Default)]
pub struct TlsContexts {
    /// The least recently used first.
    contexts: Mutex<Vec<(Key, TlsConnector)>>,
    /// Held while one is built, so that many connections at once build one.
    building: Mutex<()>,
}

impl TlsContexts {
    /// A context that is there already. Never one from a file, which may
    /// have changed since.
    pub fn cached(&self, config: &TlsConfig) -> Option<TlsConnector> {
        if config.ca_file().is_some() {
            return None;
        }
        self.find(&key(config, config.ca.as_ref().map(|pem| pem.as_bytes().to_vec())))
    }

    /// The context for `config`, built if need be. Reads files.
    pub fn load(&self, config: &TlsConfig) -> Result<TlsConnector, Error> {
        let ca = match (config.ca_file(), &config.ca) {
            (Some(path), _) => Some(read_ca(path)?),
            (None, ca) => ca.as_ref().map(|pem| pem.as_bytes().to_vec()),
        };
        let key = key(config, ca);
        let _building = lock(&self.building);
        if let Some(connector) = self.find(&key) {
            return Ok(connector);
        }
        let connector = build(&key, config.ca_file())?;
        let mut contexts = lock(&self.contexts);
        if contexts.len() >= MAX_CONTEXTS {
            contexts.remove(0);
        }
        contexts.push((key, connector.clone()));
        Ok(connector)
    }

    fn find(&self, key: &Key) -> Option<TlsConnector> {
        let mut contexts = lock(&self.contexts);
        let at = contexts.iter().position(|(known, _)| known == key)?;
        let found = contexts.remove(at);
        let connector = found.1.clone();
        contexts.push(found);
        Some(connector)
    }
}

/// The list is whole whenever a panic could strike, so a poisoned lock is
/// still sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(config: &TlsConfig, ca: Option<Vec<u8>>) -> Key {
    Key { ca, verify: config.verify, min_version: config.min_version }
}

fn read_ca(path: &str) -> Result<Vec<u8>, Error> {
    let mut pem = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_CA_FILE + 1).read_to_end(&mut pem));
    match read {
        Err(error) => {
            Err(Error::tls(format!("the tls_ca file {path} could not be read")).because(error))
        }
        Ok(length) if length as u64 > MAX_CA_FILE => {
            Err(Error::tls(format!("the tls_ca file {path} is larger than 16 MiB")))
        }
        Ok(_) => Ok(pem),
    }
}

fn build(key: &Key, ca_file: Option<&str>) -> Result<TlsConnector, Error> {
    let mut builder = TlsConnector::builder();
    builder.min_protocol_version(Some(key.min_version.protocol()));
    if let Some(pem) = &key.ca {
        let source = match ca_file {
            Some(path) => format!("the tls_ca file {path}"),
            None => "the text of tls_ca".to_owned(),
        };
        let certificates = Certificate::stack_from_pem(pem).map_err(|error| {
            Error::tls(format!("a certificate in {source} is damaged"))
                .because(Error::tls(error.to_string()))
        })?;
        if certificates.is_empty() {
            return Err(Error::tls(format!("{source} contains no PEM certificate")));
        }
        for certificate in certificates {
            builder.add_root_certificate(certificate);
        }
    }
    match key.verify {
        Verify::Full => {}
        Verify::NoHostname => {
            builder.danger_accept_invalid_hostnames(true);
        }
        Verify::None => {
            builder.danger_accept_invalid_certs(true);
            builder.danger_accept_invalid_hostnames(true);
        }
    }
    builder.build().map_err(|error| {
        Error::tls("TLS could not be set up on this machine").because(Error::tls(error.to_string()))
    })
}

/// A handshake over whatever stream, after as many steps as the socket allowed.
pub enum Handshake {
    Done(TlsStream<Stream>),
    Pending(MidHandshakeTlsStream<Stream>),
}

impl Handshake {
    pub fn start(
        connector: &TlsConnector,
        name: &str,
        stream: Stream,
    ) -> Result<Handshake, native_tls::Error> {
        Handshake::after(connector.connect(name, stream))
    }

    pub fn advance(pending: MidHandshakeTlsStream<Stream>) -> Result<Handshake, native_tls::Error> {
        Handshake::after(pending.handshake())
    }

    fn after(
        result: Result<TlsStream<Stream>, HandshakeError<Stream>>,
    ) -> Result<Handshake, native_tls::Error> {
        match result {
            Ok(stream) => Ok(Handshake::Done(stream)),
            Err(HandshakeError::WouldBlock(pending)) => Ok(Handshake::Pending(pending)),
            Err(HandshakeError::Failure(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n";

    fn config() -> TlsConfig {
        TlsConfig {
            ca: None,
            verify: Verify::Full,
            server_name: None,
            min_version: TlsVersion::V1_2,
        }
    }

    #[test]
    fn checks_what_needs_no_disk() {
        let ca = |ca: &str| TlsConfig { ca: Some(ca.into()), ..config() };
        for good in [
            PEM,
            "@/no/such/file.pem",
            "some words\n-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----",
        ] {
            assert_eq!(ca(good).check(), Ok(()), "{good}");
        }
        for bad in
            ["", "@", "@a\0b", "ca.pem", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"]
        {
            let error = ca(bad).check().expect_err(bad);
            assert_eq!(error.code, Code::Option as i32);
            assert!(error.message.contains("tls_ca"), "{error}");
        }
        let named = |name: &str| TlsConfig { server_name: Some(name.into()), ..config() };
        assert_eq!(named("example.com").check(), Ok(()));
        assert_eq!(named("::1").check(), Ok(()));
        let error = named("example.com:443").check().expect_err("a port is no name");
        assert_eq!(error.code, Code::Option as i32);
        assert!(error.message.contains("tls_server_name"), "{error}");
    }

    #[test]
    fn the_server_name_goes_before_the_host() {
        assert_eq!(config().expected_name("h"), "h");
        for (given, expected) in [
            ("Example.com.", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("::1", "::1"),
            ("10.0.0.1", "10.0.0.1"),
        ] {
            let config = TlsConfig { server_name: Some(given.into()), ..config() };
            assert_eq!(config.expected_name("h"), expected);
        }
    }
}
