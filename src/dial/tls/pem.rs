//! An option with PEM: text, or `@` and the path of a file, which is read in a job.

use std::io::Read;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::secret::Secret;
use crate::sys;

const MAX_FILE: u64 = 16 << 20;

/// The kind of content, which determines the labels of its blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Certificates,
    Key,
}

impl Content {
    fn labels(self) -> &'static [&'static str] {
        match self {
            Content::Certificates => &["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"],
            Content::Key => {
                &["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]
            }
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Content::Certificates => "a certificate",
            Content::Key => "a private key",
        }
    }
}

/// An option whose value is PEM.
#[derive(PartialEq, Eq)]
pub struct Pem {
    option: &'static str,
    content: Content,
    source: Source,
}

#[derive(PartialEq, Eq)]
enum Source {
    Text(Secret),
    /// The path as given, and as an absolute path, because the host may change its working
    /// directory.
    File(String, PathBuf),
}

impl Pem {
    /// Checks the text without parsing it. A parser needs OpenSSL, which reads its own files when
    /// it starts.
    pub fn new(option: &'static str, content: Content, value: Secret) -> Result<Pem, Error> {
        let source = match value.reveal().strip_prefix('@') {
            Some("") => None,
            Some(path) if path.contains('\0') => None,
            Some(path) => {
                // If the working directory no longer exists, the path stays relative.
                let whole = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
                Some(Source::File(path.to_owned(), whole))
            }
            None if has_block(value.reveal().as_bytes(), content.labels()) => {
                Some(Source::Text(value))
            }
            None => None,
        };
        let Some(source) = source else {
            let noun = content.noun();
            let words = format!("is neither PEM text with {noun} nor @ and the path of a file");
            return Err(Error::ws(Code::Option, format!("option {option}: {words}")));
        };
        Ok(Pem { option, content, source })
    }

    pub fn is_file(&self) -> bool {
        matches!(self.source, Source::File(..))
    }

    /// The source of the text, for an error.
    pub fn place(&self) -> String {
        match &self.source {
            Source::Text(_) => format!("the text of {}", self.option),
            Source::File(path, _) => format!("the {} file {path}", self.option),
        }
    }

    /// The text. Reads the file if there is one.
    pub fn load(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let path = match &self.source {
            Source::Text(text) => return Ok(Zeroizing::new(text.reveal().as_bytes().to_vec())),
            Source::File(_, path) => path,
        };
        let place = self.place();
        // Large enough for every key: a buffer that grows would leave a part of the key in memory.
        let mut pem = Zeroizing::new(Vec::with_capacity(32 << 10));
        let read = sys::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut pem));
        match read {
            Err(error) => Err(Error::tls(format!("{place} could not be read")).because(error)),
            Ok(length) if length as u64 > MAX_FILE => {
                Err(Error::tls(format!("{place} is larger than 16 MiB")))
            }
            Ok(_) if has_block(&pem, self.content.labels()) => Ok(pem),
            Ok(_) => {
                let noun = self.content.noun();
                Err(Error::tls(format!("{place} contains no PEM with {noun}")))
            }
        }
    }

    /// The text, if it was given as text.
    pub fn text(&self) -> Option<&str> {
        match &self.source {
            Source::Text(text) => Some(text.reveal()),
            Source::File(..) => None,
        }
    }
}

/// Whether there is a complete block with one of these labels. Text around it may have any
/// encoding.
fn has_block(text: &[u8], labels: &[&str]) -> bool {
    labels.iter().any(|label| {
        let begin = find(text, &format!("-----BEGIN {label}-----"));
        begin.is_some_and(|at| find(&text[at..], &format!("-----END {label}-----")).is_some())
    })
}

/// Where `words` begins in `text`.
pub fn find(text: &[u8], words: &str) -> Option<usize> {
    text.windows(words.len()).position(|window| window == words.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(content: Content, value: &str) -> Result<Pem, Error> {
        Pem::new("tls_ca", content, Secret::from(value.to_owned()))
    }

    fn block(label: &str) -> String {
        format!("-----BEGIN {label}-----\nMAo=\n-----END {label}-----")
    }

    #[test]
    fn text_is_looked_over_and_a_path_is_kept() {
        for label in ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"] {
            assert!(!pem(Content::Certificates, &block(label)).unwrap().is_file());
            assert!(pem(Content::Key, &block(label)).is_err());
        }
        for label in ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
            let words = format!("some words\n{}", block(label));
            assert!(!pem(Content::Key, &words).unwrap().is_file());
            assert!(pem(Content::Certificates, &words).is_err());
        }
        assert!(pem(Content::Key, "@/no/such/file.pem").unwrap().is_file());
        let half = "-----BEGIN CERTIFICATE-----\nMAo=\n";
        for bad in ["", "@", "@a\0b", "ca.pem", half] {
            let error = pem(Content::Certificates, bad).err().expect(bad);
            assert_eq!(error.code, Code::Option as i32);
            assert!(error.message.contains("tls_ca"), "{error}");
        }
    }

    #[test]
    fn a_file_that_holds_something_else_is_named() {
        let error = pem(Content::Key, "@/no/such/file.pem").unwrap().load().unwrap_err();
        assert!(error.message.contains("/no/such/file.pem"), "{error}");
        let error = pem(Content::Key, "@Cargo.toml").unwrap().load().unwrap_err();
        assert_eq!(error.message, "the tls_ca file Cargo.toml contains no PEM with a private key");
    }
}
