//! A user and a password.

use data_encoding::BASE64;

/// A user and password, as bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: Vec<u8>,
    pub password: Vec<u8>,
}

impl Credentials {
    /// Whether HTTP can carry them: Basic and Digest put a colon between user and password.
    pub fn fits_http(&self) -> bool {
        !self.user.contains(&b':')
    }

    /// The value of the header for Basic (RFC 7617).
    pub fn basic(&self) -> String {
        let pair = [&self.user[..], b":", &self.password[..]].concat();
        format!("Basic {}", BASE64.encode(&pair))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic() {
        for (user, password, value) in [
            ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("user", "", "Basic dXNlcjo="),
            ("", "pw", "Basic OnB3"),
            ("a", "b:c", "Basic YTpiOmM="),
        ] {
            let credentials = Credentials { user: user.into(), password: password.into() };
            assert_eq!(credentials.basic(), value);
        }
    }
}
