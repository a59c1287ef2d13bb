//! The hand-over of the loop, and what is gathered, under a scheduler that tries many orders of
//! the threads' steps. The code is the library's own; the network, the mailbox and the
//! connection are models.

#![allow(dead_code, unused_imports)] // the library's files are here as they are

#[path = "../src/worker/baton.rs"]
mod baton;
#[path = "../src/worker/engine.rs"]
mod engine;
#[path = "../src/error.rs"]
mod error;
#[path = "../src/connection/gathering.rs"]
mod gathering;
#[path = "../src/headroom.rs"]
mod headroom;
#[path = "../src/ids.rs"]
mod ids;
#[path = "../src/queue/mod.rs"]
mod queue;
#[path = "../src/connection/seat.rs"]
mod seat;
#[path = "../src/worker/seats.rs"]
mod seats;
#[path = "../src/worker/station.rs"]
mod station;
#[path = "../src/sys/mod.rs"]
mod sys;
#[allow(dead_code)]
#[path = "../src/words.rs"]
mod words;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use hostws::protocol;
use shuttle::thread;

use self::baton::Baton;
use self::connection::{Command, Connection, Mailbox};
use self::driver::{Driver, Patience};
use self::engine::Engine;
use self::queue::{
    Attached, Event, Goal, Kind, Pong, Queue, Recipient, Turn, Turned, Wait, Waited,
};
use self::seats::Swept;
use self::station::Station;
use self::sync::atomic::AtomicBool;
use self::sync::{Condvar, Mutex};

/// What the library takes from the standard library, from the scheduler.
mod sync {
    use crate::sys::{Roused, WakePipe};
    pub use shuttle::sync::{atomic, Mutex, MutexGuard};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, LockResult};
    use std::time::{Duration, Instant};

    #[derive(Default)]
    pub struct Condvar(Arc<shuttle::sync::Condvar>);

    pub struct TimedOut(bool);

    impl TimedOut {
        pub fn timed_out(&self) -> bool {
            self.0
        }
    }

    /// Where the library has a descriptor.
    #[derive(Default)]
    pub struct Notifier {
        is_notified: Mutex<bool>,
        changed: shuttle::sync::Condvar,
    }

    impl Notifier {
        pub fn new() -> std::io::Result<Notifier> {
            Ok(Notifier::default())
        }

        pub fn notify(&self) {
            *self.is_notified.lock().unwrap() = true;
            self.changed.notify_all();
        }

        pub fn clear(&self) {
            *self.is_notified.lock().unwrap() = false;
        }
    }

    /// It ends by a notification alone.
    pub struct Sleep(Arc<Notifier>);

    impl Sleep {
        pub fn new(
            notifier: Option<&Arc<Notifier>>,
            _: Option<&Arc<WakePipe>>,
            _: Option<Instant>,
        ) -> Sleep {
            Sleep(Arc::clone(notifier.unwrap()))
        }

        pub fn run(self) -> Roused {
            let mut is_notified = self.0.is_notified.lock().unwrap();
            while !*is_notified {
                is_notified = self.0.changed.wait(is_notified).unwrap();
            }
            Roused::Normally
        }
    }

    pub use super::kernel::{socket_pair, DescriptorSet, PairEnd};

    impl Condvar {
        pub fn new() -> Condvar {
            Condvar::default()
        }

        pub fn notify_one(&self) {
            self.0.notify_one();
        }

        pub fn notify_all(&self) {
            self.0.notify_all();
        }

        pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
            self.0.wait(guard)
        }

        /// The time is up whenever the scheduler wants it: a clock of its own says so.
        pub fn wait_timeout<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            _: Duration,
        ) -> LockResult<(MutexGuard<'a, T>, TimedOut)> {
            let (is_up, is_over) =
                (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
            let clock = {
                let (changed, is_up, is_over) =
                    (Arc::clone(&self.0), Arc::clone(&is_up), Arc::clone(&is_over));
                shuttle::thread::spawn(move || {
                    while !is_over.load(Ordering::SeqCst) {
                        is_up.store(true, Ordering::SeqCst);
                        changed.notify_all();
                        shuttle::thread::yield_now();
                    }
                })
            };
            let guard = self.0.wait(guard).unwrap();
            let timed_out = TimedOut(is_up.load(Ordering::SeqCst));
            is_over.store(true, Ordering::SeqCst);
            drop(clock);
            Ok((guard, timed_out))
        }
    }
}

