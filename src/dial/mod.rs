//! From a URL to an open stream, without ever blocking: resolve, connect, proxy, TLS, HTTP upgrade.
//!
//! The thread that owns the poll drives a `Dialer`. Its blocking parts are `Job`s for another
//! thread. Everything else happens in `advance`, which does what the present phase can do.

mod address;
mod auth;
mod config;
mod dialer;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod http;
pub mod jobs;
mod openings;
mod outcome;
mod phase;
mod prepare;
mod proxy;
mod question;
mod socket;
mod target;
mod tls;
mod trail;

pub use self::address::{Elsewhere, Family};
pub use self::config::DialConfig;
pub use self::dialer::Dialer;
pub use self::http::shown_answer;
pub use self::jobs::Jobs;
pub use self::openings::Place;
pub use self::outcome::{Failure, Progress, Timings};
pub use self::prepare::{Prepared, Resources};
pub use self::proxy::Proxies;
pub use self::question::{Question, Topic, Topics, Verdict};
pub use self::socket::{Locals, SocketConfig, SocketHook};
pub use self::target::{without_credentials, Target};
pub use self::tls::{
    broken_session, certificate_facts, impossible, parse_pins, ClientIdentity, Content, KeyLog,
    Pem, TlsConfig, TlsVersion, Verify, CAN_ASK, CAN_FORGET_SESSIONS,
};
pub use self::trail::{Attempt, Notes, Outcome, Trail, Trails};
