//! What a worker's thread does from its start to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::driver::Patience;
use super::engine::Engine;
use super::seats::{Swept, LINGER};
use crate::log;
use crate::queue::{Neglect, Queue, NEGLECTED_AFTER};

/// How often a worker of several queues checks for neglected queues, if warnings are logged.
const WATCH: Duration = Duration::from_secs(1);
/// How soon a wake-up function that could not reach the host is called again.
const RETRY: Duration = Duration::from_millis(100);

/// Runs the loop until the worker ends. `call` calls a queue's wake-up function, and returns the
/// queue if the function must be called again.
pub fn work(engine: &Engine, call: impl Fn(Arc<Queue>) -> Option<Arc<Queue>>) {
    let mut untold = Vec::new();
    let mut sweep_at = Some(Instant::now() + LINGER);
    let mut watch_at = None;
    loop {
        watch(engine, &mut watch_at);
        let due = [sweep_at, watch_at].into_iter().flatten().min();
        let timeout = due.map(|at| at.saturating_duration_since(Instant::now()));
        let retry = (!untold.is_empty()).then_some(RETRY);
        engine.run_turn(Patience::Own([timeout, retry].into_iter().flatten().min()));
        engine.lend();
        // Also after a loan, because a function may have been set meanwhile.
        let due = std::mem::take(&mut untold).into_iter().chain(engine.take_due());
        untold.extend(due.filter_map(&call));
        if engine.mailbox().is_lost() {
            engine.seats().end(Queue::strand);
            return;
        }
        let now = Instant::now();
        if engine.seats().must_sweep(sweep_at, now) {
            match engine.seats().sweep(now, |queue| queue.needs_worker() || is_watched(queue)) {
                Swept::Nothing => return,
                Swept::Some(next) => sweep_at = next,
            }
        }
    }
}

/// Whether the worker may soon have to warn that nobody polls the queue.
fn is_watched(queue: &Queue) -> bool {
    log::wants(log::Level::Warning) && queue.is_watched()
}

/// Warns once about each queue with waiting events that nobody polls. `next` is when to check
/// again.
fn watch(engine: &Engine, next: &mut Option<Instant>) {
    if !log::wants(log::Level::Warning) {
        *next = None;
        return;
    }
    let now = Instant::now();
    let queues = engine.seats().queues();
    if queues.len() < 2 {
        *next = queues.first().and_then(|queue| warn_if_neglected(queue)).map(|rest| now + rest);
    } else if next.is_none_or(|at| at <= now) {
        for queue in &queues {
            warn_if_neglected(queue);
        }
        *next = Some(now + WATCH);
    }
}

/// Warns once if events wait and nobody polls. Returns how soon to check again.
fn warn_if_neglected(queue: &Queue) -> Option<Duration> {
    match queue.neglect() {
        Neglect::None => None,
        Neglect::In(rest) => Some(rest),
        Neglect::Now { pushed, pulled } => {
            let (count, id) = (pushed + pulled, queue.id());
            let (noun, verb) = if count == 1 { ("event", "waits") } else { ("events", "wait") };
            let fetch = match (pushed, pulled) {
                (_, 0) => "ws_poll()",
                (0, _) => "ws_next()",
                _ => "ws_poll() and ws_next()",
            };
            let seconds = NEGLECTED_AFTER.as_secs();
            log::line!(
                Warning,
                "{count} {noun} {verb} in queue {id}, which nobody has polled for {seconds} s: \
                 call {fetch} on its thread"
            );
            None
        }
    }
}
