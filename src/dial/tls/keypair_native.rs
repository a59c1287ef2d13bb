//! The client's certificate and key where native-tls does not use OpenSSL and accepts only one
//! format.

use sha2::{Digest as _, Sha256};

use super::keypair::{GivenPair, Loaded};
use super::pem::find;
use crate::error::Error;
use crate::exit::Guarded;
use crate::tls::{description, rsa_key, Identity, CAN_USE_EC_KEYS};

/// Checks the labels of both, and reads them.
pub fn read_pair(raw: &GivenPair<'_>) -> Result<Loaded, Error> {
    const END: &str = "-----END PRIVATE KEY-----";
    if find(raw.certificate, "-----BEGIN CERTIFICATE-----").is_none() {
        let words = "must be labelled CERTIFICATE on this system";
        return Err(Error::tls(format!("the certificate in {} {words}", raw.certificate_place)));
    }
    let begin = find(raw.key, "-----BEGIN PRIVATE KEY-----");
    let end = find(raw.key, END).map(|at| at + END.len());
    let key = begin.zip(end).and_then(|(begin, end)| raw.key.get(begin..end));
    let Some(key) = key else {
        return Err(Error::tls(format!(
            "the key in {} must be unencrypted PKCS#8 (BEGIN PRIVATE KEY): {} reads no other",
            raw.key_place,
            description()
        )));
    };
    if !CAN_USE_EC_KEYS && rsa_key(key).is_none() {
        return Err(Error::tls(format!(
            "the key in {} must be one of RSA: {} uses no other",
            raw.key_place,
            description()
        )));
    }
    let identity = Identity::from_pkcs8(raw.certificate, key).map_err(|error| {
        let words = "tls_cert and tls_key cannot be used for TLS";
        Error::tls(words).because(Error::tls(error.to_string()))
    })?;
    let digest = Sha256::new().chain_update(raw.certificate).chain_update(key);
    Ok(Loaded { identity: Guarded::new(identity), fingerprint: digest.finalize().into() })
}
