//! The options of `ws_open`: those of `ws_options` by the same names, as one JSON object.

use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::connection::{options_table, DataType, Options};
use crate::error::{Code, Component, Error, Result};
use crate::secret::Secret;

pub fn read(json: &str) -> Result<(Options, DataType)> {
    let mut options = Options::default();
    let mut data_type = DataType::Text;
    if json.is_empty() {
        return Ok((options, data_type));
    }
    let members: Map<String, Value> = serde_json::from_str(json).map_err(|error| {
        // Of another JSON value the parser's words would quote what may be a secret.
        let words = match error.classify() {
            Category::Data => "options_json is not a JSON object but another JSON value".to_owned(),
            _ => format!("options_json is not a JSON object: {error}"),
        };
        Error::new(Code::Json, Component::Json, words)
    })?;
    for (name, value) in &members {
        match name.as_str() {
            "data_type" => data_type = read_data_type(name, value)?,
            "headers" => options.headers = read_headers(name, value)?,
            "queue" => options.queue = i32::from_json(name, value)?,
            _ => match value {
                Value::Bool(on) if Options::is_switch(name) => {
                    set(&mut options, name, &Value::from(i32::from(*on)))?;
                }
                _ => set(&mut options, name, value)?,
            },
        }
    }
    Ok((options, data_type))
}

macro_rules! setter {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $kind:ty,)*) => {
        fn set(options: &mut Options, name: &str, value: &Value) -> Result<()> {
            match name {
                $(stringify!($name) => options.$name = FromJson::from_json(name, value)?,)*
                _ => {
                    let words = format!("options_json: there is no option {name:?}");
                    return Err(Error::ws(Code::Option, words));
                }
            }
            Ok(())
        }
    };
}
options_table!(setter);

/// A value as an option is given.
trait FromJson: Sized {
    fn from_json(name: &str, value: &Value) -> Result<Self>;
}

impl FromJson for i64 {
    fn from_json(name: &str, value: &Value) -> Result<i64> {
        value.as_i64().ok_or_else(|| wrong(name, value, "a whole number"))
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
fn read_headers(name: &str, value: &Value) -> Result<Vec<(String, String)>> {
    let object = value.as_object().ok_or_else(|| wrong(name, value, "an object"))?;
    let mut headers = Vec::new();
    for (header, value) in object {
        let member = format!("{name}.{header}");
        match value {
            Value::Array(values) => {
                for value in values {
                    headers.push((header.clone(), String::from_json(&member, value)?));
                }
            }
            _ => headers.push((header.clone(), String::from_json(&member, value)?)),
        }
    }
    Ok(headers)
}

/// Names the option and the type that it has, never its value: it may be a secret.
fn wrong(name: &str, value: &Value, wanted: &str) -> Error {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) if wanted.contains("number") => "a number that is not whole",
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

    macro_rules! each_by_its_name {
        ($($(#[$doc:meta])* $name:ident: $type:ty = $kind:ty,)*) => {$(
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
        )*};
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
        assert!(refused("[1]").contains("not a JSON object"));
        assert!(refused("{").contains("not a JSON object"));
    }
}
