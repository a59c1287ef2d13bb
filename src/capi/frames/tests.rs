use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::capi::host::HostHandler;
use crate::connection::DataType;
use crate::process::ThreadToken;
use crate::protocol::{Batch, MessageKind};
use crate::queue::{Attached, Recipient};

/// A connection with a defect that can be switched on.
struct Faulty {
    host: Attached,
    waiting: AtomicUsize,
    queued: AtomicUsize,
    is_faulty: AtomicBool,
}

impl Recipient for Faulty {
    fn id(&self) -> i32 {
        1
    }
    fn kind(&self) -> Kind {
        Kind::Push
    }
    fn waiting(&self) -> &AtomicUsize {
        &self.waiting
    }
    fn queued(&self) -> &AtomicUsize {
        &self.queued
    }
    fn is_muted(&self) -> bool {
        assert!(!self.is_faulty.swap(false, Ordering::Relaxed), "a defect");
        false
    }
    fn is_discarded(&self) -> bool {
        false
    }
    fn host(&self) -> &Attached {
        &self.host
    }
    fn read(&self, _: usize) {}
    fn settled(&self, _: &Event) {}
}

fn payload(call: &Call) -> Vec<u8> {
    // SAFETY: the event has that many bytes while its entry is being delivered.
    unsafe { std::slice::from_raw_parts(call.event.data.cast::<u8>(), call.event.length as usize) }
        .to_vec()
}

/// Polls until there is nothing more. In the first poll, the defect comes after `good` messages.
fn delivered(good: usize, by_the_short_way: bool) -> Vec<Vec<u8>> {
    let faulty = Arc::new(Faulty {
        host: HostHandler::pull(DataType::Text, std::ptr::null_mut()).attach(),
        waiting: AtomicUsize::new(0),
        queued: AtomicUsize::new(0),
        is_faulty: AtomicBool::new(false),
    });
    let recipient: Arc<dyn Recipient> = Arc::clone(&faulty) as _;
    let queue = Arc::new(Queue::new(1, Some(ThreadToken::current())));
    queue.expect(recipient.as_ref());
    for two in [[b"a", b"b"], [b"c", b"d"]] {
        let mut batch = Box::<Batch>::default();
        two.iter().for_each(|one| batch.push(MessageKind::Text, &one[..]).unwrap());
        assert!(queue.push(&recipient, Event::Messages(batch)));
    }
    let mut all = Vec::new();
    for poll in 0..2 {
        begin(Poller::enter(Arc::clone(&queue)).unwrap());
        let mark = sys::here();
        let mut turn = first(mark, false).unwrap();
        while let Some((mut call, delivery)) = turn {
            all.push(payload(&call));
            faulty.is_faulty.store(poll == 0 && all.len() == good, Ordering::Relaxed);
            let next = catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: it lives until `end`.
                if by_the_short_way && unsafe { &*delivery }.follow(&mut call) {
                    return Ok(Some((call, delivery)));
                }
                next(mark)
            }));
            let Ok(next) = next else { break };
            turn = next.unwrap();
        }
        end(mark);
    }
    all
}

#[test]
fn a_defect_between_two_deliveries_delivers_nothing_twice_and_loses_nothing() {
    for good in 1..4 {
        for by_the_short_way in [false, true] {
            let all = delivered(good, by_the_short_way);
            assert_eq!(all, [b"a", b"b", b"c", b"d"], "after {good}, {by_the_short_way}");
        }
    }
}