/// Which descriptors are readable.
mod kernel {
    use shuttle::sync::{Condvar, Mutex};
    use std::collections::{HashMap, HashSet};
    use std::io;

    #[derive(Default)]
    struct Kernel {
        last: isize,
        readable: HashSet<isize>,
        sets: HashMap<isize, HashSet<isize>>,
    }

    shuttle::lazy_static! {
        static ref KERNEL: Mutex<Kernel> = Mutex::default();
        static ref CHANGED: Condvar = Condvar::new();
    }

    impl Kernel {
        fn is_readable(&self, number: isize) -> bool {
            let members = self.sets.get(&number);
            self.readable.contains(&number)
                || members.is_some_and(|members| members.iter().any(|it| self.is_readable(*it)))
        }
    }

    pub fn new_number() -> isize {
        let mut kernel = KERNEL.lock().unwrap();
        kernel.last += 1;
        kernel.last
    }

    pub fn is_readable(number: isize) -> bool {
        KERNEL.lock().unwrap().is_readable(number)
    }

    pub fn set_readable(number: isize, is_readable: bool) {
        let mut kernel = KERNEL.lock().unwrap();
        match is_readable {
            true => kernel.readable.insert(number),
            false => kernel.readable.remove(&number),
        };
        drop(kernel);
        CHANGED.notify_all();
    }

    /// Waits for ever if it never is, which the scheduler notices.
    pub fn wait_readable(number: isize) {
        let mut kernel = KERNEL.lock().unwrap();
        while !kernel.is_readable(number) {
            kernel = CHANGED.wait(kernel).unwrap();
        }
    }

    #[derive(Debug)]
    pub struct PairEnd {
        number: isize,
        other: isize,
    }

    pub fn socket_pair() -> io::Result<(PairEnd, PairEnd)> {
        let (one, other) = (new_number(), new_number());
        Ok((PairEnd { number: one, other }, PairEnd { number: other, other: one }))
    }

    impl PairEnd {
        pub fn number(&self) -> isize {
            self.number
        }

        pub fn holds_any(&self) -> bool {
            is_readable(self.number)
        }

        pub fn drain(&self) -> bool {
            KERNEL.lock().unwrap().readable.remove(&self.number)
        }

        pub fn write_byte(&self) {
            set_readable(self.other, true);
        }
    }

    #[derive(Debug)]
    pub struct DescriptorSet(isize);

    impl DescriptorSet {
        pub fn new() -> io::Result<DescriptorSet> {
            Ok(DescriptorSet(new_number()))
        }

        pub fn number(&self) -> isize {
            self.0
        }

        fn change(&self, change: impl FnOnce(&mut HashSet<isize>) -> bool) -> io::Result<()> {
            assert!(change(KERNEL.lock().unwrap().sets.entry(self.0).or_default()));
            CHANGED.notify_all();
            Ok(())
        }

        pub fn add(&self, member: isize) -> io::Result<()> {
            self.change(|members| members.insert(member))
        }

        pub fn remove(&self, member: isize) -> io::Result<()> {
            self.change(|members| members.remove(&member))
        }
    }
}

mod process {
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct ThreadToken(usize);

    static NEXT: AtomicUsize = AtomicUsize::new(1);
    shuttle::thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::SeqCst);
    }

    impl ThreadToken {
        pub fn current() -> ThreadToken {
            ThreadToken(NUMBER.with(|number| *number))
        }

        pub fn number(self) -> usize {
            self.0
        }
    }
}

mod log {
    macro_rules! line {
        ($level:ident, $words:expr) => {
            $crate::log::told($words)
        };
    }

    /// The library has caught a panic.
    pub fn told(words: &str) {
        panic!("{words}");
    }

    pub(crate) use line;
}

/// What the operating system holds: what a server has sent, and whether somebody rang.
struct Network {
    arrived: Mutex<Arrived>,
    changed: Condvar,
    descriptor: isize,
}

impl Default for Network {
    fn default() -> Network {
        let descriptor = kernel::new_number();
        Network { arrived: Mutex::default(), changed: Condvar::default(), descriptor }
    }
}

#[derive(Default)]
struct Arrived {
    messages: VecDeque<usize>,
    commands: VecDeque<Command>,
    /// A sleeping loop was told that there are commands.
    is_rung: bool,
    /// Pings, and how many of them were answered.
    pings: usize,
    pongs: usize,
    /// Messages that have left for the server.
    left: usize,
    /// Calls of a wake-up function.
    calls: usize,
}

