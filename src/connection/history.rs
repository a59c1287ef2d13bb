//! What a connection has been through, as far as no other part keeps it. It is kept to be
//! explained to the host.

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

/// What is known of a connection beside what it needs to work.
#[derive(Default)]
pub(super) struct Known {
    /// The last answer to an upgrade request.
    pub(super) answer: Option<Arc<Answer>>,
    /// An idle connection among many has none.
    pub(super) history: Option<Box<History>>,
}

#[derive(Default, Clone)]
pub struct History {
    pub trail: Option<Arc<Trail>>,
    pub losses: VecDeque<Arc<Lost>>,
    /// Why it ended.
    pub error: Option<Arc<Error>>,
    pub ending: Option<Ending>,
    /// The addresses of the socket that was closed last.
    pub ends: Option<Ends>,
    /// What was agreed with the server then, without the certificates.
    pub tls: Option<TlsFacts>,
}

/// A loss that led to another attempt.
pub struct Lost {
    pub at: SystemTime,
    pub attempt: u32,
    pub delay: Duration,
    pub why: Error,
}
