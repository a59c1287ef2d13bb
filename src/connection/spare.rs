//! A thread's spare send buffer: memory that was just written from is in the nearest cache, and
//! need not be got from the system again for the next message.

use std::cell::Cell;

/// A larger one is given back.
const MOST: usize = 256 * 1024;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The thread's spare buffer with what is in `buffer`, or that one if it is not smaller.
pub fn take_instead_of(buffer: Vec<u8>) -> Vec<u8> {
    let mut spare = SPARE.try_with(Cell::take).unwrap_or_default();
    if spare.capacity() <= buffer.capacity() {
        return buffer;
    }
    spare.extend_from_slice(&buffer);
    spare
}

/// Keeps an empty buffer for the thread's next message on any connection.
pub fn keep(buffer: Vec<u8>) {
    if buffer.capacity() <= MOST {
        // A thread that is being destroyed keeps nothing.
        let _ = SPARE.try_with(|spare| spare.set(buffer));
    }
}
