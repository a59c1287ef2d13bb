//! HTTP: the upgrade, and what a server may answer instead.

mod body;
mod cookies;
mod exchange;
mod redirect;
mod refusal;
mod shown;
mod upgrade;

#[cfg(any(test, fuzzing))]
pub use self::body::Body;
pub use self::exchange::{send, Exchange, Trouble};
pub use self::redirect::Redirects;
pub use self::refusal::{quoted, spoken_status, Peer, Refusal};
pub use self::shown::shown_answer;
pub use self::upgrade::{Answer, Upgrade};
