//! The client's certificate and its key.

use std::io;
use std::sync::Arc;

use rand::random;
use schannel::cert_context::{CertContext, KeySpec};
use schannel::cert_store::{CertAdd, Memory};
use schannel::crypt_prov::{AcquireOptions, ProviderType};
use schannel::RawPointer as _;
use windows_sys::Win32::Security::Cryptography::{
    CertCreateCertificateContext, CryptAcquireContextW, CRYPT_DELETEKEYSET, PROV_RSA_AES,
    X509_ASN_ENCODING,
};

use super::TlsError;
use crate::tls::pem;

/// A certificate, with those above it and its key.
#[derive(Clone)]
pub struct Identity {
    certificate: CertContext,
    _container: Arc<Container>,
}

impl Identity {
    /// The key is PKCS #8, in PEM.
    pub fn from_pkcs8(chain: &[u8], key: &[u8]) -> Result<Identity, TlsError> {
        let key = pem::rsa_key(key).ok_or_else(|| io::Error::other("it is no key of RSA"))?;
        let mut store = Memory::new()?.into_store();
        let mut chain = pem::certificates(chain);
        let own = chain.next().ok_or_else(|| io::Error::other("there is no certificate"))?;
        let container = Container::new(&key)?;
        let own = x509(CertContext::from_pem(&own)?.to_der())?;
        own.set_key_prov_info()
            .container(&container.0)
            .type_(ProviderType::rsa_aes())
            .key_spec(KeySpec::key_exchange())
            .set()?;
        let own = store.add_cert(&own, CertAdd::Always)?;
        // Schannel looks for those above it beside it.
        for above in chain {
            store.add_cert(&CertContext::from_pem(&above)?, CertAdd::Always)?;
        }
        Ok(Identity { certificate: own, _container: Arc::new(container) })
    }

    pub fn certificate(&self) -> CertContext {
        self.certificate.clone()
    }
}

/// A certificate that is said to be X.509 and nothing else: wine uses no other for a client.
fn x509(der: &[u8]) -> io::Result<CertContext> {
    // SAFETY: the pointer and the length are those of a slice, which is copied.
    let context =
        unsafe { CertCreateCertificateContext(X509_ASN_ENCODING, der.as_ptr(), der.len() as u32) };
    if context.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is new, and owned from here on.
    Ok(unsafe { CertContext::from_ptr(context.cast()) })
}

/// A key in the user's key store, by its name: Schannel, which runs in another process, uses no
/// other. It is removed at the end, or stays if the process ends before.
struct Container(String);

impl Container {
    /// The key is PKCS #1.
    fn new(key: &[u8]) -> io::Result<Container> {
        let name = format!("hostws-{:032x}", random::<u128>());
        let mut options = AcquireOptions::new();
        options.container(&name).new_keyset(true).silent(true);
        let mut provider = options.acquire(ProviderType::rsa_aes())?;
        let container = Container(name);
        provider.import().import(key)?;
        Ok(container)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let name: Vec<u16> = self.0.encode_utf16().chain([0]).collect();
        let mut none = 0;
        // SAFETY: the name ends in a zero, and the provider is the type's default. What goes wrong
        // leaves the key where it is.
        unsafe {
            let how = CRYPT_DELETEKEYSET;
            CryptAcquireContextW(&mut none, name.as_ptr(), std::ptr::null(), PROV_RSA_AES, how)
        };
    }
}
