//! The authorities to trust. Those of the system are more than a hundred, and a chain needs one of
//! them: only that one is parsed, when a chain asks for it. To parse all of them takes longer than
//! the whole rest of a program's first connection.

use std::sync::atomic::{AtomicBool, Ordering};

use data_encoding::BASE64;
use openssl::x509::store::X509StoreRef;
use openssl::x509::{X509NameRef, X509Ref, X509};

use super::ffi;
use crate::tls::x509::subject;

/// No chain has more authorities.
const MAX_DEPTH: usize = 16;

/// The system's authorities, not parsed.
#[derive(Default)]
pub struct Roots {
    roots: Vec<Root>,
}

struct Root {
    der: Box<[u8]>,
    /// The name of the authority, in DER.
    subject: Box<[u8]>,
    is_added: AtomicBool,
}

/// What is wrong with a block of PEM.
#[derive(Debug)]
pub struct Damaged;

impl Roots {
    /// Adds the certificates in a PEM file. Other blocks do not count.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), Damaged> {
        let mut block: Option<Vec<u8>> = None;
        for line in pem.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
            match (&mut block, line) {
                (None, b"-----BEGIN CERTIFICATE-----" | b"-----BEGIN X509 CERTIFICATE-----") => {
                    block = Some(Vec::with_capacity(2048));
                }
                (None, _) => {}
                (Some(base64), [b'-', ..]) => {
                    self.add_der(BASE64.decode(base64).map_err(|_| Damaged)?)?;
                    block = None;
                }
                (Some(base64), line) => base64.extend_from_slice(line),
            }
        }
        block.map_or(Ok(()), |_| Err(Damaged))
    }

    /// Adds one certificate.
    pub fn add_der(&mut self, der: Vec<u8>) -> Result<(), Damaged> {
        let subject = subject(&der).map_err(|_| Damaged)?.into();
        self.roots.push(Root { der: der.into(), subject, is_added: AtomicBool::new(false) });
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// How many there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.roots.len()
    }
}

/// The authorities of a context.
pub struct Trust {
    /// Those that the host named. They are in the store.
    authorities: Vec<X509>,
    roots: Roots,
    has_all: AtomicBool,
}

impl Trust {
    pub fn new(authorities: Vec<X509>, roots: Roots) -> Trust {
        let has_all = AtomicBool::new(roots.roots.is_empty());
        Trust { authorities, roots, has_all }
    }

    /// Those that are to be in the store from the beginning.
    pub fn authorities(&self) -> &[X509] {
        &self.authorities
    }

    /// Puts into the store what the chain of a server may need. The server's own certificate is the
    /// first of the chain.
    pub fn provide(&self, store: &X509StoreRef, chain: &[X509]) {
        if self.has_all.load(Ordering::Acquire) {
            return;
        }
        let Some(own) = chain.first() else { return };
        let mut at = own.clone();
        for _ in 0..MAX_DEPTH {
            let Some(issuer) = der(at.issuer_name()) else { break };
            let is_last = der(at.subject_name()).is_some_and(|subject| subject == issuer);
            let found = self.find(store, &issuer);
            let of_name =
                |other: &&X509| der(other.subject_name()).is_some_and(|name| name == issuer);
            at = match (found, chain.iter().find(of_name)) {
                // One that signed itself stands for itself.
                (found, _) if is_last || found.as_deref().is_some_and(is_self_issued) => return,
                (Some(found), _) => found,
                (None, Some(above)) => above.clone(),
                (None, None) => break,
            };
        }
        // A name may be written in several ways, and OpenSSL knows them all.
        for root in &self.roots.roots {
            root.add(store);
        }
        self.has_all.store(true, Ordering::Release);
    }

    /// An authority of that name, after all of that name are in the store.
    fn find(&self, store: &X509StoreRef, name: &[u8]) -> Option<X509> {
        let mut found = None;
        for root in self.roots.roots.iter().filter(|root| *root.subject == *name) {
            found = root.add(store).or(found);
        }
        let is_it = |known: &&X509| der(known.subject_name()).is_some_and(|known| known == name);
        found.or_else(|| self.authorities.iter().find(is_it).cloned())
    }
}

impl Root {
    fn add(&self, store: &X509StoreRef) -> Option<X509> {
        let parsed = X509::from_der(&self.der).ok()?;
        if !self.is_added.swap(true, Ordering::AcqRel) {
            ffi::add_to_store(store, &parsed);
        }
        Some(parsed)
    }
}

fn is_self_issued(certificate: &X509Ref) -> bool {
    der(certificate.subject_name()).is_some_and(|name| der(certificate.issuer_name()) == Some(name))
}

fn der(name: &X509NameRef) -> Option<Vec<u8>> {
    name.to_der().ok()
}
