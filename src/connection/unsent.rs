//! What of the outbox has not left in whole: kept by a connection that is opened again when
//! it is lost, so that it can be sent anew.

use std::collections::VecDeque;

use crate::protocol::DataFrame;

/// A message or a fragment, with its payload as the host gave it.
pub type Kept = (DataFrame, Vec<u8>);

struct Frame {
    /// Where it ends, counted from the first byte that was ever sent.
    end: u64,
    /// `None`: a control frame, which is not sent again.
    message: Option<Kept>,
}

/// What is left of the host's messages.
#[derive(Default)]
pub struct Remains {
    pub frames: Vec<Kept>,
    /// The host is in the middle of a message whose beginning is gone.
    pub is_torn: bool,
    /// A message that the host had given in full lost its beginning, and is dropped.
    pub is_cut: bool,
}

#[derive(Default)]
pub struct Unsent {
    frames: VecDeque<Frame>,
    /// What of the stream is no longer in the buffer.
    base: u64,
    /// Where the last frame ends that has left in whole.
    left: u64,
    /// That frame leaves its message open.
    is_open: bool,
}

impl Unsent {
    /// A frame was appended to the buffer, which is `length` bytes long now.
    pub fn push(&mut self, length: usize, message: Option<Kept>) {
        self.frames.push_back(Frame { end: self.base + length as u64, message });
    }

    /// So much of the buffer was cut off at its front.
    pub fn cut(&mut self, bytes: usize) {
        self.base += bytes as u64;
    }

    /// So much of the buffer has left.
    pub fn leave(&mut self, written: usize) {
        let written = self.base + written as u64;
        while self.frames.front().is_some_and(|frame| frame.end <= written) {
            let Some(frame) = self.frames.pop_front() else { break };
            self.left = frame.end;
            if let Some((frame, _)) = frame.message {
                self.is_open = !frame.is_last;
            }
        }
        if self.frames.is_empty() {
            // A burst does not keep its memory.
            self.frames.shrink_to(8);
        }
    }

    /// Whether what has left ends with a whole frame.
    pub fn is_at_boundary(&self, written: usize) -> bool {
        self.left == self.base + written as u64
    }

    /// Takes out what is to be sent anew, and begins from the start.
    pub fn take(&mut self) -> Remains {
        let mut remains = Remains { is_torn: self.is_open, ..Remains::default() };
        for frame in std::mem::take(self).frames {
            let Some((frame, payload)) = frame.message else { continue };
            if !remains.is_torn {
                remains.frames.push((frame, payload));
            } else if frame.is_last {
                remains.is_torn = false;
                remains.is_cut = true;
            }
        }
        remains
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::MessageKind;

    fn fragment(is_first: bool, is_last: bool) -> DataFrame {
        DataFrame { is_first, is_last, ..DataFrame::whole(MessageKind::Text) }
    }

    fn named(name: u8, frame: DataFrame) -> Option<Kept> {
        Some((frame, vec![name]))
    }

    fn names(remains: &Remains) -> Vec<u8> {
        remains.frames.iter().map(|(_, payload)| payload[0]).collect()
    }

    #[test]
    fn what_left_in_whole_is_not_kept() {
        let whole = DataFrame::whole(MessageKind::Text);
        let mut unsent = Unsent::default();
        unsent.push(10, named(1, whole));
        unsent.push(15, None);
        unsent.push(25, named(2, whole));
        unsent.push(35, named(3, whole));
        unsent.leave(10);
        assert!(unsent.is_at_boundary(10));
        unsent.leave(20);
        assert!(!unsent.is_at_boundary(20));
        // The buffer is cut, and grows again.
        unsent.cut(20);
        unsent.push(25, named(4, whole));
        unsent.leave(5);
        let remains = unsent.take();
        assert_eq!((names(&remains), remains.is_torn, remains.is_cut), (vec![3, 4], false, false));
        assert!(unsent.is_at_boundary(0));
    }

    #[test]
    fn a_frame_that_left_in_part_is_kept() {
        let mut unsent = Unsent::default();
        unsent.push(10, named(1, fragment(true, false)));
        unsent.push(20, named(2, fragment(false, false)));
        unsent.leave(9);
        let remains = unsent.take();
        assert_eq!((names(&remains), remains.is_torn), (vec![1, 2], false));
    }

    #[test]
    fn a_message_whose_beginning_left_is_torn_until_its_end() {
        let whole = DataFrame::whole(MessageKind::Text);
        let mut unsent = Unsent::default();
        unsent.push(10, named(1, fragment(true, false)));
        unsent.push(20, named(2, fragment(false, false)));
        unsent.leave(12);
        let remains = unsent.take();
        assert_eq!((names(&remains), remains.is_torn, remains.is_cut), (vec![], true, false));

        unsent.push(10, named(1, fragment(true, false)));
        unsent.push(20, named(2, fragment(false, true)));
        unsent.push(30, named(3, whole));
        unsent.push(40, named(4, fragment(true, false)));
        unsent.leave(12);
        let remains = unsent.take();
        assert_eq!((names(&remains), remains.is_torn, remains.is_cut), (vec![3, 4], false, true));
    }
}
