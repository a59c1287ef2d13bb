//! The options of `ws_open`: those of `ws_options` by the same names, as a JSON object.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::Value;

use crate::connection::{options_table, DataType, Options};
use crate::dial::SocketHook;
use crate::error::{Code, Component, Error, Result};
use crate::secret::Secret;

pub fn read(json: &str) -> Result<(Options, DataType)> {
    let mut options = Options::default();
    let mut data_type = DataType::Text;
    if json.is_empty() {
        return Ok((options, data_type));
    }
    for (name, text) in members(json)? {
        let name = name.as_str();
        if name == "headers" {
            options.headers = read_headers(text)?;
            continue;
        }
        match value(text)? {
            value if name == "data_type" => data_type = read_data_type(name, &value)?,
            value if name == "queue" => options.queue = i32::from_json(name, &value)?,
            Value::Bool(on) if Options::is_switch(name) => {
                set(&mut options, name, &i32::from(on).into())?;
            }
            value => set(&mut options, name, &value)?,
        }
    }
    Ok((options, data_type))
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The members of an object. A name that occurs twice is an error, because it is unclear which one
/// would count.
fn members(json: &str) -> Result<Vec<(String, &RawValue)>> {
    let Members(members) = serde_json::from_str(json).map_err(|error| not_json(json, &error))?;
    for (index, (name, _)) in members.iter().enumerate() {
        if members[..index].iter().any(|(earlier, _)| earlier == name) {
            let words = format!("options_json: {} is there twice", shown(name));
            return Err(Error::ws(Code::Option, words));
        }
    }
    Ok(members)
}

fn value(text: &RawValue) -> Result<Value> {
    serde_json::from_str(text.get()).map_err(|error| not_json(text.get(), &error))
}

/// Serde's message for a value of the wrong type quotes the value, which may be a secret; this one
/// does not.
fn not_json(json: &str, error: &serde_json::Error) -> Error {
    let words = match (error.is_data(), json.trim_start().chars().next()) {
        (false, _) => format!("options_json is not a JSON object: {error}"),
        (true, Some('"')) => {
            "options_json is a JSON string; the object itself is wanted, without quotes around it"
                .to_owned()
        }
        (true, Some('[')) => "options_json is a JSON array and no object".to_owned(),
        (true, _) => "options_json is JSON and no object".to_owned(),
    };
    Error::new(Code::Json, Component::Json, words)
}

/// A name if it is safe to show. Anything that is not a plain name may be a secret in the wrong
/// place.
fn shown(name: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.len() <= 48 && !name.is_empty() && name.bytes().all(is_plain) {
        name
    } else {
        "a name that is not shown"
    }
}

macro_rules! setter {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $kind:ty,)*) => {
        fn set(options: &mut Options, name: &str, value: &Value) -> Result<()> {
            match name {
                $(stringify!($name) => options.$name = FromJson::from_json(name, value)?,)*
                _ => {
                    let words = format!("options_json: there is no option {:?}", shown(name));
                    return Err(Error::ws(Code::Option, words));
                }
            }
            Ok(())
        }
    };
}
options_table!(setter);

/// Converts a JSON value to an option.
trait FromJson: Sized {
    fn from_json(name: &str, value: &Value) -> Result<Self>;
}

/// The largest number up to which a double holds every whole number.
const LARGEST_EXACT: f64 = (1_i64 << 53) as f64;

impl FromJson for i64 {
    fn from_json(name: &str, value: &Value) -> Result<i64> {
        // In some languages every number has a fraction: 5000.0.
        let whole = |number: f64| {
            let is_whole = number.fract() == 0.0 && number.abs() <= LARGEST_EXACT;
            is_whole.then_some(number as i64)
        };
        let number = value.as_i64().or_else(|| value.as_f64().and_then(whole));
        number.ok_or_else(|| wrong(name, value, "a whole number"))
    }
}

impl FromJson for i32 {
    fn from_json(name: &str, value: &Value) -> Result<i32> {
        let number = i64::from_json(name, value)?;
        i32::try_from(number).map_err(|_| {
            let words = format!("options_json: {name} is {number}, which is out of range");
            Error::ws(Code::Option, words)
        })
    }
}

