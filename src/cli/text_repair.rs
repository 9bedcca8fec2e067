//! `repair-text`: titles and names that were read in the wrong encoding.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::base::Report;
use crate::engine::Command;
use crate::library::misread::{Guess, Reading, changes, guesses_of};
use crate::library::model::{TextField, Track};
use crate::library::query::Query;

use super::args::{Common, RepairTextArgs};
use super::jobs::{Ended, Run};
use super::list::wait_for_library;
use super::output::{Align, Exit, Output, Table};

/// Texts that are printed for people; JSON has all.
const MOST_LINES: usize = 200;

/// A text before and after.
#[derive(Serialize)]
struct Change {
    in_file: String,
    repaired: String,
}

#[derive(Serialize)]
struct Song {
    path: String,
    /// By field.
    texts: BTreeMap<&'static str, Change>,
}

/// A reading and how likely it is.
#[derive(Serialize)]
struct Likely {
    /// `null`: as it stands in the files.
    encoding: Option<&'static str>,
    /// 0..1.
    score: f32,
}

#[derive(Serialize)]
struct Document {
    /// `null`: as the texts stand in the files.
    encoding: Option<&'static str>,
    /// The library was changed.
    applied: bool,
    /// Songs whose texts are others now, or would be.
    changed: usize,
    /// What the texts may be, the most likely first.
    likely: Vec<Likely>,
    /// The songs of which texts are read in another way.
    songs: Vec<Song>,
    /// Files that are not in the library.
    unknown: Vec<PathBuf>,
}

/// `timbre repair-text`.
pub fn text_repair(common: &Common, output: &Output, args: &RepairTextArgs) -> Run {
    let usage = |sentence: String| Ended::Usage("repair-text", sentence);
    let named = match args.encoding.as_deref() {
        Some(label) => Some(Reading::of_label(label).ok_or_else(|| {
            let known: Vec<&str> = Reading::ALL.iter().map(|reading| reading.label()).collect();
            usage(format!("there is no encoding {label}; known are {}", known.join(", ")))
        })?),
        None => None,
    };
    let query = Query::parse(args.search.as_deref().unwrap_or_default());
    if let Some(complaint) = query.complaint() {
        return Err(usage(complaint.to_owned()));
    }
    let engine = super::open_engine(common)?;
    let snapshot = engine.snapshot()?;
    let mut unknown = Vec::new();
    let mut tracks: Vec<&Track> = Vec::new();
    if args.search.is_some() {
        let found = query.filter(&snapshot.tracks, &engine.rule()?);
        tracks.extend(found.into_iter().filter_map(|index| snapshot.tracks.get(index)));
    }
    for file in &args.files {
        let given = std::path::absolute(file)?;
        let real = file.canonicalize().unwrap_or_else(|_| given.clone());
        let is_meant = |track: &&Track| track.path.starts_with(&given) || track.path.starts_with(&real);
        let before = tracks.len();
        tracks.extend(snapshot.tracks.iter().filter(is_meant));
        if tracks.len() == before {
            output.note(&format!("not in the library: {}", given.display()));
            unknown.push(given);
        }
    }
    tracks.sort_by(|a, b| a.path.cmp(&b.path).then(a.id.cmp(&b.id)));
    tracks.dedup_by_key(|track| track.id);
    if tracks.is_empty() && unknown.is_empty() {
        return Err(Report::new("No song matches")
            .with_hint("`timbre list --search QUERY` shows what a search finds")
            .into());
    }
    let likely = guesses_of(&tracks);
    let reading = match (named, args.as_in_file) {
        (_, true) => None,
        (Some(reading), _) => Some(reading),
        (None, false) => likely.first().and_then(|guess| guess.reading),
    };
    // Without a word on the encoding nothing is undone that a person did before.
    let is_wanted = reading.is_some() || args.as_in_file;
    let songs: Vec<Song> = tracks.iter().filter_map(|track| song(track, reading)).collect();
    let is_changed = |track: &&&Track| TextField::ALL.into_iter().any(|field| changes(track, field, reading));
    let changed: Vec<_> = tracks.iter().filter(|track| is_wanted && is_changed(track)).map(|track| track.id).collect();
    let document = Document {
        encoding: reading.map(Reading::label),
        applied: !args.dry_run && !changed.is_empty(),
        changed: changed.len(),
        likely: likely
            .iter()
            .map(|Guess { reading, score }| Likely {
                encoding: reading.map(Reading::label),
                score: (score * 1000.0).round() / 1000.0,
            })
            .collect(),
        songs,
        unknown,
    };
    if document.applied {
        engine.send(Command::RepairText { tracks: changed, reading });
        wait_for_library(&engine)?;
    }
    output.print(&document, |out| {
        let mut table = Table::new(&[("text", Align::Left), ("in the file", Align::Left), ("reads", Align::Left)]);
        let mut shown: Vec<(&str, &str, &str)> = document
            .songs
            .iter()
            .flat_map(|song| &song.texts)
            .map(|(field, text)| (*field, text.in_file.as_str(), text.repaired.as_str()))
            .collect();
        shown.sort_unstable();
        shown.dedup();
        for (field, in_file, repaired) in shown.iter().take(MOST_LINES) {
            table.row(vec![(*field).to_owned(), (*in_file).to_owned(), (*repaired).to_owned()]);
        }
        table.write(out)?;
        if shown.len() > MOST_LINES {
            writeln!(out, "… and {} more; --json lists all.", shown.len() - MOST_LINES)?;
        }
        let songs = if document.changed == 1 { "1 song".to_owned() } else { format!("{} songs", document.changed) };
        match (document.encoding, document.applied) {
            (None, _) if !args.as_in_file => {
                writeln!(out, "These texts look right as they are; --encoding names another encoding.")
            }
            (_, _) if document.changed == 0 => writeln!(out, "Nothing to change."),
            (Some(encoding), true) => {
                writeln!(out, "The text of {songs} is read as {encoding} now. `timbre undo` takes it back.")
            }
            (None, true) => writeln!(out, "The text of {songs} is as in the file again. `timbre undo` takes it back."),
            (Some(encoding), false) => {
                writeln!(out, "Nothing was changed. Read as {encoding}, the text of {songs} would change.")
            }
            (None, false) => writeln!(out, "Nothing was changed. The text of {songs} would be as in the file again."),
        }
    })?;
    Ok(if document.unknown.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

/// The texts of a song that a reading makes others.
fn song(track: &Track, reading: Option<Reading>) -> Option<Song> {
    let texts: BTreeMap<_, _> = TextField::ALL
        .into_iter()
        .filter_map(|field| {
            let in_file = track.text_in_file(field)?;
            let repaired = reading?.repair(&in_file)?;
            Some((field.key(), Change { in_file: in_file.into_owned(), repaired }))
        })
        .collect();
    (!texts.is_empty()).then(|| Song { path: track.path.to_string_lossy().into_owned(), texts })
}
