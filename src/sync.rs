//! What threads meet at where the order of their steps decides. A test puts a scheduler's in
//! this place, which tries many orders: see `tests/interleavings.rs`.

pub use std::sync::{atomic, Condvar, Mutex, MutexGuard};

pub use crate::sys::{Notifier, Sleep};
