//! Questions to the host, and the host's answers, for which an opening waits.

use std::fmt;

use serde_json::{Map, Value};

use super::auth::Credentials;
use crate::error::Error;
use crate::protocol::check_header;
use crate::secret::Secret;

/// The longest answer. Servers accept less in a header.
const MAX_VALUE: usize = 64 << 10;

/// The subject of a question. The numbers are part of the ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Topic {
    Certificate = 1,
    Credentials = 2,
    Reconnect = 4,
}

impl Topic {
    pub const ALL: [Topic; 3] = [Topic::Certificate, Topic::Credentials, Topic::Reconnect];
}

/// The topics that the host wants to be asked about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Topics(u32);

impl Topics {
    /// `None` if the number is not a sum of topics.
    pub fn from_number(number: i64) -> Option<Topics> {
        let all = Topic::ALL.into_iter().fold(0, |sum, topic| sum | topic as u32);
        u32::try_from(number).ok().filter(|number| number & !all == 0).map(Topics)
    }

    pub fn has(self, topic: Topic) -> bool {
        self.0 & topic as u32 != 0
    }
}

/// A question, with the facts that the host needs to decide.
pub struct Question {
    pub topic: Topic,
    /// A JSON object.
    pub facts: Map<String, Value>,
    /// The error that led to the question, if any.
    pub why: Option<Error>,
}

/// The host's answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    Refuse,
    /// The certificate is accepted.
    Accept,
    /// The value of the header.
    Value(Secret),
    User(Credentials),
    /// The next attempt comes after the delay.
    Wait,
    /// The next attempt comes at once.
    Now,
}

/// Leaves out possible secrets.
impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Refuse => "Refuse",
            Verdict::Accept => "Accept",
            Verdict::Value(_) => "Value",
            Verdict::User(_) => "User",
            Verdict::Wait => "Wait",
            Verdict::Now => "Now",
        })
    }
}

impl Verdict {
    /// Parses an answer. An error never quotes it.
    pub fn parse(topic: Topic, answer: &str) -> Result<Verdict, String> {
        if answer.len() > MAX_VALUE {
            return Err(format!("has {} bytes; an answer has at most {MAX_VALUE}", answer.len()));
        }
        match (topic, answer) {
            (_, "" | "refuse") => Ok(Verdict::Refuse),
            (Topic::Certificate, "accept") => Ok(Verdict::Accept),
            (Topic::Certificate, _) => {
                Err("is neither \"accept\" nor \"refuse\": the question is about a certificate"
                    .into())
            }
            (Topic::Reconnect, "wait") => Ok(Verdict::Wait),
            (Topic::Reconnect, "now") => Ok(Verdict::Now),
            (Topic::Reconnect, _) => {
                Err("is not \"wait\", \"now\" or \"refuse\": the question is about an attempt"
                    .into())
            }
            (Topic::Credentials, "accept" | "wait" | "now") => {
                Err("is not the value of a header: the question is about credentials".into())
            }
            (Topic::Credentials, _) if answer.starts_with('{') => {
                credentials(answer).map(Verdict::User)
            }
            (Topic::Credentials, _) => {
                check_header("Authorization", answer)
                    .map_err(|_| "is not the value of a header: it begins or ends with a blank, or has a line break or another control character in it")?;
                Ok(Verdict::Value(answer.to_owned().into()))
            }
        }
    }
}

/// `{"user":"...","password":"..."}`
fn credentials(json: &str) -> Result<Credentials, String> {
    let wrong = "begins with a brace and is not {\"user\":\"...\",\"password\":\"...\"}";
    let Ok(Value::Object(mut members)) = serde_json::from_str(json) else {
        return Err(wrong.to_owned());
    };
    let mut text = |name| match members.remove(name) {
        Some(Value::String(text)) => Ok(text.into_bytes()),
        _ => Err(wrong.to_owned()),
    };
    let credentials = Credentials { user: text("user")?, password: text("password")? };
    if !members.is_empty() {
        return Err(wrong.to_owned());
    }
    if !credentials.fits_http() {
        return Err("has a user with a colon, which HTTP cannot tell".to_owned());
    }
    Ok(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_a_sum() {
        let topics = Topics::from_number(6).unwrap();
        let asked = Topic::ALL.map(|topic| topics.has(topic));
        assert_eq!(asked, [false, true, true]);
        assert_eq!(Topics::from_number(0), Some(Topics::default()));
        assert_eq!([8, 9, -1].map(Topics::from_number), [None; 3]);
    }

    #[test]
    fn answers() {
        use Topic::{Certificate, Credentials, Reconnect};
        let value = |value: &str| Verdict::Value(value.to_owned().into());
        let user = |user: &str, password: &str| {
            Verdict::User(super::Credentials { user: user.into(), password: password.into() })
        };
        for (topic, answer, expected) in [
            (Certificate, "accept", Verdict::Accept),
            (Certificate, "refuse", Verdict::Refuse),
            (Reconnect, "", Verdict::Refuse),
            (Reconnect, "wait", Verdict::Wait),
            (Reconnect, "now", Verdict::Now),
            (Credentials, "refuse", Verdict::Refuse),
            (Credentials, "Negotiate abc==", value("Negotiate abc==")),
            (Credentials, "{\"user\":\"u\",\"password\":\"p\\n:\"}", user("u", "p\n:")),
        ] {
            assert_eq!(Verdict::parse(topic, answer), Ok(expected), "{answer}");
        }
    }

    #[test]
    fn answers_that_are_none_and_no_secret_in_the_words() {
        use Topic::{Certificate, Credentials, Reconnect};
        let long = format!("Bearer hunter2{}", "x".repeat(MAX_VALUE));
        for (topic, answer, words) in [
            (Certificate, "yes", "neither \"accept\""),
            (Certificate, "now", "neither \"accept\""),
            (Reconnect, "accept", "about an attempt"),
            (Reconnect, "hunter2", "about an attempt"),
            (Credentials, "accept", "about credentials"),
            (Credentials, "Bearer hunter2\r\nX: y", "a line break"),
            (Credentials, "Bearer hunter2\n", "a line break"),
            (Credentials, "Bearer hun\0ter2", "control character"),
            (Credentials, " Bearer hunter2", "a blank"),
            (Credentials, &long, "at most 65536"),
            (Credentials, "{hunter2", "a brace"),
            (Credentials, "{\"user\":\"hunter2\"}", "a brace"),
            (Credentials, "{\"user\":1,\"password\":\"hunter2\"}", "a brace"),
            (Credentials, "{\"user\":\"a\",\"password\":\"hunter2\",\"x\":1}", "a brace"),
            (Credentials, "{\"user\":\"a:b\",\"password\":\"hunter2\"}", "a colon"),
        ] {
            let error = Verdict::parse(topic, answer).expect_err(answer);
            assert!(error.contains(words) && !error.contains("hunt"), "{answer}: {error}");
        }
    }
}
