//! The committed header matches the source, and documents every function as the template requires.
//! `HOSTWS_BLESS=1 cargo test --test header` writes it.

use std::fs;
use std::path::PathBuf;

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("include/hostws.h")
}

#[test]
fn committed_header_is_what_the_source_gives() {
    let generated = fs::read_to_string(env!("HOSTWS_GENERATED_HEADER")).unwrap();
    if std::env::var_os("HOSTWS_BLESS").is_some() {
        fs::write(committed(), &generated).unwrap();
    }
    let committed = fs::read_to_string(committed()).unwrap_or_default();
    if let Some((number, (old, new))) =
        committed.lines().zip(generated.lines()).enumerate().find(|(_, (old, new))| old != new)
    {
        panic!("include/hostws.h:{} is\n  {old}\nthe source gives\n  {new}", number + 1);
    }
    assert_eq!(committed.len(), generated.len(), "include/hostws.h is shorter or longer");
}

/// The doc comment of each exported function, by its name.
fn documented_functions() -> Vec<(String, String)> {
    let header = fs::read_to_string(env!("HOSTWS_GENERATED_HEADER")).unwrap();
    let mut functions = Vec::new();
    let mut rest = header.as_str();
    while let Some(start) = rest.find("/**") {
        let Some(end) = rest[start..].find("*/") else { break };
        let doc = &rest[start..start + end];
        rest = &rest[start + end + 2..];
        let declaration = rest[..rest.find(';').unwrap_or(0)].trim();
        if let Some(name) =
            declaration.split('(').next().and_then(|head| head.split([' ', '*']).next_back())
        {
            if name.starts_with("ws_")
                && declaration.contains('(')
                && !declaration.starts_with("typedef")
            {
                functions.push((name.to_owned(), doc.to_owned()));
            }
        }
    }
    functions
}

#[test]
fn every_function_says_what_the_template_asks_for() {
    let functions = documented_functions();
    assert!(functions.len() >= 35, "only {} functions were found", functions.len());
    for (name, doc) in functions {
        for word in ["Blocks:", "Threads:", "From a", "After", "fork:", "@return", "@since"] {
            assert!(doc.contains(word), "{name} does not say {word}\n{doc}");
        }
    }
}

#[test]
fn every_exported_function_is_in_the_header() {
    let names: Vec<String> = documented_functions().into_iter().map(|(name, _)| name).collect();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/capi");
    let mut exported = 0;
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        let text = fs::read_to_string(file).unwrap();
        for line in text.split("#[no_mangle]").skip(1) {
            let name = line.split("fn ").nth(1).and_then(|rest| rest.split('(').next()).unwrap();
            assert!(names.iter().any(|known| known == name), "{name} is not in the header");
            exported += 1;
        }
    }
    assert_eq!(exported, names.len());
}

/// The fields of `ws_options`, from the header.
fn option_fields() -> Vec<String> {
    let header = fs::read_to_string(env!("HOSTWS_GENERATED_HEADER")).unwrap();
    let body = header.split("typedef struct ws_options {").nth(1).unwrap();
    let body = body.split("\n} ws_options;").next().unwrap();
    let is_field = |line: &&str| line.ends_with(';') && !line.trim_start().starts_with('*');
    let fields = body.lines().filter(is_field);
    fields
        .map(|line| line.trim_end_matches(';').rsplit([' ', '*']).next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_option_is_in_the_header_for_cpp() {
    let cpp = committed().with_extension("hpp");
    let cpp = fs::read_to_string(cpp).unwrap();
    let create = cpp.split("static ws_id create(").nth(1).unwrap();
    let create = create.split("return detail::check(ws_new(").next().unwrap();
    let set: Vec<&str> = create
        .lines()
        .filter_map(|line| line.trim().strip_prefix("raw."))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let fields = option_fields();
    assert!(fields.len() >= 35, "only {fields:?} were found");
    for field in &fields {
        let times = set.iter().filter(|name| *name == field).count();
        assert_eq!(times, 1, "hostws.hpp sets {field} {times} times");
    }
    assert_eq!(set.len(), fields.len());
}
