//! The client's certificate and key.

use openssl::pkey::{PKey, Private};
use openssl::ssl::SslContextBuilder;
use openssl::x509::X509;

use super::TlsError;

#[derive(Clone)]
pub struct Identity {
    key: PKey<Private>,
    /// The client's own certificate is the first.
    chain: Vec<X509>,
}

impl Identity {
    pub fn new(chain: Vec<X509>, key: PKey<Private>) -> Identity {
        Identity { key, chain }
    }

    pub(super) fn add_to(self, context: &mut SslContextBuilder) -> Result<(), TlsError> {
        let mut chain = self.chain.into_iter();
        if let Some(own) = chain.next() {
            context.set_certificate(&own)?;
        }
        context.set_private_key(&self.key)?;
        for above in chain {
            context.add_extra_chain_cert(above)?;
        }
        Ok(())
    }
}
