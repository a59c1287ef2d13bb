//! Checks that a response accepts the upgrade (RFC 6455 4.1).

use std::borrow::Cow;

use tungstenite::handshake::derive_accept_key;

use super::Response;
use crate::error::Error;
use crate::protocol::{DeflateOffer, DeflateParams};

/// What was negotiated in addition to the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    pub subprotocol: Option<String>,
    pub deflate: Option<DeflateParams>,
}

/// Checks a 101 (RFC 6455 4.1). It answers a request with this `key` that offered these
/// subprotocols and this compression.
pub fn verify_upgrade(
    response: &Response,
    key: &str,
    subprotocols: &[String],
    deflate: Option<&DeflateOffer>,
) -> Result<Agreed, Error> {
    if response.status != 101 {
        return Err(Error::http(format!(
            "the server answered with status {} instead of 101",
            response.status
        )));
    }
    let upgrade = only(response, "Upgrade")?;
    if !upgrade.as_deref().is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
        return Err(wrong("Upgrade", upgrade.as_deref(), "websocket"));
    }
    let upgrades = |list: Cow<'_, str>| {
        list.split(',').any(|token| token.trim().eq_ignore_ascii_case("upgrade"))
    };
    if !response.text_all("Connection").any(upgrades) {
        return Err(wrong("Connection", response.text("Connection").as_deref(), "Upgrade"));
    }
    let accept = only(response, "Sec-WebSocket-Accept")?;
    match accept {
        Some(value) if value == derive_accept_key(key.as_bytes()) => {}
        Some(_) => {
            return Err(Error::http(
                "the server's Sec-WebSocket-Accept does not match our Sec-WebSocket-Key",
            ))
        }
        None => return Err(Error::http("the server's response has no Sec-WebSocket-Accept")),
    }
    Ok(Agreed {
        subprotocol: chosen_subprotocol(response, subprotocols)?,
        deflate: agreed_deflate(response, deflate)?,
    })
}

fn agreed_deflate(
    response: &Response,
    offer: Option<&DeflateOffer>,
) -> Result<Option<DeflateParams>, Error> {
    // Several headers form one list. Its empty elements do not count (RFC 9110 5.3, 5.6.1).
    let chosen = response.text_all("Sec-WebSocket-Extensions").collect::<Vec<_>>().join(",");
    match offer {
        Some(offer) => offer.accept(&chosen).map_err(Error::http),
        None if chosen.split(',').all(|element| element.trim().is_empty()) => Ok(None),
        None => Err(Error::http(format!(
            "the server chose the extension \"{}\", which was not offered",
            excerpt(&chosen)
        ))),
    }
}

fn chosen_subprotocol(response: &Response, offered: &[String]) -> Result<Option<String>, Error> {
    match only(response, "Sec-WebSocket-Protocol")? {
        None => Ok(None),
        // An empty subprotocol is not valid (RFC 6455 4.2.2). The server means that it chose none.
        Some(none) if none.is_empty() => Ok(None),
        Some(chosen) if offered.iter().any(|name| *name == chosen) => Ok(Some(chosen.into())),
        Some(other) if offered.is_empty() => Err(Error::http(format!(
            "the server chose the subprotocol \"{}\", which was not offered",
            excerpt(&other)
        ))),
        // Not quoted, because it may repeat a token that was offered as a subprotocol.
        Some(_) => Err(Error::http("the server chose a subprotocol that was not offered")),
    }
}

/// The value of a header that may occur only once.
fn only<'a>(response: &'a Response, name: &str) -> Result<Option<Cow<'a, str>>, Error> {
    let mut values = response.text_all(name);
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => {
            Err(Error::http(format!("the server's response has more than one {name} header")))
        }
    }
}

fn wrong(name: &str, value: Option<&str>, expected: &str) -> Error {
    Error::http(match value {
        None => format!("the server's response has no {name} header"),
        Some(value) => {
            format!("the server's {name} header is \"{}\" instead of {expected}", excerpt(value))
        }
    })
}

/// The beginning of a text from the server, without control characters.
fn excerpt(value: &str) -> String {
    value.chars().take(80).collect::<String>().escape_debug().to_string()
}
