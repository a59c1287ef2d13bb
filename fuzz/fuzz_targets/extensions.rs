//! What a server answers to an offer of compression: what is agreed to is what
//! RFC 7692 allows and the answer says, and nothing that is allowed is refused.

#![no_main]

use hostws::protocol::{DeflateOffer, DeflateParams};
use hostws_fuzz::input::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let window = |byte: u8| (9..=15).contains(&byte).then_some(byte);
    let offer = DeflateOffer {
        server_no_context_takeover: flags & 1 != 0,
        client_no_context_takeover: flags & 2 != 0,
        server_max_window_bits: window(input.byte()),
        client_max_window_bits: window(input.byte()),
    };
    offered(&offer);

    // What is not UTF-8, and what no header's value has in it, does not get here.
    let mut text = String::from_utf8_lossy(input.rest()).into_owned();
    text.retain(|c| !c.is_ascii_control() || c == '\t' || c == '\n');
    let values: Vec<&str> = text.split('\n').collect();
    let verdict = offer.accept(&values.join(","));
    let expected = judge(&offer, &values);
    match (&verdict, &expected) {
        (Ok(agreed), Ok(expected)) => assert_eq!(agreed, expected),
        (Err(words), Err(_)) => {
            assert!(!words.is_empty() && words.len() < 1500);
        }
        (Ok(agreed), Err(why)) => panic!("accepted as {agreed:?}, but {why}"),
        // Nobody escapes a digit, and we need not understand it.
        (Err(_), Ok(_)) if text.contains('\\') => {}
        (Err(words), Ok(_)) => panic!("refused: {words}"),
    }
    // One header or several: the same list.
    let joined = values.join(", ");
    assert_eq!(offer.accept(&joined).ok(), verdict.ok());
});

/// The offer is one that RFC 7692 knows, and its own echo is accepted.
fn offered(offer: &DeflateOffer) {
    let value = offer.header_value();
    let elements = parse(&value).expect("our own offer");
    let [(name, parameters)] = &elements[..] else { panic!("{value}") };
    assert_eq!(name, "permessage-deflate");
    let value_of = |wanted: &str| {
        let mut values = parameters.iter().filter(|(name, _)| name == wanted);
        let found = values.next().map(|(_, value)| value.as_deref());
        assert!(values.next().is_none(), "{value}");
        found
    };
    let bits = |bits: Option<u8>| bits.map(|bits| bits.to_string());
    assert_eq!(
        value_of("server_no_context_takeover"),
        offer.server_no_context_takeover.then_some(None)
    );
    assert_eq!(
        value_of("client_no_context_takeover"),
        offer.client_no_context_takeover.then_some(None)
    );
    let server = bits(offer.server_max_window_bits);
    assert_eq!(value_of("server_max_window_bits"), server.as_deref().map(Some));
    let client = bits(offer.client_max_window_bits);
    assert_eq!(value_of("client_max_window_bits"), Some(client.as_deref()));
}

type Parameters = Vec<(String, Option<String>)>;

/// RFC 6455 9.1, a character at a time: the elements of the list, each a name
/// and its parameters.
fn parse(list: &str) -> Result<Vec<(String, Parameters)>, &'static str> {
    let mut rest = list.chars().peekable();
    let mut elements = Vec::new();
    loop {
        while rest.next_if(|&c| is_blank(c) || c == ',').is_some() {}
        if rest.peek().is_none() {
            return Ok(elements);
        }
        let name = token(&mut rest)?;
        let mut parameters = Vec::new();
        loop {
            blanks(&mut rest);
            match rest.next() {
                None | Some(',') => break,
                Some(';') => {}
                Some(_) => return Err("something follows a name"),
            }
            blanks(&mut rest);
            let name = token(&mut rest)?;
            blanks(&mut rest);
            let mut value = None;
            if rest.next_if_eq(&'=').is_some() {
                blanks(&mut rest);
                value = Some(match rest.next_if_eq(&'"') {
                    Some(_) => quoted(&mut rest)?,
                    None => token(&mut rest)?,
                });
            }
            parameters.push((name, value));
        }
        elements.push((name, parameters));
    }
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

fn blanks(rest: &mut Chars<'_>) {
    while rest.next_if(|&c| is_blank(c)).is_some() {}
}

fn token(rest: &mut Chars<'_>) -> Result<String, &'static str> {
    let mut token = String::new();
    let is_part = |&c: &char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    while let Some(c) = rest.next_if(is_part) {
        token.push(c);
    }
    if token.is_empty() {
        Err("a token is missing")
    } else {
        Ok(token)
    }
}

fn quoted(rest: &mut Chars<'_>) -> Result<String, &'static str> {
    let mut text = String::new();
    loop {
        match rest.next() {
            None => return Err("a quoted string has no end"),
            Some('"') => break,
            Some('\\') => text.push(rest.next().ok_or("a quoted string has no end")?),
            Some(c) => text.push(c),
        }
    }
    // RFC 6455 9.1: what is inside must be a token.
    if parse(&text).is_ok_and(|list| matches!(&list[..], [(name, _)] if *name == text)) {
        Ok(text)
    } else {
        Err("a quoted string is no token")
    }
}

/// RFC 7692 5 and 7.1, read for the client.
fn judge(offer: &DeflateOffer, values: &[&str]) -> Result<Option<DeflateParams>, &'static str> {
    let elements = parse(&values.join(","))?;
    let parameters = match &elements[..] {
        [] => return Ok(None),
        [(name, parameters)] if name.eq_ignore_ascii_case("permessage-deflate") => parameters,
        _ => return Err("that is not the one extension that was offered"),
    };
    let (mut server_no, mut client_no, mut server_bits, mut client_bits) = (None, None, None, None);
    for (name, value) in parameters {
        let value = value.as_deref();
        let is_again = match name.to_ascii_lowercase().as_str() {
            "server_no_context_takeover" => server_no.replace(none(value)?).is_some(),
            "client_no_context_takeover" => client_no.replace(none(value)?).is_some(),
            "server_max_window_bits" => server_bits.replace(bits(value)?).is_some(),
            "client_max_window_bits" => client_bits.replace(bits(value)?).is_some(),
            _ => return Err("a parameter is unknown"),
        };
        if is_again {
            return Err("a parameter is there twice");
        }
    }
    if offer.server_no_context_takeover && server_no.is_none() {
        return Err("server_no_context_takeover was asked for");
    }
    match (offer.server_max_window_bits, server_bits) {
        (Some(_), None) => return Err("server_max_window_bits was asked for"),
        (Some(most), Some(bits)) if bits > most => return Err("the server's window is too large"),
        _ => {}
    }
    let most = offer.client_max_window_bits.unwrap_or(15);
    if client_bits.is_some_and(|bits| bits > most) {
        return Err("our window is larger than was offered");
    }
    Ok(Some(DeflateParams {
        server_no_context_takeover: server_no.is_some(),
        client_no_context_takeover: client_no.is_some() || offer.client_no_context_takeover,
        server_max_window_bits: server_bits.unwrap_or(15),
        client_max_window_bits: client_bits.unwrap_or(most),
    }))
}

fn none(value: Option<&str>) -> Result<(), &'static str> {
    if value.is_none() {
        Ok(())
    } else {
        Err("a parameter has a value that never has one")
    }
}

fn bits(value: Option<&str>) -> Result<u8, &'static str> {
    let value = value.ok_or("a window has no size")?;
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
    match value.parse() {
        Ok(bits @ 8..=15) if is_number => Ok(bits),
        _ => Err("a window is not of 8 to 15 bits"),
    }
}
