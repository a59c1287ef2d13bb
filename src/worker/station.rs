//! The loop as one of its queues sees it.

use std::sync::Arc;
use std::time::Duration;

use super::engine::Engine;
use crate::connection::{Command, Held, Seat};
use crate::queue::{self, Queue, Turn};
use crate::sys::WakePipe;

pub struct Station {
    engine: Arc<Engine>,
    queue: Arc<Queue>,
    seat: Arc<Seat>,
}

impl Station {
    pub fn new(engine: &Arc<Engine>, queue: &Arc<Queue>, seat: &Arc<Seat>) -> Station {
        Station { engine: Arc::clone(engine), queue: Arc::clone(queue), seat: Arc::clone(seat) }
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }
}

impl queue::Engine for Station {
    fn rouse(&self) {
        self.engine.mailbox().send(Command::Wakeup);
    }

    fn announce(&self) {
        self.engine.announce(&self.queue);
    }

    fn is_lost(&self) -> bool {
        self.engine.mailbox().is_lost()
    }

    fn turn(&self, timeout: Option<Duration>, is_watched: bool) -> Turn {
        self.engine.turn(&self.queue, &self.seat, timeout, is_watched)
    }

    fn hold(&self) {
        self.engine.mailbox().send(Command::Hold(Held::Messages(Arc::clone(&self.queue))));
    }

    fn watch(&self, pipe: &Arc<WakePipe>) {
        self.engine.mailbox().send(Command::Watch(Arc::clone(pipe)));
    }

    fn cork(&self) {
        self.seat.gathering.cork();
    }

    fn uncork(&self) -> bool {
        self.seat.gathering.uncork()
    }

    fn flush(&self) {
        self.seat.gathering.flush();
    }
}
