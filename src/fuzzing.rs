//! Everything that reads what comes from elsewhere, one function a kind: bytes in, no crash out. Fuzz targets (`tests/fuzz`) and ordinary
//! tests (`tests/fuzz_corpus.rs`) call the same functions.

use std::io::Write as _;
use std::path::Path;

use crate::audio::AudioReader;
use crate::base::{CancelToken, TrackId};
use crate::engine::Settings;
use crate::library::m3u::{self, PlaylistFile, PlaylistKind};
use crate::library::misread::{Reading, guesses};
use crate::library::model::Track;
use crate::library::query::Query;
use crate::library::{self, Library, portable};
use crate::ml::dataset::{Dataset, Sources, split};
use crate::ml::eval::Judgement;
use crate::ml::model::{Model, ModelCard};
use crate::ml::runs::bundle;
use crate::ml::runs::run_folder::RunFolder;
use crate::ml::train::trial;
use crate::ml::{Device, runs};

/// Blocks of sound that are decoded of one input.
const MOST_BLOCKS: usize = 64;

/// Takes bytes of one kind.
pub type Target = fn(&[u8]);

/// All kinds by the names of their fuzz targets. What is new goes here, and nowhere else: into `tests/fuzz/Cargo.toml` its name.
pub const TARGETS: &[(&str, Target)] = &[
    ("tags", tags),
    ("asf", tags),
    ("au", sound),
    ("wav", sound),
    ("query", query),
    ("model_card", model),
    ("run_bundle", run_bundle),
    ("run_state", run_state),
    ("settings", settings),
    ("clip_list", clip_list),
    ("m3u", m3u),
    ("library_import", library_import),
    ("garbled_text", garbled_text),
];

/// Runs one target; an unknown name does nothing.
pub fn run(name: &str, bytes: &[u8]) {
    if let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == name) {
        target(bytes);
    }
}

/// Puts the bytes into a file of this name and hands it over.
fn with_file(name: &str, bytes: &[u8], work: impl FnOnce(&Path)) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join(name);
    let written = std::fs::File::create(&path).and_then(|mut file| file.write_all(bytes));
    if written.is_ok() {
        work(&path);
    }
}

fn tags(bytes: &[u8]) {
    library::read_tags(bytes);
    with_file("song", bytes, |path| {
        library::tags::artist(path);
        library::cover::cover(path).ok();
        library::tags::loudness::loudness_tags(path).ok();
    });
}

fn sound(bytes: &[u8]) {
    with_file("song", bytes, |path| {
        let Ok(mut reader) = AudioReader::open_with(path, &CancelToken::default()) else { return };
        let mut block = Vec::new();
        for _ in 0..MOST_BLOCKS {
            block.clear();
            if !reader.next_block(&mut block).is_ok_and(|frames| frames > 0) {
                break;
            }
        }
        reader.seek(0.5).ok();
        reader.next_block(&mut block).ok();
    });
}

fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Query::parse(&text);
    library::fold(&text);
}

fn model(bytes: &[u8]) {
    ModelCard::parse("a model", bytes).ok();
    if let Ok(model) = Model::parse("a model", bytes, &Device::Cpu) {
        let examples = trial::noise(&model.inputs(), 1, 1);
        model.judge(&examples, &mut |_| Ok(())).ok();
    }
}

fn run_bundle(bytes: &[u8]) {
    with_file("run.zip", bytes, |path| {
        let folder = RunFolder::new(path.with_file_name("run"));
        if std::fs::create_dir(folder.path()).is_ok() {
            bundle::unpack(path, &folder).ok();
        }
    });
}

/// The JSON files of a run: each of them is this.
fn run_state(bytes: &[u8]) {
    Judgement::parse(bytes).ok();
    with_file("run.json", bytes, |path| {
        let folder = RunFolder::new(path.parent().unwrap_or(path));
        for other in folder.files().into_iter().filter(|other| other.extension().is_some_and(|end| end == "json")) {
            std::fs::write(other, bytes).ok();
        }
        runs::history(&folder).ok();
        runs::predictions(&folder).ok();
        runs::run::read_config(&folder).map(|config| config.trouble()).ok();
        if let Ok((folder, state)) = runs::find(folder.path(), &folder.path().display().to_string()) {
            runs::load(folder, state).ok();
        }
    });
}

fn settings(bytes: &[u8]) {
    with_file("settings.json", bytes, |path| {
        Settings::read(path);
    });
}

/// An index of artists, a list of clips.
fn clip_list(bytes: &[u8]) {
    with_file("list.txt", bytes, |path| {
        split::read_artists(path).ok();
        let sources = Sources { lists: vec![path.to_path_buf()], ..Sources::default() };
        let media = crate::engine::training::SoundFiles::default();
        Dataset::open(&sources, &media, &CancelToken::default()).ok();
    });
}

/// A playlist of one song whose every text is this: whatever is in it, the file keeps its four lines.
fn m3u(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let track = Track {
        id: TrackId(1),
        path: "/music/a.mp3".into(),
        title: text.as_ref().into(),
        artist: text.as_ref().into(),
        album: text.as_ref().into(),
        track_number: None,
        year: None,
        tag_genre: None,
        duration_secs: 60.0,
        format: "MP3".into(),
        playable: true,
        missing: false,
        added_at: 0,
        more: None,
        in_file: None,
        user_genre: None,
        prediction: None,
    };
    let playlist = PlaylistFile { kind: PlaylistKind::Manual, name: &text, tracks: vec![&track], provenance: &text };
    let written = m3u::render(&playlist, Path::new("/music"));
    assert_eq!(written.iter().filter(|byte| **byte == b'\n').count(), 5, "{}", String::from_utf8_lossy(&written));
}

/// A file that `timbre library export` might have written.
fn library_import(bytes: &[u8]) {
    with_file("library.json", bytes, |path| {
        let Ok(document) = portable::read(path) else { return };
        let Ok(mut library) = Library::open(&path.with_file_name("library.sqlite")) else { return };
        library.import(&document, &[], "a file", false).ok();
    });
}

/// Texts of tags in the wrong encoding.
fn garbled_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    guesses(text.lines());
    for reading in Reading::ALL {
        reading.repair(&text);
    }
}
