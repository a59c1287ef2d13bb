//! The certificate and key with which the client proves who it is.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::keypair::{GivenPair, Loaded};
use super::pem::{find, Content, Pem};
use super::read_pair::read_pair;
use super::refusal::impossible;
use crate::error::{Code, Component, Error};
use crate::exit::{self, Guarded};
use crate::secret::Secret;
use crate::tls::{description, Identity, CAN_DECRYPT_KEYS};

/// The longest password that OpenSSL accepts.
const MAX_PASSWORD: usize = 1000;

/// The identity given by `tls_cert`, `tls_key` and `tls_key_password`.
pub enum ClientIdentity {
    /// Both were given as text, so they have been read and checked. The identity is dropped once a
    /// context has it; the digest stays.
    Read { identity: Mutex<Option<Guarded<Identity>>>, fingerprint: [u8; 32] },
    /// At least one of them is in a file.
    Unread { certificate: Pem, key: Pem, password: Option<Secret> },
}

impl PartialEq for ClientIdentity {
    fn eq(&self, other: &ClientIdentity) -> bool {
        use ClientIdentity::{Read, Unread};
        match (self, other) {
            (Read { fingerprint, .. }, Read { fingerprint: other, .. }) => fingerprint == other,
            (
                Unread { certificate, key, password },
                Unread { certificate: other, key: others_key, password: others_password },
            ) => certificate == other && key == others_key && password == others_password,
            _ => false,
        }
    }
}

impl ClientIdentity {
    /// Checks everything that can be told without reading a file.
    pub fn new(
        certificate: Option<String>,
        key: Option<Secret>,
        password: Option<Secret>,
    ) -> Result<Option<Box<ClientIdentity>>, Error> {
        let certificate = certificate.filter(|text| !text.is_empty());
        let key = key.filter(|text| !text.reveal().is_empty());
        let password = password.filter(|text| !text.reveal().is_empty());
        let (certificate, key) = match (certificate, key, &password) {
            (Some(certificate), Some(key), _) => (Secret::from(certificate), key),
            (None, None, None) => return Ok(None),
            (Some(_), None, _) => return Err(alone("tls_cert", "tls_key")),
            (None, Some(_), _) => return Err(alone("tls_key", "tls_cert")),
            (None, None, Some(_)) => return Err(alone("tls_key_password", "tls_key")),
        };
        if password.as_ref().is_some_and(|password| password.reveal().len() > MAX_PASSWORD) {
            let words = format!("option tls_key_password: is longer than {MAX_PASSWORD} bytes");
            return Err(Error::ws(Code::Option, words));
        }
        if password.is_some() && !CAN_DECRYPT_KEYS {
            return Err(impossible("tls_key_password", "reads no encrypted keys"));
        }
        let certificate = Pem::new("tls_cert", Content::Certificates, certificate)?;
        let key = Pem::new("tls_key", Content::Key, key)?;
        if key.text().is_some_and(|key| is_encrypted(key.as_bytes())) && password.is_none() {
            return Err(as_option(encrypted(&key)));
        }
        if certificate.is_file() || key.is_file() {
            let unread = ClientIdentity::Unread { certificate, key, password };
            return Ok(Some(Box::new(unread)));
        }
        let Loaded { identity, fingerprint } =
            read(&certificate, &key, password.as_ref()).map_err(as_option)?;
        let identity = Mutex::new(Some(identity));
        Ok(Some(Box::new(ClientIdentity::Read { identity, fingerprint })))
    }

    /// The digest that identifies it, if no file must be read for that.
    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        match self {
            ClientIdentity::Read { fingerprint, .. } => Some(*fingerprint),
            ClientIdentity::Unread { .. } => None,
        }
    }

    /// Loads the identity. Reads files. Call it until a context has the identity.
    pub fn load(&self) -> Result<Loaded, Error> {
        match self {
            ClientIdentity::Read { identity, fingerprint } => {
                let _pass = exit::enter_or_fail()?;
                let identity = lock(identity).as_deref().cloned().ok_or_else(|| {
                    Error::ws(Code::Internal, "the client's identity is with its context already")
                })?;
                Ok(Loaded { identity: Guarded::new(identity), fingerprint: *fingerprint })
            }
            ClientIdentity::Unread { certificate, key, password } => {
                read(certificate, key, password.as_ref())
            }
        }
    }

    /// Drops the identity, because a held context has it.
    pub fn release(&self) {
        if let ClientIdentity::Read { identity, .. } = self {
            *lock(identity) = None;
        }
    }
}

/// The option is either there or not, so a poisoned lock is still sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn alone(given: &str, missing: &str) -> Error {
    Error::ws(Code::Option, format!("option {given}: is set, and {missing} is not"))
}

/// Turns an error in the text of an option into an error of ws_new().
fn as_option(error: Error) -> Error {
    Error { code: Code::Option as i32, component: Component::Ws, ..error }
}

fn encrypted(key: &Pem) -> Error {
    let why = match CAN_DECRYPT_KEYS {
        true => "and tls_key_password is not set".to_owned(),
        false => format!("and {} reads no encrypted keys", description()),
    };
    Error::tls(format!("the key in {} is encrypted, {why}", key.place()))
}

/// Whether a key is encrypted: PKCS#8 has this in its label, the traditional formats in a header
/// (RFC 1421 4.6.1.1).
fn is_encrypted(pem: &[u8]) -> bool {
    let marks = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];
    marks.iter().any(|mark| find(pem, mark).is_some())
}

fn read(certificate: &Pem, key: &Pem, password: Option<&Secret>) -> Result<Loaded, Error> {
    let (certificate_pem, key_pem) = (certificate.load()?, key.load()?);
    if password.is_none() && is_encrypted(&key_pem) {
        return Err(encrypted(key));
    }
    let _pass = exit::enter_or_fail()?;
    read_pair(&GivenPair {
        certificate: &certificate_pem,
        certificate_place: certificate.place(),
        key: &key_pem,
        key_place: key.place(),
        password,
    })
}
