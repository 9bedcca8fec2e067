//! `library backup`, `restore`, `check`, `forget`: the file that holds the library.

use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::base::{DataDir, Report, TrackId};
use crate::library::Library;
use crate::library::db::{CheckReport, Finding, Repaired, check as check_library, repair, restore as restore_copy};
use crate::library::model::Loss;

use super::args::ForgetArgs;
use super::jobs::Run;
use super::output::{Align, Exit, Output, Table};

/// Findings that are printed for people; JSON has all.
const MOST_LINES: usize = 50;

/// `timbre library backup`.
pub fn backup(output: &Output, data_dir: &DataDir, file: &Path) -> Run {
    there_must_be_one(data_dir)?;
    Library::open(&data_dir.database())?.back_up(file)?;
    #[derive(Serialize)]
    struct Written<'a> {
        file: &'a Path,
    }
    output.print(&Written { file }, |out| writeln!(out, "The library was copied to {}.", file.display()))?;
    Ok(Exit::Done)
}

/// `timbre library restore`.
pub fn restore(output: &Output, data_dir: &DataDir, file: &Path) -> Run {
    let kept = restore_copy(&data_dir.database(), file)?;
    let report = check_library(&data_dir.database())?;
    #[derive(Serialize)]
    struct Restored<'a> {
        /// Where the former library is kept.
        kept: Option<&'a Path>,
        songs: usize,
        genres: usize,
        playlists: usize,
    }
    let CheckReport { songs, genres, playlists, .. } = report;
    output.print(&Restored { kept: kept.as_deref(), songs, genres, playlists }, |out| {
        writeln!(out, "The library was restored from {}: {}.", file.display(), counts(&report))?;
        match &kept {
            Some(kept) => writeln!(out, "The previous one was kept: {}", kept.display()),
            None => Ok(()),
        }
    })?;
    Ok(Exit::Done)
}

/// `timbre library check`.
pub fn check(output: &Output, data_dir: &DataDir, mend: bool) -> Run {
    there_must_be_one(data_dir)?;
    let path = data_dir.database();
    if !mend {
        let report = check_library(&path)?;
        output.print(&report, |out| write_check(out, &report, "`timbre library check --repair` mends it."))?;
        return Ok(if report.whole { Exit::Done } else { Exit::Failed });
    }
    let repaired = repair(&path)?;
    let after = check_library(&path)?;
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        after: &'a CheckReport,
        repair: &'a Repaired,
    }
    output.print(&Document { after: &after, repair: &repaired }, |out| {
        if repaired.before.whole {
            return write_check(out, &after, "");
        }
        write_findings(out, &repaired.done, 0)?;
        if repaired.lost_rows > 0 {
            writeln!(out, "{} rows were lost.", repaired.lost_rows)?;
        }
        write_check(out, &after, "")?;
        match &repaired.kept {
            Some(kept) => writeln!(out, "The damaged library is kept: {}", kept.display()),
            None => Ok(()),
        }
    })?;
    Ok(match (after.whole, repaired.lost_rows) {
        (false, _) => Exit::Failed,
        (true, 0) => Exit::Done,
        (true, _) => Exit::SomeFailed,
    })
}

/// `timbre library forget`.
pub fn forget(output: &Output, data_dir: &DataDir, args: &ForgetArgs) -> Run {
    there_must_be_one(data_dir)?;
    let mut library = Library::open(&data_dir.database())?;
    let snapshot = library.snapshot()?;
    let mut chosen: Vec<TrackId> = Vec::new();
    let mut unknown: Vec<PathBuf> = Vec::new();
    if args.missing {
        chosen.extend(snapshot.tracks.iter().filter(|track| track.missing).map(|track| track.id));
    }
    if args.hidden {
        chosen.extend(library.hidden_songs()?);
    }
    for file in &args.files {
        let given = std::path::absolute(file)?;
        let real = file.canonicalize().unwrap_or_else(|_| given.clone());
        // A song that is gone has no canonical path; a folder stands for the songs below it.
        let below =
            snapshot.tracks.iter().filter(|track| track.path.starts_with(&given) || track.path.starts_with(&real));
        let before = chosen.len();
        chosen.extend(below.map(|track| track.id));
        if chosen.len() == before {
            unknown.push(given);
        }
    }
    chosen.sort();
    chosen.dedup();
    let loss = library.loss(&chosen)?;
    for path in &unknown {
        output.note(&format!("not in the library: {}", path.display()));
    }
    let forgets = !chosen.is_empty() && !args.dry_run && agreed(output, args, loss)?;
    if forgets {
        library.forget(&chosen)?;
    }
    #[derive(Serialize)]
    struct Forgotten<'a> {
        forgotten: bool,
        #[serde(flatten)]
        loss: Loss,
        unknown: &'a [PathBuf],
    }
    output.print(&Forgotten { forgotten: forgets, loss, unknown: &unknown }, |out| {
        if chosen.is_empty() {
            writeln!(out, "There is nothing to forget.")
        } else if forgets {
            writeln!(out, "Forgotten: {}. `timbre undo` takes it back.", loss_text(loss))
        } else {
            writeln!(out, "Nothing was forgotten. It would be {}.", loss_text(loss))
        }
    })?;
    Ok(if unknown.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

fn agreed(output: &Output, args: &ForgetArgs, loss: Loss) -> Result<bool, Report> {
    if args.yes {
        return Ok(true);
    }
    if output.json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let report = Report::new(format!("Nothing was forgotten: {} would go", loss_text(loss)));
        return Err(report.with_hint("add --yes to forget them, or --dry-run to count only"));
    }
    write!(io::stderr(), "Forget {}? [y/N] ", loss_text(loss)).ok();
    io::stderr().flush().ok();
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| Report::from_error(&error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn there_must_be_one(data_dir: &DataDir) -> Result<(), Report> {
    let path = data_dir.database();
    if path.exists() {
        return Ok(());
    }
    Err(Report::new(format!("There is no library at {}", path.display()))
        .with_hint("`timbre scan FOLDER` makes one, `timbre library restore FILE` takes a copy back"))
}

fn number(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn counts(report: &CheckReport) -> String {
    format!(
        "{}, {} set by hand, {}",
        number(report.songs, "song", "songs"),
        number(report.genres, "genre", "genres"),
        number(report.playlists, "playlist", "playlists")
    )
}

fn loss_text(loss: Loss) -> String {
    let mut text = number(loss.songs, "song", "songs");
    if loss.genres > 0 {
        text.push_str(&format!(" with {} set by hand", number(loss.genres, "genre", "genres")));
    }
    if loss.playlists > 0 {
        text.push_str(&format!(", in {}", number(loss.playlists, "playlist", "playlists")));
    }
    text
}

fn write_check(out: &mut dyn Write, report: &CheckReport, hint: &str) -> io::Result<()> {
    write_findings(out, &report.findings, report.more)?;
    if report.whole {
        writeln!(out, "The library is whole: {}.", counts(report))
    } else {
        writeln!(out, "The library is not whole. {hint}")
    }
}

fn write_findings(out: &mut dyn Write, findings: &[Finding], more: usize) -> io::Result<()> {
    let mut table = Table::new(&[("what", Align::Left), ("song", Align::Left)]);
    for Finding { what, path } in findings.iter().take(MOST_LINES) {
        let path = path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        table.row(vec![what.clone(), path]);
    }
    table.write(out)?;
    let more = more + findings.len().saturating_sub(MOST_LINES);
    if more > 0 { writeln!(out, "… and {more} more; --json lists up to a thousand.") } else { Ok(()) }
}
