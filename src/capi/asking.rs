//! The host's answers to the library's questions.

use std::ffi::c_char;

use super::constants::HOSTWS_OK;
use super::guard::answer;
use super::memory;
use super::types::ws_id;
use crate::library;

/// Answers a question that an ASK event asked.
///
/// The opening waits for the answer, and `open_timeout_ms` runs on: without an answer in time, it
/// fails as if you had refused. For HOSTWS_ASK_RECONNECT, you have `open_timeout_ms` from the loss
/// of the connection. A question is also over when the connection closes. An answer applies to one
/// question and one request; the library does not remember it.
///
/// HOSTWS_ASK_CERTIFICATE: "accept", although something may be wrong with the certificate, or
/// "refuse" (1015). `tls_pins` must still match. If you accept a key that no authority vouches for,
/// store its `pin` and compare it the next time.
///
/// HOSTWS_ASK_CREDENTIALS: the value of the Authorization header, or of Proxy-Authorization for a
/// proxy, such as "Bearer abc" or "NTLM TlRMTVNT...". The request is repeated with this header, on
/// the same TCP connection if the other side keeps it open, as NTLM requires. If the answer is not
/// accepted, the next question follows, up to 16 challenges in one opening. Or
/// {"user":"me","password":"secret"}: the library answers the challenge with them, by Digest or
/// Basic. "refuse": the opening fails with the status.
///
/// HOSTWS_ASK_RECONNECT: "wait": the attempt comes after the delay, which began with the loss.
/// "now": it comes at once. "refuse": there is no attempt; on_error and on_terminate follow.
///
/// @param ws        a connection
/// @param question  the `code` of the ASK event
/// @param value     `length` bytes of UTF-8, copied; may be NULL if `length` is 0. An empty answer
///                  means "refuse"
/// @param length    at most 65,536 bytes; or -1 if `value` ends in a NUL
/// @return HOSTWS_OK; or HOSTWS_E_NOT_FOUND if this question is not open: it was answered, its time
///         is up, or a newer question replaced it; HOSTWS_E_ARGUMENT if the answer does not fit the
///         question, is too long, or could not be sent in a header: the question stays open;
///         HOSTWS_E_UTF8; HOSTWS_E_CLOSED if the status is Closing or Closed; HOSTWS_E_NO_SUCH_ID.
///         The message of an error never contains the answer
///
/// Blocks: never. Threads: any. From a callback: yes, also from the on_event that gets the
/// question. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn ws_answer(
    ws: ws_id,
    question: i32,
    value: *const c_char,
    length: i64,
) -> i32 {
    answer(|| {
        let connection = library::find(ws)?;
        // SAFETY: the header asks the caller for valid pointers.
        let value = unsafe { memory::text_of(value, length, "value") }?;
        connection.reply(question, value)?;
        Ok(HOSTWS_OK)
    })
}
