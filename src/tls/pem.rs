//! PEM, where the TLS library takes every block for what it looks for, or fails if the text around it
//! is not UTF-8.

use data_encoding::BASE64;
use der::asn1::AnyRef;
use der::{Decode as _, SliceReader};
use zeroize::Zeroizing;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";
/// The algorithm of RSA keys, 1.2.840.113549.1.1.1 (RFC 8017 A.1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];

/// The certificates, without the text around them.
pub fn certificates(mut text: &[u8]) -> impl Iterator<Item = String> + '_ {
    std::iter::from_fn(move || loop {
        text = &text[find(text, BEGIN)?..];
        let block = block(text)?;
        text = &text[block.len()..];
        if label(block)?.ends_with(b"CERTIFICATE") {
            return Some(String::from_utf8_lossy(block).into_owned() + "\n");
        }
    })
}

/// The RSA key in this block of PKCS #8, as PKCS #1 (RFC 5208 5). None if it is no key of RSA.
pub fn rsa_key(block: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let lines = block.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"-"));
    let text = lines.flatten().copied().filter(|byte| !byte.is_ascii_whitespace());
    let text = Zeroizing::new(text.collect::<Vec<u8>>());
    let key = Zeroizing::new(BASE64.decode(&text).ok()?);
    let (algorithm, key) = parts(&key).ok()?;
    (algorithm == RSA).then(|| Zeroizing::new(key.to_vec()))
}

/// The algorithm, and the key itself.
fn parts(key: &[u8]) -> der::Result<(&[u8], &[u8])> {
    let mut fields = SliceReader::new(AnyRef::from_der(key)?.value())?;
    let _version = AnyRef::decode(&mut fields)?;
    let algorithm = AnyRef::decode(&mut fields)?;
    let algorithm = AnyRef::decode(&mut SliceReader::new(algorithm.value())?)?;
    let key = AnyRef::decode(&mut fields)?;
    Ok((algorithm.value(), key.value()))
}

/// The block that the text begins with, if it is complete.
fn block(text: &[u8]) -> Option<&[u8]> {
    let end = [b"-----END ", label(text)?, DASHES].concat();
    let at = find(text, &end)?;
    text.get(..at + end.len())
}

/// The label of the block that the text begins with.
fn label(text: &[u8]) -> Option<&[u8]> {
    let label = text.strip_prefix(BEGIN)?;
    label.get(..find(label, DASHES)?)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_all_that_is_left() {
        let one = "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----";
        let other = "-----BEGIN X509 CERTIFICATE-----\r\nBB\r\n-----END X509 CERTIFICATE-----";
        let key = "-----BEGIN PRIVATE KEY-----\nCC\n-----END PRIVATE KEY-----";
        let text = format!("Caf\u{e9}\n{one}\nby\n{key}\n{other}\n-----BEGIN CERTIFICATE-----\nDD");
        let all = |text: &[u8]| certificates(text).collect::<Vec<_>>();
        assert_eq!(all(text.as_bytes()), [format!("{one}\n"), format!("{other}\n")]);
        // Latin-1 around it, and in it.
        let latin = [b"\xe9\n", one.as_bytes()].concat();
        assert_eq!(all(&latin), [format!("{one}\n")]);
        let damaged = b"-----BEGIN CERTIFICATE-----\n\xe9\n-----END CERTIFICATE-----";
        assert_eq!(all(damaged).len(), 1);
        for nothing in ["", "-----BEGIN ", "-----BEGIN CERTIFICATE", key] {
            assert!(all(nothing.as_bytes()).is_empty());
        }
    }

    #[test]
    fn a_key_of_rsa_is_found() {
        let elliptic = rcgen::KeyPair::generate().unwrap().serialize_pem();
        assert!(rsa_key(elliptic.as_bytes()).is_none());
        let rsa = openssl::rsa::Rsa::generate(2048).unwrap();
        let inner = rsa.private_key_to_der().unwrap();
        let key = openssl::pkey::PKey::from_rsa(rsa).unwrap();
        let pem = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        for text in [pem.clone(), pem.replace('\n', "\r\n")] {
            assert!(rsa_key(text.as_bytes()).is_some_and(|key| *key == inner));
        }
        assert!(rsa_key(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----").is_none());
    }
}
