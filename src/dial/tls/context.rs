//! The contexts that are built from TLS settings.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;

use super::config::{Context, Peer, TlsConfig};
use super::handshake::ALPN;
use super::key_log::KeyLog;
use super::keypair::Loaded;
use super::pem::Pem;
use super::roots::{self, Lack};
use crate::error::Error;
use crate::exit::{self, Guarded};
use crate::sys;
use crate::tls::{Certificate, Connector, Sessions, Settings, TlsVersion, Verify};

/// The most contexts to cache. A context with the system's roots has some megabytes.
const MAX_CONTEXTS: usize = 16;
/// How long new connections use a cached context. The system's roots may change.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The settings that a context depends on. Pins and the server's name belong to the connection.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    /// Whether ALPN is sent. It is sent to servers only.
    has_alpn: bool,
    ca: Option<Vec<u8>>,
    ca_only: bool,
    /// The digest of the client's certificate and key.
    identity: Option<[u8; 32]>,
    verify: Verify,
    min_version: TlsVersion,
    key_log: Option<KeyLog>,
}

/// The contexts of the process. Reading the system's roots takes tens of milliseconds, so
/// connections with the same settings share one.
#[derive(Default)]
pub struct TlsContexts {
    /// The least recently used first.
    contexts: Mutex<Vec<Kept>>,
    sessions: Arc<Sessions>,
}

/// The place where a context is built once, with whether it is complete. Another thread that needs
/// the same context waits here, and builds it itself if the first fails.
type Site = OnceCell<(Arc<Context>, bool)>;

struct Kept {
    key: Key,
    entry: Entry,
    stale_at: Instant,
}

enum Entry {
    Building(Arc<Site>),
    Owned(Arc<Context>),
    /// The context holds a private key, so it is freed with the last connection that uses it.
    Lent(Weak<Context>),
}

impl Entry {
    fn get(&self) -> Option<Arc<Context>> {
        match self {
            Entry::Building(site) => site.get().map(|(context, _)| Arc::clone(context)),
            Entry::Owned(context) => Some(Arc::clone(context)),
            Entry::Lent(context) => context.upgrade(),
        }
    }

    fn is_gone(&self) -> bool {
        matches!(self, Entry::Lent(context) if context.strong_count() == 0)
    }
}

impl TlsContexts {
    /// A cached context, if there is one. Contexts built from files are not cached, because the
    /// files may change.
    pub fn cached(&self, config: &TlsConfig) -> Option<Arc<Context>> {
        if let Some(context) = config.held() {
            return Some(context);
        }
        let ca = match &config.ca {
            Some(ca) => Some(ca.text()?.as_bytes().to_vec()),
            None => None,
        };
        let identity = match &config.identity {
            Some(identity) => Some(identity.fingerprint()?),
            None => None,
        };
        self.find(&key(config, ca, identity), config)
    }

    /// The context for `config`. Builds it if there is none, which reads files.
    pub fn load(&self, config: &TlsConfig) -> Result<Arc<Context>, Error> {
        if let Some(context) = config.held() {
            return Ok(context);
        }
        let ca = config.ca.as_deref().map(Pem::load).transpose()?;
        let identity = config.identity.as_ref().map(|identity| identity.load()).transpose()?;
        let fingerprint = identity.as_ref().map(|identity| identity.fingerprint);
        let key = key(config, ca.map(|pem| pem.to_vec()), fingerprint);
        if let Some(context) = self.find(&key, config) {
            return Ok(context);
        }
        let has_identity = identity.is_some();
        let site = self.site(&key);
        let (context, is_whole) = site.get_or_try_init(|| {
            let place = config.ca.as_deref().map(Pem::place).unwrap_or_default();
            let built = build(&key, &place, identity, Arc::clone(&self.sessions));
            built.map(|(connector, is_whole)| (Arc::new(Guarded::new(connector)), is_whole))
        })?;
        config.hold(context);
        let entry = match has_identity {
            true => Entry::Lent(Arc::downgrade(context)),
            false => Entry::Owned(Arc::clone(context)),
        };
        self.settle(&site, is_whole.then_some(entry));
        Ok(Arc::clone(context))
    }

    /// Forgets all contexts: new connections get new ones.
    pub fn forget(&self) {
        lock(&self.contexts).clear();
    }

    fn find(&self, key: &Key, config: &TlsConfig) -> Option<Arc<Context>> {
        let mut contexts = lock(&self.contexts);
        let now = Instant::now();
        contexts.retain(|kept| kept.stale_at > now && !kept.entry.is_gone());
        let at = contexts.iter().position(|kept| kept.key == *key)?;
        let context = contexts[at].entry.get()?;
        contexts[at..].rotate_left(1);
        config.hold(&context);
        Some(context)
    }

