//! The authorities that the system trusts, where the system itself applies them in each handshake.

use crate::error::Error;
use crate::tls::Roots;

/// Why there are none.
#[allow(dead_code)] // The interface is that of roots_openssl.rs.
pub enum Lack {
    Absent(Error),
    Unreadable(Error),
}

/// None that would have to be named: the system adds its own.
pub fn system() -> Result<Roots, Lack> {
    Ok(Roots)
}
