//! Only `src/sys` and `src/tls` know what system they are compiled for.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether code is compiled or left out, or a branch taken, by the kind of system.
fn depends_on_the_system(line: &str) -> bool {
    line.contains("cfg") && ["target_", "unix", "windows"].iter().any(|name| line.contains(name))
}

#[test]
fn no_other_module_depends_on_the_system() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut inside, mut outside) = (0, Vec::new());
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let name = file.strip_prefix(&root).unwrap();
        let is_seam = name.starts_with("sys") || name.starts_with("tls");
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if depends_on_the_system(line) {
                match is_seam {
                    true => inside += 1,
                    false => outside.push(format!("src/{}:{}", name.display(), number + 1)),
                }
            }
        }
    }
    assert!(inside > 0, "it finds nothing where there is something");
    assert!(outside.is_empty(), "{outside:?}");
}
