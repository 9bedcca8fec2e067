//! The layers, and rules that a compiler does not check.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::collections::BTreeMap;
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

/// A `const` of bytes may be copied into each place that uses it, and two inclusions of a file are two copies.
#[test]
fn each_file_is_part_of_the_program_once() {
    let mut included = BTreeMap::new();
    for (path, _, text) in all_sources() {
        for (number, line) in code(&text).filter(|(_, line)| line.contains("include_bytes!")) {
            let place = format!("{}:{}", path.display(), number + 1);
            let is_static = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            assert!(is_static.starts_with("static "), "{place}: {line}");
            let file = line.split('"').nth(1).unwrap();
            let name = Path::new(file).file_name().unwrap().to_owned();
            if let Some(other) = included.insert(name, place.clone()) {
                panic!("{file} is included at {other} and at {place}");
            }
        }
    }
    assert!(included.len() >= 4, "{included:?}");
}

/// The same, of what the compiler made of it.
#[test]
fn the_binary_has_each_model_and_font_once() {
    let binary = fs::read(env!("CARGO_BIN_EXE_timbre")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["weights/musicnn.safetensors", "weights/multimodal.safetensors", "assets/fonts/NotoSans-Regular.ttf"];
    // From the middle of each file.
    let parts = files.map(|file| {
        let bytes = fs::read(root.join(file)).unwrap();
        bytes[bytes.len() / 2..][..64].to_vec()
    });
    let mut found = [0; 3];
    for at in 0..binary.len().saturating_sub(64) {
        for (part, found) in parts.iter().zip(&mut found) {
            if binary[at] == part[0] && binary[at..at + 64] == part[..] {
                *found += 1;
            }
        }
    }
    // Without a window there is still a picture's text, so the font is in every build.
    assert_eq!(found, [1; 3], "{files:?}");
}
