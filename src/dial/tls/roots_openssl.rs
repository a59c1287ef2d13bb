//! The system's trusted authorities, where TLS is OpenSSL.
//!
//! OpenSSL could load them itself. But it does not report failures. It either parses all of them,
//! or reads a directory during a handshake, on a thread that must not wait for a disk.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use openssl_probe::ProbeResult;

use crate::error::Error;
use crate::sys;
use crate::tls::{self, Roots};

/// Why there are no roots.
pub enum Lack {
    /// The system has no roots, or they are not readable.
    Absent(Error),
    Unreadable(Error),
}

/// Reads the roots from the keychain if the system has one and the environment names no other place,
/// else from a bundle, or else from a directory.
pub fn system() -> Result<Roots, Lack> {
    let is_named = !sys::is_privileged() && openssl_probe::has_ssl_cert_env_vars();
    match tls::keychain() {
        Some(authorities) if !is_named => of_keychain(authorities),
        _ => read(&place()),
    }
}

fn of_keychain(authorities: Result<Vec<Vec<u8>>, String>) -> Result<Roots, Lack> {
    let authorities = authorities.map_err(|words| {
        Lack::Unreadable(Error::tls(format!("the keychain's certificates cannot be had: {words}")))
    })?;
    let mut found = Roots::default();
    for der in authorities {
        // A damaged certificate is ignored.
        let _ = found.add_der(der);
    }
    match found.is_empty() {
        true => Err(Lack::Absent(Error::tls("the keychain has no certificates of authorities"))),
        false => Ok(found),
    }
}

/// Where the system keeps its roots. The environment may change this, except for a program with
/// more rights than the user who started it.
fn place() -> ProbeResult {
    if !sys::is_privileged() {
        return openssl_probe::probe();
    }
    let directories = openssl_probe::candidate_cert_dirs().map(Path::to_path_buf);
    ProbeResult { cert_file: None, cert_dir: directories.collect() }
}

/// Reads a file, without using a standard descriptor.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    sys::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read(place: &ProbeResult) -> Result<Roots, Lack> {
    let mut found = Roots::default();
    if let Some(file) = &place.cert_file {
        let pem = read_file(file).map_err(|error| unreadable(file, error))?;
        found.add_pem(&pem).map_err(|_| {
            let words = format!("the system's certificates in {} are damaged", shown(file));
            Lack::Unreadable(Error::tls(words))
        })?;
    }
    if found.is_empty() {
        for directory in &place.cert_dir {
            read_directory(directory, &mut found).map_err(|error| unreadable(directory, error))?;
        }
    }
    if found.is_empty() {
        return Err(Lack::Absent(Error::tls(
            "this system has no certificates of authorities, neither a bundle nor a directory of \
             them: install them (often the package ca-certificates), say where they are in \
             SSL_CERT_FILE or SSL_CERT_DIR, or name those of the server's authority in tls_ca",
        )));
    }
    Ok(found)
}

/// Reads the files that OpenSSL would use there. Their names are a hash and a number: `5ed36f99.0`.
fn read_directory(directory: &Path, found: &mut Roots) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if is_hash(&entry.file_name().to_string_lossy()) {
            // A dangling link does not make the trust store unreadable.
            match read_file(&entry.path()) {
                // A damaged certificate is ignored.
                Ok(pem) => drop(found.add_pem(&pem)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn is_hash(name: &str) -> bool {
    name.split_once('.').is_some_and(|(hash, number)| {
        hash.len() == 8
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && number.parse::<u32>().is_ok()
    })
}

fn unreadable(place: &Path, error: io::Error) -> Lack {
    let is_hidden = error.kind() == io::ErrorKind::PermissionDenied;
    let words = format!("the system's certificates in {} could not be read", shown(place));
    let error = Error::tls(words).because(error);
    match is_hidden {
        true => Lack::Absent(error),
        false => Lack::Unreadable(error),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["authority".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn a_bundle_or_a_directory_is_read_or_why_not() {
        let path = std::env::temp_dir().join(format!("hostws-roots-{}", std::process::id()));
        let (bundle, directory) = (path.join("bundle"), path.join("certs"));
        fs::create_dir_all(&directory).unwrap();
        let look = |file: bool, directories: bool| {
            let cert_dir = if directories { vec![directory.clone()] } else { Vec::new() };
            let cert_file = file.then(|| bundle.clone());
            read(&ProbeResult { cert_file, cert_dir }).map(|found| found.len())
        };
        let absent = |found| match found {
            Err(Lack::Absent(error)) => error.to_string(),
            _ => panic!("some were found"),
        };
        let unreadable = |found| match found {
            Err(Lack::Unreadable(error)) => error.to_string(),
            _ => panic!("it could be read"),
        };
        assert!(absent(look(false, false)).contains("no certificates of authorities"));
        assert!(absent(look(false, true)).contains("no certificates of authorities"));
        assert!(unreadable(look(true, true)).contains("bundle could not be read"));
        fs::write(directory.join("0123abcd.0"), authority()).unwrap();
        fs::write(directory.join("readme.txt"), authority()).unwrap();
        std::os::unix::fs::symlink("nowhere", directory.join("0123abcd.1")).unwrap();
        assert_eq!(look(false, true).ok(), Some(1));
        fs::write(&bundle, "").unwrap();
        assert_eq!(look(true, true).ok(), Some(1));
        fs::write(&bundle, authority() + &authority()).unwrap();
        assert_eq!(look(true, true).ok(), Some(2));
        fs::write(&bundle, "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----").unwrap();
        assert!(unreadable(look(true, true)).contains("damaged"));
        fs::remove_dir_all(&path).unwrap();
    }
}
