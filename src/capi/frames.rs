//! The calls of `ws_poll` that are on this thread's stack, and the event that each of
//! them is delivering.
//!
//! A callback may leave by an exception or `longjmp`, and then `ws_poll` never returns
//! and may drop nothing. So what is being delivered is parked here, and each frame
//! remembers where on the stack its call is. Who comes next reaps those whose call is not
//! there any more: the event counts as delivered, and what else they held goes back.

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
    /// Where on the stack `pump` is, once it runs.
    mark: usize,
    poller: Poller,
    delivery: Rc<Delivery>,
    view: View,
}

/// The calling thread is the queue's poller, until this is dropped.
pub struct Poller(Arc<Queue>);

impl Poller {
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

/// What a call of `ws_poll` is delivering. It stays where it is, whatever comes above the call.
#[derive(Default)]
pub struct Delivery {
    entry: RefCell<Option<Entry>>,
    /// The entry's event to deliver next.
    index: Cell<usize>,
    /// Of the process: in one that a callback forks, nothing more is delivered.
    generation: u32,
    /// Another call has begun above this one, and may have been left.
    is_disturbed: Cell<bool>,
}

struct Frames(Vec<Frame>);

thread_local! {
    static FRAMES: RefCell<Frames> = const { RefCell::new(Frames(Vec::new())) };
}

/// Gives back what calls held that were left without returning. `mark` is a place on the
/// caller's stack, `pump` the function whose calls the frames belong to.
pub fn reap(mark: usize, pump: usize) {
    // A call that encloses this one is further up, and still there.
    discard(|innermost| innermost <= mark || !sys::is_live(innermost, pump));
}

/// The same for the call that `mark` belongs to: what is deeper on the stack is gone.
fn reap_below(mark: usize) {
    discard(|innermost| innermost < mark);
}

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

/// Begins a call that delivers, until `end`.
pub fn begin(poller: Poller) {
    let delivery = Rc::new(Delivery { generation: process::generation(), ..Delivery::default() });
    with(|frames| frames.push(Frame { mark: 0, poller, delivery, view: View::default() }));
}

/// The innermost call is about to call back, from the function in which `mark` is: its first
/// event. With several to deliver, what they are answered with is gathered.
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

/// The next event that the call at `mark` delivers, if there is one.
pub fn next(mark: usize) -> Result<Option<(Call, *const Delivery)>> {
    reap_below(mark);
    with(|frames| frames.next(mark)).unwrap_or(Ok(None))
}

impl Delivery {
    /// The short way from one message to the next of the same entry: false if there is none, or
    /// if something has to be seen to first.
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

/// The thread is ending, and nothing can be delivered on it any more.
pub fn are_gone() -> bool {
    with(|_| ()).is_none()
}

/// Whether a callback of that connection is on this thread's stack.
pub fn is_delivering_to(ws: i32) -> bool {
    let is_its = |frame: &Frame| {
        let entry = frame.delivery.entry.borrow();
        entry.as_ref().is_some_and(|entry| entry.recipient.id() == ws)
    };
    with(|frames| frames.0.iter().any(is_its)).unwrap_or(false)
}

/// Forgets the frames of a process that this one was forked from: to touch what they
/// hold could wait for ever.
pub fn forget() {
    with(|frames| std::mem::forget(std::mem::take(&mut frames.0)));
}

impl Drop for Frame {
    /// What was not delivered goes back, in front.
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

/// In a thread that is being destroyed there are no calls, and there can be none.
fn with<T>(body: impl FnOnce(&mut Frames) -> T) -> Option<T> {
    FRAMES.try_with(|frames| body(&mut frames.borrow_mut())).ok()
}
