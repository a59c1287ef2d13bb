//! Digest (RFC 7616), and its older versions (RFC 2617, RFC 2069).

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use md5::Md5;
use percent_encoding::{percent_encode, NON_ALPHANUMERIC};
use rand::rngs::SysRng;
use rand::TryRng;
use sha2::{Digest as _, Sha256};

use super::challenge::Challenge;
use super::Credentials;
use crate::error::Error;
use crate::protocol::no_randomness;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    fn hash(self, parts: &[&[u8]]) -> String {
        let bytes = parts.join(&b':');
        match self {
            Algorithm::Md5 => HEXLOWER.encode(&Md5::digest(&bytes)),
            Algorithm::Sha256 => HEXLOWER.encode(&Sha256::digest(&bytes)),
        }
    }
}

/// A challenge that can be answered, and how often it was answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Digest {
    algorithm: Algorithm,
    /// The algorithm as the server wrote it.
    name: Option<String>,
    is_session: bool,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// The server supports `qop`, which protects against chosen plaintext.
    has_qop: bool,
    hides_user: bool,
    is_utf8: bool,
    pub is_stale: bool,
    /// How many requests have used the nonce.
    pub uses: u32,
}

impl Digest {
    /// Chooses the strongest of the challenges that can be answered.
    pub fn choose(challenges: &[Challenge]) -> Option<Digest> {
        let known = challenges.iter().filter_map(Digest::new);
        // Of equal challenges, the server's first counts.
        known.reduce(|best, next| if next.algorithm > best.algorithm { next } else { best })
    }

    fn new(challenge: &Challenge) -> Option<Digest> {
        if !challenge.is("Digest") {
            return None;
        }
        let name = challenge.get("algorithm");
        let (base, is_session) = match name.unwrap_or("MD5").to_ascii_lowercase() {
            name if name.ends_with("-sess") => (name[..name.len() - 5].to_owned(), true),
            name => (name, false),
        };
        let algorithm = match base.as_str() {
            "md5" => Algorithm::Md5,
            "sha-256" => Algorithm::Sha256,
            _ => return None,
        };
        let says = |name, value: &str| {
            challenge.get(name).is_some_and(|said| said.eq_ignore_ascii_case(value))
        };
        let qop = challenge.get("qop").map(str::trim).filter(|qop| !qop.is_empty());
        if let Some(qop) = qop {
            let mut known = qop.split([',', ' ', '\t']);
            // The other is auth-int, which hashes a body; an upgrade has none.
            if !known.any(|qop| qop.eq_ignore_ascii_case("auth")) {
                return None;
            }
        }
        let text = |name| challenge.get(name).map(str::to_owned);
        Some(Digest {
            algorithm,
            name: name.map(str::to_owned),
            is_session,
            realm: text("realm")?,
            nonce: text("nonce")?,
            opaque: text("opaque"),
            has_qop: qop.is_some(),
            hides_user: says("userhash", "true"),
            is_utf8: says("charset", "UTF-8"),
            is_stale: says("stale", "true"),
            uses: 0,
        })
    }

    /// Takes the server's nonce for the next request.
    pub fn renew(&mut self, nonce: &str) {
        nonce.clone_into(&mut self.nonce);
        self.uses = 0;
    }

    /// The value of the Authorization header for a request. `target` is the request's own.
    pub fn authorize(
        &mut self,
        credentials: &Credentials,
        method: &str,
        target: &str,
    ) -> Result<String, Error> {
        let mut cnonce = [0; 16];
        SysRng.try_fill_bytes(&mut cnonce).map_err(no_randomness)?;
        Ok(self.answer(credentials, method, target, &HEXLOWER.encode(&cnonce)))
    }

