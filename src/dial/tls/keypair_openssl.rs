//! The client's certificate and key, read by OpenSSL: also in traditional formats, and encrypted.

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::keypair::{GivenPair, Loaded};
use crate::error::Error;
use crate::exit::Guarded;
use crate::tls::Identity;

/// Reads both, and checks that they belong together.
pub fn read_pair(raw: &GivenPair<'_>) -> Result<Loaded, Error> {
    let damaged = |error: ErrorStack| {
        Error::tls(format!("a certificate in {} is damaged", raw.certificate_place))
            .because(words(&error))
    };
    let chain = X509::stack_from_pem(raw.certificate).map_err(damaged)?;
    let key = read_key(raw)?;
    let belongs =
        |certificate: &X509| certificate.public_key().is_ok_and(|public| public.public_eq(&key));
    if !chain.first().is_some_and(belongs) {
        let (key, certificates) = (&raw.key_place, &raw.certificate_place);
        return Err(Error::tls(match chain.iter().position(belongs) {
            Some(at) => format!(
                "the key in {key} belongs to certificate {} in {certificates}; the client's own \
                 certificate must be the first",
                at + 1
            ),
            None => {
                format!(
                    "the key in {key} does not belong to the first certificate in {certificates}"
                )
            }
        }));
    }
    let mut digest = Sha256::new();
    for certificate in &chain {
        digest.update(certificate.to_der().map_err(damaged)?);
    }
    let der = key.private_key_to_pkcs8().map(Zeroizing::new).map_err(|error| {
        Error::tls(format!("the key in {} is of a kind that TLS cannot use", raw.key_place))
            .because(words(&error))
    })?;
    digest.update(&der);
    let identity = Guarded::new(Identity::new(chain, key));
    Ok(Loaded { identity, fingerprint: digest.finalize().into() })
}

fn read_key(raw: &GivenPair<'_>) -> Result<PKey<Private>, Error> {
    match raw.password {
        // Without a password OpenSSL would ask for one on the terminal.
        None => PKey::private_key_from_pem_passphrase(raw.key, b"")
            .map_err(|error| unreadable(raw).because(words(&error))),
        Some(password) => {
            let password = password.reveal().as_bytes();
            let mut asked = false;
            let read = PKey::private_key_from_pem_callback(raw.key, |room| {
                asked = true;
                // The length was checked before, so the password fits.
                let length = password.len().min(room.len());
                room[..length].copy_from_slice(&password[..length]);
                Ok(length)
            });
            read.map_err(|error| {
                let failure = match asked {
                    true => Error::tls(format!(
                        "the key in {} cannot be decrypted with tls_key_password",
                        raw.key_place
                    )),
                    false => unreadable(raw),
                };
                failure.because(words(&error))
            })
        }
    }
}

fn unreadable(raw: &GivenPair<'_>) -> Error {
    Error::tls(format!("the key in {} is damaged, or of an unknown kind", raw.key_place))
}

/// OpenSSL's messages. The last error is the most general.
fn words(errors: &ErrorStack) -> Error {
    let reason = errors.errors().last().and_then(|error| error.reason());
    Error::tls(format!("OpenSSL: {}", reason.unwrap_or("no reason given")))
}
