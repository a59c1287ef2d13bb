//! Generates the C header into OUT_DIR, where a test compares it with the committed
//! one, and gives the shared library its name and its permanence.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// In the order in which the header shows them.
const SOURCES: [&str; 13] = [
    "src/capi/constants.rs",
    "src/capi/types.rs",
    "src/capi/connection.rs",
    "src/capi/sending.rs",
    "src/capi/pausing.rs",
    "src/capi/asking.rs",
    "src/capi/response.rs",
    "src/capi/certificate.rs",
    "src/capi/explain.rs",
    "src/capi/events.rs",
    "src/capi/pulling.rs",
    "src/capi/queues.rs",
    "src/capi/library.rs",
];

/// The rows of `ws_options`, which a macro puts into types.rs.
const OPTIONS: &str = "src/connection/options/table.rs";

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
    }
    println!("cargo:rerun-if-changed={OPTIONS}");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/capi/overview.h");

    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    let out = folder.join("hostws.h");
    fs::write(&out, header(&root, &folder)).expect("the build's own folder is writable");
    println!("cargo:rustc-env=HOSTWS_GENERATED_HEADER={}", out.display());

    choose_tls();
    println!("cargo:rustc-env=HOSTWS_TARGET={}", env::var("TARGET").expect("set by cargo"));

    // cargo-c chooses the name itself.
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let names = env::var_os("CARGO_FEATURE_CAPI").is_none();
    if system == "linux" && names {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libhostws.so.0");
        link_soname(&out);
    }
    if system == "linux" {
        // Threads of ours run its code: it can never be unmapped.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    if system == "macos" && names {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libhostws.0.dylib");
    }
}

/// Sets `tls_openssl` where src/tls is OpenSSL itself.
fn choose_tls() {
    println!("cargo::rustc-check-cfg=cfg(tls_openssl)");
    let has = |feature: &str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    let is = |key: &str, value: &str| env::var(key).is_ok_and(|found| found == value);
    let has_its_own =
        is("CARGO_CFG_TARGET_OS", "windows") || is("CARGO_CFG_TARGET_VENDOR", "apple");
    let is_built_in = has("VENDORED_TLS") && !is("CARGO_CFG_TARGET_OS", "windows");
    if has("NATIVE_TLS") || has_its_own && !is_built_in {
        return;
    }
    println!("cargo:rustc-cfg=tls_openssl");
    // By the crate openssl-sys, in hexadecimal: 0xMNN00PP0L.
    let version = env::var("DEP_OPENSSL_VERSION_NUMBER").ok();
    let version = version.and_then(|version| u64::from_str_radix(&version, 16).ok());
    let found = match version {
        _ if env::var_os("DEP_OPENSSL_LIBRESSL_VERSION_NUMBER").is_some() => "LibreSSL",
        Some(version) if version < 0x3000_0000 => "OpenSSL 1",
        _ => return,
    };
    panic!(
        "hostws needs OpenSSL 3.0 or later, and found {found}. Install it with its headers, say \
         where it is in OPENSSL_DIR, or have it built in by the feature vendored-tls."
    );
}

/// A program that was linked with `target/release/libhostws.so` asks for `libhostws.so.0` when it
/// starts. Cargo does not make that file, so the link is put where cargo puts the library:
/// three folders above `OUT_DIR`. It is a convenience; where it fails, nothing depends on it.
fn link_soname(out: &Path) {
    #[cfg(unix)]
    if let Some(results) = out.ancestors().nth(4) {
        let _ = std::os::unix::fs::symlink("libhostws.so", results.join("libhostws.so.0"));
    }
    #[cfg(not(unix))]
    let _ = out;
}

