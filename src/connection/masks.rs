//! The masking keys of the frames that we send (RFC 6455 5.3).

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use crate::error::Result;
use crate::process;
use crate::protocol::MaskSource;
use crate::sys;

/// Calls `body` with the thread's own generator of masking keys. A generator for each connection
/// would take most of the connection's memory.
#[inline(always)]
pub fn with_masks<T>(body: impl FnOnce(&mut MaskSource) -> T) -> Result<T> {
    thread_local! {
        /// The generator, and the process that seeded it, because a forked child must not repeat
        /// its parent's keys. It is never dropped, so it can be used while its thread ends.
        static MASKS: RefCell<Option<(u32, ManuallyDrop<MaskSource>)>> =
            const { RefCell::new(None) };
    }
    MASKS.with(|cell| {
        let mut slot = cell.borrow_mut();
        let generation = process::generation();
        let masks = match &mut *slot {
            Some((seeded_in, masks)) if *seeded_in == generation => masks,
            other => {
                &mut other
                    .insert((generation, ManuallyDrop::new(sys::uncancelled(MaskSource::new)?)))
                    .1
            }
        };
        Ok(body(masks))
    })
}
