//! The error of a wait that no event can end.

use super::LIBRARY;
use crate::error::{Code, Error};
use crate::queue::{Kind, Queue, Recipient};

/// Says why no event can come to that queue: which connections there are, and how to get their
/// events. With a `kind`, only events of that kind are waited for.
pub fn idle(queue: &Queue, kind: Option<Kind>) -> Error {
    let mut here = [0, 0];
    let (mut of_threads, mut of_queues) = (0, 0);
    for connection in LIBRARY.get().registry.all() {
        let home = connection.queue();
        match home.id() == queue.id() {
            true => here[connection.kind() as usize] += 1,
            false if home.is_owned() => of_threads += 1,
            false => of_queues += 1,
        }
    }
    let mut words = String::from("no connection is left that could ever bring an event");
    let mut separator = " here: ";
    let mut tell = |count: usize, one: &str, many: &str| {
        if count > 0 {
            let noun = if count == 1 { "connection" } else { "connections" };
            let rest = if count == 1 { one } else { many };
            words.push_str(&format!("{separator}{count} {noun} {rest}"));
            separator = "; ";
        }
    };
    for (other, count) in [Kind::Push, Kind::Pull].into_iter().zip(here) {
        match (kind, other) {
            (Some(Kind::Push), Kind::Pull) => tell(
                count,
                "has no callbacks: its events come by ws_next()",
                "have no callbacks: their events come by ws_next()",
            ),
            (Some(Kind::Pull), Kind::Push) => tell(
                count,
                "has callbacks: its events come by ws_poll()",
                "have callbacks: their events come by ws_poll()",
            ),
            _ => tell(count, "has a callback that runs now", "have callbacks that run now"),
        }
    }
    tell(of_threads, "belongs to another thread's queue", "belong to other threads' queues");
    tell(of_queues, "belongs to another queue", "belong to other queues");
    Error::ws(Code::Idle, words)
}
