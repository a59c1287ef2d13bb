//! HTTP authentication (RFC 9110 11): the challenges of a server or a proxy, and the answers.

mod authenticator;
mod challenge;
mod credentials;
mod digest;

pub use self::authenticator::{Authenticator, Next};
pub use self::challenge::challenges;
pub use self::credentials::Credentials;
