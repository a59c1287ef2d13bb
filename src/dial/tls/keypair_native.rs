//! The client's certificate and key where native-tls does not use OpenSSL. There it takes only one
//! format.

use zeroize::Zeroizing;

use super::keypair::{GivenPair, NormalPair};
use super::pem::find;
use crate::error::Error;

/// Checks the labels of both.
pub fn normalize(raw: &GivenPair<'_>) -> Result<NormalPair, Error> {
    const END: &str = "-----END PRIVATE KEY-----";
    if find(raw.certificate, "-----BEGIN CERTIFICATE-----").is_none() {
        let words = "must be labelled CERTIFICATE on this system";
        return Err(Error::tls(format!("the certificate in {} {words}", raw.certificate_place)));
    }
    let begin = find(raw.key, "-----BEGIN PRIVATE KEY-----");
    let end = find(raw.key, END).map(|at| at + END.len());
    let key = begin.zip(end).and_then(|(begin, end)| raw.key.get(begin..end));
    match key.filter(|_| raw.password.is_none()) {
        Some(key) => {
            let key = Zeroizing::new(key.to_vec());
            Ok(NormalPair { certificates: raw.certificate.to_vec(), key })
        }
        None => Err(Error::tls(format!(
            "the key in {} must be unencrypted PKCS#8 on this system (BEGIN PRIVATE KEY), with no \
             tls_key_password",
            raw.key_place
        ))),
    }
}
