//! The client's identity, before and after it is read.

use crate::exit::Guarded;
use crate::secret::Secret;
use crate::tls::Identity;

/// As the host gave it.
pub struct GivenPair<'a> {
    pub certificate: &'a [u8],
    pub certificate_place: String,
    pub key: &'a [u8],
    pub key_place: String,
    #[cfg_attr(not(tls_openssl), allow(dead_code))] // refused before
    pub password: Option<&'a Secret>,
}

/// An identity and its digest.
pub struct Loaded {
    pub identity: Guarded<Identity>,
    pub fingerprint: [u8; 32],
}
