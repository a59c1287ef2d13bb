//! JSON for messages: checks for an object or array, and finds the value at a pointer. Neither
//! builds a tree.

mod writer;

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::error::{Code, Component, Error, Result};
use crate::headroom;

pub use self::writer::Writer;

/// Checks that `payload` is one JSON object or array (RFC 8259) and nothing else.
pub fn check(payload: &[u8]) -> Result<()> {
    match payload.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        None => return Err(not_json("it is empty")),
        Some(start) if !matches!(payload[start], b'{' | b'[') => {
            return Err(not_json(format!("it starts with neither {{ nor [ at offset {start}")));
        }
        Some(_) => {}
    }
    // Numbers, names and white space are ASCII, so only strings could hide bad UTF-8, and
    // ignoring them would not look.
    if let Err(error) = simdutf8::compat::from_utf8(payload) {
        return Err(not_json(format!("it is not UTF-8 at offset {}", error.valid_up_to())));
    }
    headroom::require(nesting(payload), "the nesting of JSON")?;
    serde_json::from_slice::<IgnoredAny>(payload)
        .map(drop)
        .map_err(|error| not_json(position(payload, &error)))
}

/// The value at an RFC 6901 pointer: a string unescaped, anything else as its JSON text. Where a
/// name repeats, its last value counts.
pub fn get<'a>(json: &'a [u8], pointer: &str) -> Result<Cow<'a, str>> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        let words = format!("a JSON pointer is empty or starts with '/', not {pointer:?}");
        return Err(Error::ws(Code::Argument, words));
    }
    let path: Vec<String> = pointer.split('/').skip(1).map(unescape).collect::<Result<_>>()?;
    let text = simdutf8::compat::from_utf8(json)
        .map_err(|error| broken(format!("it is not UTF-8 at offset {}", error.valid_up_to())))?;
    // A name or a value with escapes is put together in memory of its own, and copied.
    let escaped = if text.contains('\\') { 3 * text.len() } else { 0 };
    headroom::require(escaped.max(nesting(json)), "a value of JSON")?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = At(&path)
        .deserialize(&mut deserializer)
        .and_then(|found| deserializer.end().map(|()| found))
        .map_err(|error| broken(position(json, &error)))?;
    let raw = found.ok_or_else(|| {
        Error::new(Code::NotFound, Component::Json, format!("there is nothing at {pointer:?}"))
    })?;
    if raw.get().starts_with('"') {
        let text: String =
            serde_json::from_str(raw.get()).map_err(|error| broken(error.to_string()))?;
        return Ok(Cow::Owned(text));
    }
    Ok(Cow::Borrowed(raw.get()))
}

fn unescape(token: &str) -> Result<String> {
    let bad = token.replace("~0", "").replace("~1", "").contains('~');
    if bad {
        let words = format!("in a JSON pointer '~' is written ~0 and '/' ~1, not as in {token:?}");
        return Err(Error::ws(Code::Argument, words));
    }
    Ok(token.replace("~1", "/").replace("~0", "~"))
}

/// What serde_json takes to pass over the payload, at most: a byte for each bracket that is open,
/// in memory that is doubled when it is full.
fn nesting(payload: &[u8]) -> usize {
    3 * payload.iter().filter(|&&byte| matches!(byte, b'[' | b'{')).count()
}

/// Whether a name is this one.
struct Is<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

