//! Pins: public keys that the server may have. A pin is the SHA-256 of the SubjectPublicKeyInfo
//! (RFC 7469 2.4) of the server's own certificate.

use std::fmt;

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use crate::error::{Code, Error};
use crate::tls::public_key_info;

/// A public key's digest, written as `sha256/BASE64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; 32]);

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", BASE64.encode(&self.0))
    }
}

impl Pin {
    /// The pin of a certificate in DER.
    fn of(certificate: &[u8]) -> Result<Pin, Error> {
        let key = public_key_info(certificate).map_err(|error| {
            Error::tls("the server's certificate could not be read, so no pin fits")
                .because(Error::tls(error.to_string()))
        })?;
        Ok(Pin(Sha256::digest(key).into()))
    }

    fn parse(text: &str) -> Option<Pin> {
        let digest = BASE64.decode(text.strip_prefix("sha256/")?.as_bytes()).ok()?;
        digest.try_into().ok().map(Pin)
    }
}

/// The pins of an option: `sha256/BASE64;sha256/BASE64`.
pub fn parse(list: &str) -> Result<Vec<Pin>, Error> {
    // Never quoted, because text that is not a pin may be a secret.
    let pin = |(number, text): (usize, &str)| {
        Pin::parse(text.trim()).ok_or_else(|| {
            let words =
                format!("option tls_pins: pin {number} is not sha256/ and 32 bytes in base64");
            Error::ws(Code::Option, words)
        })
    };
    (1..).zip(list.split(';')).map(pin).collect()
}

/// The pin of a certificate's key, if it can be read.
pub fn of_certificate(certificate: &[u8]) -> Option<String> {
    Pin::of(certificate).ok().map(|pin| pin.to_string())
}

/// Fails unless one of the pins matches. Without pins, every certificate is accepted.
pub fn check(pins: &[Pin], certificate: Option<&[u8]>) -> Result<(), Error> {
    if pins.is_empty() {
        return Ok(());
    }
    let Some(certificate) = certificate else {
        return Err(Error::tls("the server showed no certificate, so no pin fits"));
    };
    let shown = Pin::of(certificate)?;
    if pins.contains(&shown) {
        return Ok(());
    }
    Err(Error::tls(format!("the server's key has the pin {shown}, which is not one of tls_pins")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `abc` and of nothing.
    const ONE: &str = "sha256/ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    const OTHER: &str = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn pins_are_read_and_written() {
        let pins = parse(&format!("{ONE}; {OTHER}")).unwrap();
        let written: Vec<String> = pins.iter().map(Pin::to_string).collect();
        assert_eq!(written, [ONE, OTHER]);
        assert_eq!(parse(ONE).unwrap(), pins[..1]);
    }

    #[test]
    fn what_is_no_pin_is_named() {
        let short = "sha256/ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFQ==";
        let doubled = ONE.replace("sha256/", "sha256//");
        let trailing = format!("{ONE};");
        for bad in ["", ";", "sha256/", "sha1/x", &ONE[7..], short, &doubled, &trailing] {
            let error = parse(bad).expect_err(bad);
            assert_eq!(error.code, Code::Option as i32);
            assert!(error.message.contains("tls_pins"), "{error}");
        }
    }

    #[test]
    fn the_key_of_a_certificate_is_found() {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let found = public_key_info(certificate.der()).unwrap();
        assert_eq!(found, rcgen::PublicKeyData::subject_public_key_info(&key));
        let pin = Pin::of(certificate.der()).unwrap();
        assert_eq!(check(&[pin], Some(certificate.der())), Ok(()));
        assert_eq!(check(&[], None), Ok(()));
        let error = check(&parse(ONE).unwrap(), Some(certificate.der())).unwrap_err();
        assert!(error.message.contains(&pin.to_string()), "{error}");
        assert!(check(&[pin], None).is_err());
    }

    #[test]
    fn what_is_no_certificate_has_no_key() {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        let whole = params.self_signed(&key).unwrap();
        let whole: &[u8] = whole.der();
        for bad in [&b""[..], b"0", b"\x30\x00", b"\x31\x02\x05\x00", &whole[..whole.len() / 2]] {
            assert!(public_key_info(bad).is_err(), "{bad:?}");
        }
    }
}
