//! Everything known about a connection, for a person or a program. It contains no secrets.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::answer::Answer;
use super::history::{History, Lost};
use super::options::DataType;
use super::stats::Snapshot;
use super::status::Status;
use crate::dial::{certificate_facts, shown_answer, Attempt, Outcome, Target, Timings};
use crate::error::Error;
use crate::json::Writer;
use crate::tls::TlsFacts;
use crate::transport::Ends;

/// How many connections can be explained after their end.
const MAX_ENDED: usize = 16;
/// A subprotocol may be a secret token. No name of a subprotocol is longer than this.
const MAX_SUBPROTOCOL: usize = 30;

/// What is known about a connection at one moment.
pub struct Explanation {
    pub id: i32,
    pub url: Arc<str>,
    pub status: Status,
    pub data_type: DataType,
    pub queue: i32,
    pub answer: Option<Arc<Answer>>,
    pub history: History,
    pub ends: Option<Ends>,
    /// The TLS session of the open connection.
    pub tls: Option<TlsFacts>,
    /// The server's certificate in DER.
    pub certificate: Option<Vec<u8>>,
    pub stats: Snapshot,
    pub buffered: usize,
}

/// The connections that ended last.
#[derive(Default)]
pub struct Ended(Mutex<VecDeque<Arc<Explanation>>>);

impl Ended {
    pub fn keep(&self, explanation: Explanation) {
        let explanation = Arc::new(explanation);
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = if ended.len() == MAX_ENDED { ended.pop_front() } else { None };
        ended.push_back(explanation);
        drop(ended);
        drop(oldest);
    }

    pub fn find(&self, id: i32) -> Option<Arc<Explanation>> {
        let ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ended.iter().find(|ended| ended.id == id).map(Arc::clone)
    }
}

impl Explanation {
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        out.open('{');
        out.key("id").literal(&self.id);
        out.member("url", Some(&without_resource(&self.url)));
        out.member("status", Some(&format!("{:?}", self.status)));
        let data_type = format!("{:?}", self.data_type).to_ascii_lowercase();
        out.member("data_type", Some(&data_type));
        out.key("queue").literal(&self.queue);
        self.write_end(&mut out);
        let (local, peer) =
            self.ends.map(|Ends { local, peer }| (local.to_string(), peer.to_string())).unzip();
        out.member("local", local.as_deref());
        out.member("peer", peer.as_deref());
        self.write_tls(&mut out);
        self.write_answer(&mut out);
        write_timings(&self.stats.timings, &mut out);
        self.write_stats(&mut out);
        self.write_reconnects(&mut out);
        self.write_attempts(&mut out);
        out.close('}');
        out.into_text()
    }

    fn write_end(&self, out: &mut Writer) {
        let lost = self.history.losses.back().filter(|_| self.status == Status::Connecting);
        let error = self.history.error.as_deref().or(lost.map(|lost| &lost.why));
        write_error(error, out);
        match &self.history.ending {
            None => out.member("close", None),
            Some(ending) => {
                out.key("close").open('{');
                out.key("code").literal(&ending.code);
                out.member("reason", Some(&ending.reason));
                out.key("was_clean").literal(&ending.was_clean);
                out.close('}');
            }
        }
    }

    /// The TLS session of the open connection, of the last attempt, or of the closed connection.
    fn write_tls(&self, out: &mut Writer) {
        let attempts = self.history.trail.as_ref().map(|trail| trail.attempts());
        let last = attempts.as_ref().and_then(|attempts| attempts.newest_last.back());
        let facts = self.tls.as_ref().or(last.and_then(|attempt| attempt.tls.as_ref()));
        let Some(facts) = facts.or(self.history.tls.as_ref()) else {
            return out.member("tls", None);
        };
        out.key("tls").open('{');
        out.member("version", Some(facts.version));
        out.member("cipher", Some(&facts.cipher));
        out.member("alpn", facts.alpn.as_deref());
        out.key("resumed").literal(&facts.is_resumed);
        out.key("certificates").open('[');
        let own = self.certificate.iter().filter(|_| facts.chain.is_empty());
        for certificate in facts.chain.iter().chain(own) {
            out.literal(&Value::Object(certificate_facts(certificate)));
        }
        out.close(']');
        out.close('}');
    }

    fn write_answer(&self, out: &mut Writer) {
        let answer = self.answer.as_deref();
        out.key("http_status").literal(&answer.map_or(0, |answer| answer.response.status));
        let subprotocol = answer.and_then(Answer::subprotocol);
        let is_token = |name: &str| name.len() > MAX_SUBPROTOCOL;
        out.member("subprotocol", subprotocol.map(|it| if is_token(it) { "***" } else { it }));
        let extensions = answer.and_then(|answer| answer.response.text("sec-websocket-extensions"));
        out.member("extensions", extensions.as_deref());
        let lines = answer.map(|answer| shown_answer(&answer.response)).unwrap_or_default();
        out.texts("answer", lines.iter().map(String::as_str));
    }

    fn write_stats(&self, out: &mut Writer) {
        let stats = &self.stats;
        out.key("stats").open('{');
        out.numbers(&[
            ("messages_sent", stats.messages_sent),
            ("payload_sent", stats.payload_sent),
            ("messages_received", stats.messages_received),
            ("payload_received", stats.payload_received),
            ("wire_sent", stats.wire_sent),
            ("wire_received", stats.wire_received),
            ("pings_sent", stats.pings_sent),
            ("pongs_received", stats.pongs_received),
            ("round_trip_us", stats.round_trip_us),
            ("buffered", self.buffered as u64),
        ]);
        out.close('}');
    }

    fn write_reconnects(&self, out: &mut Writer) {
        out.key("reconnects").literal(&self.stats.reconnects);
        out.key("losses").open('[');
        for lost in &self.history.losses {
            let Lost { at, attempt, delay, why } = lost.as_ref();
            out.open('{');
            out.numbers(&[
                ("time_us", unix_us(*at)),
                ("attempt", u64::from(*attempt)),
                ("delay_ms", u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
            ]);
            write_error(Some(why), out);
            out.close('}');
        }
        out.close(']');
    }

    fn write_attempts(&self, out: &mut Writer) {
        let attempts = self.history.trail.as_ref().map(|trail| trail.attempts());
        let left_out = attempts.as_ref().map_or(0, |attempts| attempts.left_out);
        out.key("attempts_left_out").literal(&left_out);
        out.key("attempts").open('[');
        for attempt in attempts.iter().flat_map(|attempts| &attempts.newest_last) {
            write_attempt(attempt, self.status >= Status::Closing, out);
        }
        out.close(']');
    }
}

