//! A thread's spare send buffer, kept for its next message. Its memory is still in the nearest
//! cache, and need not be allocated again.

use std::cell::Cell;

/// The largest buffer that is kept.
const MOST: usize = 256 * 1024;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Moves the contents of `buffer` to the thread's spare buffer, if that is larger.
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
        // A thread that is ending keeps no buffer.
        let _ = SPARE.try_with(|spare| spare.set(buffer));
    }
}
