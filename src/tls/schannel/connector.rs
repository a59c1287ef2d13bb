//! What sessions are made from.

use std::io::{self, Read, Write};

use once_cell::sync::OnceCell;
use schannel::cert_store::{CertAdd, CertStore, Memory};
use schannel::schannel_cred::{Direction, Protocol, SchannelCred};
use schannel::tls_stream;

use super::stream::after;
use super::{Identity, TlsError};
use crate::tls::ahead::Ahead;
use crate::tls::records::Records;
use crate::tls::{Opening, Settings, Step, TlsVersion, Verify};

/// Sessions are made from it.
pub struct Connector {
    min_version: TlsVersion,
    alpn: Option<&'static str>,
    verify: Verify,
    authorities: CertStore,
    trusts_system: bool,
    identity: Option<Identity>,
    /// Made with the first session. The system keeps the sessions to resume with them.
    credentials: OnceCell<SchannelCred>,
}

impl Connector {
    pub fn build(settings: Settings) -> Result<Connector, TlsError> {
        let mut authorities = Memory::new()?.into_store();
        for authority in &settings.authorities {
            authorities.add_cert(&authority.0, CertAdd::ReplaceExisting)?;
        }
        Ok(Connector {
            min_version: settings.min_version,
            alpn: settings.alpn,
            verify: settings.verify,
            authorities,
            trusts_system: settings.roots.is_some(),
            identity: settings.identity,
            credentials: OnceCell::new(),
        })
    }

    /// Begins a handshake.
    pub fn connect<S: Read + Write>(
        &self,
        opening: Opening<'_>,
        stream: S,
    ) -> Result<Step<S>, TlsError> {
        let credentials = self.credentials.get_or_try_init(|| self.acquire())?;
        let mut builder = tls_stream::Builder::new();
        builder
            .domain(opening.name)
            .cert_store(self.authorities.clone())
            .accept_invalid_hostnames(self.verify != Verify::Full);
        if let Some(alpn) = self.alpn {
            builder.request_application_protocols(&[alpn.as_bytes()]);
        }
        if self.verify == Verify::None {
            builder.verify_callback(|_| Ok(()));
        } else if !self.trusts_system {
            let authorities = self.authorities.clone();
            builder.verify_callback(move |found| {
                found.result().and_then(|()| {
                    let is_known = |chain: schannel::cert_chain::CertChain| {
                        chain
                            .certificates()
                            .any(|one| authorities.certs().any(|other| one == other))
                    };
                    match found.chain().is_some_and(is_known) {
                        true => Ok(()),
                        false => Err(io::Error::from_raw_os_error(UNTRUSTED_ROOT)),
                    }
                })
            });
        }
        after(builder.connect(credentials.clone(), Records::new(Ahead::with_first(stream))))
    }

    fn acquire(&self) -> io::Result<SchannelCred> {
        let mut builder = SchannelCred::builder();
        builder.enabled_protocols(protocols(self.min_version));
        if let Some(identity) = &self.identity {
            builder.cert(identity.certificate());
        }
        builder.acquire(Direction::Outbound)
    }
}

/// CERT_E_UNTRUSTEDROOT: the system trusts an authority that is none of ours.
const UNTRUSTED_ROOT: i32 = 0x800B_0109_u32 as i32;

/// That version, and those after it.
fn protocols(oldest: TlsVersion) -> &'static [Protocol] {
    const ALL: [Protocol; 4] = [Protocol::Tls10, Protocol::Tls11, Protocol::Tls12, Protocol::Tls13];
    match oldest {
        TlsVersion::V1_0 => &ALL,
        TlsVersion::V1_1 => &ALL[1..],
        TlsVersion::V1_2 => &ALL[2..],
        TlsVersion::V1_3 => &ALL[3..],
    }
}
