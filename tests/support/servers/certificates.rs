//! Certificates, made on demand: a good one, and one for each reason to refuse a certificate.

use native_tls::Identity;
use openssl::hash::{hash, MessageDigest};
use openssl::x509::X509;
use rcgen::{
    date_time_ymd, BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};

/// The names under which the test servers are reached.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A server's certificate and key.
#[derive(Clone)]
pub struct ServerCertificate {
    pub chain_pem: String,
    pub key_pem: String,
}

/// The server's own certificate in DER.
pub fn der(certificate: &ServerCertificate) -> Vec<u8> {
    let certificate = X509::from_pem(certificate.chain_pem.as_bytes());
    certificate.unwrap().to_der().unwrap()
}

/// The pin as computed by OpenSSL.
pub fn pin(certificate: &ServerCertificate) -> String {
    let certificate = X509::from_pem(certificate.chain_pem.as_bytes()).unwrap();
    let key = certificate.public_key().unwrap().public_key_to_der().unwrap();
    let digest = hash(MessageDigest::sha256(), &key).unwrap();
    format!("sha256/{}", openssl::base64::encode_block(&digest))
}

impl ServerCertificate {
    pub fn identity(&self) -> Identity {
        Identity::from_pkcs8(self.chain_pem.as_bytes(), self.key_pem.as_bytes())
            .expect("rcgen makes what OpenSSL reads")
    }
}

/// The public key infrastructure of the tests.
pub struct Certificates {
    /// The authority that hosts trust.
    pub ca_pem: String,
    pub good: ServerCertificate,
    pub self_signed: ServerCertificate,
    pub expired: ServerCertificate,
    pub other_name: ServerCertificate,
    /// Signed by an authority that nobody trusts.
    pub other_ca: ServerCertificate,
    pub other_ca_pem: String,
    /// The authority for client certificates.
    pub client_ca_pem: String,
    /// A client's certificate, with an intermediate authority.
    pub client: ServerCertificate,
}

impl Certificates {
    pub fn new() -> Result<Certificates, rcgen::Error> {
        let (ca_pem, ca) = authority("hostws test authority")?;
        let (other_ca_pem, unknown) = authority("unknown test authority")?;
        let mut expired = server(&NAMES)?;
        expired.not_before = date_time_ymd(2001, 1, 1);
        expired.not_after = date_time_ymd(2002, 1, 1);
        let (client_ca_pem, client_ca) = authority("hostws test clients")?;
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
            other_ca_pem,
            client: client(&KeyPair::generate()?, &client_ca)?,
            client_ca_pem,
        })
    }
}

pub fn authority(name: &str) -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok((pem, Issuer::new(params, key)))
}

/// A client's certificate for that key, from an authority below `ca`.
pub fn client(
    key: &KeyPair,
    ca: &Issuer<'static, KeyPair>,
) -> Result<ServerCertificate, rcgen::Error> {
    let mut between = CertificateParams::new(Vec::new())?;
    between.distinguished_name.push(DnType::CommonName, "hostws test clients, in between");
    between.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    between.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let between_key = KeyPair::generate()?;
    let between_pem = between.signed_by(&between_key, ca)?.pem();
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "test client");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let leaf = params.signed_by(key, &Issuer::new(between, between_key))?;
    Ok(ServerCertificate { chain_pem: leaf.pem() + &between_pem, key_pem: key.serialize_pem() })
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
