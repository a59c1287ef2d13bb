//! What the modes ask of a library.

use std::future::Future;

use bytes::Bytes;

use crate::bench::{Bench, Outcome, Result};

pub trait Client: Sized + 'static {
    /// Whether it has permessage-deflate.
    const DEFLATES: bool = false;

    /// On the runtime that this library is made for, in this thread.
    fn block_on<T>(future: impl Future<Output = T>) -> T;

    /// Waits for all, which make progress beside each other.
    async fn join_all<T: 'static>(futures: Vec<impl Future<Output = T> + 'static>) -> Vec<T>;

    async fn open(bench: &Bench) -> Result<Self>;

    /// The message may stay in a buffer until `flush`.
    async fn send(&mut self, message: &Bytes, is_text: bool) -> Outcome;

    async fn flush(&mut self) -> Outcome;

    /// Waits for a message and shows it to `look`.
    async fn receive<T>(&mut self, look: impl FnOnce(&[u8]) -> T) -> Result<T>;

    /// Whether another message has come already, as far as the library tells: then `receive` does not wait.
    fn has_more(&mut self) -> bool {
        false
    }

    async fn close(self) -> Outcome;
}