fn write_attempt(attempt: &Attempt, is_over: bool, out: &mut Writer) {
    out.open('{');
    out.numbers(&[("time_us", unix_us(attempt.started))]);
    out.member("server", Some(&attempt.server));
    out.member("proxy", attempt.proxy.as_deref());
    let (result, error) = match &attempt.result {
        Outcome::Pending if is_over => ("abandoned", None),
        Outcome::Pending => ("pending", None),
        Outcome::Open => ("open", None),
        Outcome::Redirected => ("redirected", None),
        Outcome::Failed(error) => ("failed", Some(error)),
    };
    out.member("result", Some(result));
    out.member("phase", Some(attempt.phase));
    write_error(error, out);
    out.key("addresses").open('[');
    for entry in &attempt.tries {
        out.open('{');
        out.member("address", Some(&entry.address.to_string()));
        let result = match &entry.result {
            None if matches!(attempt.result, Outcome::Pending) && !is_over => "pending",
            None => "abandoned",
            Some(Ok(())) => "connected",
            Some(Err(_)) => "failed",
        };
        out.member("result", Some(result));
        let error = entry.result.as_ref().and_then(|result| result.as_ref().err());
        out.member("error", error.map(String::as_str));
        out.numbers(&[("began_us", u64::from(entry.began_us))]);
        match entry.took_us {
            Some(took) => out.key("took_us").literal(&took),
            None => out.member("took_us", None),
        }
        out.close('}');
    }
    out.close(']');
    out.key("addresses_left_out").literal(&attempt.tries_left_out);
    out.member("local", attempt.local.map(|local| local.to_string()).as_deref());
    write_timings(&attempt.timings, out);
    out.key("heads").open('[');
    for head in &attempt.heads {
        out.open('{');
        let from = match (head.is_request, head.is_proxys) {
            (true, _) => "client",
            (false, true) => "proxy",
            (false, false) => "server",
        };
        out.member("from", Some(from));
        out.texts("lines", head.text.split('\n'));
        out.close('}');
    }
    out.close(']');
    out.close('}');
}

/// The whole stack, in one line and as a list.
fn write_error(error: Option<&Error>, out: &mut Writer) {
    out.member("error", error.map(Error::to_string).as_deref());
    out.key("errors").open('[');
    for error in error.into_iter().flat_map(Error::chain) {
        out.open('{');
        out.key("code").literal(&error.code);
        out.member("component", Some(error.component.name()));
        out.member("message", Some(&error.message));
        out.close('}');
    }
    out.close(']');
}

fn write_timings(timings: &Timings, out: &mut Writer) {
    out.key("timings").open('{');
    out.numbers(&[
        ("dns_us", timings.dns_us.into()),
        ("tcp_us", timings.tcp_us.into()),
        ("proxy_us", timings.proxy_us.into()),
        ("tls_us", timings.tls_us.into()),
        ("upgrade_us", timings.upgrade_us.into()),
    ]);
    out.close('}');
}

/// Hides the path and query, which may contain a token.
fn without_resource(url: &str) -> String {
    match Target::parse(url) {
        Ok(target) if target.resource == "/" => format!("{target:?}/"),
        Ok(target) => format!("{target:?}/***"),
        Err(_) => "***".to_owned(),
    }
}

fn unix_us(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
