//! The synchronization primitives of code that depends on the order of threads. A test replaces
//! them by those of a scheduler that tries many orders: see `tests/interleavings.rs`.

pub use std::sync::{atomic, Condvar, Mutex, MutexGuard};

pub use crate::sys::{socket_pair, DescriptorSet, Notifier, PairEnd, Sleep};