/// Goes down the path through a text that is read once.
struct At<'p>(&'p [String]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return <&RawValue as serde::Deserialize>::deserialize(deserializer).map(Some);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (first, rest) = self.0.split_first().ok_or_else(|| A::Error::custom("empty path"))?;
        let mut found = None;
        while let Some(is_first) = map.next_key_seed(Is(first))? {
            if is_first {
                found = map.next_value_seed(At(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let (first, rest) = self.0.split_first().ok_or_else(|| A::Error::custom("empty path"))?;
        let plain = first == "0" || !first.starts_with(['0', '+']);
        let wanted = first.parse::<usize>().ok().filter(|_| plain);
        let mut found = None;
        for index in 0usize.. {
            if Some(index) == wanted {
                match seq.next_element_seed(At(rest))? {
                    Some(value) => found = value,
                    None => break,
                }
            } else if seq.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Ok(found)
    }

    // A scalar on the way down: there is nothing below it.
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// serde_json gives line and column; a program wants the offset.
fn position(payload: &[u8], error: &serde_json::Error) -> String {
    let before: usize = payload
        .split_inclusive(|&byte| byte == b'\n')
        .take(error.line() - 1)
        .map(<[u8]>::len)
        .sum();
    if error.is_eof() {
        return format!("it ends too early, at offset {}", payload.len());
    }
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    format!("{words} at offset {}", (before + error.column()).saturating_sub(1))
}

fn broken(why: impl fmt::Display) -> Error {
    Error::new(Code::Json, Component::Json, format!("not JSON: {why}"))
}

fn not_json(why: impl fmt::Display) -> Error {
    Error::new(Code::Json, Component::Json, format!("not a JSON object or array: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(payload: &str) -> String {
        check(payload.as_bytes()).unwrap_err().message
    }

    #[test]
    fn objects_and_arrays_pass() {
        for good in ["{}", "[]", " \n{\"a\":[1,2.5e3,null,true,\"x\\u00e9\"]} ", "[[[[]]]]"] {
            check(good.as_bytes()).unwrap();
        }
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        check(deep.as_bytes()).unwrap();
    }

    #[test]
    fn anything_else_fails_with_the_position() {
        assert!(why("").ends_with("it is empty"));
        assert!(why("  12").ends_with("at offset 2"));
        assert!(why("\"text\"").ends_with("at offset 0"));
        assert!(why("{\"a\":}").ends_with("at offset 5"), "{}", why("{\"a\":}"));
        assert!(why("{\n\"a\" 1}").ends_with("at offset 6"), "{}", why("{\n\"a\" 1}"));
        assert!(why("[1] x").ends_with("at offset 4"), "{}", why("[1] x"));
        assert!(why("[1").ends_with("ends too early, at offset 2"), "{}", why("[1"));
        assert!(check(b"[\"\xff\"]").unwrap_err().message.ends_with("not UTF-8 at offset 2"));
    }

    #[test]
    fn pointers_lead_to_values() {
        let json =
            br#"{"foo":["bar","baz",{"n":1.10}],"":0,"a/b":1,"m~n":8,"k":"\"\u00e9\"","z":null}"#;
        let at = |pointer: &str| get(json, pointer).unwrap().into_owned();
        assert_eq!(at("/foo/0"), "bar");
        assert_eq!(at("/foo/2"), r#"{"n":1.10}"#);
        assert_eq!(at("/foo/2/n"), "1.10");
        assert_eq!(at("/"), "0");
        assert_eq!(at("/a~1b"), "1");
        assert_eq!(at("/m~0n"), "8");
        assert_eq!(at("/k"), "\"é\"");
        assert_eq!(at("/z"), "null");
        assert_eq!(at("").as_bytes(), json);
        assert_eq!(get(b"7", "").unwrap(), "7");
    }

    #[test]
    fn nothing_there_is_not_found() {
        let json = br#"{"foo":["bar"],"s":"x","n":-1,"d":1.5,"u":null,"b":true}"#;
        for pointer in [
            "/x", "/foo/1", "/foo/00", "/foo/+0", "/foo/-", "/foo/-1", "/s/0", "/n/a", "/d/a",
            "/u/a", "/b/a",
        ] {
            let error = get(json, pointer).unwrap_err();
            assert_eq!(error.code, Code::NotFound as i32, "{pointer}");
        }
    }

    #[test]
    fn a_bad_pointer_or_text_is_said() {
        assert_eq!(get(b"{}", "foo").unwrap_err().code, Code::Argument as i32);
        assert_eq!(get(b"{}", "/~2").unwrap_err().code, Code::Argument as i32);
        assert_eq!(get(b"{", "/a").unwrap_err().code, Code::Json as i32);
        assert_eq!(get(b"{} x", "").unwrap_err().code, Code::Json as i32);
        assert_eq!(get(br#"{"a":1,}"#, "/a").unwrap_err().code, Code::Json as i32);
    }

    #[test]
    fn the_last_of_a_repeated_name_counts() {
        assert_eq!(get(br#"{"a":1,"a":2}"#, "/a").unwrap(), "2");
    }
}
