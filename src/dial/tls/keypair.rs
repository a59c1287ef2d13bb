//! A certificate and its key, before and after they are read.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// As the host gave it.
pub struct GivenPair<'a> {
    pub certificate: &'a [u8],
    pub certificate_place: String,
    pub key: &'a [u8],
    pub key_place: String,
    pub password: Option<&'a Secret>,
}

/// As native-tls takes it: PEM certificates, and an unencrypted key as PKCS#8 in PEM.
pub struct NormalPair {
    pub certificates: Vec<u8>,
    pub key: Zeroizing<Vec<u8>>,
}
