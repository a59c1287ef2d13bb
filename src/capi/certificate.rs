//! The server's certificate, for programs that check it themselves.

use std::ffi::c_void;

use super::guard::answer_wide;
use super::memory;
use super::types::ws_id;
use crate::error::{Code, Error};
use crate::library;

/// Copies the server's own certificate, in DER. It is never a proxy's; after redirects it is the
/// last server's.
///
/// It is available from OPEN until on_terminate has returned. If the opening fails after the TLS
/// handshake (a key that is not in `tls_pins`, a refused upgrade), it is available from on_error
/// on. A certificate that `tls_verify` refuses is not available: the handshake ends with it.
///
/// @param ws      a connection whose on_terminate has not returned yet
/// @param buffer  gets the bytes, truncated if needed, and a NUL if there is room for it; may be
///                NULL if `size` is 0
/// @param size    bytes at `buffer`
/// @return the full length of the certificate in bytes, without the NUL; or HOSTWS_E_NOT_FOUND if
///         there is none, because the connection has no TLS or the handshake is not done;
///         HOSTWS_E_CLOSED, HOSTWS_E_NO_SUCH_ID, HOSTWS_E_ARGUMENT
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_peer_certificate(ws: ws_id, buffer: *mut c_void, size: i64) -> i64 {
    answer_wide(|| {
        let certificate = library::find(ws)?.peer_certificate().ok_or_else(|| {
            Error::ws(Code::NotFound, "there is no certificate: no TLS, or not that far")
        })?;
        // SAFETY: the header asks the caller for valid pointers.
        unsafe { memory::copy_bytes_out(&certificate, buffer, size) }
    })
}
