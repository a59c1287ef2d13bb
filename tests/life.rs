//! The life of a connection under a scheduler that tries many orders of the threads' steps: OPEN
//! once, ERROR at most once, TERMINATE always, last, once. The code is the library's own; the
//! connection around it is a model.

#![allow(dead_code, unused_imports)] // the library's files are here as they are

#[path = "../src/connection/end_guard.rs"]
mod end_guard;
#[path = "../src/error.rs"]
mod error;
#[path = "../src/connection/life.rs"]
mod life;
#[path = "../src/connection/status.rs"]
mod status;
#[path = "../src/sys/mod.rs"]
mod sys;
#[path = "../src/words.rs"]
mod words;

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

use shuttle::thread;

use self::end_guard::Ends;
use self::life::{Life, Opening, Phase, Telling};
use self::queue::{Ending, Event};
use self::status::Status;
use self::sync::Mutex;

mod sync {
    pub use shuttle::sync::{atomic, Mutex, MutexGuard};
}

mod queue {
    #[derive(Debug)]
    pub struct Ending(pub u16);

    impl Ending {
        pub fn unclean(code: u16) -> Ending {
            Ending(code)
        }
    }

    #[derive(Debug)]
    pub enum Event {
        Open,
        Reconnected,
        Message,
        Error(crate::error::Error),
        Terminate(Ending),
    }
}

/// What stands for the library's connection: an outbox that counts, and a queue that records.
#[derive(Default)]
pub struct Connection {
    life: Life,
    outbox: Mutex<usize>,
    told: Mutex<Vec<Event>>,
}

type EndGuard = end_guard::EndGuard<Connection>;

impl Ends for Connection {
    fn is_over(&self) -> bool {
        self.life.is_over()
    }

    fn begin(&self) {}

    fn leave(&self) {}

    /// As the library's.
    fn abandon(self: &Arc<Self>) {
        let words = "a defect";
        self.emit(Event::Error(error::Error::ws(error::Code::Internal, words)));
        self.end(Ending::unclean(1006));
    }
}

impl Connection {
    fn life(&self) -> &Life {
        &self.life
    }

    /// As the library's.
    fn emit(&self, event: Event) {
        let telling = match event {
            Event::Open => Telling::Open,
            Event::Error(_) => Telling::Error,
            Event::Terminate(_) => Telling::Terminate,
            _ => Telling::Other,
        };
        if self.life.admits(telling) {
            self.told.lock().unwrap().push(event);
            self.life.queued(telling);
        }
    }

    fn end(&self, ending: Ending) {
        let outbox = self.outbox.lock().unwrap();
        self.life.close();
        drop(outbox);
        self.emit(Event::Terminate(ending));
    }

    fn open(&self) {
        let outbox = self.outbox.lock().unwrap();
        match self.life.open() {
            Some(Opening::First) => self.emit(Event::Open),
            Some(Opening::Again) => self.emit(Event::Reconnected),
            None => {}
        }
        drop(outbox);
    }

    fn lose(&self) {
        let outbox = self.outbox.lock().unwrap();
        self.life.suspend();
        drop(outbox);
    }

    fn fail(&self) {
        let words = "the network's";
        self.emit(Event::Error(error::Error::ws(error::Code::Lost, words)));
    }

    fn close(&self) {
        self.life.mute();
        let outbox = self.outbox.lock().unwrap();
        self.life.close();
        drop(outbox);
    }

    fn drain(&self) {
        let outbox = self.outbox.lock().unwrap();
        self.life.drain(false);
        drop(outbox);
    }

    /// What a sender learns under the lock stays true until it lets go.
    fn send(&self) {
        let mut outbox = self.outbox.lock().unwrap();
        if self.life.check_takes_messages().is_ok() {
            thread::yield_now();
            *outbox += 1;
            assert!(!self.life.is_closing() && !self.life.is_draining());
        }
    }

    /// Whoever asks without a lock finds in the queue what it is told is there.
    fn look(&self) {
        let (is_open_queued, is_told) = (self.life.is_open_queued(), self.life.is_told());
        let told = self.told.lock().unwrap();
        assert!(!is_open_queued || matches!(told.first(), Some(Event::Open)));
        assert!(!is_told || matches!(told.last(), Some(Event::Terminate(_))));
    }