impl Arrived {
    fn is_ready(&self) -> bool {
        self.is_rung || self.pings > self.pongs || !self.messages.is_empty()
    }
}

impl Network {
    fn change<T>(&self, change: impl FnOnce(&mut Arrived) -> T) -> T {
        let mut arrived = self.arrived.lock().unwrap();
        let changed = change(&mut arrived);
        kernel::set_readable(self.descriptor, arrived.is_ready());
        drop(arrived);
        self.changed.notify_all();
        changed
    }

    /// Waits for ever if it never comes, which the scheduler notices.
    fn wait_until(&self, holds: impl Fn(&Arrived) -> bool) {
        let mut arrived = self.arrived.lock().unwrap();
        while !holds(&arrived) {
            arrived = self.changed.wait(arrived).unwrap();
        }
    }
}

mod connection {
    use super::*;
    use crate::gathering::{Burst, Gathered};
    pub use crate::seat::{Load, Seat};

    pub enum Held {
        Messages(Arc<Queue>),
    }

    pub enum Command {
        Wakeup,
        Gathered(Arc<Seat>),
        Watch(Arc<crate::sys::WakePipe>),
        Hold(Held),
        /// Of a queue: a message comes for it from now on, too.
        Open(Arc<Connection>),
    }

    #[derive(Default)]
    pub struct Mailbox {
        pub(super) network: Arc<Network>,
        pub(super) asleep: AtomicBool,
    }

    impl Mailbox {
        pub fn is_lost(&self) -> bool {
            false
        }

        pub fn send(&self, command: Command) {
            self.network.change(|arrived| arrived.commands.push_back(command));
            if self.asleep.swap(false, Ordering::SeqCst) {
                self.network.change(|arrived| arrived.is_rung = true);
            }
        }

        pub fn doze(&self) {
            self.asleep.store(true, Ordering::SeqCst);
        }

        pub fn rise(&self) {
            self.asleep.store(false, Ordering::SeqCst);
        }

        pub fn has_mail(&self) -> bool {
            !self.network.arrived.lock().unwrap().commands.is_empty()
        }
    }

    pub struct Connection {
        me: std::sync::Weak<Connection>,
        id: i32,
        mailbox: Arc<Mailbox>,
        seat: Arc<Seat>,
        pub(super) queue: Arc<Queue>,
        outbox: Mutex<Outbox>,
        waiting: AtomicUsize,
        queued: AtomicUsize,
    }

    #[derive(Default)]
    struct Outbox {
        waiting: usize,
        is_gathered: bool,
        burst: Burst,
    }

    impl Connection {
        pub fn new(
            mailbox: &Arc<Mailbox>,
            seat: &Arc<Seat>,
            queue: &Arc<Queue>,
        ) -> Arc<Connection> {
            Arc::new_cyclic(|me| Connection {
                me: me.clone(),
                id: queue.id(),
                mailbox: Arc::clone(mailbox),
                seat: Arc::clone(seat),
                queue: Arc::clone(queue),
                outbox: Mutex::default(),
                waiting: AtomicUsize::new(0),
                queued: AtomicUsize::new(0),
            })
        }

        /// As the library's, where the socket takes everything.
        pub fn send(&self) {
            let gathering = &self.seat.gathering;
            let mut outbox = self.outbox.lock().unwrap();
            let was_quiet = outbox.waiting == 0;
            outbox.waiting += 1;
            let gathers = gathering.is_corked() || outbox.burst.is_long(gathering);
            if outbox.is_gathered || was_quiet && gathers {
                let was_gathered = std::mem::replace(&mut outbox.is_gathered, true);
                if !was_gathered && gathering.add(self.me.upgrade().unwrap()) {
                    self.mailbox.send(Command::Gathered(Arc::clone(&self.seat)));
                }
                return;
            }
            self.depart(&mut outbox);
        }

        /// The worker has done with it.
        pub fn close(&self) {
            self.seat.leave();
        }

        fn depart(&self, outbox: &mut Outbox) {
            let left = std::mem::take(&mut outbox.waiting);
            self.mailbox.network.change(|arrived| arrived.left += left);
        }
    }

    impl Gathered for Connection {
        fn flush_gathered(&self) {
            let mut outbox = self.outbox.lock().unwrap();
            if std::mem::take(&mut outbox.is_gathered) {
                self.depart(&mut outbox);
            }
        }
    }

    impl Recipient for Connection {
        fn id(&self) -> i32 {
            self.id
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
            false
        }
        fn is_discarded(&self) -> bool {
            false
        }
        fn host(&self) -> &Attached {
            unreachable!("only capi asks for it")
        }
        fn read(&self, _: usize) {}
        fn settled(&self, _: &Event) {}
    }
}

