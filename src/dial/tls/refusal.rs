//! Options that the TLS library of this build cannot follow.

use crate::error::{Code, Error};
use crate::tls;

/// Refuses the option. `why` goes on after the library's name.
pub fn impossible(option: &str, why: &str) -> Error {
    Error::ws(Code::Option, format!("option {option}: {} {why}", tls::description()))
}
