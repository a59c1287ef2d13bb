//! The questions of an opening to the host, and the answers.

use super::Dialer;
use crate::dial::outcome::Failure;
use crate::dial::phase::{Asked, Phase};
use crate::dial::question::{Question, Verdict};

impl Dialer {
    /// The question to ask the host now, if there is one. Call this after each `advance`.
    pub fn take_question(&mut self) -> Option<Question> {
        match &mut self.phase {
            Phase::Asking(question, _) => question.take().map(|question| *question),
            _ => None,
        }
    }

    /// Takes the answer. The next `advance` uses it.
    pub fn answered(&mut self, verdict: Verdict) {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Asking(_, asked) => self.phase = Phase::Answered(verdict, asked),
            other => self.phase = other,
        }
    }

    /// The failure when the time of the opening is up before the host has answered.
    pub(super) fn unanswered_in_time(&mut self, asked: Asked) -> Box<Failure> {
        match asked {
            Asked::Refusal(refusal) => {
                let words = "; nobody answered the question for credentials in time";
                self.refusal_failure(refusal.adding(words))
            }
            Asked::Certificate(stopped) => {
                let words = "nobody answered the question about it in time";
                self.certificate_refused(*stopped, words)
            }
        }
    }
}
