//! Descriptions of certificates, for the log and for the host.

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::nid::Nid;
use openssl::x509::{X509NameRef, X509};
use serde_json::{json, Map, Value};

use crate::tls::names;

/// The names, the issuer and the dates of a certificate, one line each.
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

/// The same as members of a JSON object: dates are seconds since 1970.
pub fn certificate_facts(certificate: &[u8]) -> Map<String, Value> {
    let mut facts = Map::new();
    let Ok(certificate) = X509::from_der(certificate) else { return facts };
    for (name, value) in [
        ("subject", json!(shown(certificate.subject_name()))),
        ("issuer", json!(shown(certificate.issuer_name()))),
        ("names", json!(names(&certificate, usize::MAX))),
        ("not_before", json!(seconds(certificate.not_before()))),
        ("not_after", json!(seconds(certificate.not_after()))),
    ] {
        facts.insert(name.to_owned(), value);
    }
    facts
}

fn seconds(time: &Asn1TimeRef) -> Option<i64> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    Some(i64::from(since.days) * 86_400 + i64::from(since.secs))
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
