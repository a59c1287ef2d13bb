//! Authenticates the requests to one server or proxy.

use super::challenge::{next_nonce, Challenge};
use super::digest::Digest;
use super::Credentials;
use crate::error::Error;
use crate::protocol::Response;
use crate::secret::Secret;

/// The most challenges of one peer that are answered in an opening. NTLM and Negotiate take two or
/// three; a person may mistype a password.
const MAX_ROUNDS: u32 = 16;

/// Answers the challenges of a server or of a proxy.
pub struct Authenticator {
    user: Option<Credentials>,
    proof: Proof,
    /// The header value from the host, for one request.
    value: Option<Secret>,
    /// The same value, after it has been sent.
    sent: Option<Secret>,
    rounds: u32,
}

/// How the user is authenticated.
enum Proof {
    Nothing,
    Basic,
    Digest(Digest),
}

/// What to do after a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send the request again.
    Retry,
    /// Everything known was tried: ask the host.
    Ask,
    /// Give up: there were too many challenges.
    GiveUp,
}

impl Authenticator {
    /// With `is_private`, nobody on the way can read a password, so Basic is sent unasked.
    pub fn new(user: Option<Credentials>, is_private: bool) -> Authenticator {
        let proof = if is_private && user.is_some() { Proof::Basic } else { Proof::Nothing };
        Authenticator { user, proof, value: None, sent: None, rounds: 0 }
    }

    /// How many challenges there were.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The value of the header for a request, if the request has one.
    pub fn authorize(&mut self, method: &str, target: &str) -> Result<Option<Secret>, Error> {
        self.sent = self.value.take();
        if let Some(value) = &self.sent {
            return Ok(Some(value.clone()));
        }
        let Some(user) = &self.user else { return Ok(None) };
        Ok(match &mut self.proof {
            Proof::Nothing => None,
            Proof::Basic => Some(user.basic().into()),
            Proof::Digest(digest) => Some(digest.authorize(user, method, target)?.into()),
        })
    }

    /// The last request was lost, and is sent again.
    pub fn resend(&mut self) {
        self.value = self.sent.take();
    }

    /// The peer answered the last request with these challenges.
    pub fn challenged(&mut self, challenges: &[Challenge]) -> Next {
        if self.rounds == MAX_ROUNDS {
            return Next::GiveUp;
        }
        self.rounds += 1;
        if self.user.is_some() && self.prove(challenges) {
            return Next::Retry;
        }
        // A refused proof is not sent again.
        self.user = None;
        Next::Ask
    }

    /// Chooses a proof that has not been refused. Returns whether there is one.
    fn prove(&mut self, challenges: &[Challenge]) -> bool {
        let offered = Digest::choose(challenges);
        let has_basic = challenges.iter().any(|challenge| challenge.is("Basic"));
        let proof = match (offered, &self.proof) {
            // A nonce that was used before may have expired, whether the server says so or not.
            (Some(next), Proof::Digest(last)) if next.is_stale || last.uses > 1 => {
                Proof::Digest(next)
            }
            (Some(_), Proof::Digest(_)) => return false,
            (Some(next), _) => Proof::Digest(next),
            // A peer that names no scheme gets the most common one.
            (None, Proof::Nothing) if has_basic || challenges.is_empty() => Proof::Basic,
            (None, _) => return false,
        };
        self.proof = proof;
        true
    }

    /// Sets the header value for the next request.
    pub fn give_value(&mut self, value: Secret) {
        self.value = Some(value);
    }

    /// Sets the user and password. Returns whether one of the challenges accepts them.
    pub fn give_user(&mut self, user: Credentials, challenges: &[Challenge]) -> bool {
        self.user = Some(user);
        self.proof = Proof::Nothing;
        self.prove(challenges)
    }

    /// The peer has accepted the proof. Its response may contain the nonce for the next request.
    pub fn informed(&mut self, response: &Response) {
        if let (Proof::Digest(digest), Some(nonce)) = (&mut self.proof, next_nonce(response)) {
            digest.renew(&nonce);
        }
    }
}
