//! What the openssl crate has no words for.

use std::ffi::c_int;

use foreign_types::ForeignTypeRef as _;
use openssl::ssl::{SslContextBuilder, SslRef};
use openssl_sys::{SSL, SSL_CTX};

extern "C" {
    fn SSL_has_pending(ssl: *const SSL) -> c_int;
    fn SSL_CTX_set_default_read_buffer_len(context: *mut SSL_CTX, length: usize);
}

/// Whether bytes were read from the stream and not yet given out.
pub fn has_pending(session: &SslRef) -> bool {
    // SAFETY: the session lives, and the call only looks at it.
    unsafe { SSL_has_pending(session.as_ptr()) != 0 }
}

/// Sets how many bytes are read from the stream at once, with `set_read_ahead`.
pub fn set_read_buffer(context: &mut SslContextBuilder, length: usize) {
    // SAFETY: the context lives, and nobody else has it yet.
    unsafe { SSL_CTX_set_default_read_buffer_len(context.as_ptr(), length) }
}