    /// The site of the context for `key`, during and just after its construction.
    fn site(&self, key: &Key) -> Arc<Site> {
        let mut contexts = lock(&self.contexts);
        if let Some(at) = contexts.iter().position(|kept| kept.key == *key) {
            match (&contexts[at].entry, contexts[at].entry.get()) {
                (Entry::Building(site), _) => return Arc::clone(site),
                (_, Some(context)) => return Arc::new(Site::with_value((context, true))),
                (_, None) => drop(contexts.remove(at)),
            }
        }
        if contexts.len() >= MAX_CONTEXTS {
            contexts.remove(0);
        }
        let site = Arc::new(Site::new());
        let entry = Entry::Building(Arc::clone(&site));
        contexts.push(Kept { key: key.clone(), entry, stale_at: Instant::now() + MAX_AGE });
        site
    }

    /// Replaces a site by its result, unless `forget` has removed the site.
    fn settle(&self, site: &Arc<Site>, entry: Option<Entry>) {
        let mut contexts = lock(&self.contexts);
        let is_it =
            |kept: &Kept| matches!(&kept.entry, Entry::Building(other) if Arc::ptr_eq(site, other));
        let Some(at) = contexts.iter().position(is_it) else { return };
        match entry {
            Some(entry) => contexts[at].entry = entry,
            None => drop(contexts.remove(at)),
        }
    }
}

/// The list is always consistent when a panic may happen, so a poisoned lock is still sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(config: &TlsConfig, ca: Option<Vec<u8>>, identity: Option<[u8; 32]>) -> Key {
    Key {
        has_alpn: config.peer != Peer::Proxy,
        ca,
        ca_only: config.ca_only,
        identity,
        verify: config.verify,
        min_version: config.min_version,
        key_log: config.key_log.clone(),
    }
}

