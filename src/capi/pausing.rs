//! Stopping and resuming the reading of one connection.

use super::constants::HOSTWS_OK;
use super::guard::answer;
use super::memory;
use super::types::ws_id;
use crate::library;

/// Pauses or resumes reading from a connection. For a program that passes the events of one queue
/// on to several readers, one of which is slow.
///
/// While it is paused, the library reads nothing from the connection, so the server's writes stop
/// when the buffers of the operating systems are full. At most one read, up to 256 KiB, is still in
/// progress when the call returns. What is in the queue stays there and is still delivered, and so
/// are all other events. Sending works as usual. Pings of the server are not answered, and pongs
/// are not seen. The clocks of `ping_interval_ms`, `ping_timeout_ms` and `write_timeout_ms` stop,
/// and start from zero when reading resumes. If the server closes the connection or it is lost, the
/// library notices this after reading resumes, once it has read what came before. A call during the
/// opening takes effect when the connection is open. The pause stays in effect when the connection
/// is reopened.
///
/// The end is not delayed: after ws_terminate(), ws_abort() or ws_shutdown(), and when the queue's
/// thread has ended, reading resumes, received messages are dropped, and `close_timeout_ms`
/// applies. A full receive queue (`receive_queue_max`) also pauses reading; it resumes when neither
/// reason is left.
///
/// @param ws      a connection
/// @param paused  1: pause; 0: resume. Calls do not nest: one call resumes
/// @return HOSTWS_OK, even if nothing changes; or HOSTWS_E_ARGUMENT, HOSTWS_E_CLOSED if the status
///         is Closing or Closed, HOSTWS_E_NO_SUCH_ID
///
/// Blocks: never. Threads: any. From a callback: yes. After fork: HOSTWS_E_FORKED.
///
/// @since 0.1
#[no_mangle]
pub extern "C" fn ws_pause(ws: ws_id, paused: i32) -> i32 {
    answer(|| {
        let is_paused = memory::switch(paused, "paused")?;
        library::find(ws)?.pause(is_paused)?;
        Ok(HOSTWS_OK)
    })
}
