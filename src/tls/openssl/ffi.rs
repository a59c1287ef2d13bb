//! What the openssl crate has no words for.

use std::ffi::{c_char, c_int, c_long, c_void, CStr};
use std::ptr;

use foreign_types::ForeignTypeRef as _;
use openssl::ssl::{SslContextBuilder, SslRef};
use openssl::stack::StackRef;
use openssl::x509::store::X509StoreRef;
use openssl::x509::{X509Ref, X509StoreContextRef, X509};
use openssl_sys::{stack_st_X509, SSL, SSL_CTX, X509_STORE_CTX};

pub type Verifier = unsafe extern "C" fn(*mut X509_STORE_CTX, *mut c_void) -> c_int;

extern "C" {
    fn SSL_has_pending(ssl: *const SSL) -> c_int;
    fn SSL_rstate_string(ssl: *const SSL) -> *const c_char;
    fn SSL_free_buffers(ssl: *mut SSL) -> c_int;
    fn SSL_CTX_set_cert_verify_callback(
        context: *mut SSL_CTX,
        verifier: Verifier,
        argument: *mut c_void,
    );
    fn X509_STORE_CTX_get0_untrusted(context: *const X509_STORE_CTX) -> *mut stack_st_X509;
}

/// Whether bytes were read from the stream and not yet given out.
pub fn has_pending(session: &SslRef) -> bool {
    // SAFETY: the session lives, and the call only looks at it.
    unsafe { SSL_has_pending(session.as_ptr()) != 0 }
}

/// Whether no record was read in part: not even its header.
pub fn is_between_records(session: &SslRef) -> bool {
    // SAFETY: the session lives, the call only looks at it, and its answer is a constant.
    let state = unsafe { CStr::from_ptr(SSL_rstate_string(session.as_ptr())) };
    // It reads a header next.
    state == c"RH" && !has_pending(session)
}

/// Frees what the session has for reading and writing, if nothing is in it. It is made again.
pub fn free_buffers(session: &SslRef) {
    // OpenSSL itself asks only since 3.0.14, 3.1.6, 3.2.2 and 3.3.1 (CVE-2024-4741). Before, it frees
    // the header of a record whose rest has not arrived, and reads it later.
    if is_between_records(session) {
        // SAFETY: the session lives, and no call of it is running: its owner has `&mut` to its
        // stream.
        unsafe { SSL_free_buffers(session.as_ptr()) };
    }
}

/// Shows a certificate when the server asks for one long after the handshake (RFC 8446 4.6.2).
pub fn allow_late_authentication(context: &mut SslContextBuilder) {
    // SAFETY: the context lives, and nobody else has it yet.
    unsafe { openssl_sys::SSL_CTX_set_post_handshake_auth(context.as_ptr(), 1) }
}

/// Has certificates verified by this function.
pub fn set_verifier(context: &mut SslContextBuilder, verifier: Verifier) {
    // SAFETY: as above; the function needs no argument.
    unsafe { SSL_CTX_set_cert_verify_callback(context.as_ptr(), verifier, ptr::null_mut()) }
}

/// Stops the handshake after the verifier has returned 1, until it is advanced again: then the
/// verifier is called once more (SSL_set_retry_verify, a macro).
pub fn set_retry_verify(session: &SslRef) {
    const SET_RETRY_VERIFY: c_int = 136;
    // SAFETY: the session lives, and takes no argument with this.
    let _: c_long =
        unsafe { openssl_sys::SSL_ctrl(session.as_ptr(), SET_RETRY_VERIFY, 0, ptr::null_mut()) };
}

/// The chain as the server has sent it.
pub fn untrusted(context: &X509StoreContextRef) -> Vec<X509> {
    // SAFETY: the context lives, and with it the stack, if it has one.
    let chain = unsafe {
        let stack = X509_STORE_CTX_get0_untrusted(context.as_ptr());
        (!stack.is_null()).then(|| StackRef::<X509>::from_ptr(stack))
    };
    chain.into_iter().flatten().map(X509Ref::to_owned).collect()
}

/// Adds an authority to a store that is in use, which has a lock for that.
pub fn add_to_store(store: &X509StoreRef, certificate: &X509Ref) {
    // SAFETY: both live; the store takes a reference of its own.
    unsafe { openssl_sys::X509_STORE_add_cert(store.as_ptr(), certificate.as_ptr()) };
}
