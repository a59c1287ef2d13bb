//! A lost connection that waits for the host to decide about another attempt.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{json, Map};

use crate::connection::{Connection, OpenQuestion, Pause};
use crate::dial::{Question, Topic, Verdict};
use crate::error::{Code, Error};
use crate::queue::Ending;

/// The host has not decided yet.
pub struct Hesitation {
    question: OpenQuestion,
    deadline: Option<Instant>,
    pause: Pause,
    /// When the attempt is due, which does not depend on when the host answers.
    until: Instant,
    why: Error,
    ending: Ending,
}

/// What the host has decided.
pub enum Decision {
    GiveUp(Error, Ending),
    /// Another attempt, after this pause.
    Attempt(Pause, Error),
}

impl Hesitation {
    /// Asks the host.
    pub fn new(
        connection: &Arc<Connection>,
        pause: Pause,
        why: Error,
        ending: Ending,
        now: Instant,
    ) -> Hesitation {
        let mut facts = Map::new();
        let delay = u64::try_from(pause.delay.as_millis()).unwrap_or(u64::MAX);
        facts.insert("attempt".to_owned(), json!(pause.attempt));
        facts.insert("delay_ms".to_owned(), json!(delay));
        let question = Question { topic: Topic::Reconnect, facts, why: Some(why.clone()) };
        Hesitation {
            question: connection.ask(question, pause.delay),
            deadline: connection.limits.open_timeout.map(|limit| now + limit),
            pause,
            until: now + pause.delay,
            why,
            ending,
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The host's decision, if there is one. A host that gets no more events cannot decide.
    pub fn decision(&self, is_deaf: bool, now: Instant) -> Option<Decision> {
        let give_up = |error| Some(Decision::GiveUp(error, self.ending.clone()));
        let attempt =
            |delay| Some(Decision::Attempt(Pause { delay, ..self.pause }, self.why.clone()));
        match self.question.verdict() {
            Some(Verdict::Wait) => attempt(self.until.saturating_duration_since(now)),
            Some(Verdict::Now) => attempt(Duration::ZERO),
            Some(_) => give_up(self.why.clone()),
            None if is_deaf => give_up(self.why.clone()),
            None if self.deadline.is_some_and(|deadline| deadline <= now) => {
                let words = "nobody answered the question about another attempt in time";
                give_up(self.why.clone().because(Error::ws(Code::Timeout, words)))
            }
            None => None,
        }
    }
}
