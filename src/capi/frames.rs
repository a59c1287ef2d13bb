//! The calls of `ws_poll` on this thread's stack, and the event that each of them is delivering.
//!
//! A callback may leave by an exception or `longjmp`. `ws_poll` then never returns, and nothing on
//! its stack is dropped. Therefore the event being delivered is kept here, and each frame remembers
//! where its call is on the stack. The next call cleans up after calls that are no longer on the
//! stack: their event counts as delivered, and everything else they held is returned.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::view::{Call, View};
use crate::error::Result;
use crate::library;
use crate::process;
use crate::queue::{Entry, Event, Kind, Queue};
use crate::sys;

struct Frame {
    /// The position of `pump` on the stack, once it runs.
    mark: usize,
    poller: Poller,
    delivery: Rc<Delivery>,
    view: View,
}

/// The calling thread is the queue's poller until this is dropped.
pub struct Poller(Arc<Queue>);

impl Poller {
    #[inline]
    pub fn enter(queue: Arc<Queue>) -> Result<Poller> {
        queue.enter()?;
        Ok(Poller(queue))
    }

    pub fn queue(&self) -> &Arc<Queue> {
        &self.0
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// What a call of `ws_poll` is delivering. Its address does not change when further calls begin.
#[derive(Default)]
pub struct Delivery {
    entry: RefCell<Option<Entry>>,
    /// The index of the next event to deliver from the entry.
    index: Cell<usize>,
    /// The generation of the process. A process forked inside a callback delivers nothing more.
    generation: u32,
    /// Another call has begun above this one, and may have been left without returning.
    is_disturbed: Cell<bool>,
}

struct Frames(Vec<Frame>);

thread_local! {
    static FRAMES: RefCell<Frames> = const { RefCell::new(Frames(Vec::new())) };
}

/// Cleans up after calls that were left without returning. `mark` is a position on the caller's
/// stack, `pump` the function that the frames' calls run in.
pub fn reap(mark: usize, pump: usize) {
    // A call that encloses this one is further up the stack and still running.
    discard(|innermost| innermost <= mark || !sys::is_live(innermost, pump));
}

/// The same for the call at `mark`: everything deeper on the stack is gone.
#[inline]
fn reap_below(mark: usize) {
    discard(|innermost| innermost < mark);
}

#[inline]
fn discard(is_dead: impl Fn(usize) -> bool) {
    while let Some(dead) = with(|frames| {
        let innermost = frames.0.last()?.mark;
        is_dead(innermost).then(|| frames.0.pop()).flatten()
    })
    .flatten()
    {
        drop(dead);
    }
}

/// Whether this thread has no call of `ws_poll`, not even one that was left without returning.
pub fn are_none() -> bool {
    FRAMES.try_with(|frames| frames.borrow().0.is_empty()).unwrap_or(false)
}

/// Begins a call that delivers events, until `end`.
pub fn begin(poller: Poller) {
    let delivery = Rc::new(Delivery { generation: process::generation(), ..Delivery::default() });
    with(|frames| frames.push(Frame { mark: 0, poller, delivery, view: View::default() }));
}

/// Returns the first event of the innermost call, which is about to make callbacks from the
/// function at `mark`. If it has several events to deliver, the messages sent by their callbacks
/// are collected.
pub fn first(mark: usize, has_several: bool) -> Result<Option<(Call, *const Delivery)>> {
    with(|frames| {
        if let Some(frame) = frames.0.last_mut() {
            frame.mark = mark;
            if has_several {
                frame.poller.queue().cork();
            }
        }
        frames.next(mark)
    })
    .unwrap_or(Ok(None))
}

/// Returns the next event for the call at `mark`, if there is one.
pub fn next(mark: usize) -> Result<Option<(Call, *const Delivery)>> {
    reap_below(mark);
    with(|frames| frames.next(mark)).unwrap_or(Ok(None))
}

impl Delivery {
    /// The fast path from one message to the next of the same entry. False if there is none, or if
    /// something else must be handled first.
    #[inline]
    pub fn follow(&self, call: &mut Call) -> bool {
        if self.is_disturbed.get() || self.generation != process::generation() {
            return false;
        }
        let Ok(entry) = self.entry.try_borrow() else { return false };
        let Some(entry) = &*entry else { return false };
        let Event::Messages(batch) = &entry.event else { return false };
        let index = self.index.get();
        if entry.is_muted() || !call.show_message(batch, index) {
            return false;
        }
        self.index.set(index + 1);
        true
    }
}

/// Ends the call at `mark`.
pub fn end(mark: usize) {
    reap_below(mark);
    let ended = with(|frames| {
        let is_mine = frames.0.last().is_some_and(|frame| frame.mark == mark);
        is_mine.then(|| frames.0.pop())
    });
    drop(ended);
}

/// Whether the thread is ending, so that nothing can be delivered on it any more.
pub fn are_gone() -> bool {
    with(|_| ()).is_none()
}

/// Whether a callback of this connection is on this thread's stack.
pub fn is_delivering_to(ws: i32) -> bool {
    let is_its = |frame: &Frame| {
        let entry = frame.delivery.entry.borrow();
        entry.as_ref().is_some_and(|entry| entry.recipient.id() == ws)
    };
    with(|frames| frames.0.iter().any(is_its)).unwrap_or(false)
}

/// Forgets the frames that a forked process inherited: using what they hold could block for ever.
pub fn forget() {
    with(|frames| std::mem::forget(std::mem::take(&mut frames.0)));
}

impl Drop for Frame {
    /// Puts events that were not delivered back at the front of the queue.
    fn drop(&mut self) {
        if let Some(mut entry) = self.delivery.entry.take() {
            let index = self.delivery.index.get();
            if entry.len() > index && !entry.is_muted() {
                entry.first = index;
                self.poller.queue().put_back(entry);
            } else {
                self.poller.queue().recycle(entry);
            }
        }
    }
}

impl Frames {
    fn next(&mut self, mark: usize) -> Result<Option<(Call, *const Delivery)>> {
        let Some(frame) = self.0.last_mut() else { return Ok(None) };
        if frame.mark != mark {
            return Ok(None);
        }
        let delivery = &frame.delivery;
        delivery.is_disturbed.set(false);
        let mut current = delivery.entry.borrow_mut();
        loop {
            if let Some(entry) = &*current {
                if !entry.is_muted() {
                    if let Some(call) = frame.view.show(entry, delivery.index.get())? {
                        delivery.index.set(delivery.index.get() + 1);
                        return Ok(Some((call, Rc::as_ptr(delivery))));
                    }
                }
            }
            let delivered = current.take();
            match frame.poller.queue().take(Kind::Push, delivered) {
                Some(entry) => {
                    delivery.index.set(entry.first);
                    *current = Some(entry);
                }
                None => return Ok(None),
            }
        }
    }

    fn push(&mut self, frame: Frame) {
        if let Some(below) = self.0.last() {
            below.delivery.is_disturbed.set(true);
        }
        self.0.push(frame);
    }
}

impl Drop for Frames {
    /// The thread ended inside a callback.
    fn drop(&mut self) {
        if library::is_forked() {
            std::mem::forget(std::mem::take(&mut self.0));
        }
    }
}

/// None in a thread that is being destroyed: it has no calls and can have none.
fn with<T>(body: impl FnOnce(&mut Frames) -> T) -> Option<T> {
    FRAMES.try_with(|frames| body(&mut frames.borrow_mut())).ok()
}

#[cfg(test)]
mod tests;