    fn answer(
        &mut self,
        Credentials { user, password }: &Credentials,
        method: &str,
        target: &str,
        cnonce: &str,
    ) -> String {
        self.uses = self.uses.saturating_add(1);
        let count = format!("{:08x}", self.uses);
        let hash = |parts: &[&[u8]]| self.algorithm.hash(parts);
        let (realm, nonce) = (self.realm.as_bytes(), self.nonce.as_bytes());
        let mut secret = hash(&[user, realm, password]);
        if self.is_session {
            secret = hash(&[secret.as_bytes(), nonce, cnonce.as_bytes()]);
        }
        let request = hash(&[method.as_bytes(), target.as_bytes()]);
        let response = match self.has_qop {
            true => hash(&[
                secret.as_bytes(),
                nonce,
                count.as_bytes(),
                cnonce.as_bytes(),
                b"auth",
                request.as_bytes(),
            ]),
            false => hash(&[secret.as_bytes(), nonce, request.as_bytes()]),
        };
        let mut value = format!("Digest {}", self.shown(user));
        // Writing to a string does not fail.
        for (name, text) in [("realm", &*self.realm), ("nonce", &self.nonce), ("uri", target)] {
            let _ = write!(value, ", {name}={}", quoted(text));
        }
        let _ = write!(value, ", response=\"{response}\"");
        if let Some(name) = &self.name {
            let _ = write!(value, ", algorithm={name}");
        }
        if self.has_qop {
            let _ = write!(value, ", qop=auth, nc={count}");
        }
        if self.has_qop || self.is_session {
            let _ = write!(value, ", cnonce=\"{cnonce}\"");
        }
        if let Some(opaque) = &self.opaque {
            let _ = write!(value, ", opaque={}", quoted(opaque));
        }
        if self.hides_user {
            value.push_str(", userhash=true");
        }
        value
    }

    /// Formats the parameter that names the user.
    fn shown(&self, user: &[u8]) -> String {
        if self.hides_user {
            let hidden = self.algorithm.hash(&[user, self.realm.as_bytes()]);
            return format!("username=\"{hidden}\"");
        }
        if self.is_utf8 && !user.is_ascii() {
            return format!("username*=UTF-8''{}", percent_encode(user, NON_ALPHANUMERIC));
        }
        format!("username={}", quoted(&String::from_utf8_lossy(user)))
    }
}

