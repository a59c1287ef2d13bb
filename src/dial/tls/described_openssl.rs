//! The log's description of a certificate.

use openssl::nid::Nid;
use openssl::x509::{X509NameRef, X509};

use crate::tls::names;

/// Its names, its issuer and its dates, a line each.
pub fn describe(certificate: &[u8]) -> Vec<String> {
    let Ok(certificate) = X509::from_der(certificate) else {
        return vec!["it cannot be read".to_owned()];
    };
    let names = names(&certificate, usize::MAX);
    vec![
        format!("subject {}, for {}", shown(certificate.subject_name()), names.join(", ")),
        format!("issued by {}", shown(certificate.issuer_name())),
        format!("valid from {} to {}", certificate.not_before(), certificate.not_after()),
    ]
}

fn shown(name: &X509NameRef) -> String {
    let entries = name.entries().map(|entry| {
        let key = match entry.object().nid() {
            Nid::UNDEF => "?",
            known => known.short_name().unwrap_or("?"),
        };
        let value = entry.data().to_string().unwrap_or_else(|_| "?".to_owned());
        format!("{key}={value}")
    });
    entries.collect::<Vec<_>>().join(" ")
}
