//! The errors of a failed handshake, in words that help a user to solve the problem.

use std::io;

use super::config::{Peer, TlsConfig};
use crate::error::{Code, Component, Error};
use crate::tls::{message, names_of_another, TlsError};

/// The error of a failed handshake: our explanation, then OpenSSL's message.
pub fn handshake_failure(error: &TlsError, name: &str, config: &TlsConfig) -> Error {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            // The text of an errno depends on the locale, but its kind does not.
            let words = if closes(io.kind()) { CLOSED } else { BROKEN };
            let code = io.raw_os_error().unwrap_or(Code::Lost as i32);
            let cause = Error::numbered(code, Component::Tls, error.to_string());
            return Error::tls(words).because(cause);
        }
        source = inner.source();
    }
    let mut failure = explain(&message(error), name, config);
    let names = names_of_another(error);
    if !names.is_empty() {
        failure.message += &format!(" (it is for {})", names.join(", "));
    }
    failure
}

/// Whether an error of this kind means that the peer has closed the connection.
pub fn closes(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

const CLOSED: &str = "the server closed the connection during the TLS handshake";
const BROKEN: &str = "the connection broke during the TLS handshake";

/// OpenSSL's messages in lower case, and our explanations. They apply only after "certificate
/// verify failed", because an unverified session also has such a message when it fails for another
/// reason.
const VERIFICATION: &[(&str, &str)] = &[
    ("certificate in certificate chain", UNKNOWN_CA),
    ("self-signed certificate", SELF_SIGNED),
    ("self signed certificate", SELF_SIGNED),
    ("unable to get local issuer certificate", NO_ISSUER),
    ("unable to get issuer certificate", UNKNOWN_CA),
    (
        "unable to verify the first certificate",
        "the server did not send the whole chain of its certificate, and this system does not \
         know the missing part; tls_ca can name it",
    ),
    ("certificate has expired", "the server's certificate, or one in its chain, has expired"),
    (
        "certificate is not yet valid",
        "the server's certificate, or one in its chain, is not valid yet; \
         is the clock of this machine right?",
    ),
    ("hostname mismatch", OTHER_NAME),
    ("ip address mismatch", OTHER_NAME),
    ("certificate revoked", REVOKED),
    ("key too weak", "a key in the chain of the server's certificate is too weak"),
    ("md too weak", "a signature in the chain of the server's certificate is too weak"),
    ("certificate purpose", NOT_FOR_A_SERVER),
    ("invalid ca certificate", "a certificate in the server's chain may not sign others"),
];

const SELF_SIGNED: &str = "the server's certificate is self-signed, so nothing vouches for it; \
    if it is the right one, name it in tls_ca";
const UNKNOWN_CA: &str = "the server's certificate is signed by an authority that this system \
    does not trust; if it is the right one, name the authority's certificate in tls_ca";
/// OpenSSL's message only says that the next certificate of the chain is missing.
const NO_ISSUER: &str = "the server's certificate is signed by an authority that this system does \
    not trust, or the server does not send the certificates between the two (intermediates); \
    name the authority's certificate in tls_ca, or have the server send what is missing, which \
    tls_ca may hold, too";
const OTHER_NAME: &str = "the server's certificate is for another name than {name}; the URL, or \
    tls_server_name, must name the server as its certificate does";

/// The same for failures that do not involve the certificate.
const HANDSHAKE: &[(&str, &str)] = &[
    ("alert protocol version", VERSION),
    ("unsupported protocol", VERSION),
    ("no protocols available", NO_VERSION),
    ("wrong version number", NO_TLS),
    ("packet length too long", NO_TLS),
    ("unknown protocol", NO_TLS),
    ("unexpected eof", CLOSED),
    ("unrecognized name", "the server knows no host named {name}"),
    ("certificate required", CLIENT_CERTIFICATE),
    ("alert handshake failure", REFUSED),
    ("alert bad certificate", CLIENT_CERTIFICATE),
    ("alert unsupported certificate", CLIENT_CERTIFICATE),
    ("alert certificate unknown", CLIENT_CERTIFICATE),
    ("alert unknown ca", CLIENT_CERTIFICATE),
    ("alert access denied", CLIENT_CERTIFICATE),
    ("alert certificate expired", "the server says that the certificate in tls_cert has expired"),
    ("alert certificate revoked", "the server says that the certificate in tls_cert is revoked"),
    ("alert no application protocol", NO_HTTP),
    // OpenSSL sometimes notices the end first, and then names only its function.
    (
        "parse_stoc_alpn",
        "the server chose to speak something else (ALPN), and a WebSocket needs HTTP/1.1",
    ),
    (
        "legacy sigalg",
        "the server speaks only an old version of TLS, which this system's policy forbids",
    ),
    ("dh key too small", "the server's Diffie-Hellman key is too small to be safe"),
];

const VERSION: &str =
    "the server speaks no version of TLS from {version} up (tls_min_version sets that)";
const NO_VERSION: &str =
    "this system allows no version of TLS from {version} up (tls_min_version sets that)";
const NO_TLS: &str =
    "the server does not speak TLS on this port; a server without TLS is reached by ws://";
const REFUSED: &str = "the server refused the TLS handshake: it shares no cipher with this \
    client, does not serve {name}, or asks for another client certificate (tls_cert)";
const REFUSED_UNSEEN: &str = "the server refused the TLS handshake: it shares no cipher with \
    this client, does not serve {name}, or asks for a client certificate";
const CLIENT_CERTIFICATE: &str = "the server asks for a client certificate that it trusts: \
    tls_cert and tls_key name one";
const NOT_THIS_CERTIFICATE: &str = "the server does not accept the client certificate in tls_cert";

const NOT_TO_A_PROXY: &str =
    "it asks for a client certificate, and a proxy is shown none: tls_cert is for the server";
const NOT_TO_A_STRANGER: &str = "the server asks for a client certificate, and after a redirect \
    tls_cert is shown to no other origin than the URL's";

/// Schannel's error numbers, and our explanations. Schannel's messages depend on the language of
/// the system.
const NUMBERS: &[(u32, &str)] = &[
    (0x800B_0109, UNTRUSTED),          // CERT_E_UNTRUSTEDROOT
    (0x8009_0325, UNTRUSTED),          // SEC_E_UNTRUSTED_ROOT
    (0x800B_010A, NO_ISSUER),          // CERT_E_CHAINING
    (0x800B_0101, NOT_IN_ITS_TIME),    // CERT_E_EXPIRED
    (0x8009_0328, NOT_IN_ITS_TIME),    // SEC_E_CERT_EXPIRED
    (0x800B_010C, REVOKED),            // CERT_E_REVOKED
    (0x8009_2010, REVOKED),            // CRYPT_E_REVOKED
    (0x800B_010E, REVOCATION_UNKNOWN), // CERT_E_REVOCATION_FAILURE
    (0x8009_2012, REVOCATION_UNKNOWN), // CRYPT_E_NO_REVOCATION_CHECK
    (0x8009_2013, REVOCATION_UNKNOWN), // CRYPT_E_REVOCATION_OFFLINE
    (0x800B_010F, OTHER_NAME),         // CERT_E_CN_NO_MATCH
    (0x8009_0322, OTHER_NAME),         // SEC_E_WRONG_PRINCIPAL
    (0x800B_0110, NOT_FOR_A_SERVER),   // CERT_E_WRONG_USAGE
    (0x8009_0308, NO_TLS),             // SEC_E_INVALID_TOKEN
    (0x8009_0331, NOTHING_SHARED),     // SEC_E_ALGORITHM_MISMATCH
    (0x8009_0302, NOTHING_SHARED),     // SEC_E_UNSUPPORTED_FUNCTION
    (0x8009_0311, NO_VERSION),         // SEC_E_NO_AUTHENTICATING_AUTHORITY
    (0x8009_0326, REFUSED),            // SEC_E_ILLEGAL_MESSAGE
    (0x8009_0327, CLIENT_CERTIFICATE), // SEC_E_CERT_UNKNOWN
    (0x8009_0367, NO_HTTP),            // SEC_E_APPLICATION_PROTOCOL_MISMATCH
    (0x8009_030F, DAMAGED),            // SEC_E_MESSAGE_ALTERED
    (0x8009_0330, DAMAGED),            // SEC_E_DECRYPT_FAILURE
];

/// One number for both.
const UNTRUSTED: &str = "the server's certificate is self-signed, or signed by an authority that \
    this system does not trust; if it is the right one, name it, or the authority's, in tls_ca";
const NOT_IN_ITS_TIME: &str = "the server's certificate, or one in its chain, has expired or is \
    not valid yet; is the clock of this machine right?";
const REVOKED: &str = "the server's certificate has been revoked";
const REVOCATION_UNKNOWN: &str = "this system could not find out whether the server's \
    certificate has been revoked, and so does not accept it";
const NOT_FOR_A_SERVER: &str = "the server's certificate is not one for a server";
const NOTHING_SHARED: &str = "the server and this system share no cipher, or no version of TLS \
    from {version} up (tls_min_version sets that)";
const NO_HTTP: &str = "the server does not speak HTTP/1.1 here (ALPN), and a WebSocket needs it";

/// The same of Apple's Secure Transport.
const APPLE_NUMBERS: &[(i32, &str)] = &[
    (-9800, NO_TLS),             // errSSLProtocol
    (-9801, NOTHING_SHARED),     // errSSLNegotiation
    (-9805, CLOSED),             // errSSLClosedGraceful
    (-9806, CLOSED),             // errSSLClosedAbort
    (-9816, CLOSED),             // errSSLClosedNoNotify
    (-9807, UNKNOWN_CA),         // errSSLXCertChainInvalid
    (-9812, UNKNOWN_CA),         // errSSLUnknownRootCert
    (-67654, UNKNOWN_CA),        // errSecTrustSettingDeny
    (-67843, UNKNOWN_CA),        // errSecNotTrusted
    (-9813, NO_ISSUER),          // errSSLNoRootCert
    (-25318, NO_ISSUER),         // errSecCreateChainFailed
    (-9814, NOT_IN_ITS_TIME),    // errSSLCertExpired
    (-9815, NOT_IN_ITS_TIME),    // errSSLCertNotYetValid
    (-67820, REVOKED),           // errSecCertificateRevoked
    (-9843, OTHER_NAME),         // errSSLHostNameMismatch
    (-67602, OTHER_NAME),        // errSecHostNameMismatch
    (-67609, NOT_FOR_A_SERVER),  // errSecInvalidExtendedKeyUsage
    (-9836, VERSION),            // errSSLPeerProtocolVersion
    (-9824, REFUSED),            // errSSLPeerHandshakeFail
    (-9837, REFUSED),            // errSSLPeerInsufficientSecurity
    (-9825, CLIENT_CERTIFICATE), // errSSLPeerBadCert
    (-9826, CLIENT_CERTIFICATE), // errSSLPeerUnsupportedCert
    (-9827, CLIENT_CERTIFICATE), // errSSLPeerCertRevoked
    (-9828, CLIENT_CERTIFICATE), // errSSLPeerCertExpired
    (-9829, CLIENT_CERTIFICATE), // errSSLPeerCertUnknown
    (-9831, CLIENT_CERTIFICATE), // errSSLPeerUnknownCA
    (-9832, CLIENT_CERTIFICATE), // errSSLPeerAccessDenied
    (-9845, DAMAGED),            // errSSLDecryptionFail
    (-9846, DAMAGED),            // errSSLBadRecordMac
    (-9847, NO_TLS),             // errSSLRecordOverflow
];

/// Our explanation of the system's number in `text`. It is at the end, in every language.
fn numbered(text: &str) -> Option<&'static str> {
    let (_, number) = text.strip_suffix(')')?.rsplit_once("(os error ")?;
    let number = number.parse::<i32>().ok()?;
    let schannel = NUMBERS.iter().find(|(known, _)| *known == number as u32).map(|(_, ours)| *ours);
    let apple = APPLE_NUMBERS.iter().find(|(known, _)| *known == number).map(|(_, ours)| *ours);
    schannel.or(apple)
}