fn header(root: &Path, out: &Path) -> String {
    let overview = fs::read_to_string(root.join("src/capi/overview.h")).expect("it is committed");
    let config = cbindgen::Config {
        language: cbindgen::Language::C,
        header: Some(overview.trim_end().to_owned()),
        include_guard: Some("HOSTWS_H".to_owned()),
        no_includes: true,
        sys_includes: vec!["stdint.h".to_owned()],
        cpp_compat: true,
        style: cbindgen::Style::Both,
        usize_is_size_t: false,
        documentation_style: cbindgen::DocumentationStyle::Doxy,
        line_length: 100,
        ..cbindgen::Config::default()
    };
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(match source {
            "src/capi/types.rs" => expanded(root, out),
            _ => root.join(source),
        });
    }
    let mut text = Vec::new();
    builder.generate().expect("the sources are C-compatible").write(&mut text);
    let text = String::from_utf8(text).expect("cbindgen writes UTF-8");
    short_comments(&constants_as_enums(&text))
}

/// cbindgen expands no macro: types.rs with `ws_options` as the macro of that name makes it.
fn expanded(root: &Path, out: &Path) -> PathBuf {
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("it is committed");
    let (types, table) = (read("src/capi/types.rs"), read(OPTIONS));
    let between = |text: &str, start: &str, end: &str| {
        let from = text.find(start).expect("the file is laid out so") + start.len();
        text[from..from + text[from..].find(end).expect("as above")].to_owned()
    };
    let rows: String = between(&table, "$use! {\n", "\n        }\n    };")
        .lines()
        .map(|line| match line.trim().split_once(" = ") {
            Some((field, _)) if !field.starts_with("//") => format!("pub {field},\n"),
            _ => format!("{}\n", line.trim()),
        })
        .collect();
    let shell = between(&types, "macro_rules! ws_options {", "\noptions_table!(ws_options);\n");
    // From the struct's documentation to its closing brace.
    let shape = "        pub struct ws_options {";
    let head = between(&shell, "=> {\n", shape);
    let body = format!("{head}{shape}{}\n        }}", between(&shell, shape, "\n        }\n"));
    let body = body.replace("$($(#[$doc])* pub $name: $type,)*", &rows);
    let path = out.join("types.rs");
    let text = types.replace(&format!("macro_rules! ws_options {{{shell}"), &body);
    fs::write(&path, text).expect("the build's own folder is writable");
    path
}

/// `#define NAME VALUE` vanishes before LuaJIT's and cffi's parsers see it, and -1 without
/// parentheses is a trap: each becomes an anonymous enum. The version stays a macro, for #if.
fn constants_as_enums(header: &str) -> String {
    let line =
        |line: &str| match line.strip_prefix("#define HOSTWS_").map(|rest| rest.split_once(' ')) {
            Some(Some((name, value))) if name != "VERSION_NUMBER" => {
                format!("enum {{ HOSTWS_{name} = {value} }};\n")
            }
            _ => format!("{line}\n"),
        };
    header.lines().map(line).collect()
}

/// A comment of one line is written on one line, and a constant follows its neighbour.
fn short_comments(header: &str) -> String {
    let lines: Vec<&str> = header.lines().collect();
    let mut short = String::new();
    let mut rest = lines.as_slice();
    while let [first, others @ ..] = rest {
        let indent = &first[..first.len() - first.trim_start().len()];
        match others {
            [middle, last, after @ ..]
                if first.trim() == "/**" && last.trim() == "*/" && middle.trim().len() < 90 =>
            {
                let words = middle.trim().trim_start_matches("* ");
                short += &format!("{indent}/** {words} */\n");
                rest = after;
            }
            ["", tail @ ..]
                if first.starts_with("enum {") && tail.len() > 2 && {
                    let is_enum =
                        |line: Option<&&str>| line.is_some_and(|line| line.starts_with("enum {"));
                    tail[0] == "/**" && is_enum(tail.get(3))
                } =>
            {
                short += &format!("{first}\n");
                rest = tail;
            }
            _ => {
                short += &format!("{first}\n");
                rest = others;
            }
        }
    }
    short
}
