//! The system's trusted authorities, where the system itself applies them in each handshake.

use crate::error::Error;
use crate::tls::Roots;

/// Why there are no roots.
#[allow(dead_code)] // The interface is that of roots_openssl.rs.
pub enum Lack {
    Absent(Error),
    Unreadable(Error),
}

/// Returns no roots: the system adds its own.
pub fn system() -> Result<Roots, Lack> {
    Ok(Roots)
}