mod driver {
    use super::*;

    pub enum Patience<'a> {
        Own(Option<std::time::Duration>),
        Loan {
            timeout: Option<std::time::Duration>,
            seat: &'a Arc<connection::Seat>,
            is_watched: bool,
        },
    }

    /// Turns of a host that watches the loop's descriptor, in all orders.
    pub static WATCHED_TURNS: AtomicUsize = AtomicUsize::new(0);

    pub struct Driver {
        pub(super) mailbox: Arc<Mailbox>,
        /// What is said is for all of them.
        pub(super) connections: Vec<Arc<Connection>>,
        pub(super) gathered: Vec<Arc<connection::Seat>>,
        /// Messages that were read, but not decoded.
        pub(super) unfinished: VecDeque<usize>,
    }

    impl Driver {
        pub fn mailbox(&self) -> &Arc<Mailbox> {
            &self.mailbox
        }

        pub fn abandon(&mut self) {}

        pub fn descriptor(&self) -> Option<isize> {
            Some(self.mailbox.network.descriptor)
        }

        pub fn is_unfinished(&self) -> bool {
            !self.unfinished.is_empty()
        }

        pub fn turn(&mut self, patience: Patience<'_>) -> Turned {
            let network = Arc::clone(&self.mailbox.network);
            let timeout = match patience {
                Patience::Own(timeout) | Patience::Loan { timeout, .. } => timeout,
            };
            self.mailbox.doze();
            let waits = !self.mailbox.has_mail()
                && self.gathered.is_empty()
                && self.unfinished.is_empty()
                && timeout.is_none();
            if waits {
                network.wait_until(Arrived::is_ready);
            }
            self.mailbox.rise();
            let commands = network.change(|arrived| {
                arrived.pongs = arrived.pings;
                arrived.is_rung = false;
                self.unfinished.append(&mut arrived.messages);
                std::mem::take(&mut arrived.commands)
            });
            let is_watched = matches!(patience, Patience::Loan { is_watched: true, .. });
            if is_watched {
                WATCHED_TURNS.fetch_add(1, Ordering::SeqCst);
            }
            let count = if is_watched { 1 } else { self.unfinished.len() };
            let messages = self.unfinished.drain(..count.min(self.unfinished.len()));
            let messages = messages.collect::<Vec<_>>();
            let due = std::mem::take(&mut self.gathered);
            for command in commands {
                match command {
                    Command::Wakeup | Command::Watch(_) | Command::Hold(_) => {}
                    Command::Gathered(seat) => self.gathered.push(seat),
                    Command::Open(connection) => self.connections.push(connection),
                }
            }
            for number in messages {
                for connection in &self.connections {
                    let payload = number.to_be_bytes().to_vec();
                    let pong = Event::Pong(Box::new(Pong { payload, round_trip_us: 0 }));
                    let recipient: Arc<dyn Recipient> = Arc::clone(connection) as _;
                    connection.queue.push(&recipient, pong);
                }
            }
            due.iter().for_each(|seat| seat.gathering.flush_late());
            if let Patience::Loan { seat, .. } = patience {
                if seat.gathering.is_pending() {
                    self.gathered.push(Arc::clone(seat));
                }
            }
            Turned::Done
        }
    }
}

/// A queue, its worker and its one connection.
struct Whole {
    network: Arc<Network>,
    engine: Arc<Engine>,
    queue: Arc<Queue>,
    connection: Arc<Connection>,
    worker: thread::JoinHandle<()>,
}

impl Whole {
    fn start() -> Whole {
        let network = Arc::new(Network::default());
        let mailbox = Arc::new(Mailbox { network: Arc::clone(&network), ..Mailbox::default() });
        let engine = Arc::new(Engine::new(Driver {
            mailbox,
            connections: Vec::new(),
            gathered: Vec::new(),
            unfinished: VecDeque::new(),
        }));
        let queue = Arc::new(Queue::new(1, None));
        let connection = launch(&engine, &queue).unwrap();
        let worker = {
            let engine = Arc::clone(&engine);
            thread::spawn(move || work(&engine))
        };
        Whole { network, engine, queue, connection, worker }
    }

    fn poll(&self) -> Vec<usize> {
        poll(&self.queue)
    }

    fn wait(&self, goal: Goal) -> Waited {
        wait(&self.queue, goal)
    }