/// A quoted string (RFC 9110 5.6.4), without the characters that no header may contain.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::super::challenge::challenges;
    use super::*;
    use crate::protocol::Response;

    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn choose(lines: &[&str]) -> Option<Digest> {
        let lines = lines.iter().map(|line| ("WWW-Authenticate", *line));
        Digest::choose(&challenges(&Response::new(401, "", lines), "WWW-Authenticate"))
    }

    fn user(user: &str, password: &str) -> Credentials {
        Credentials { user: user.into(), password: password.into() }
    }

    fn part<'a>(value: &'a str, name: &str) -> Option<&'a str> {
        let parts = value.strip_prefix("Digest ").unwrap().split(", ");
        parts
            .filter_map(|part| part.split_once('='))
            .find(|(known, _)| *known == name)
            .map(|it| it.1)
    }

    /// The example of RFC 7616 3.9.1.
    fn mufasa(algorithm: &str) -> String {
        let line = format!(
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        );
        let mut digest = choose(&[&line]).unwrap();
        digest.answer(&user("Mufasa", "Circle of Life"), "GET", "/dir/index.html", CNONCE)
    }

    #[test]
    fn the_examples_of_the_standard() {
        let value = mufasa("SHA-256");
        let response = "\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"";
        assert_eq!(part(&value, "response"), Some(response));
        for (name, expected) in [
            ("username", "\"Mufasa\""),
            ("realm", "\"http-auth@example.org\""),
            ("uri", "\"/dir/index.html\""),
            ("algorithm", "SHA-256"),
            ("nonce", "\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\""),
            ("nc", "00000001"),
            ("qop", "auth"),
            ("opaque", "\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""),
        ] {
            assert_eq!(part(&value, name), Some(expected), "{value}");
        }
        let value = mufasa("MD5");
        assert_eq!(part(&value, "response"), Some("\"8ca523f5e9506fed4657c9700eebdbec\""));
    }

    /// The examples of RFC 2069 2.4, with its erratum, and RFC 2617 3.5.
    #[test]
    fn the_examples_of_the_older_standards() {
        let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
        let old = format!("Digest realm=\"testrealm@host.com\", nonce=\"{nonce}\"");
        let mut digest = choose(&[&old]).unwrap();
        let value = digest.answer(&user("Mufasa", "CircleOfLife"), "GET", "/dir/index.html", "x");
        assert_eq!(part(&value, "response"), Some("\"1949323746fe6a43ef61f9606e7febea\""));
        assert!(["qop", "nc", "cnonce", "algorithm"]
            .iter()
            .all(|name| part(&value, name).is_none()));

        let mut digest = choose(&[&format!("{old}, qop=auth")]).unwrap();
        let mufasa = user("Mufasa", "Circle Of Life");
        let value = digest.answer(&mufasa, "GET", "/dir/index.html", "0a4f113b");
        assert_eq!(part(&value, "response"), Some("\"6629fae49393a05397450978507c4ef1\""));
    }

    #[test]
    fn a_session_hashes_the_nonces_into_the_secret() {
        let line = "Digest realm=r, nonce=n, qop=auth, algorithm=MD5-sess";
        let mut digest = choose(&[line]).unwrap();
        let value = digest.answer(&user("u", "p"), "GET", "/", "c");
        let hash = |text: &str| HEXLOWER.encode(&Md5::digest(text));
        let secret = hash(&format!("{}:n:c", hash("u:r:p")));
        let expected = hash(&format!("{secret}:n:00000001:c:auth:{}", hash("GET:/")));
        assert_eq!(part(&value, "response"), Some(&*format!("\"{expected}\"")));
        assert_eq!(part(&value, "algorithm"), Some("MD5-sess"), "as the server wrote it");
    }

    #[test]
    fn a_nonce_is_counted_until_the_next() {
        let mut digest = choose(&["Digest realm=r, nonce=n, qop=auth"]).unwrap();
        let next = |digest: &mut Digest| {
            let value = digest.answer(&user("u", "p"), "GET", "/", "c");
            format!("{} {}", part(&value, "nonce").unwrap(), part(&value, "nc").unwrap())
        };
        assert_eq!(next(&mut digest), "\"n\" 00000001");
        assert_eq!(next(&mut digest), "\"n\" 00000002");
        digest.renew("m");
        assert_eq!(next(&mut digest), "\"m\" 00000001");
    }

    #[test]
    fn how_the_user_is_named() {
        let shown = |more: &str, name: &str| {
            let mut digest =
                choose(&[&format!("Digest realm=r, nonce=n, qop=auth{more}")]).unwrap();
            digest.answer(&user(name, "p"), "GET", "/", "c")
        };
        assert_eq!(part(&shown("", "a\"b\\c"), "username"), Some("\"a\\\"b\\\\c\""));
        assert_eq!(part(&shown("", "a\r\nb"), "username"), Some("\"ab\""));
        assert_eq!(part(&shown("", "J\u{e4}s"), "username"), Some("\"J\u{e4}s\""));
        let value = shown(", charset=\"utf-8\"", "J\u{e4}s\u{f8}n Doe");
        assert_eq!(part(&value, "username*"), Some("UTF-8''J%C3%A4s%C3%B8n%20Doe"));
        assert_eq!(part(&value, "username"), None);
        let value = shown(", userhash=TRUE, charset=UTF-8", "J\u{e4}s");
        let hidden = HEXLOWER.encode(&Md5::digest("J\u{e4}s:r"));
        assert_eq!(part(&value, "username"), Some(&*format!("\"{hidden}\"")));
        assert_eq!(part(&value, "userhash"), Some("true"));
    }

    #[test]
    fn the_strongest_that_is_known() {
        let md5 = "Digest realm=r, nonce=md5, qop=auth";
        let sha = "Digest realm=r, nonce=sha, qop=auth, algorithm=sha-256";
        let other = "Digest realm=r, nonce=x, qop=auth, algorithm=SHA-512-256";
        let nonce = |lines: &[&str]| choose(lines).map(|digest| digest.nonce);
        assert_eq!(nonce(&[other, md5, sha]).as_deref(), Some("sha"));
        assert_eq!(nonce(&["Basic realm=r", other, md5]).as_deref(), Some("md5"));
        for lacking in [
            other,
            "Basic realm=r",
            "Digest realm=r",
            "Digest nonce=n",
            "Digest realm=r, nonce=n, qop=\"auth-int\"",
        ] {
            assert_eq!(nonce(&[lacking]), None, "{lacking}");
        }
        assert!(choose(&["Digest realm=r, nonce=n, stale=TRUE"]).unwrap().is_stale);
    }
}
