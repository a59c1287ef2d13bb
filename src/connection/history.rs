//! The history of a connection, kept to be explained to the host, as far as no other part keeps it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::answer::Answer;
use crate::dial::Trail;
use crate::error::Error;
use crate::queue::Ending;
use crate::tls::TlsFacts;
use crate::transport::Ends;

/// How many losses are kept, the newest.
pub const MAX_LOSSES: usize = 4;

/// What is known about a connection, beyond what it needs to work.
#[derive(Default)]
pub(super) struct Known {
    /// The last answer to an upgrade request.
    pub(super) answer: Option<Arc<Answer>>,
    /// `None` for an idle connection among many.
    pub(super) history: Option<Box<History>>,
}

#[derive(Default, Clone)]
pub struct History {
    pub trail: Option<Arc<Trail>>,
    pub losses: VecDeque<Arc<Lost>>,
    /// Why the connection ended.
    pub error: Option<Arc<Error>>,
    pub ending: Option<Ending>,
    /// The addresses of the socket that was closed last.
    pub ends: Option<Ends>,
    /// The TLS session of that socket, without the certificates.
    pub tls: Option<TlsFacts>,
}

/// A loss that led to another attempt.
pub struct Lost {
    pub at: SystemTime,
    pub attempt: u32,
    pub delay: Duration,
    pub why: Error,
}