    fn say(&self, number: usize) {
        self.network.change(|arrived| arrived.messages.push_back(number));
    }

    /// The worker still does its part, with nobody's help, and ends when it is told to.
    fn end(self) {
        self.network.change(|arrived| arrived.pings += 1);
        self.network.wait_until(|arrived| arrived.pongs == arrived.pings);
        self.engine.seats().retire();
        self.connection.close();
        self.engine.mailbox().send(Command::Wakeup);
        self.worker.join().unwrap();
        assert!(launch(&self.engine, &self.queue).is_none(), "the worker has ended");
    }
}

/// Begins a connection of a queue, unless the worker has ended.
fn launch(engine: &Arc<Engine>, queue: &Arc<Queue>) -> Option<Arc<Connection>> {
    engine.seats().admit(queue, |seat, is_new| {
        if is_new {
            queue.set_engine(Some(Arc::new(Station::new(engine, queue, seat))));
        }
        let connection = Connection::new(engine.mailbox(), seat, queue);
        seat.enter();
        queue.expect(connection.as_ref());
        engine.recall_if_shared();
        engine.mailbox().send(Command::Open(Arc::clone(&connection)));
        connection
    })
}

/// What the worker's thread does.
fn work(engine: &Engine) {
    loop {
        engine.run_turn(Patience::Own(None));
        engine.lend();
        assert!(engine.take_due().iter().all(|queue| queue.call_wakeup()));
        let now = std::time::Instant::now();
        if engine.seats().must_sweep(None, now) {
            if let Swept::Nothing = engine.seats().sweep(now, Queue::needs_worker) {
                return;
            }
        }
    }
}

/// The host waits for the next events; none if it was woken.
fn poll(queue: &Arc<Queue>) -> Vec<usize> {
    poll_with(queue, Wait::new(Goal::Event(Kind::Push)))
}

/// The same without a wait.
fn poll_at_once(queue: &Arc<Queue>) -> Vec<usize> {
    let mut wait = Wait::new(Goal::Event(Kind::Push));
    wait.set_timeout(Some(std::time::Duration::ZERO));
    poll_with(queue, wait)
}

fn poll_with(queue: &Arc<Queue>, how: Wait) -> Vec<usize> {
    queue.enter().unwrap();
    let mut numbers = Vec::new();
    if let Waited::Ready(count) = run(queue, how) {
        queue.cork();
        for _ in 0..count {
            let entry = queue.take(Kind::Push, None).unwrap();
            if let Event::Pong(pong) = &entry.event {
                numbers.push(usize::from_be_bytes(pong.payload[..].try_into().unwrap()));
            }
            queue.recycle(entry);
        }
    }
    queue.leave();
    numbers
}

fn wait(queue: &Arc<Queue>, goal: Goal) -> Waited {
    run(queue, Wait::new(goal))
}

fn run(queue: &Arc<Queue>, mut wait: Wait) -> Waited {
    loop {
        match queue.wait(&mut wait, &|| false) {
            Waited::Asleep(sleeper, sleep) => {
                wait.rise(sleep.run());
                drop(sleeper);
            }
            waited => return waited,
        }
    }
}

/// Enough of them to find each of the faults that were put in for a trial.
const ORDERS: usize = 200;
/// More steps than this, and it goes on for ever.
const STEPS: usize = 100_000;

fn in_many_orders(body: impl Fn() + Send + Sync + 'static) {
    let mut config = shuttle::Config::default();
    config.max_steps = shuttle::MaxSteps::FailAfter(STEPS);
    let scheduler = shuttle::scheduler::RandomScheduler::new(ORDERS);
    shuttle::Runner::new(scheduler, config).run(body);
}

#[test]
fn the_loop_is_run_by_one_thread_at_a_time_and_comes_back() {
    in_many_orders(|| {
        let baton = Arc::new(Baton::default());
        let in_use = Arc::new(AtomicBool::new(false));
        let run = |in_use: &AtomicBool| {
            assert!(!in_use.swap(true, Ordering::SeqCst), "two threads run it");
            thread::yield_now();
            in_use.store(false, Ordering::SeqCst);
        };
        let host = {
            let (baton, in_use) = (Arc::clone(&baton), Arc::clone(&in_use));
            thread::spawn(move || {
                for _ in 0..6 {
                    assert!(!baton.begin(2), "it is lent to another queue");
                    if baton.begin(1) {
                        run(&in_use);
                        baton.end();
                    }
                }
            })
        };
        for _ in 0..3 {
            run(&in_use);
            baton.lend(1);
            baton.await_return(|| ());
            assert!(!baton.begin(1), "it is the worker's");
        }
        run(&in_use);
        host.join().unwrap();
    });
}

