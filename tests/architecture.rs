//! The layers, and rules that a compiler does not check.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{ItemMod, ItemUse, Macro, UseName, UseRename, UseTree, VisRestricted};

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

/// The rooms that a drawing in a file's documentation shows, and which others each of them uses: lines of
/// `name  what it is  -> others`.
fn drawing(file: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)).unwrap();
    let drawn = text.split("```text").nth(1).unwrap().split("```").next().unwrap();
    let lines = drawn.lines().map(|line| line.trim_start_matches("//!").trim()).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (room, others) = line.split_once("-> ").unwrap_or((line, ""));
            let others = others.split(',').map(|other| other.trim().to_owned()).filter(|other| !other.is_empty());
            (room.split_whitespace().next().unwrap().to_owned(), others.collect())
        })
        .collect()
}

/// Collects the absolute paths that a file names: in `use` trees, in code, in the arguments of macros, tests included.
struct Paths {
    /// Where we are: the module, and the modules inside the file.
    module: Vec<String>,
    found: BTreeSet<Vec<String>>,
}

impl Paths {
    fn add(&mut self, segments: &[String]) {
        let absolute = match segments.first().map(String::as_str) {
            Some("crate") => segments[1..].to_vec(),
            Some("super" | "self") => {
                let up = segments.iter().take_while(|segment| *segment == "super").count();
                let rest = segments.iter().skip_while(|segment| *segment == "super" || *segment == "self");
                let kept = self.module.len().saturating_sub(up);
                self.module[..kept].iter().chain(rest).cloned().collect()
            }
            _ => return,
        };
        self.found.insert(absolute);
    }

    fn add_tree(&mut self, before: &mut Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_tree(before, &path.tree);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(before, tree)),
            UseTree::Name(UseName { ident }) | UseTree::Rename(UseRename { ident, .. }) => {
                before.push(ident.to_string());
                self.add(before);
                before.pop();
            }
            UseTree::Glob(_) => self.add(before),
        }
    }

    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add(&path);
                        path.clear();
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    colons = 0;
                    self.add_tokens(group.stream());
                }
                _ => colons = 0,
            }
        }
        self.add(&path);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_tree(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&segments);
        syn::visit::visit_path(self, path);
    }

    fn visit_vis_restricted(&mut self, _visibility: &'ast VisRestricted) {}

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.add_tokens(item.tokens.clone());
    }
}

/// A module, from the root down, and the absolute paths that its file names.
type Named = (Vec<String>, BTreeSet<Vec<String>>);

/// All of them.
static PATHS: LazyLock<Vec<Named>> = LazyLock::new(|| {
    all_sources()
        .into_iter()
        .map(|(path, _, text)| {
            let mut module: Vec<String> =
                path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
                module.pop();
            }
            let mut paths = Paths { module: module.clone(), found: BTreeSet::new() };
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            paths.visit_file(&file);
            (module, paths.found)
        })
        .collect()
});

/// The arrows between the rooms below `parent`, with a place for each.
fn arrows(parent: &[&str], rooms: &BTreeSet<String>) -> BTreeMap<(String, String), String> {
    let room_of = |path: &[String]| -> Option<String> {
        let below = path.iter().zip(parent).all(|(a, b)| a == b) && path.len() > parent.len();
        below.then(|| path[parent.len()].clone()).filter(|room| rooms.contains(room))
    };
    let mut found = BTreeMap::new();
    for (module, paths) in PATHS.iter() {
        let Some(from) = room_of(module) else { continue };
        for path in paths {
            if let Some(to) = room_of(path).filter(|to| *to != from) {
                found.entry((from.clone(), to)).or_insert(format!("{} names {}", module.join("::"), path.join("::")));
            }
        }
    }
    found
}

/// Fails unless the arrows are those of the drawing, all of them and no others, and go one way.
fn check_drawing(file: &str, parent: &[&str]) {
    let drawn = drawing(file);
    assert!(drawn.len() >= 5, "{drawn:?}");
    let found = arrows(parent, &drawn.keys().cloned().collect());
    let mut wrong: Vec<String> = Vec::new();
    for ((from, to), place) in &found {
        if !drawn[from].contains(to) {
            wrong.push(format!("{from} -> {to} is not drawn: {place}"));
        }
    }
    for (from, to) in drawn.iter().flat_map(|(from, others)| others.iter().map(move |to| (from, to))) {
        if !found.contains_key(&(from.clone(), to.clone())) {
            wrong.push(format!("{from} -> {to} is drawn, but nothing uses it"));
        }
    }
    wrong.extend(circles(found.keys()).into_iter().map(|circle| format!("a circle: {}", circle.join(", "))));
    assert!(wrong.is_empty(), "src/{file}:\n{}", wrong.join("\n"));
}

