//! For whom a certificate is.

use std::net::IpAddr;

use openssl::x509::X509Ref;

/// The hosts and addresses that a certificate names, `most` of them.
pub fn names(certificate: &X509Ref, most: usize) -> Vec<String> {
    let names = certificate.subject_alt_names().into_iter().flatten().filter_map(|name| {
        let host = name.dnsname().map(|host| host.escape_debug().to_string());
        host.or_else(|| name.ipaddress().map(shown_address))
    });
    names.take(most).collect()
}

fn shown_address(bytes: &[u8]) -> String {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        IpAddr::from(v4).to_string()
    } else if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
        IpAddr::from(v6).to_string()
    } else {
        "a malformed address".to_owned()
    }
}
