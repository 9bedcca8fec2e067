//! What the program is made of: licences and sources of its dependencies, and that each of them is used.

#![allow(clippy::unwrap_used, reason = "a test may panic, also in its helpers")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Licences that ask for no more than a notice, and MPL-2.0, which covers only its own files.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OFL-1.1",
    "Ubuntu-font-1.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];
/// What is not to come back, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("openssl-sys", "the program opens no connection"),
    ("reqwest", "the program opens no connection"),
    ("chrono", "dates are jiff's"),
    ("time", "dates are jiff's"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Everything that is built for this machine, development included.
fn packages() -> Vec<Value> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", &target])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Whether one may use what is under this expression: any side of an `OR`, all sides of an `AND`.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    for operator in [" AND ", " OR "] {
        let mut depth = 0;
        for (at, letter) in expression.char_indices() {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                ' ' if depth == 0 && expression[at..].starts_with(operator) => {
                    let (left, right) = (&expression[..at], &expression[at + operator.len()..]);
                    return if operator == " AND " {
                        is_allowed(left) && is_allowed(right)
                    } else {
                        is_allowed(left) || is_allowed(right)
                    };
                }
                _ => {}
            }
        }
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => is_allowed(inner),
        None => LICENCES.contains(&expression),
    }
}

#[test]
fn expressions_are_read_as_they_are_meant() {
    assert!(is_allowed("MIT OR GPL-3.0") && is_allowed("GPL-2.0/MIT") && is_allowed("(MIT OR GPL-3.0) AND ISC"));
    assert!(!is_allowed("MIT AND GPL-3.0") && !is_allowed("GPL-3.0") && !is_allowed("ISC AND (GPL-2.0 OR LGPL-2.1)"));
}

#[cfg(target_os = "linux")]
#[test]
fn licences_and_sources_are_allowed() {
    let mut wrong = Vec::new();
    let packages = packages();
    assert!(packages.len() > 100, "{}", packages.len());
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(licence) {
            wrong.push(format!("{name}: {licence}"));
        }
        if let Some(source) = package["source"].as_str().filter(|source| !source.contains("crates.io-index")) {
            wrong.push(format!("{name} comes from {source}"));
        }
        wrong.extend(BANNED.iter().filter(|(banned, _)| *banned == name).map(|(_, why)| format!("{name}: {why}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All text of a folder's Rust files.
fn text_of(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text_of(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_dependency_is_used() {
    let (mut program, mut tests) = (String::new(), String::new());
    text_of(&root().join("src"), &mut program);
    text_of(&root().join("tests"), &mut tests);
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut section = "";
    let mut unused = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.ends_with("dependencies]")
            && let Some((name, _)) = line.split_once(" = ").filter(|(name, _)| !name.starts_with('#'))
        {
            let used = format!("{}::", name.replace('-', "_"));
            let development = section.contains("dev-");
            let is_used = program.contains(&used) || (development && tests.contains(&used));
            if !is_used {
                unused.insert(name.to_owned());
            }
        }
    }
    assert!(unused.is_empty(), "not used: {unused:?}");
}
