//! Questions to the host, and its answers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::questions::OpenQuestion;
use super::Connection;
use crate::dial::{Question, Topic};
use crate::error::Result;
use crate::queue::{Ask, Event};

impl Connection {
    /// Asks the host. `delay` is the delay before an attempt. The result receives the answer, and
    /// the worker is told to check it.
    pub fn ask(self: &Arc<Self>, question: Question, delay: Duration) -> OpenQuestion {
        let Question { topic, mut facts, why } = question;
        let open = self.home.registry.questions().open(self.id, topic);
        let name = match topic {
            Topic::Certificate => "certificate",
            Topic::Credentials => "credentials",
            Topic::Reconnect => "reconnect",
        };
        facts.insert("ask".to_owned(), json!(name));
        facts.insert("question".to_owned(), json!(open.number));
        let mut facts = serde_json::Value::Object(facts).to_string().into_bytes();
        facts.push(0);
        let number = open.number;
        self.emit(Event::Ask(Box::new(Ask { topic: topic as u32, number, facts, why, delay })));
        open
    }

    /// Takes the host's answer to a question.
    pub fn reply(&self, number: i32, answer: &str) -> Result<()> {
        self.life.check_takes_messages()?;
        self.home.registry.questions().answer(self.id, number, answer)?;
        self.post();
        Ok(())
    }
}
