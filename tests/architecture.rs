//! The layers, and rules that a compiler does not check.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::fs;
use std::path::{Path, PathBuf};

/// Which layers each layer may use (besides itself).
const ALLOWED: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("dsp", &["base"]),
    ("audio", &["base"]),
    ("library", &["base"]),
    ("ml", &["base", "dsp"]),
    ("engine", &["base", "dsp", "audio", "library", "ml"]),
    ("state", &["base", "dsp", "audio", "library", "ml", "engine"]),
    ("ui", &["base", "dsp", "audio", "library", "ml", "engine", "state"]),
    ("cli", &["base", "dsp", "audio", "library", "ml", "engine", "ui"]),
];

/// Longest a source file may be, its tests included.
const MOST_LINES: usize = 600;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    assert!(found.len() > 30, "only {} sources found", found.len());
    found
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&root).unwrap().to_path_buf();
            let layer = inside.iter().next().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            (inside, layer, text)
        })
        .collect()
}

/// The lines of code: no comments, nothing from `#[cfg(test)]` on.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn arrows_between_layers_go_down_only() {
    let mut wrong = Vec::new();
    for (path, layer, text) in all_sources() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == layer) else { continue };
        for (number, line) in code(&text) {
            for (_, rest) in line.match_indices("crate::").map(|(at, found)| (at, &line[at + found.len()..])) {
                let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let is_layer = ALLOWED.iter().any(|(name, _)| *name == used);
                if is_layer && used != layer && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}:{}: {layer} uses {used}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let long: Vec<_> = all_sources()
        .into_iter()
        .filter(|(.., text)| text.lines().count() > MOST_LINES)
        .map(|(path, _, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn colours_are_made_in_the_theme_only() {
    let mut wrong = Vec::new();
    for (path, _, text) in all_sources() {
        if path.starts_with("ui/theme.rs") || path.starts_with("ui/theme") {
            continue;
        }
        for (number, line) in
            code(&text).filter(|(_, line)| line.contains("Color32::from_") || line.contains("Rgba::from_"))
        {
            wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