impl FromJson for String {
    fn from_json(name: &str, value: &Value) -> Result<String> {
        let text = value.as_str().ok_or_else(|| wrong(name, value, "a string"))?;
        if text.contains('\0') {
            return Err(Error::ws(Code::Option, format!("options_json: {name} contains a NUL")));
        }
        Ok(text.to_owned())
    }
}

impl FromJson for Option<String> {
    fn from_json(name: &str, value: &Value) -> Result<Option<String>> {
        String::from_json(name, value).map(Some)
    }
}

impl FromJson for Option<Secret> {
    fn from_json(name: &str, value: &Value) -> Result<Option<Secret>> {
        String::from_json(name, value).map(|text| Some(text.into()))
    }
}

impl FromJson for Option<SocketHook> {
    fn from_json(name: &str, _: &Value) -> Result<Option<SocketHook>> {
        Err(not_in_json(name, "function"))
    }
}

impl FromJson for usize {
    fn from_json(name: &str, _: &Value) -> Result<usize> {
        Err(not_in_json(name, "pointer"))
    }
}

fn not_in_json(name: &str, what: &str) -> Error {
    Error::ws(Code::Option, format!("options_json: {name} is a {what}, which JSON cannot hold"))
}

fn read_data_type(name: &str, value: &Value) -> Result<DataType> {
    match value.as_str() {
        Some("text") => Ok(DataType::Text),
        Some("blob") => Ok(DataType::Blob),
        Some("object") => Ok(DataType::Object),
        Some(_) => Err(wrong(name, value, "\"text\", \"blob\" or \"object\"")),
        None => match i32::from_json(name, value)? {
            0 => Ok(DataType::Text),
            other => DataType::from_number(other).map_err(|error| {
                Error::ws(Code::Option, format!("options_json: {name}: {}", error.message))
            }),
        },
    }
}

/// `{"Name": "value", "Repeated": ["one", "two"]}`
fn read_headers(text: &RawValue) -> Result<Vec<(String, String)>> {
    if !text.get().starts_with('{') {
        return Err(wrong("headers", &value(text)?, "an object"));
    }
    let mut headers = Vec::new();
    for (header, text) in members(text.get())? {
        let member = format!("headers.{}", shown(&header));
        match value(text)? {
            Value::Array(values) => {
                for value in values {
                    headers.push((header.clone(), String::from_json(&member, &value)?));
                }
            }
            value => headers.push((header, String::from_json(&member, &value)?)),
        }
    }
    Ok(headers)
}