/// Explains OpenSSL's message or the system's number, and keeps the text as the cause.
pub fn explain(text: &str, name: &str, config: &TlsConfig) -> Error {
    let lower = text.to_ascii_lowercase();
    let (table, otherwise) = if lower.contains("certificate verify failed") {
        (VERIFICATION, "the server's certificate is not accepted")
    } else {
        (HANDSHAKE, "TLS with the server failed")
    };
    let found = table.iter().find(|(openssl, _)| lower.contains(openssl));
    let words = numbered(text).unwrap_or(found.map_or(otherwise, |(_, ours)| ours));
    let words = match (words, config.peer) {
        (CLIENT_CERTIFICATE, Peer::Proxy) => NOT_TO_A_PROXY,
        (CLIENT_CERTIFICATE, Peer::Stranger) => NOT_TO_A_STRANGER,
        (CLIENT_CERTIFICATE, _) if config.identity.is_some() => NOT_THIS_CERTIFICATE,
        (REFUSED, Peer::Proxy | Peer::Stranger) => REFUSED_UNSEEN,
        (words, _) => words,
    };
    let code = if words == CLOSED { Code::Lost } else { Code::Tls };
    let words = words.replace("{name}", name).replace("{version}", config.min_version.number());
    Error::tls(words).because(Error::new(code, Component::Tls, text))
}

