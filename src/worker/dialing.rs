//! A connection during its opening, and what it may wait for: its turn, a job on another thread,
//! the host.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Registry, Token};
use socket2::Socket;

use crate::connection::{Command, Connection, Mailbox, OpenQuestion};
use crate::dial::{
    DialConfig, Dialer, Failure, Jobs, Notes, Place, Prepared, Progress, Resources, Verdict,
};
use crate::error::Error;

pub struct Dialing {
    dialer: Dialer,
    /// The number of the attempt. Results for earlier attempts are ignored.
    number: u32,
    deadline: Option<Instant>,
    /// The question that waits for the host's answer.
    question: Option<OpenQuestion>,
}

impl Dialing {
    pub fn new(
        connection: &Connection,
        number: u32,
        config: Arc<DialConfig>,
        given: Option<Socket>,
        resources: &Arc<Resources>,
        now: Instant,
    ) -> Dialing {
        let notes = Notes::new(connection.id, connection.trail(&resources.trails));
        let dialer = Dialer::new(notes, config, Arc::clone(resources), given);
        let deadline = connection.limits.open_timeout.map(|timeout| now + timeout);
        Dialing { dialer, number, deadline, question: None }
    }

    /// Waits in line if too many other connections are opening.
    pub fn line_up(&mut self, connection: &Arc<Connection>, mailbox: &Arc<Mailbox>) {
        let (mailbox, connection) = (Arc::clone(mailbox), Arc::clone(connection));
        let number = self.number;
        self.dialer.line_up(Box::new(move |place| {
            mailbox.send(Command::Admitted(connection, number, place));
        }));
    }

    /// The attempt with that number has its turn. If this attempt is over, the place goes to the
    /// next in line.
    pub fn admitted(&mut self, number: u32, place: Place) {
        if number == self.number {
            self.dialer.admitted(place);
        }
    }

    /// Gives up its place among the openings, without using a socket.
    pub fn make_room(&mut self) {
        self.dialer.make_room();
    }

    /// The blocking part of the attempt with that number is done.
    pub fn prepared(&mut self, number: u32, prepared: Prepared) {
        if number == self.number {
            self.dialer.prepared(prepared);
        }
    }

    /// Proceeds as far as possible, with the host's answer if there is one.
    pub fn advance(
        &mut self,
        connection: &Connection,
        registry: &Registry,
        token: Token,
        now: Instant,
    ) -> Result<Progress, Box<Failure>> {
        if let Some(question) = &self.question {
            // A host that gets no more events cannot answer.
            let is_deaf = connection.life().is_muted();
            let verdict = question.verdict().or(is_deaf.then_some(Verdict::Refuse));
            if let Some(verdict) = verdict {
                self.question = None;
                self.dialer.answered(verdict);
            }
        }
        self.dialer.advance(registry, token, now)
    }

    /// Delegates what it cannot do itself: runs a job on another thread, or asks the host.
    pub fn delegate(
        &mut self,
        connection: &Arc<Connection>,
        mailbox: &Arc<Mailbox>,
        jobs: &Jobs,
    ) -> Result<(), Error> {
        if let Some(job) = self.dialer.take_job() {
            let (mailbox, connection) = (Arc::clone(mailbox), Arc::clone(connection));
            let number = self.number;
            let deliver =
                move |prepared| mailbox.send(Command::Prepared(connection, number, prepared));
            return jobs.submit(job.wait(), Box::new(move || job.run(deliver)));
        }
        if let Some(question) = self.dialer.take_question() {
            self.question = Some(connection.ask(question, Duration::ZERO));
        }
        Ok(())
    }

    /// When `advance` is due even if nothing happens.
    pub fn wake_at(&self) -> Option<Instant> {
        [self.dialer.wake_at(), self.deadline].into_iter().flatten().min()
    }

    pub fn is_late(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|at| at <= now)
    }

    /// Fails the opening, because its time `limit` is over.
    pub fn timed_out(&mut self, limit: Duration) -> Box<Failure> {
        self.dialer.timed_out(limit)
    }
}
