//! Errors about options never quote them: options may contain keys, passwords and tokens, even
//! options that should not.

mod support;

use std::ffi::{CStr, CString};
use std::ptr::null_mut;

use hostws::capi::*;
use support::host::*;

const MARKER: &str = "s3cret-M4rker";

/// Invalid options, each with the marker in it.
fn attempts() -> Vec<(&'static str, String)> {
    let mut attempts = Vec::new();
    for name in ["tls_ca", "tls_cert", "tls_key", "tls_pins", "proxy", "tls_server_name"] {
        for form in ["M", "@M", "-----BEGIN M", "http://u:M@h:x", "M,M", "sha256/M", "M M", "M\n"] {
            attempts.push((name, form.replace('M', MARKER)));
        }
    }
    for form in ["M,", "M M", "M,M", ",M", "a,Bearer M"] {
        attempts.push(("subprotocols", form.replace('M', MARKER)));
    }
    for form in ["M", "401,M", "-M", "401 M"] {
        attempts.push(("reconnect_codes", form.replace('M', MARKER)));
    }
    attempts.push(("tls_key_password", MARKER.to_owned()));
    attempts
}

#[track_caller]
fn check(result: i32, what: &str) {
    let words = last_words();
    if result > 0 {
        ws_abort(result);
        fetch_ends(1);
    } else {
        assert!(!words.contains(MARKER), "{what}: {words}");
        assert!(!words.is_empty(), "{what}");
    }
}

fn open(url: &CStr, json: &str) -> i32 {
    let json = CString::new(json).unwrap();
    // SAFETY: the strings are valid during the call.
    unsafe { ws_open(url.as_ptr(), json.as_ptr(), null_mut()) }
}

#[test]
fn by_json() {
    let url = c"wss://127.0.0.1:1/";
    for (name, value) in attempts() {
        let json = serde_json::json!({ name: value }).to_string();
        check(open(url, &json), &json);
        // The same as JSON in a JSON string.
        let quoted = serde_json::Value::String(json).to_string();
        let result = open(url, &quoted);
        assert_eq!(result, HOSTWS_E_JSON);
        check(result, &quoted);
        let wrong_type = serde_json::json!({ name: [value] }).to_string();
        let result = open(url, &wrong_type);
        assert_eq!(result, HOSTWS_E_OPTION);
        check(result, &wrong_type);
    }
    for headers in [
        serde_json::json!({ format!("Authorization: {MARKER}"): "" }),
        serde_json::json!({ format!("{MARKER} x"): "y" }),
        serde_json::json!({ "Authorization": format!("Bearer {MARKER}\r\nX: y") }),
        serde_json::json!({ "Authorization": [{ MARKER: MARKER }] }),
        serde_json::json!({ "Host": format!("{MARKER}@h") }),
        serde_json::json!(format!("Authorization: {MARKER}")),
    ] {
        let json = serde_json::json!({ "headers": headers }).to_string();
        let result = open(url, &json);
        assert_eq!(result, HOSTWS_E_OPTION, "{json}");
        check(result, &json);
    }
}

#[test]
fn by_struct() {
    for (name, value) in attempts() {
        let value = CString::new(value).unwrap();
        let mut options = options();
        let field = match name {
            "tls_ca" => &mut options.tls_ca,
            "tls_cert" => &mut options.tls_cert,
            "tls_key" => &mut options.tls_key,
            "tls_key_password" => &mut options.tls_key_password,
            "tls_pins" => &mut options.tls_pins,
            "proxy" => &mut options.proxy,
            "tls_server_name" => &mut options.tls_server_name,
            "subprotocols" => &mut options.subprotocols,
            "reconnect_codes" => &mut options.reconnect_codes,
            other => panic!("{other} has no field here"),
        };
        *field = value.as_ptr();
        // SAFETY: all are valid during the call.
        let result = unsafe { ws_new(c"wss://127.0.0.1:1/".as_ptr(), std::ptr::null(), &options) };
        check(result, &format!("{name} = {value:?}"));
    }
}
