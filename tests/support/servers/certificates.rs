//! Certificates, made on demand: a good one, and one for each reason to refuse a certificate.

use native_tls::Identity;
use openssl::hash::{hash, MessageDigest};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use rcgen::{
    date_time_ymd, BasicConstraints, CertificateParams, CrlDistributionPoint, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};

use super::revoked::Lists;

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
        Certificates::with(None)
    }

    /// For clients on wine, whose Schannel differs from that of Windows: it looks for every
    /// certificate in a list of revoked ones, compares an address only with names, accepts a chain
    /// that ends before an authority, and shows the client's own certificate alone. A few in a
    /// hundred signatures of elliptic curves are wrong to it, so authorities have RSA keys.
    pub fn for_wine(lists: &Lists) -> Result<Certificates, rcgen::Error> {
        Certificates::with(Some(lists))
    }

    fn with(lists: Option<&Lists>) -> Result<Certificates, rcgen::Error> {
        let known = Signer::new("hostws test authority", lists)?;
        let unknown = Signer::new("unknown test authority", lists)?;
        let mut expired = server(&NAMES)?;
        expired.not_before = date_time_ymd(2001, 1, 1);
        expired.not_after = date_time_ymd(2002, 1, 1);
        let (client_ca_pem, client_ca) = authority("hostws test clients")?;
        let client = match lists {
            None => client(&KeyPair::generate()?, &client_ca)?,
            Some(_) => client_alone(&rsa_key()?, &client_ca)?,
        };
        let own_key = signing_key(lists)?;
        let own = server(&NAMES)?.self_signed(&own_key)?;
        Ok(Certificates {
            good: known.sign(server(&NAMES)?)?,
            self_signed: ServerCertificate {
                chain_pem: own.pem(),
                key_pem: own_key.serialize_pem(),
            },
            expired: known.sign(expired)?,
            other_name: known.sign(server(&["other.example"])?)?,
            ca_pem: known.pem,
            other_ca: unknown.sign(server(&NAMES)?)?,
            other_ca_pem: unknown.pem,
            client,
            client_ca_pem,
        })
    }
}

/// An authority for servers.
struct Signer {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    /// The address of its list of revoked certificates.
    list: Option<String>,
}

impl Signer {
    fn new(name: &str, lists: Option<&Lists>) -> Result<Signer, rcgen::Error> {
        let (pem, issuer) = authority_with(name, signing_key(lists)?)?;
        let list = lists.map(|lists| lists.add(name, &issuer)).transpose()?;
        Ok(Signer { pem, issuer, list })
    }

    fn sign(&self, mut params: CertificateParams) -> Result<ServerCertificate, rcgen::Error> {
        let key = KeyPair::generate()?;
        let Some(list) = &self.list else {
            let certificate = params.signed_by(&key, &self.issuer)?;
            return Ok(ServerCertificate {
                chain_pem: certificate.pem(),
                key_pem: key.serialize_pem(),
            });
        };
        params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![list.clone()] }];
        for name in params.subject_alt_names.clone() {
            if let SanType::IpAddress(address) = name {
                params.subject_alt_names.push(SanType::DnsName(address.to_string().try_into()?));
            }
        }
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(ServerCertificate {
            chain_pem: certificate.pem() + &self.pem,
            key_pem: key.serialize_pem(),
        })
    }
}

fn rsa_key() -> Result<KeyPair, rcgen::Error> {
    let key = Rsa::generate(2048).and_then(PKey::from_rsa);
    let pem = key.and_then(|key| key.private_key_to_pem_pkcs8());
    let pem = pem.expect("OpenSSL makes RSA keys");
    KeyPair::from_pem(&String::from_utf8(pem).expect("PEM is ASCII"))
}

/// A key that signs certificates.
fn signing_key(lists: Option<&Lists>) -> Result<KeyPair, rcgen::Error> {
    match lists {
        None => KeyPair::generate(),
        Some(_) => rsa_key(),
    }
}

pub fn authority(name: &str) -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    authority_with(name, KeyPair::generate()?)
}

fn authority_with(
    name: &str,
    key: KeyPair,
) -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
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
    let mut made = client_alone(key, &Issuer::new(between, between_key))?;
    made.chain_pem += &between_pem;
    Ok(made)
}

/// The same from `ca` itself.
fn client_alone(
    key: &KeyPair,
    ca: &Issuer<'static, KeyPair>,
) -> Result<ServerCertificate, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "test client");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let leaf = params.signed_by(key, ca)?;
    Ok(ServerCertificate { chain_pem: leaf.pem(), key_pem: key.serialize_pem() })
}

fn server(names: &[&str]) -> Result<CertificateParams, rcgen::Error> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names.clone())?;
    params.distinguished_name.push(DnType::CommonName, names[0].as_str());
    Ok(params)
}
