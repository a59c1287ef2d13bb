//! Refusals that require authentication (401, 407): the request is repeated with credentials, or
//! the host is asked for them.

use serde_json::{json, Map, Value};

use super::{Dialer, Result};
use crate::dial::auth::{challenges, Next};
use crate::dial::http::{Peer, Refusal};
use crate::dial::phase::{Asked, Phase, Step};
use crate::dial::question::{Question, Topic, Verdict};
use crate::error::Error;
use crate::log;
use crate::secret::Secret;

/// The method and target of the requests.
const UPGRADE: &str = "GET";
const CONNECT: &str = "CONNECT";

/// The status that requires authentication, and the header with its challenges.
fn challenge(peer: Peer) -> (u16, &'static str) {
    match peer {
        Peer::Server => (401, "WWW-Authenticate"),
        Peer::Proxy => (407, "Proxy-Authenticate"),
    }
}

impl Dialer {
    pub(super) fn authorize_upgrade(&mut self) -> Result<Option<Secret>> {
        let target = &self.config.target.resource;
        let value = self.authentication.server.authorize(UPGRADE, target);
        value.map_err(|error| self.failure(error))
    }

    pub(super) fn authorize_connect(&mut self) -> Result<Option<Secret>> {
        let target = self.config.target.tunnel_authority();
        let value = self.authentication.proxy.authorize(CONNECT, &target);
        value.map_err(|error| self.failure(error))
    }

    /// Handles a complete refusal.
    pub(super) fn refused(&mut self, refusal: Box<Refusal>) -> Result<Step> {
        let peer = refusal.peer;
        let (status, header) = challenge(peer);
        if refusal.response().status != status {
            return Err(self.refusal_failure(*refusal));
        }
        let offered = challenges(refusal.response(), header);
        match self.authentication.with(peer).challenged(&offered) {
            Next::Retry => {
                log::line!(
                    Debug,
                    "connection {}: {status}: asking again with a proof",
                    self.notes.id
                );
                self.ask_again(*refusal)
            }
            Next::Ask if self.config.ask.has(Topic::Credentials) => {
                let question = self.question(&refusal);
                Ok(Step::Wait(Phase::Asking(Some(Box::new(question)), Asked::Refusal(refusal))))
            }
            Next::Ask => Err(self.refusal_failure(*refusal)),
            Next::GiveUp => {
                let words = "; it has asked for credentials too often";
                Err(self.refusal_failure(refusal.adding(words)))
            }
        }
    }

    fn question(&self, refusal: &Refusal) -> Question {
        let (status, header) = challenge(refusal.peer);
        let target = &self.config.target;
        let (origin, method, path, rounds) = match (refusal.peer, &self.config.proxy) {
            (Peer::Proxy, Some(proxy)) => {
                let rounds = self.authentication.proxy.rounds();
                (proxy.to_string(), CONNECT, target.tunnel_authority(), rounds)
            }
            _ => {
                let rounds = self.authentication.server.rounds();
                (format!("{target:?}"), UPGRADE, target.resource.clone(), rounds)
            }
        };
        let lines: Vec<_> = refusal.response().text_all(header).collect();
        let mut facts = Map::new();
        for (name, value) in [
            ("origin", json!(origin)),
            ("proxy", json!(refusal.peer == Peer::Proxy)),
            ("status", json!(status)),
            ("challenges", json!(lines)),
            ("method", json!(method)),
            ("target", json!(path)),
            ("round", Value::from(rounds)),
        ] {
            facts.insert(name.to_owned(), value);
        }
        Question { topic: Topic::Credentials, facts, why: None }
    }

    pub(super) fn refusal_answered(
        &mut self,
        verdict: Verdict,
        refusal: Box<Refusal>,
    ) -> Result<Step> {
        let peer = refusal.peer;
        let authenticator = self.authentication.with(peer);
        match verdict {
            Verdict::Value(value) => authenticator.give_value(value),
            Verdict::User(user) => {
                let offered = challenges(refusal.response(), challenge(peer).1);
                if !authenticator.give_user(user, &offered) {
                    let words = "; none of these takes a user and password";
                    return Err(self.refusal_failure(refusal.adding(words)));
                }
            }
            _ => return Err(self.refusal_failure(*refusal)),
        }
        // The time that the host takes does not count as network time.
        self.lap();
        self.ask_again(*refusal)
    }

    /// Repeats the request, on the same stream if possible, because NTLM authenticates a
    /// connection.
    fn ask_again(&mut self, refusal: Refusal) -> Result<Step> {
        let peer = refusal.peer;
        match (refusal.into_stream(), peer) {
            (None, _) => Ok(Step::Next(self.begin_anew())),
            (Some(stream), Peer::Server) => {
                self.authentication.is_reused = true;
                self.start_upgrade(stream)
            }
            (Some(stream), Peer::Proxy) => {
                self.authentication.is_reused = true;
                self.start_tunnel(stream)
            }
        }
    }

    /// The peer closed the stream without an answer. If the stream had carried a request before,
    /// this request came too late, and is repeated on a new stream.
    pub(super) fn unanswered(&mut self, peer: Peer, error: Error) -> Result<Step> {
        if !std::mem::take(&mut self.authentication.is_reused) {
            return Err(self.failure(error));
        }
        self.authentication.with(peer).resend();
        Ok(Step::Next(self.begin_anew()))
    }
}