/// Explains a failure between the handshake and the server's answer. With TLS 1.3, a server can
/// reject the client only after the client has finished its part of the handshake.
pub fn explain_early(text: &str, name: &str, config: &TlsConfig) -> Error {
    match broken_session(text) {
        Some(DAMAGED) => Error::tls(DAMAGED).because(Error::tls(text)),
        _ => explain(text, name, config),
    }
}

const DAMAGED: &str =
    "what arrived is not what the server sent by TLS: it was damaged on the way, \
    or comes from somebody else";

const ENDED: &str = "the server ended the TLS connection with an error";

/// Explains why an open session broke; `None` if the server simply ended it. `text` is OpenSSL's
/// message.
pub fn broken_session(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    if lower.contains("unexpected eof") {
        return None;
    }
    if numbered(text).is_some_and(|words| words != DAMAGED) {
        return Some(ENDED);
    }
    Some(match lower.contains("alert") {
        true => ENDED,
        false => DAMAGED,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_shown_no_certificate_is_not_said_to_need_another() {
        for (peer, words) in
            [(Peer::Proxy, "a proxy is shown none"), (Peer::Stranger, "after a redirect")]
        {
            let config = TlsConfig { peer, ..TlsConfig::default() };
            let error = explain("tlsv13 alert certificate required", "h", &config);
            assert!(error.message.contains(words), "{error}");
            let error = explain("sslv3 alert handshake failure", "h", &config);
            assert!(error.message.contains("client certificate"), "{error}");
            assert!(!error.message.contains("tls_cert"), "{error}");
        }
    }

    #[test]
    fn schannel_is_translated_in_any_language() {
        let config = TlsConfig::default();
        for (number, ours) in [
            (0x800B_0109_u32, "that this system does not trust"),
            (0x800B_010A, "(intermediates)"),
            (0x800B_0101, "has expired or is not valid yet"),
            (0x8009_2010, "revoked"),
            (0x800B_010E, "could not find out whether"),
            (0x800B_010F, "another name than example.com"),
            (0x8009_0308, "does not speak TLS"),
            (0x8009_0331, "from 1.2 up"),
            (0x8009_0311, "this system allows no version of TLS from 1.2 up"),
            (0x8009_0326, "does not serve example.com"),
            (0x8009_0367, "HTTP/1.1"),
            (0x8009_0304, "TLS with the server failed"),
        ] {
            let text =
                format!("Die Zertifikatkette ist ung\u{fc}ltig. (os error {})", number as i32);
            let error = explain(&text, "example.com", &config);
            assert!(error.message.contains(ours), "{number:#x}: {error}");
            assert_eq!(error.chain().nth(1).unwrap().message, text);
        }
        assert_eq!(broken_session("x (os error -2146893048)"), Some(ENDED));
        assert_eq!(broken_session("x (os error -2146893041)"), Some(DAMAGED));
    }

    #[test]
    fn secure_transport_is_translated_in_any_language() {
        let config = TlsConfig::default();
        for (number, ours) in [
            (-9807, "that this system does not trust"),
            (-9814, "has expired or is not valid yet"),
            (-9843, "another name than example.com"),
            (-9836, "from 1.2 up"),
            (-9806, "closed the connection"),
            (-9829, "tls_cert"),
            (-9999, "TLS with the server failed"),
        ] {
            let text = format!("ung\u{fc}ltig (os error {number})");
            let error = explain(&text, "example.com", &config);
            assert!(error.message.contains(ours), "{number}: {error}");
        }
    }

    #[test]
    fn openssl_is_translated() {
        let config = TlsConfig::default();
        let verify = |words: &str| {
            let place = "SSL routines:tls_post_process_server_certificate";
            format!("error:0A000086:{place}:certificate verify failed:clnt.c:1890: ({words})")
        };
        for (text, ours) in [
            (verify("self-signed certificate"), "self-signed"),
            (verify("self signed certificate"), "self-signed"),
            (verify("self-signed certificate in certificate chain"), "authority"),
            (verify("unable to get local issuer certificate"), "that this system does not trust"),
            (verify("unable to get local issuer certificate"), "(intermediates)"),
            (verify("unable to verify the first certificate"), "whole chain"),
            (verify("certificate has expired"), "expired"),
            (verify("certificate is not yet valid"), "not valid yet"),
            (verify("hostname mismatch"), "another name than example.com"),
            (verify("Hostname mismatch"), "another name than example.com"),
            (verify("IP address mismatch"), "another name than example.com"),
            (verify("EE certificate key too weak"), "too weak"),
            (verify("unsuitable certificate purpose"), "not one for a server"),
            (verify("something new"), "not accepted"),
            (
                "error:0A000102:SSL routines:ssl_choose_client_version:unsupported protocol".into(),
                "from 1.2 up",
            ),
            (
                "SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:SSL alert number 70"
                    .into(),
                "from 1.2 up",
            ),
            ("SSL routines:ssl3_get_record:wrong version number".into(), "does not speak TLS"),
            ("SSL routines::unexpected eof while reading".into(), "closed the connection"),
            ("unexpected EOF".into(), "closed the connection"),
            ("tlsv13 alert certificate required".into(), "tls_cert"),
            ("sslv3 alert certificate expired".into(), "tls_cert has expired"),
            ("tlsv1 alert no application protocol".into(), "HTTP/1.1"),
            ("error:0A00006E:SSL routines:tls_parse_stoc_alpn:bad extension".into(), "HTTP/1.1"),
            ("legacy sigalg disallowed or unsupported".into(), "old version of TLS"),
            ("tlsv1 unrecognized name".into(), "no host named example.com"),
            ("alert handshake failure (self-signed certificate)".into(), "refused the TLS"),
            ("something new".into(), "TLS with the server failed"),
        ] {
            let error = explain(&text, "example.com", &config);
            assert!(error.message.contains(ours), "{text}: {error}");
            let causes: Vec<_> = error.chain().map(|e| (e.component, e.message.as_str())).collect();
            assert_eq!(causes.len(), 2);
            assert_eq!(causes[1], (Component::Tls, text.as_str()));
        }
    }
}
