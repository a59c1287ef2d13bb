//! The threads that do the I/O. A worker serves one queue or several. It starts with the first
//! connection of a queue and ends some time after the last.

mod baton;
mod crew;
mod dialing;
mod driver;
mod engine;
mod hesitation;
mod link;
mod network;
mod reconnect;
mod seats;
mod session;
mod shared;
mod sleep;
mod station;
mod thread;
mod timers;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

pub use self::crew::Crew;
use self::engine::Engine;
use self::station::Station;
use crate::connection::{Command, Mailbox, Seat};
use crate::error::{Code, Error, Result};
use crate::queue::Queue;

/// A queue and its worker.
pub struct Pair {
    pub queue: Arc<Queue>,
    crew: Arc<Crew>,
    /// The last station of the queue. Its lock decides between a new connection and the end of the
    /// queue.
    station: Mutex<Weak<Station>>,
}

impl Pair {
    pub fn new(queue: Queue, crew: Arc<Crew>) -> Pair {
        Pair { queue: Arc::new(queue), crew, station: Mutex::default() }
    }

    fn station(&self) -> MutexGuard<'_, Weak<Station>> {
        self.station.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the command of `make` to a worker, and starts the worker if there is none.
    pub fn launch(
        &self,
        make: impl FnOnce(&Arc<Mailbox>, &Arc<Seat>) -> Result<Command>,
    ) -> Result<()> {
        let mut station = self.station();
        // Checked under the lock that `orphan` also takes.
        if self.queue.is_closed() {
            return Err(Error::ws(Code::NoSuchId, "the queue has just been freed"));
        }
        let mut make = Some(make);
        loop {
            let current = station.upgrade().map(|station| Arc::clone(station.engine()));
            let engine = match current.filter(|engine| !engine.mailbox().is_lost()) {
                Some(engine) => engine,
                None => self.crew.engine_for(&self.queue)?,
            };
            let admitted = engine.seats().admit(&self.queue, |seat, is_new| {
                if is_new {
                    let new = Arc::new(Station::new(&engine, &self.queue, seat));
                    *station = Arc::downgrade(&new);
                    self.queue.set_engine(Some(new));
                }
                make.take().map_or(Ok(()), |make| begin(&engine, make(engine.mailbox(), seat)?))
            });
            match admitted {
                Some(begun) => return begun,
                // The worker has just ended: start another.
                None => *station = Weak::new(),
            }
        }
    }

    /// Closes the connections, because the queue's thread has ended or the queue was freed.
    pub fn orphan(&self) {
        if let Some(station) = self.station().upgrade() {
            let engine = station.engine();
            engine.seats().hurry(&self.queue);
            engine.mailbox().send(Command::Orphaned(Arc::clone(&self.queue)));
        }
    }
}

fn begin(engine: &Engine, command: Command) -> Result<()> {
    let connection = match &command {
        Command::Open(connection, ..) => Some(Arc::clone(connection)),
        _ => None,
    };
    engine.recall_if_shared();
    engine.mailbox().send(command);
    if engine.mailbox().is_lost() {
        if let Some(connection) = connection {
            connection.strand_if_lost();
        }
    }
    Ok(())
}
