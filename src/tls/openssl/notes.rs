//! What a session carries for the functions that OpenSSL calls.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{Ssl, SslRef};

use super::sessions::ContextSessions;
use crate::tls::Fault;

#[derive(Default)]
pub struct Notes {
    /// Whose sessions are resumed, and where this one is kept. None: nowhere.
    pub origin: Option<String>,
    /// Where the session comes from that the handshake began with.
    pub offered_from: Option<Arc<ContextSessions>>,
    /// The handshake stops when the certificate has been looked at.
    pub question: Option<Mutex<Question>>,
}

#[derive(Default)]
pub struct Question {
    /// What is wrong with the certificate, once it has been looked at.
    pub faults: Vec<Fault>,
    /// What is to be done about it.
    pub answer: Option<bool>,
}

impl Notes {
    pub fn attach(self, session: &mut SslRef) -> Result<(), ErrorStack> {
        session.set_ex_data(index()?, self);
        Ok(())
    }

    pub fn of(session: &SslRef) -> Option<&Notes> {
        session.ex_data(index().ok()?)
    }

    pub fn question(&self) -> Option<MutexGuard<'_, Question>> {
        let question = self.question.as_ref()?;
        Some(question.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn index() -> Result<Index<Ssl, Notes>, ErrorStack> {
    static INDEX: OnceLock<Index<Ssl, Notes>> = OnceLock::new();
    match INDEX.get() {
        Some(index) => Ok(*index),
        // If two threads come here at the same time, one index stays unused.
        None => Ssl::new_ex_index().map(|index| *INDEX.get_or_init(|| index)),
    }
}
