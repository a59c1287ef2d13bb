//! The functions that a fuzzer calls, apart from those in `protocol`. The tests call them with the
//! seeds.

use serde_json::Value;

use crate::capi::options_json;
use crate::dial::fuzzing::{check_words, chunked, no_proxy, proxy, url, SECRET};

type Target = fn(&[u8]);

/// The targets by name.
const TARGETS: [(&str, Target); 5] = [
    ("url", url),
    ("options", options),
    ("no_proxy", no_proxy),
    ("chunked", chunked),
    ("proxy", proxy),
];

/// Runs one of the targets.
///
/// # Panics
/// If something does not hold that should, or there is no such target.
pub fn run(target: &str, input: &[u8]) {
    let known = TARGETS.iter().find(|(name, _)| *name == target);
    known.expect("one of the targets").1(input);
}

/// The JSON of ws_open(): what is refused is refused in words, and without the password.
fn options(input: &[u8]) {
    let json = String::from_utf8_lossy(input);
    let error = match options_json::read(&json) {
        Ok((options, data_type)) => match options.resolve("ws://example.com/", data_type) {
            Ok(_) => return,
            Err(error) => error,
        },
        Err(error) => error,
    };
    // A value may be one, but a name never is: it is repeated.
    let whole = serde_json::from_str(&json);
    check_words(&error, whole.is_ok_and(|value| !has_name(&value, SECRET)));
}

fn has_name(value: &Value, part: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, value)| name.contains(part) || has_name(value, part))
        }
        Value::Array(values) => values.iter().any(|value| has_name(value, part)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_seeds_hold() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        // The packaged crate has none.
        if !seeds.exists() {
            return;
        }
        for (target, run) in TARGETS {
            let files: Vec<_> = std::fs::read_dir(seeds.join(target)).unwrap().collect();
            assert!(files.len() > 5, "{target} has few seeds");
            for file in files {
                let path = file.unwrap().path();
                println!("{}", path.display());
                run(&std::fs::read(path).unwrap());
            }
        }
    }
}
