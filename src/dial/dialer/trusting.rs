//! The host's decision about the server's certificate.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{json, Map, Value};
use sha2::{Digest as _, Sha256};

use super::{Dialer, Result};
use crate::dial::outcome::Failure;
use crate::dial::phase::{Asked, Phase, Step, Stopped};
use crate::dial::question::{self, Question, Topic};
use crate::dial::tls::{
    certificate_facts, certificate_pin, handshake_failure, log_verdict, Handshake,
};
use crate::error::Error;
use crate::exit::Guarded;
use crate::tls::{Handshaking, Verdict, Verify};
use crate::transport::Stream;

impl Dialer {
    /// Whether handshakes with servers stop at the certificate.
    pub(super) fn asks_about_certificates(&self) -> bool {
        self.config.ask.has(Topic::Certificate) && self.config.tls.verify != Verify::None
    }

    pub(super) fn stopped(
        &mut self,
        asking: Guarded<Handshaking<Stream>>,
        verdict: Verdict,
    ) -> Result<Step> {
        let name = self.config.tls_name();
        log_verdict(self.notes.id, &name, &verdict);
        // The host has accepted this chain from this server during this opening.
        if self
            .accepted
            .as_ref()
            .is_some_and(|(known, chain)| (known, chain) == (&name, &verdict.chain))
        {
            return self.secured(Handshake::answered(asking, true));
        }
        let question = self.certificate_question(&name, &verdict);
        let stopped = Box::new(Stopped { asking, verdict });
        Ok(Step::Wait(Phase::Asking(Some(Box::new(question)), Asked::Certificate(stopped))))
    }

    fn certificate_question(&self, name: &str, verdict: &Verdict) -> Question {
        let faults: Vec<Value> = verdict
            .faults
            .iter()
            .map(|it| json!({ "code": it.code, "message": it.words, "depth": it.depth }))
            .collect();
        let chain: Vec<Value> = verdict.chain.iter().map(|der| shown(der)).collect();
        let mut facts = Map::new();
        for (key, value) in [
            ("origin", json!(format!("{:?}", self.config.target))),
            ("name", json!(name)),
            ("faults", Value::Array(faults)),
            ("chain", Value::Array(chain)),
        ] {
            facts.insert(key.to_owned(), value);
        }
        let why = verdict.faults.first().map(|fault| {
            Error::tls(format!("the certificate of {name} is not in order: {}", fault.words))
        });
        Question { topic: Topic::Certificate, facts, why }
    }

    pub(super) fn certificate_answered(
        &mut self,
        verdict: question::Verdict,
        stopped: Stopped,
    ) -> Result<Step> {
        // The time that the host takes does not count as network time.
        self.lap();
        if verdict != question::Verdict::Accept {
            return Err(self.certificate_refused(stopped, "the program refused it"));
        }
        self.accepted = Some((self.config.tls_name(), stopped.verdict.chain));
        self.secured(Handshake::answered(stopped.asking, true))
    }

    /// The failure for a certificate that the host does not accept, in words that follow "and".
    pub(super) fn certificate_refused(&mut self, stopped: Stopped, words: &str) -> Box<Failure> {
        let name = self.config.tls_name();
        self.certificate = stopped.verdict.chain.into_iter().next();
        // This tells the server.
        let refused = Handshake::answered(stopped.asking, false);
        let cause = match refused {
            Err(error) if !stopped.verdict.faults.is_empty() => {
                let mut cause = handshake_failure(&error, &name, &self.config.tls);
                cause.message.push_str(&format!("; {words}"));
                cause
            }
            _ => Error::tls(format!("the certificate of {name} is in order, but {words}")),
        };
        self.failure(cause)
    }
}

fn shown(der: &[u8]) -> Value {
    let mut facts = certificate_facts(der);
    facts.insert("der".to_owned(), json!(BASE64.encode(der)));
    facts.insert("sha256".to_owned(), json!(HEXLOWER.encode(&Sha256::digest(der))));
    facts.insert("pin".to_owned(), json!(certificate_pin(der)));
    Value::Object(facts)
}
