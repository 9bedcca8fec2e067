//! `library export` and `import`, `undo` and `redo`: what a person gave Timbre.

use std::path::Path;

use serde::Serialize;

use crate::base::DataDir;
use crate::base::time::local_minute;
use crate::engine::{TakenBack, belongings, redo as make_again, undo as take_back};
use crate::library::Library;
use crate::library::db::{HistoryEntry, ImportReport};
use crate::library::portable::PathMap;

use super::jobs::Run;
use super::output::{Align, Exit, Output, Table};

/// Lines of a list that are printed for people; JSON has all.
const MOST_LINES: usize = 100;

/// `timbre library export`.
pub fn export(output: &Output, data_dir: &DataDir, file: &Path) -> Run {
    let document = belongings::export(data_dir, file)?;
    #[derive(Serialize)]
    struct Written<'a> {
        file: &'a Path,
        songs: usize,
        genres: usize,
        playlists: usize,
        folders: usize,
    }
    let written = Written {
        file,
        songs: document.songs.len(),
        genres: document.songs.iter().filter(|song| song.genre.is_some()).count(),
        playlists: document.playlists.len(),
        folders: document.folders.len(),
    };
    output.print(&written, |out| {
        let Written { songs, genres, playlists, folders, .. } = written;
        writeln!(out, "Written to {}:", file.display())?;
        writeln!(out, "genres set by hand: {genres}, playlists: {playlists}, songs: {songs}, folders: {folders}")
    })?;
    Ok(Exit::Done)
}

/// `timbre library import`.
pub fn import(output: &Output, data_dir: &DataDir, file: &Path, maps: &[PathMap], dry_run: bool) -> Run {
    let report = belongings::import(data_dir, file, maps, dry_run)?;
    #[derive(Serialize)]
    struct Document<'a> {
        dry_run: bool,
        #[serde(flatten)]
        report: &'a ImportReport,
    }
    output.print(&Document { dry_run, report: &report }, |out| {
        for (count, what) in [
            (report.found.by_sound, "songs found by their sound"),
            (report.found.by_path, "songs found at their path"),
            (report.found.by_tags, "songs found by title, artist and length"),
            (report.genres, "genres set by hand"),
            (report.texts, "songs with repaired texts"),
            (report.genres_kept, "genres that stay, as they were set here later"),
        ] {
            if count > 0 {
                writeln!(out, "{what}: {count}")?;
            }
        }
        for name in &report.playlists_made {
            writeln!(out, "new playlist: {name}")?;
        }
        for name in &report.playlists_changed {
            writeln!(out, "songs added to playlist: {name}")?;
        }
        for folder in &report.folders {
            writeln!(out, "new folder: {} (`timbre scan` reads it)", folder.display())?;
        }
        for folder in &report.folders_missing {
            writeln!(out, "folder that is not here: {} (see --map)", folder.display())?;
        }
        if !report.settings.is_empty() {
            writeln!(out, "settings: {}", report.settings.join(", "))?;
        }
        if !report.not_found.is_empty() {
            writeln!(out, "\nnot in this library: {}", report.not_found.len())?;
            let columns =
                [("genre", Align::Left), ("artist", Align::Left), ("title", Align::Left), ("file", Align::Left)];
            let mut table = Table::new(&columns);
            for song in report.not_found.iter().take(MOST_LINES) {
                table.row(vec![
                    song.genre.clone().unwrap_or_default(),
                    song.artist.clone(),
                    song.title.clone(),
                    song.path.display().to_string(),
                ]);
            }
            table.write(out)?;
            let more = report.not_found.len().saturating_sub(MOST_LINES);
            if more > 0 {
                writeln!(out, "… and {more} more; --json lists all.")?;
            }
            writeln!(out, "Scan the folders they are in and import again.\n")?;
        }
        match (report.changes_nothing(), dry_run) {
            (true, _) => writeln!(out, "Nothing to change."),
            (false, true) => writeln!(out, "Nothing was changed. Run it again without --dry-run to import."),
            (false, false) => writeln!(out, "Imported. `timbre undo` takes it back, but for the settings."),
        }
    })?;
    Ok(if report.not_found.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

/// `timbre undo`.
pub fn undo(output: &Output, data_dir: &DataDir, list: bool) -> Run {
    if list {
        return history(output, data_dir);
    }
    said(output, "Undone", "There is nothing to undo.", take_back(data_dir)?)
}

/// `timbre redo`.
pub fn redo(output: &Output, data_dir: &DataDir) -> Run {
    said(output, "Redone", "There is nothing to redo.", make_again(data_dir)?)
}

fn said(output: &Output, verb: &str, nothing: &str, done: Option<TakenBack>) -> Run {
    #[derive(Serialize)]
    struct Document<'a> {
        /// `null`: there was nothing.
        what: Option<&'a str>,
    }
    output.print(&Document { what: done.as_ref().map(|done| done.what.as_str()) }, |out| match &done {
        None => writeln!(out, "{nothing}"),
        Some(TakenBack { what, changed_queue }) => {
            let what: String = what.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
            writeln!(out, "{verb}: {what}")?;
            if *changed_queue { writeln!(out, "The window starts with that queue.") } else { Ok(()) }
        }
    })?;
    Ok(Exit::Done)
}

fn history(output: &Output, data_dir: &DataDir) -> Run {
    let history: Vec<HistoryEntry> = Library::open(&data_dir.database())?.history()?;
    output.print(&history, |out| {
        let mut table = Table::new(&[("when", Align::Left), ("what", Align::Left), ("", Align::Left)]);
        for entry in &history {
            let state = if entry.undone { "undone" } else { "" };
            table.row(vec![local_minute(entry.at), entry.what.clone(), state.to_owned()]);
        }
        if history.is_empty() {
            writeln!(out, "There is nothing to undo.")?;
        }
        table.write(out)
    })?;
    Ok(Exit::Done)
}
