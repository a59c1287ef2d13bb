//! The options of `ws_open`: those of `ws_options` by the same names, as one JSON object.

use serde_json::{Map, Value};

use crate::connection::{DataType, Options};
use crate::error::{Code, Component, Error, Result};

pub fn read(json: &str) -> Result<(Options, DataType)> {
    let mut options = Options::default();
    let mut data_type = DataType::Text;
    if json.is_empty() {
        return Ok((options, data_type));
    }
    let members: Map<String, Value> = serde_json::from_str(json).map_err(|error| {
        let words = format!("options_json is not a JSON object: {error}");
        Error::new(Code::Json, Component::Json, words)
    })?;
    for (name, value) in &members {
        match name.as_str() {
            "data_type" => data_type = read_data_type(name, value)?,
            "headers" => options.headers = read_headers(name, value)?,
            "queue" => options.queue = number(name, value)?,
            "subprotocols" => options.subprotocols = Some(string(name, value)?),
            "tls_ca" => options.tls_ca = Some(string(name, value)?),
            "tls_server_name" => options.tls_server_name = Some(string(name, value)?),
            "tls_verify" => options.tls_verify = number(name, value)?,
            "tls_min_version" => options.tls_min_version = number(name, value)?,
            "open_timeout_ms" => options.open_timeout_ms = number(name, value)?,
            "close_timeout_ms" => options.close_timeout_ms = number(name, value)?,
            "ping_interval_ms" => options.ping_interval_ms = number(name, value)?,
            "ping_timeout_ms" => options.ping_timeout_ms = number(name, value)?,
            "max_message" => options.max_message = number(name, value)?,
            "send_queue_max" => options.send_queue_max = number(name, value)?,
            "receive_queue_max" => options.receive_queue_max = number(name, value)?,
            "stream_threshold" => options.stream_threshold = number(name, value)?,
            "deflate" => options.deflate = switch(name, value)?,
            "deflate_threshold" => options.deflate_threshold = number(name, value)?,
            "deflate_server_no_context_takeover" => {
                options.deflate_server_no_context_takeover = switch(name, value)?;
            }
            "deflate_client_no_context_takeover" => {
                options.deflate_client_no_context_takeover = switch(name, value)?;
            }
            "deflate_server_max_window_bits" => {
                options.deflate_server_max_window_bits = number(name, value)?;
            }
            "deflate_client_max_window_bits" => {
                options.deflate_client_max_window_bits = number(name, value)?;
            }
            "proxy" => options.proxy = Some(string(name, value)?),
            "ip_family" => options.ip_family = number(name, value)?,
            "max_redirects" => options.max_redirects = number(name, value)?,
            "tls_cert" => options.tls_cert = Some(string(name, value)?),
            "tls_key" => options.tls_key = Some(string(name, value)?.into()),
            "tls_key_password" => options.tls_key_password = Some(string(name, value)?.into()),
            "tls_pins" => options.tls_pins = Some(string(name, value)?),
            "tls_ca_only" => options.tls_ca_only = switch(name, value)?,
            "reconnect_max" => options.reconnect_max = number(name, value)?,
            "reconnect_min_ms" => options.reconnect_min_ms = number(name, value)?,
            "reconnect_max_ms" => options.reconnect_max_ms = number(name, value)?,
            "write_timeout_ms" => options.write_timeout_ms = number(name, value)?,
            _ => {
                let words = format!("options_json: there is no option {name:?}");
                return Err(Error::ws(Code::Option, words));
            }
        }
    }
    Ok((options, data_type))
}

fn read_data_type(name: &str, value: &Value) -> Result<DataType> {
    match value.as_str() {
        Some("text") => Ok(DataType::Text),
        Some("blob") => Ok(DataType::Blob),
        Some("object") => Ok(DataType::Object),
        Some(_) => Err(wrong(name, value, "\"text\", \"blob\" or \"object\"")),
        None => match number(name, value)? {
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
                    headers.push((header.clone(), string(&member, value)?));
                }
            }
            _ => headers.push((header.clone(), string(&member, value)?)),
        }
    }
    Ok(headers)
}

fn number<T: TryFrom<i64>>(name: &str, value: &Value) -> Result<T> {
    let number = value.as_i64().ok_or_else(|| wrong(name, value, "a whole number"))?;
    T::try_from(number).map_err(|_| {
        Error::ws(Code::Option, format!("options_json: {name} is {number}, which is out of range"))
    })
}

/// What is 0 or 1 in C.
fn switch(name: &str, value: &Value) -> Result<i32> {
    value.as_bool().map_or_else(|| number(name, value), |on| Ok(i32::from(on)))
}

fn string(name: &str, value: &Value) -> Result<String> {
    let text = value.as_str().ok_or_else(|| wrong(name, value, "a string"))?;
    if text.contains('\0') {
        return Err(Error::ws(Code::Option, format!("options_json: {name} contains a NUL")));
    }
    Ok(text.to_owned())
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
    fn every_option_is_read_by_its_name() {
        let (options, data_type) = read(
            r#"{"data_type":"object","headers":{"A":"1","B":["2","3"]},"queue":4,"subprotocols":"x,y",
                "tls_ca":"@ca.pem","tls_server_name":"n","tls_verify":1,"tls_min_version":13,
                "open_timeout_ms":5,"close_timeout_ms":6,"ping_interval_ms":7,"ping_timeout_ms":-1,
                "max_message":8,"send_queue_max":9,"receive_queue_max":10,"stream_threshold":2048,
                "deflate":true,"deflate_threshold":11,"deflate_server_no_context_takeover":1,
                "deflate_client_no_context_takeover":false,"deflate_server_max_window_bits":12,
                "deflate_client_max_window_bits":13,
                "proxy":"http://p","ip_family":4,"max_redirects":11,
                "tls_cert":"@c.pem","tls_key":"@k.pem","tls_key_password":"p","tls_pins":"sha256/x",
                "tls_ca_only":true,"reconnect_max":-1,"reconnect_min_ms":14,
                "reconnect_max_ms":15,"write_timeout_ms":16}"#,
        )
        .unwrap();
        assert_eq!(data_type, DataType::Object);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = Options {
            queue: 4,
            headers: vec![pair("A", "1"), pair("B", "2"), pair("B", "3")],
            subprotocols: Some("x,y".into()),
            tls_ca: Some("@ca.pem".into()),
            tls_server_name: Some("n".into()),
            tls_verify: 1,
            tls_min_version: 13,
            open_timeout_ms: 5,
            close_timeout_ms: 6,
            ping_interval_ms: 7,
            ping_timeout_ms: -1,
            max_message: 8,
            send_queue_max: 9,
            receive_queue_max: 10,
            stream_threshold: 2048,
            deflate: 1,
            deflate_threshold: 11,
            deflate_server_no_context_takeover: 1,
            deflate_client_no_context_takeover: 0,
            deflate_server_max_window_bits: 12,
            deflate_client_max_window_bits: 13,
            proxy: Some("http://p".into()),
            ip_family: 4,
            max_redirects: 11,
            tls_cert: Some("@c.pem".into()),
            tls_key: Some("@k.pem".to_owned().into()),
            tls_key_password: Some("p".to_owned().into()),
            tls_pins: Some("sha256/x".into()),
            tls_ca_only: 1,
            reconnect_max: -1,
            reconnect_min_ms: 14,
            reconnect_max_ms: 15,
            write_timeout_ms: 16,
        };
        assert_eq!(options, expected);
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
