//! Certificates, made when they are needed: one that is in order, and one for each reason to
//! refuse it.

use native_tls::Identity;
use rcgen::{
    date_time_ymd, BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// The names under which the test servers are reached.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A server's certificate and key.
#[derive(Clone)]
pub struct ServerCertificate {
    pub chain_pem: String,
    pub key_pem: String,
}

impl ServerCertificate {
    pub fn identity(&self) -> Identity {
        Identity::from_pkcs8(self.chain_pem.as_bytes(), self.key_pem.as_bytes())
            .expect("rcgen makes what OpenSSL reads")
    }
}

/// What the tests need of a public key infrastructure.
pub struct Certificates {
    /// The authority that a host is told to trust.
    pub ca_pem: String,
    pub good: ServerCertificate,
    pub self_signed: ServerCertificate,
    pub expired: ServerCertificate,
    pub other_name: ServerCertificate,
    /// Signed by an authority that nobody was told of.
    pub other_ca: ServerCertificate,
}

impl Certificates {
    pub fn new() -> Result<Certificates, rcgen::Error> {
        let (ca_pem, ca) = authority("hostws test authority")?;
        let (_, unknown) = authority("unknown test authority")?;
        let mut expired = server(&NAMES)?;
        expired.not_before = date_time_ymd(2001, 1, 1);
        expired.not_after = date_time_ymd(2002, 1, 1);
        let own_key = KeyPair::generate()?;
        let own = server(&NAMES)?.self_signed(&own_key)?;
        Ok(Certificates {
            ca_pem,
            good: signed(&server(&NAMES)?, &ca)?,
            self_signed: ServerCertificate {
                chain_pem: own.pem(),
                key_pem: own_key.serialize_pem(),
            },
            expired: signed(&expired, &ca)?,
            other_name: signed(&server(&["other.example"])?, &ca)?,
            other_ca: signed(&server(&NAMES)?, &unknown)?,
        })
    }
}

fn authority(name: &str) -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok((pem, Issuer::new(params, key)))
}

fn server(names: &[&str]) -> Result<CertificateParams, rcgen::Error> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names.clone())?;
    params.distinguished_name.push(DnType::CommonName, names[0].as_str());
    Ok(params)
}

fn signed(
    params: &CertificateParams,
    ca: &Issuer<'static, KeyPair>,
) -> Result<ServerCertificate, rcgen::Error> {
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, ca)?;
    Ok(ServerCertificate { chain_pem: certificate.pem(), key_pem: key.serialize_pem() })
}