/// Builds a context. Also returns whether it is complete: the system's roots may be missing beside
/// those of `tls_ca`.
fn build(
    key: &Key,
    ca_place: &str,
    identity: Option<Loaded>,
    sessions: Arc<Sessions>,
) -> Result<(Connector, bool), Error> {
    let _pass = exit::enter_or_fail()?;
    let authorities = match &key.ca {
        Some(pem) => Certificate::stack_from_pem(pem).map_err(|error| {
            Error::tls(format!("a certificate in {ca_place} is damaged"))
                .because(Error::tls(error.to_string()))
        })?,
        None => Vec::new(),
    };
    let mut is_whole = true;
    let roots = match key.verify {
        Verify::None => None,
        _ if key.ca_only => None,
        Verify::Full | Verify::NoHostname => match roots::system() {
            Ok(roots) => Some(roots),
            Err(Lack::Absent(_)) if key.ca.is_some() => {
                is_whole = false;
                None
            }
            Err(Lack::Absent(error) | Lack::Unreadable(error)) => return Err(error),
        },
    };
    let key_log = key.key_log.as_ref().map(|KeyLog(path)| {
        sys::append_secretly(path).map_err(|error| {
            let words = "the file that SSLKEYLOGFILE names could not be opened";
            Error::tls(words).because(error)
        })
    });
    let key_log = key_log.transpose()?;
    let words = match identity {
        Some(_) => "TLS could not be set up with tls_cert and tls_key",
        None => "TLS could not be set up on this machine",
    };
    let connector = Connector::build(Settings {
        min_version: key.min_version,
        alpn: key.has_alpn.then_some(ALPN),
        verify: key.verify,
        authorities,
        roots,
        identity: identity.map(|loaded| loaded.identity.into_inner()),
        sessions,
        key_log,
    });
    let connector =
        connector.map_err(|error| Error::tls(words).because(Error::tls(error.to_string())))?;
    Ok((connector, is_whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dial::tls::ClientIdentity;
    use crate::dial::tls::Content;

    /// A self-signed certificate and its key.
    fn pair() -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["client".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    fn config(identity: Option<&(String, String)>, ca: Option<&str>) -> TlsConfig {
        let pem = |ca: &str| Pem::new("tls_ca", Content::Certificates, ca.to_owned().into());
        let identity = identity.and_then(|(certificate, key)| {
            let key = key.clone().into();
            ClientIdentity::new(Some(certificate.clone()), Some(key), None).unwrap()
        });
        TlsConfig {
            identity,
            ca: ca.map(pem).transpose().unwrap().map(Arc::new),
            ..TlsConfig::default()
        }
    }

    #[test]
    fn the_same_options_share_a_context_and_others_do_not() {
        let contexts = TlsContexts::default();
        let (one, other) = (pair(), pair());
        let ca = Some(one.0.as_str());
        let configs = [
            config(None, None),
            config(None, ca),
            TlsConfig { ca_only: true, ..config(None, ca) },
            TlsConfig { verify: Verify::NoHostname, ..config(None, ca) },
            TlsConfig { min_version: TlsVersion::V1_3, ..config(None, ca) },
            config(Some(&one), ca),
            config(Some(&other), ca),
            config(Some(&one), ca).for_proxy(),
        ];
        let built: Vec<_> = configs.iter().map(|config| contexts.load(config).unwrap()).collect();
        for (index, config) in configs.iter().enumerate() {
            let found = contexts.cached(config).unwrap();
            let same: Vec<_> = built.iter().map(|context| Arc::ptr_eq(context, &found)).collect();
            assert!(same.iter().enumerate().all(|(at, &same)| same == (at == index)), "{same:?}");
        }
        assert!(Arc::ptr_eq(&contexts.load(&config(Some(&one), ca)).unwrap(), &built[5]));
        // A context that a connection holds is found again, though its identity was released and
        // the cache may have forgotten it.
        lock(&contexts.contexts).clear();
        assert!(configs[5].identity.as_ref().unwrap().load().is_err());
        assert!(Arc::ptr_eq(&contexts.cached(&configs[5]).unwrap(), &built[5]));
        assert!(Arc::ptr_eq(&contexts.load(&configs[5]).unwrap(), &built[5]));
    }

    #[test]
    fn a_context_that_takes_long_to_build_keeps_only_those_that_want_it() {
        let contexts = Arc::new(TlsContexts::default());
        let slow = || TlsConfig { min_version: TlsVersion::V1_3, ..unverified() };
        let site = contexts.site(&key(&slow(), None, None));
        let failed = site.get_or_try_init(|| {
            assert!(contexts.cached(&slow()).is_none(), "it is being built");
            let (sender, receiver) = std::sync::mpsc::channel();
            let others = Arc::clone(&contexts);
            std::thread::spawn(move || sender.send(others.load(&unverified()).is_ok()));
            assert_eq!(receiver.recv_timeout(Duration::from_secs(20)), Ok(true));
            Err(Error::tls("no memory"))
        });
        assert!(failed.is_err());
        // After a failure, the next caller builds the context, once.
        let one = contexts.load(&slow()).unwrap();
        assert!(site.get().is_some_and(|(built, _)| Arc::ptr_eq(&one, built)));
        assert!(Arc::ptr_eq(&one, &contexts.load(&slow()).unwrap()));
        assert_eq!(lock(&contexts.contexts).len(), 2);
        // A context that was forgotten during its construction is not kept.
        contexts.forget();
        contexts.settle(&site, Some(Entry::Owned(one)));
        assert!(contexts.cached(&slow()).is_none());
    }

    /// Settings that need no roots.
    fn unverified() -> TlsConfig {
        TlsConfig { verify: Verify::None, ..TlsConfig::default() }
    }

    #[test]
    fn a_context_with_a_private_key_goes_with_the_last_that_uses_it() {
        let contexts = TlsContexts::default();
        let pair = pair();
        let (first, second) = (config(Some(&pair), None), config(Some(&pair), None));
        let weak = Arc::downgrade(&contexts.load(&first).unwrap());
        assert!(contexts.cached(&second).is_some());
        drop(first);
        assert!(weak.upgrade().is_some(), "the second holds it");
        drop(second);
        assert!(weak.upgrade().is_none());
        assert!(contexts.cached(&config(Some(&pair), None)).is_none());
        assert!(lock(&contexts.contexts).is_empty());
        // With an authority in a file, each context may be different.
        let path = std::env::temp_dir().join(format!("hostws-tls-{}.pem", std::process::id()));
        std::fs::write(&path, &pair.0).unwrap();
        let from_file = config(Some(&pair), Some(&format!("@{}", path.display())));
        let first = contexts.load(&from_file).unwrap();
        assert!(contexts.cached(&from_file).is_none());
        assert!(Arc::ptr_eq(&contexts.load(&from_file).unwrap(), &first));
        std::fs::write(&path, self::pair().0).unwrap();
        assert!(!Arc::ptr_eq(&contexts.load(&from_file).unwrap(), &first));
        std::fs::remove_file(&path).unwrap();
        // A context without files is kept.
        let plain = config(None, None);
        let weak = Arc::downgrade(&contexts.load(&plain).unwrap());
        drop(plain);
        assert!(weak.upgrade().is_some());
    }

    #[test]
    fn one_that_is_old_or_forgotten_is_built_anew() {
        let contexts = TlsContexts::default();
        let plain = config(None, Some(&pair().0));
        let first = contexts.load(&plain).unwrap();
        assert!(Arc::ptr_eq(&contexts.load(&plain).unwrap(), &first));
        lock(&contexts.contexts)[0].stale_at = Instant::now();
        assert!(contexts.cached(&plain).is_none());
        let second = contexts.load(&plain).unwrap();
        assert!(!Arc::ptr_eq(&second, &first));
        contexts.forget();
        assert!(!Arc::ptr_eq(&contexts.load(&plain).unwrap(), &second));
    }
}
