//! Sessions that servers let us resume (RFC 8446 2.2, RFC 5077): the handshake of the next
//! connection then takes no certificate and no signature.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openssl::asn1::Asn1Time;
use openssl::ssl::{SslSession, SslVersion};
use openssl::x509::X509;

use crate::exit::Guarded;

/// The most origins with a session.
const MOST_ORIGINS: usize = 1024;
/// The most sessions.
const MOST: usize = 4096;
/// The most of one origin: as many connections open at the same time (`dial::openings`), and each
/// of TLS 1.3 uses up one (RFC 8446 C.4).
const MOST_OF_ONE: usize = 256;

/// The sessions of the process.
#[derive(Default)]
pub struct Sessions {
    kept: Mutex<HashMap<Key, Kept>>,
    uses: AtomicU64,
}

/// The number of a context, and the origin: what was agreed with one configuration never serves
/// another.
type Key = (u64, String);

struct Kept {
    sessions: Vec<Guarded<(SslSession, X509)>>,
    last_use: u64,
    /// The server ends the handshake when it is shown a session.
    is_refused: bool,
}

/// Those of one context. They go with it.
pub struct ContextSessions {
    all: Arc<Sessions>,
    context: u64,
}

impl ContextSessions {
    pub fn new(all: Arc<Sessions>) -> Arc<ContextSessions> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let context = NEXT.fetch_add(1, Ordering::Relaxed);
        Arc::new(ContextSessions { all, context })
    }

    /// Keeps what the server of `origin` has given.
    pub fn keep(&self, origin: String, session: SslSession, certificate: X509) {
        let mut kept = self.all.lock();
        let place = self.place(&mut kept, origin);
        if place.is_refused {
            return;
        }
        if place.sessions.len() >= MOST_OF_ONE {
            place.sessions.remove(0);
        }
        place.sessions.push(Guarded::new((session, certificate)));
    }

    /// The origin is shown no session any more.
    pub fn refuse(&self, origin: &str) {
        let mut kept = self.all.lock();
        let place = self.place(&mut kept, origin.to_owned());
        place.sessions.clear();
        place.is_refused = true;
    }

    /// The place of an origin. The one that was not used for longest makes room for it.
    fn place<'a>(&self, kept: &'a mut HashMap<Key, Kept>, origin: String) -> &'a mut Kept {
        let key = (self.context, origin);
        let is_full = kept.len() >= MOST_ORIGINS && !kept.contains_key(&key);
        if is_full || count(kept) >= MOST {
            let others = kept.iter().filter(|(other, _)| **other != key);
            let oldest = others.min_by_key(|(_, kept)| kept.last_use);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                kept.remove(&oldest);
            }
        }
        let last_use = self.all.now();
        let new = Kept { sessions: Vec::new(), last_use, is_refused: false };
        let place = kept.entry(key).or_insert(new);
        place.last_use = last_use;
        place
    }

    /// A session to resume with `origin`, the newest. One of TLS 1.3 is not used twice: somebody
    /// who watches would see that both connections are of the same client.
    pub fn take(&self, origin: &str) -> Option<SslSession> {
        let mut kept = self.all.lock();
        let key = (self.context, origin.to_owned());
        let place = kept.get_mut(&key)?;
        place.last_use = self.all.now();
        let now = Asn1Time::days_from_now(0).ok()?;
        let (session, certificate) = loop {
            let newest = place.sessions.pop()?.into_inner();
            // An older certificate would not be accepted any more.
            if newest.1.not_after() > now {
                break newest;
            }
        };
        if session.protocol_version() != SslVersion::TLS1_3 {
            place.sessions.push(Guarded::new((session.clone(), certificate)));
        }
        if place.sessions.is_empty() {
            kept.remove(&key);
        }
        Some(session)
    }
}

impl Drop for ContextSessions {
    fn drop(&mut self) {
        self.all.lock().retain(|(context, _), _| *context != self.context);
    }
}

impl Sessions {
    /// From how many origins there are some.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    #[cfg(test)]
    pub fn count(&self) -> usize {
        count(&self.lock())
    }

    fn now(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }

    /// The map is always consistent when a panic may happen, so a poisoned lock is still sound.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(kept: &HashMap<Key, Kept>) -> usize {
    kept.values().map(|kept| kept.sessions.len()).sum()
}