/// Groups of rooms that reach each other.
fn circles<'a>(arrows: impl Iterator<Item = &'a (String, String)>) -> BTreeSet<Vec<String>> {
    let mut reached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in arrows {
        reached.entry(from.clone()).or_default().insert(to.clone());
    }
    loop {
        let mut grown = false;
        for from in reached.keys().cloned().collect::<Vec<_>>() {
            let further: BTreeSet<String> =
                reached[&from].iter().filter_map(|to| reached.get(to)).flatten().cloned().collect();
            let known = reached.entry(from).or_default();
            let before = known.len();
            known.extend(further);
            grown |= known.len() > before;
        }
        if !grown {
            break;
        }
    }
    let in_circle = |room: &String| reached[room].contains(room);
    let group = |room: &String| -> Vec<String> {
        reached[room].iter().filter(|to| reached.get(*to).is_some_and(|back| back.contains(room))).cloned().collect()
    };
    reached.keys().filter(|room| in_circle(room)).map(group).collect()
}

#[test]
fn the_layers_are_those_of_the_drawing() {
    check_drawing("lib.rs", &[]);
}

#[test]
fn the_rooms_of_machine_learning_are_those_of_the_drawing() {
    check_drawing("ml/mod.rs", &["ml"]);
}

/// Which modules beside each other may need each other: where they are, their names, and why.
const CIRCLES: &[(&str, &str, &str)] = &[
    (
        "state",
        "action app apply derived effect inspect jobs playing prepare queue review rows text_repair toast training",
        "the methods of `AppState` are spread over its files",
    ),
    ("audio::player", "lost opening worker", "the methods of `Worker` are spread over its files"),
    (
        "library::db",
        "backup check genres history lookalikes migrate repair roots salvage steps texts",
        "the methods of `Library` are spread over its files; a step of undo calls what it undoes",
    ),
    (
        "engine",
        "event outbox picture tiles training",
        "events carry what tiles, pictures and trainings say, and those send events",
    ),
    ("audio", "container formats reader spec", "a container knows its formats, and a format makes a reader"),
    ("library", "db scan", "the database stores what a scan reads, and a scan reads what the database stores"),
    ("library::sound_key", "chunks ebml payload", "a container's payload is found by its chunks, which are payloads"),
    ("library::tags", "id3 id3_frames", "an ID3v2 tag has frames, and chapters are frames with frames in them"),
    ("ml::nn::ops", "batch_norm conv3x3 portable", "each kernel has its portable twin, and their tests compare them"),
    ("ml::train", "fit trial", "the test of a fit trains on a trial's noise"),
    ("cli", "args train_args", "a test of the training's arguments parses a whole command line"),
    ("dsp::picture", "reassign spectrogram", "reassignment is a spectrogram by the same transform"),
    ("ui", "inspect local queue train", "what a view remembers is kept with what all of them remember"),
    ("ui::inspect", "controls popover", "a control opens its popover, which holds controls"),
];

#[test]
fn modules_beside_each_other_do_not_go_in_circles() {
    let parents: BTreeSet<Vec<String>> =
        PATHS.iter().map(|(module, _)| module[..module.len().saturating_sub(1)].to_vec()).collect();
    let mut wrong = Vec::new();
    for parent in parents {
        let names: Vec<&str> = parent.iter().map(String::as_str).collect();
        let beside: BTreeSet<String> = PATHS
            .iter()
            .filter(|(module, _)| module.len() > parent.len() && module.starts_with(&parent))
            .map(|(module, _)| module[parent.len()].clone())
            .collect();
        let allowed = CIRCLES.iter().find(|(module, ..)| *module == names.join("::"));
        let allowed: BTreeSet<&str> = allowed.map(|(_, names, _)| names.split(' ').collect()).unwrap_or_default();
        let found = arrows(&names, &beside);
        for circle in circles(found.keys()).iter().filter(|circle| circle.iter().any(|name| !allowed.contains(&**name)))
        {
            let places: Vec<&String> = found
                .iter()
                .filter(|((from, to), _)| circle.contains(from) && circle.contains(to))
                .map(|(_, place)| place)
                .collect();
            wrong.push(format!("{}: {}\n  {places:#?}", names.join("::"), circle.join(", ")));
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