    /// All that was told, to its end.
    fn check_order(&self) {
        let told = self.told.lock().unwrap();
        let mut is_open = false;
        let mut has_failed = false;
        let Some((Event::Terminate(_), before)) = told.split_last() else {
            panic!("no end: {told:?}");
        };
        for event in before {
            match event {
                Event::Open => assert!(!std::mem::replace(&mut is_open, true), "{told:?}"),
                Event::Error(_) => assert!(!std::mem::replace(&mut has_failed, true), "{told:?}"),
                Event::Message | Event::Reconnected => assert!(is_open, "{told:?}"),
                Event::Terminate(_) => panic!("a second end: {told:?}"),
            }
        }
        assert_eq!(self.life.status(), Status::Closed);
    }
}

fn in_many_orders(body: impl Fn() + Send + Sync + 'static) {
    shuttle::check_random(body, 1000);
}

/// Runs a connection as `run` says, while host threads do what `acts` say.
fn live(run: fn(&EndGuard), acts: &'static [fn(&Connection)]) {
    in_many_orders(move || {
        let connection = Arc::new(Connection::default());
        let guard = EndGuard::new(Arc::clone(&connection));
        let worker = thread::spawn(move || {
            run(&guard);
            // Whatever happened: the guard goes.
            drop(guard);
        });
        let hosts: Vec<_> = acts
            .iter()
            .map(|act| {
                let connection = Arc::clone(&connection);
                thread::spawn(move || act(&connection))
            })
            .collect();
        worker.join().unwrap();
        hosts.into_iter().for_each(|host| host.join().unwrap());
        connection.check_order();
        connection.life.forget();
        assert!(connection.life.is_forgotten() && connection.life.is_told());
    });
}

const HOSTS: &[fn(&Connection)] =
    &[Connection::close, Connection::drain, Connection::send, Connection::look];

#[test]
fn it_is_opened_lost_opened_again_and_ends() {
    let run = |guard: &EndGuard| {
        guard.open();
        if guard.life.is_open() {
            guard.emit(Event::Message);
        }
        guard.lose();
        guard.open();
        guard.fail();
        guard.fail();
        guard.end(Ending::unclean(1006));
        // Too late.
        guard.fail();
        guard.end(Ending::unclean(1000));
        assert!(matches!(guard.told.lock().unwrap().last(), Some(Event::Terminate(Ending(1006)))));
    };
    live(run, HOSTS);
}

#[test]
fn whoever_drops_it_tells_the_end() {
    // Without a word, in the middle, and after the error.
    live(|_| (), HOSTS);
    live(|guard| guard.open(), HOSTS);
    live(|guard| guard.fail(), HOSTS);
}

#[test]
fn a_panic_brings_the_end_too() {
    in_many_orders(|| {
        let connection = Arc::new(Connection::default());
        let guard = EndGuard::new(Arc::clone(&connection));
        let caught = catch_unwind(AssertUnwindSafe(move || {
            guard.open();
            // With no message, which would be printed each time.
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(caught.is_err());
        connection.check_order();
        let told = connection.told.lock().unwrap();
        assert!(
            matches!(&told[..], [Event::Open, Event::Error(_), Event::Terminate(_)]),
            "{told:?}"
        );
    });
}

#[test]
fn each_step_leads_where_it_should() {
    in_many_orders(|| {
        let life = Life::default();
        assert_eq!(life.status(), Status::Connecting);
        assert_eq!(life.open(), Some(Opening::First));
        assert_eq!(life.status(), Status::Connected);
        assert!(life.suspend() && !life.suspend());
        assert_eq!(life.status(), Status::Connecting);
        assert_eq!(life.open(), Some(Opening::Again));
        life.lose();
        assert!(life.drain(false) && !life.drain(false));
        assert!(!life.has_lost(), "from here on it speaks of what waits now");
        assert_eq!(life.status(), Status::Closing);
        assert!(life.check_takes_messages().is_err() && life.is_open());
        assert_eq!(life.close(), Some(Phase::Open));
        assert_eq!((life.close(), life.open()), (None, None));
        assert!(!life.suspend() && !life.drain(false));
        assert_eq!(life.status(), Status::Closing);
        assert!(life.admits(Telling::Terminate) && !life.admits(Telling::Terminate));
        assert!(!life.admits(Telling::Error) && !life.admits(Telling::Other));
        assert_eq!(life.status(), Status::Closed);
        // The queue may deliver it before it is said to be there.
        life.forget();
        life.queued(Telling::Terminate);
        assert!(life.is_forgotten());
    });
}
