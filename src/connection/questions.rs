//! The questions of all connections that wait for the host's answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::dial::{Topic, Verdict};
use crate::error::{Code, Error, Result};

/// Outside the table, so that a forked child does not reuse numbers of its parent.
static LAST: AtomicI32 = AtomicI32::new(0);

/// At most one for each connection, by the connection's id.
#[derive(Default)]
pub struct Questions(Mutex<HashMap<i32, Waiting>>);

struct Waiting {
    number: i32,
    topic: Topic,
    verdict: Option<Verdict>,
}

impl Questions {
    fn table(&self) -> MutexGuard<'_, HashMap<i32, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a question of connection `id`, until the result is dropped.
    pub fn open(&'static self, id: i32, topic: Topic) -> OpenQuestion {
        let next = |last: i32| Some(last.checked_add(1).unwrap_or(1));
        let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let number = last.ok().and_then(next).unwrap_or(1);
        self.table().insert(id, Waiting { number, topic, verdict: None });
        OpenQuestion { questions: self, id, number }
    }

    /// Takes the host's answer. An answer to a question that is over changes nothing.
    pub fn answer(&self, id: i32, number: i32, answer: &str) -> Result<()> {
        let refuse = |code, words: String| Err(Error::ws(code, words));
        let mut table = self.table();
        let Some(waiting) = table.get_mut(&id) else {
            return refuse(Code::NotFound, format!("connection {id} asks nothing at the moment"));
        };
        if waiting.number != number {
            let words =
                format!("connection {id} asks question {}, and not {number}", waiting.number);
            return refuse(Code::NotFound, words);
        }
        if waiting.verdict.is_some() {
            return refuse(Code::NotFound, format!("question {number} has been answered already"));
        }
        match Verdict::parse(waiting.topic, answer) {
            Ok(verdict) => {
                waiting.verdict = Some(verdict);
                Ok(())
            }
            Err(words) => refuse(Code::Argument, format!("the answer {words}")),
        }
    }
}

/// A question that the host can answer until this is dropped.
pub struct OpenQuestion {
    questions: &'static Questions,
    id: i32,
    pub number: i32,
}

impl OpenQuestion {
    /// Takes the host's answer, if it has come.
    pub fn verdict(&self) -> Option<Verdict> {
        self.questions.table().get(&self.id)?.verdict.clone()
    }
}

impl Drop for OpenQuestion {
    fn drop(&mut self) {
        self.questions.table().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static QUESTIONS: LazyLock<Questions> = LazyLock::new(Questions::default);

    #[track_caller]
    fn check_refused(result: Result<()>, code: Code, words: &str) {
        let error = result.expect_err(words);
        assert_eq!(error.code, code as i32, "{error}");
        assert!(error.message.contains(words) && !error.message.contains("hunter2"), "{error}");
    }

    #[test]
    fn one_answer_to_one_question() {
        let questions: &'static Questions = &QUESTIONS;
        check_refused(questions.answer(7, 1, "now"), Code::NotFound, "asks nothing");
        let first = questions.open(7, Topic::Reconnect);
        let number = first.number;
        assert!(number > 0 && first.verdict().is_none());
        check_refused(questions.answer(8, number, "now"), Code::NotFound, "asks nothing");
        check_refused(questions.answer(7, number, "hunter2"), Code::Argument, "the answer is not");
        assert_eq!(questions.answer(7, number, "now"), Ok(()));
        check_refused(questions.answer(7, number, "wait"), Code::NotFound, "answered already");
        assert_eq!(first.verdict(), Some(Verdict::Now));
        drop(first);
        check_refused(questions.answer(7, number, "now"), Code::NotFound, "asks nothing");
        let second = questions.open(7, Topic::Credentials);
        assert!(second.number != number);
        let words = format!("asks question {}, and not {number}", second.number);
        check_refused(questions.answer(7, number, "now"), Code::NotFound, &words);
        assert_eq!(second.verdict(), None);
    }
}
