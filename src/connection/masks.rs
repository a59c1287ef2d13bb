//! The masking keys of what is sent (RFC 6455 5.3).

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use crate::error::Result;
use crate::process;
use crate::protocol::MaskSource;

/// Masking keys are drawn by each thread for itself: a generator a connection would
/// be most of its memory.
pub fn with_masks<T>(body: impl FnOnce(&mut MaskSource) -> T) -> Result<T> {
    thread_local! {
        /// With the process that it was seeded in: a fork must not repeat its parent's keys.
        /// Never dropped, so that it is still there while its thread is destroyed.
        static MASKS: RefCell<Option<(u32, ManuallyDrop<MaskSource>)>> =
            const { RefCell::new(None) };
    }
    MASKS.with(|cell| {
        let mut slot = cell.borrow_mut();
        let generation = process::generation();
        let masks = match &mut *slot {
            Some((seeded_in, masks)) if *seeded_in == generation => masks,
            other => &mut other.insert((generation, ManuallyDrop::new(MaskSource::new()?))).1,
        };
        Ok(body(masks))
    })
}
