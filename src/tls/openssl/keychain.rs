//! The authorities that macOS trusts. The user and the administrator can add some, and forbid some
//! of the system's.

use std::collections::HashMap;

use security_framework::trust_settings::{Domain, TrustSettings, TrustSettingsForCertificate};

/// The certificates of the authorities of TLS servers, in DER, or why they are not to be had.
pub fn authorities() -> Option<Result<Vec<Vec<u8>>, String>> {
    let mut trusted = HashMap::new();
    // What the user says goes before what the administrator says, and both before the system.
    for domain in [Domain::User, Domain::Admin, Domain::System] {
        if let Err(error) = add(domain, &mut trusted) {
            return Some(Err(error.to_string()));
        }
    }
    let found = trusted.into_iter().filter_map(|(der, is_trusted)| is_trusted.then_some(der));
    Some(Ok(found.collect()))
}

fn add(
    domain: Domain,
    trusted: &mut HashMap<Vec<u8>, bool>,
) -> Result<(), security_framework::base::Error> {
    let settings = TrustSettings::new(domain);
    for certificate in settings.iter()? {
        let is_trusted = match settings.tls_trust_settings_for_certificate(&certificate)? {
            // No word on TLS is a word on every use.
            None => true,
            Some(word) => matches!(
                word,
                TrustSettingsForCertificate::TrustRoot | TrustSettingsForCertificate::TrustAsRoot
            ),
        };
        trusted.entry(certificate.to_der()).or_insert(is_trusted);
    }
    Ok(())
}