#[test]
fn whatever_arrives_is_delivered_in_order_and_the_worker_takes_over() {
    in_many_orders(|| {
        const COUNT: usize = 10;
        let whole = Arc::new(Whole::start());
        let server = {
            let whole = Arc::clone(&whole);
            thread::spawn(move || (0..COUNT).for_each(|number| whole.say(number)))
        };
        let mut next = 0;
        while next < COUNT {
            for number in whole.poll() {
                assert_eq!(number, next);
                next += 1;
            }
        }
        server.join().unwrap();
        Arc::into_inner(whole).unwrap().end();
    });
}

#[test]
fn a_host_with_its_own_loop_hears_of_all_and_the_worker_takes_over() {
    in_many_orders(|| {
        const COUNT: usize = 10;
        const BURST: usize = 8;
        let whole = Arc::new(Whole::start());
        let descriptor = whole.queue.loop_fd().unwrap();
        let server = {
            let whole = Arc::clone(&whole);
            thread::spawn(move || (0..COUNT).for_each(|number| whole.say(number)))
        };
        let sender = {
            let whole = Arc::clone(&whole);
            thread::spawn(move || (0..BURST).for_each(|_| whole.connection.send()))
        };
        let mut next = 0;
        while next < COUNT {
            kernel::wait_readable(descriptor);
            for number in poll_at_once(&whole.queue) {
                assert_eq!(number, next);
                next += 1;
            }
        }
        server.join().unwrap();
        sender.join().unwrap();
        // From here on the host does nothing any more.
        whole.network.wait_until(|arrived| arrived.left == BURST);
        whole.say(99);
        while whole.queue.pending() == 0 {
            thread::yield_now();
        }
        kernel::wait_readable(descriptor);
        let queue = Arc::clone(&whole.queue);
        Arc::into_inner(whole).unwrap().end();
        assert_eq!(poll_at_once(&queue), [99]);
        assert!(!kernel::is_readable(descriptor), "nothing is left");
    });
    assert!(driver::WATCHED_TURNS.load(Ordering::SeqCst) > 0, "the loop was lent to it");
}

#[test]
fn a_host_that_asks_for_the_other_descriptor_meanwhile_hears_of_all() {
    in_many_orders(|| {
        let whole = Arc::new(Whole::start());
        let looped = whole.queue.loop_fd().unwrap();
        for number in 0..4 {
            whole.say(number);
            let mut heard = Vec::new();
            while heard.is_empty() {
                kernel::wait_readable(looped);
                heard = poll_at_once(&whole.queue);
            }
            assert_eq!(heard, [number]);
        }
        let plain = whole.queue.fd().unwrap();
        for number in 4..7 {
            whole.say(number);
            kernel::wait_readable(plain);
            assert_eq!(poll_at_once(&whole.queue), [number]);
            assert!(!kernel::is_readable(plain));
        }
        Arc::into_inner(whole).unwrap().end();
    });
}

#[test]
fn a_wake_always_ends_a_wait() {
    in_many_orders(|| {
        let whole = Arc::new(Whole::start());
        // What makes the loop be lent.
        for number in 0..4 {
            whole.say(number);
            assert_eq!(whole.poll(), [number]);
        }
        let waker = {
            let whole = Arc::clone(&whole);
            thread::spawn(move || whole.queue.wake())
        };
        assert!(whole.poll().is_empty());
        waker.join().unwrap();
        Arc::into_inner(whole).unwrap().end();
    });
}

#[test]
fn what_is_gathered_leaves_whoever_sends_and_whoever_runs_the_loop() {
    in_many_orders(|| {
        const ROUNDS: usize = 5;
        const BURST: usize = 6;
        let whole = Arc::new(Whole::start());
        let other = {
            let whole = Arc::clone(&whole);
            thread::spawn(move || {
                for _ in 0..2 * BURST {
                    whole.connection.send();
                }
            })
        };
        for number in 0..ROUNDS {
            whole.say(number);
            assert_eq!(whole.poll(), [number]);
            for _ in 0..BURST {
                whole.connection.send();
            }
        }
        // From here on the host does nothing any more.
        whole.network.wait_until(|arrived| arrived.left == (ROUNDS + 2) * BURST);
        other.join().unwrap();
        Arc::into_inner(whole).unwrap().end();
    });
}