/// Names the option and the type of the value, never the value itself: it may be a secret.
fn wrong(name: &str, value: &Value, wanted: &str) -> Error {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) if wanted.contains("number") => "a number that is not whole or too large",
        Value::Number(_) => "a number",
        Value::String(_) if wanted.starts_with('"') => "another string",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Error::ws(Code::Option, format!("options_json: {name} must be {wanted}, it is {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> String {
        read(json).expect_err("refused").message
    }

    #[test]
    fn what_has_no_row_is_read() {
        let (options, data_type) =
            read(r#"{"data_type":"object","headers":{"A":"1","B":["2","3"]},"queue":4}"#).unwrap();
        assert_eq!(data_type, DataType::Object);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![pair("A", "1"), pair("B", "2"), pair("B", "3")];
        assert_eq!(options, Options { queue: 4, headers, ..Options::default() });
    }

    #[test]
    fn headers_keep_their_order() {
        let (options, _) = read(r#"{"headers":{"Z":"1","a":["2","3"],"M":"4","A":"5"}}"#).unwrap();
        let names: Vec<&str> = options.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Z", "a", "a", "M", "A"]);
    }

    #[test]
    fn a_name_is_there_once() {
        assert!(refused(r#"{"queue":1,"deflate":0,"queue":1}"#).contains("queue is there twice"));
        assert!(refused(r#"{"headers":{"A":"1","A":"2"}}"#).contains("A is there twice"));
        assert!(refused(r#"{"headers":{},"headers":{}}"#).contains("headers is there twice"));
    }

    #[test]
    fn a_number_may_be_written_with_a_fraction_of_nothing() {
        let (options, _) =
            read(r#"{"open_timeout_ms":5000.0,"max_message":1e6,"queue":-0.0}"#).unwrap();
        let expected =
            Options { open_timeout_ms: 5000, max_message: 1_000_000, ..Options::default() };
        assert_eq!(options, expected);
    }

    #[test]
    fn nothing_that_may_be_a_secret_comes_back() {
        for json in [
            r#""{\"headers\":{\"Authorization\":\"Bearer s3cret\"}}""#,
            r#"{"s3cret is no name":1}"#,
            r#"{"s3cret ":1,"s3cret ":2}"#,
            r#"{"headers":"Authorization: s3cret"}"#,
            r#"{"headers":{"Authorization: s3cret":1}}"#,
            r#"{"headers":{"Authorization: s3cret":"","Authorization: s3cret":""}}"#,
            r#"{"headers":{"A":{"s3cret":1}}}"#,
            r#"{"headers":{"A":["x",{"s3cret":1}]}}"#,
            r#"{"tls_key":["s3cret"]}"#,
            r#"{"tls_key_password":{"s3cret":"s3cret"}}"#,
            r#"{"tls_key_password":"s3cret\u0000"}"#,
            r#"{"data_type":"s3cret"}"#,
            r#"{"queue":"s3cret"}"#,
            r#"{"proxy":"s3cret"#,
            r#"{"proxy":"\s3cret"}"#,
            r#"{"proxy":s3cret}"#,
            r#"["s3cret"]"#,
            "s3cret",
        ] {
            let words = refused(json);
            assert!(!words.contains("s3cret"), "{json}: {words}");
        }
    }

    macro_rules! each_by_its_name {
        ($($(#[$doc:meta])* $name:ident: $type:ty = $kind:ty,)*) => {$('row: {
            if ["on_socket", "on_socket_data"].contains(&stringify!($name)) {
                assert!(refused(&format!("{{\"{}\":1}}", stringify!($name))).contains("JSON cannot"));
                break 'row;
            }
            let (name, json, expected) = if stringify!($type).contains("c_char") {
                (stringify!($name), "\"x\"", "\"x\"")
            } else {
                (stringify!($name), "-7", "-7")
            };
            let (options, _) = read(&format!("{{\"{name}\":{json}}}")).unwrap();
            let mut rest = options.clone();
            rest.$name = Options::default().$name;
            assert_eq!(rest, Options::default(), "{name}");
            let given = format!("{:?}", options.$name);
            assert!(given.contains(expected) || given == "Some(Secret)", "{name} is {given}");
            assert_eq!(
                read(&format!("{{\"{name}\":true}}")).is_ok(),
                stringify!($kind) == "Switch",
                "{name}"
            );
        })*};
    }

    #[test]
    fn every_row_is_read_by_its_name() {
        options_table!(each_by_its_name);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(refused(r#"{"opne_timeout_ms":1}"#).contains("\"opne_timeout_ms\""));
        assert!(refused(r#"{"max_message":"1"}"#).contains("max_message must be a whole number"));
        assert!(refused(r#"{"queue":3000000000}"#).contains("queue is 3000000000"));
        assert!(refused(r#"{"reconnect_max":true}"#).contains("reconnect_max must be a whole"));
        assert!(refused(r#"{"reconnect_min_ms":0.5}"#).contains("reconnect_min_ms must be"));
        assert!(refused(r#"{"reconnect_max_ms":"1"}"#).contains("reconnect_max_ms must be"));
        assert!(refused(r#"{"write_timeout_ms":"1"}"#).contains("write_timeout_ms must be"));
        assert!(refused(r#"{"deflate":"on"}"#).contains("deflate must be a whole number"));
        assert!(refused(r#"{"subprotocols":1}"#).contains("subprotocols must be a string"));
        assert!(refused(r#"{"headers":{"A":[1]}}"#).contains("headers.A must be a string"));
        assert!(refused(r#"{"data_type":"xml"}"#).contains("data_type"));
        assert!(refused(r#"{"data_type":4}"#).contains("data_type: 4 is not"));
        assert!(refused(r#"{"tls_ca":"a\u0000b"}"#).contains("tls_ca contains a NUL"));
        assert!(refused("[1]").contains("is a JSON array and no object"));
        assert!(refused("7").contains("is JSON and no object"));
        assert!(refused(r#"{"reconnect_min_ms":1e300}"#).contains("reconnect_min_ms must be"));
        assert!(refused(r#"{"queue":3e9}"#).contains("queue is 3000000000"));
        assert!(refused(r#"{"headers":[]}"#).contains("headers must be an object, it is an array"));
        assert!(refused("{").contains("not a JSON object"));
    }
}
