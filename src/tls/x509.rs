//! Parts of a certificate, as they stand in its DER (RFC 5280 4.1). Nothing else of it is parsed.

use der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _};

/// The tag of a certificate's version field. Certificates of version 1 do not have it.
const VERSION: u8 = 0xa0;

/// The name of its owner, including tag and length.
pub fn subject(certificate: &[u8]) -> der::Result<&[u8]> {
    // Behind serial number, signature, issuer and validity.
    field(certificate, 4)
}

/// The SubjectPublicKeyInfo, including tag and length.
pub fn public_key_info(certificate: &[u8]) -> der::Result<&[u8]> {
    // Behind the same and the subject.
    field(certificate, 5)
}

/// The field that has so many others between the version, which may be missing, and itself.
fn field(certificate: &[u8], before: usize) -> der::Result<&[u8]> {
    let mut certificate = SliceReader::new(certificate)?;
    let mut certificate = SliceReader::new(contents(&mut certificate)?)?;
    let mut body = SliceReader::new(contents(&mut certificate)?)?;
    if body.peek_byte() == Some(VERSION) {
        body.tlv_bytes()?;
    }
    for _ in 0..before {
        body.tlv_bytes()?;
    }
    body.tlv_bytes()
}

/// The contents of the next element, a sequence.
fn contents<'a>(reader: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
    let element = der::asn1::AnyRef::decode(reader)?;
    element.tag().assert_eq(Tag::Sequence)?;
    Ok(element.value())
}