#[test]
fn what_other_threads_gather_leaves_while_the_host_waits_for_long() {
    in_many_orders(|| {
        const BURST: usize = 8;
        let whole = Arc::new(Whole::start());
        for number in 0..4 {
            whole.say(number);
            assert_eq!(whole.poll(), [number]);
        }
        let other = {
            let whole = Arc::clone(&whole);
            thread::spawn(move || {
                (0..BURST).for_each(|_| whole.connection.send());
                whole.network.wait_until(|arrived| arrived.left == BURST);
                whole.say(99);
            })
        };
        assert_eq!(whole.poll(), [99]);
        other.join().unwrap();
        Arc::into_inner(whole).unwrap().end();
    });
}

#[test]
fn a_thread_that_waits_by_sleeping_hears_of_each_change() {
    in_many_orders(|| {
        let whole = Arc::new(Whole::start());
        // One that polls, and one that only waits.
        let waiter = {
            let whole = Arc::clone(&whole);
            thread::spawn(move || assert!(matches!(whole.wait(Goal::Any), Waited::Ready(1))))
        };
        whole.say(7);
        waiter.join().unwrap();
        assert_eq!(whole.poll(), [7]);
        // Two that only wait: a wake ends one of them, and an event the other.
        let woken = Arc::new(AtomicUsize::new(0));
        let waiters = [0, 1].map(|_| {
            let (whole, woken) = (Arc::clone(&whole), Arc::clone(&woken));
            thread::spawn(move || {
                if matches!(whole.wait(Goal::Any), Waited::Woken) {
                    woken.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        whole.queue.wake();
        while woken.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        whole.say(8);
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(whole.poll(), [8]);
        Arc::into_inner(whole).unwrap().end();
    });
}

#[test]
fn a_borrowed_loop_goes_back_when_another_queue_comes() {
    in_many_orders(|| {
        let whole = Arc::new(Whole::start());
        // What makes the loop be lent.
        for number in 0..4 {
            whole.say(number);
            assert_eq!(whole.poll(), [number]);
        }
        let other = {
            let whole = Arc::clone(&whole);
            thread::spawn(move || {
                let queue = Arc::new(Queue::new(2, None));
                let network = Arc::clone(&whole.network);
                let call = move || {
                    network.change(|arrived| arrived.calls += 1);
                    true
                };
                queue.on_wakeup(Some(Box::new(call)));
                let connection = launch(&whole.engine, &queue).unwrap();
                // It is its worker that calls, whoever ran the loop.
                let mut numbers = Vec::new();
                whole.say(7);
                while numbers.is_empty() {
                    numbers = poll(&queue);
                }
                assert_eq!(numbers, [7]);
                whole.network.wait_until(|arrived| arrived.calls > 0);
                connection.close();
            })
        };
        // The first one's host hears it as well, and waits for the next.
        assert_eq!(whole.poll(), [7]);
        other.join().unwrap();
        whole.say(8);
        assert_eq!(whole.poll(), [8]);
        Arc::into_inner(whole).unwrap().end();
    });
}

#[test]
fn a_connection_begins_at_a_worker_or_hears_that_it_has_ended() {
    in_many_orders(|| {
        let whole = Whole::start();
        let (engine, connection) = (Arc::clone(&whole.engine), Arc::clone(&whole.connection));
        let starter = {
            let engine = Arc::clone(&engine);
            thread::spawn(move || {
                let queue = Arc::new(Queue::new(2, None));
                launch(&engine, &queue).map(|connection| (queue, connection))
            })
        };
        engine.seats().retire();
        connection.close();
        engine.mailbox().send(Command::Wakeup);
        if let Some((queue, connection)) = starter.join().unwrap() {
            whole.say(1);
            assert_eq!(poll(&queue), [1]);
            connection.close();
            engine.mailbox().send(Command::Wakeup);
        }
        whole.worker.join().unwrap();
        assert!(engine.seats().have_ended());
    });
}

/// A loop whose turns come to the same each time.
struct Fixed(Turned);

impl queue::Engine for Fixed {
    fn rouse(&self) {}
    fn announce(&self) {}
    fn is_lost(&self) -> bool {
        false
    }
    fn hold(&self) {}
    fn turn(&self, _: Option<std::time::Duration>, _: bool) -> Turn {
        self.0.into()
    }
    fn watch(&self, _: &Arc<sys::WakePipe>) {}
    fn cork(&self) {}
    fn uncork(&self) -> bool {
        false
    }
    fn flush(&self) {}
}

/// A connection without a worker.
fn alone(queue: &Arc<Queue>) -> Arc<Connection> {
    let mailbox = Arc::new(Mailbox::default());
    let seat = Arc::new(connection::Seat::new(&Arc::default()));
    Connection::new(&mailbox, &seat, queue)
}

/// How the wait of a thread ends that runs the loop itself.
fn ride(turned: Turned, prepare: impl Fn(&Arc<Queue>)) -> Waited {
    let queue = Arc::new(Queue::new(1, None));
    let connection = alone(&queue);
    let recipient: Arc<dyn Recipient> = Arc::clone(&connection) as _;
    queue.expect(connection.as_ref());
    queue.set_engine(Some(Arc::new(Fixed(turned))));
    queue.enter().unwrap();
    let goal = Goal::Event(Kind::Push);
    while queue.lend_to_host(None, |_| false).is_none() {
        queue.push(&recipient, Event::Drain);
        assert!(matches!(queue.wait(&mut Wait::new(goal), &|| false), Waited::Ready(1)));
        queue.recycle(queue.take(Kind::Push, None).unwrap());
    }
    prepare(&queue);
    let waited = queue.wait(&mut Wait::new(goal), &|| false);
    queue.leave();
    waited
}

#[test]
fn a_signal_and_a_written_byte_end_the_wait_of_who_runs_the_loop() {
    in_many_orders(|| {
        assert!(matches!(ride(Turned::Interrupted, |_| ()), Waited::Interrupted));
        let woken = ride(Turned::Woken, |queue| {
            let fd = queue.wake_fd().unwrap() as i32;
            // SAFETY: one byte, to a descriptor that is open.
            assert_eq!(unsafe { libc::write(fd, [2_u8].as_ptr().cast(), 1) }, 1);
        });
        assert!(matches!(woken, Waited::Woken));
    });
}

/// Whether the loop is lent, in a burst, to a poller in that state.
fn lends_in_a_burst(prepare: impl Fn(&Arc<Queue>, &mut Wait) -> Option<queue::Sleeper>) -> bool {
    let queue = Arc::new(Queue::new(1, None));
    let connection = alone(&queue);
    let recipient: Arc<dyn Recipient> = Arc::clone(&connection) as _;
    queue.expect(connection.as_ref());
    queue.set_engine(Some(Arc::new(Fixed(Turned::Done))));
    queue.enter().unwrap();
    let mut wait = Wait::new(Goal::Event(Kind::Push));
    let sleeper = prepare(&queue, &mut wait);
    let say = || {
        let pong = Event::Pong(Box::new(Pong { payload: vec![0], round_trip_us: 0 }));
        queue.push(&recipient, pong);
    };
    say();
    assert!(queue.lend_to_host(None, |_| false).is_none(), "one event is no burst");
    (0..20).for_each(|_| say());
    let lent = queue.lend_to_host(None, |_| false).is_some();
    drop(sleeper);
    queue.end_loan();
    say();
    assert!(queue.lend_to_host(None, |_| false).is_none(), "once in each wait");
    while let Some(entry) = queue.take(Kind::Push, None) {
        queue.recycle(entry);
    }
    queue.leave();
    lent
}

#[test]
fn in_a_burst_the_loop_is_lent_to_who_was_woken_and_to_nobody_else() {
    in_many_orders(|| {
        let asleep = lends_in_a_burst(|queue, wait| match queue.wait(wait, &|| false) {
            Waited::Asleep(sleeper, _) => Some(sleeper),
            _ => panic!("nothing is there"),
        });
        assert!(asleep);
        assert!(!lends_in_a_burst(|_, _| None), "it is in a callback, perhaps for long");
    });
}

#[test]
fn a_queue_that_is_closed_while_a_callback_runs_holds_nothing() {
    in_many_orders(|| {
        let queue = Arc::new(Queue::new(1, None));
        let recipient: Arc<dyn Recipient> = alone(&queue);
        queue.expect(recipient.as_ref());
        for _ in 0..3 {
            queue.push(&recipient, Event::Drain);
            queue.push(
                &recipient,
                Event::Pong(Box::new(Pong { payload: vec![0], round_trip_us: 0 })),
            );
        }
        queue.enter().unwrap();
        let delivered = queue.take(Kind::Push, None).unwrap();
        queue.close();
        assert_eq!(queue.pending(), 0);
        queue.purge(recipient.as_ref());
        queue.put_back(delivered);
        queue.leave();
        assert_eq!(queue.pending(), 0);
    });
}
