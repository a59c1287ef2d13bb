//! A panic inside the library does not reach the host: every exported function catches it.

use std::fs;
use std::path::Path;

/// What catches panics: see `src/capi/guard.rs`.
const GUARDS: [&str; 9] = [
    "answer(",
    "answer_briefly(",
    "answer_forked(",
    "answer_pointer_sized(",
    "answer_waking(",
    "answer_wide(",
    "enter(",
    "enter_briefly(",
    "patiently(",
];

/// Functions that only return a constant, or what is stored already.
const PLAIN: [&str; 9] = [
    "ws_build_info",
    "ws_data_type_name",
    "ws_event_name",
    "ws_last_error",
    "ws_last_error_message",
    "ws_status_name",
    "ws_strerror",
    "ws_version",
    "ws_version_number",
];

/// The functions of a file, from `fn ` to the brace at the start of a line.
fn bodies(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[no_mangle]").skip(1).map(|rest| {
        let start = rest.find("fn ").unwrap() + 3;
        &rest[start..rest.find("\n}").unwrap()]
    })
}

#[test]
fn every_exported_function_catches_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/capi");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut bare = Vec::new();
    for file in files.filter(|path| path.is_file()) {
        let text = fs::read_to_string(file).unwrap();
        for body in bodies(&text) {
            if !GUARDS.iter().any(|guard| body.contains(guard)) {
                bare.push(body.split('(').next().unwrap().to_owned());
            }
        }
    }
    bare.sort();
    assert_eq!(bare, PLAIN);
}
