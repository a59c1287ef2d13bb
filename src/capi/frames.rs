//! The calls of `ws_poll` that are on this thread's stack, and the event that each of
//! them is delivering.
//!
//! A callback may leave by an exception or `longjmp`, and then `ws_poll` never returns
//! and may drop nothing. So what is being delivered is parked here, and each frame
//! remembers where on the stack its call was: a frame that is not above the one who
//! looks is dead, its event counts as delivered, and what else it held goes back.

use std::cell::RefCell;
use std::sync::Arc;

use super::view::{Call, View};
use crate::error::{Code, Error, Result};
use crate::queue::{Entry, Kind, Queue};

struct Frame {
    /// The stack's depth in the call that made this frame: the stack grows downwards.
    mark: usize,
    queue: Arc<Queue>,
    entry: Option<Entry>,
    /// The entry's event to deliver next.
    index: usize,
    view: View,
}

#[derive(Default)]
struct Frames(Vec<Frame>);

thread_local! {
    static FRAMES: RefCell<Frames> = const { RefCell::new(Frames(Vec::new())) };
}

/// A place on the stack of the calling function.
#[inline(always)]
pub fn mark() -> usize {
    let here = 0u8;
    (&raw const here) as usize
}

/// Gives back what calls held that were left without returning.
pub fn reap(mark: usize) {
    while let Some(frame) = with(|frames| match frames.0.last() {
        Some(frame) if frame.mark <= mark => frames.0.pop(),
        _ => None,
    }) {
        frame.retire();
    }
}

/// Becomes the queue's poller until `end`.
pub fn begin(queue: Arc<Queue>, mark: usize) -> Result<()> {
    queue.enter()?;
    with(|frames| {
        frames.0.push(Frame { mark, queue, entry: None, index: 0, view: View::default() });
    });
    Ok(())
}

/// The next event that the innermost call delivers, if there is one.
pub fn next() -> Result<Option<Call>> {
    with(|frames| {
        let (frame, outer) = frames
            .0
            .split_last_mut()
            .ok_or_else(|| Error::ws(Code::Internal, "ws_poll is not on the stack"))?;
        let skipped = delivering(outer);
        loop {
            if let Some(entry) = &frame.entry {
                if !entry.is_muted() {
                    if let Some(call) = frame.view.show(entry, frame.index)? {
                        frame.index += 1;
                        return Ok(Some(call));
                    }
                }
                frame.entry = None;
            }
            match frame.queue.take(Kind::Push, &skipped) {
                Some(entry) => {
                    frame.index = entry.first;
                    frame.entry = Some(entry);
                }
                None => return Ok(None),
            }
        }
    })
}

/// Ends the innermost call.
pub fn end() {
    if let Some(frame) = with(|frames| frames.0.pop()) {
        frame.retire();
    }
}

/// The connections with a callback on this thread's stack.
pub fn busy() -> Vec<i32> {
    with(|frames| delivering(&frames.0))
}

fn delivering(frames: &[Frame]) -> Vec<i32> {
    frames.iter().filter_map(|frame| Some(frame.entry.as_ref()?.recipient.id())).collect()
}

/// Forgets the frames of a process that this one was forked from: to touch what they
/// hold could wait for ever.
pub fn forget() {
    with(|frames| std::mem::forget(std::mem::take(frames)));
}

impl Frame {
    /// What was not delivered goes back, in front.
    fn retire(mut self) {
        if let Some(mut entry) = self.entry.take() {
            if entry.len() > self.index && !entry.is_muted() {
                entry.first = self.index;
                self.queue.put_back(entry);
            }
        }
        self.queue.leave();
    }
}

/// In a thread that is being destroyed this panics, which the guard turns into an error.
fn with<T>(body: impl FnOnce(&mut Frames) -> T) -> T {
    FRAMES.with(|frames| body(&mut frames.borrow_mut()))
}
