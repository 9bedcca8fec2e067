//! `scan`, `classify`, `organize`, `export`, `problems`, `demo`: the engine's jobs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::base::{CancelToken, Report};
use crate::demo;
use crate::engine::{ClassifyOutcome, Command, Engine, ExportSelection, JobKind, JobOutcome, ScanOutcome};
use crate::library::filing::Filing;
use crate::library::model::{Problem, ProblemKind};

use super::jobs::{Run, run_job};
use super::output::{Align, Exit, Output, Table};

/// `timbre scan`.
pub fn scan(engine: &Engine, output: &Output, folders: Vec<PathBuf>, exclude: Vec<String>) -> Run {
    let command = Command::AddRootsWithout { folders, exclude };
    let outcome = scan_outcome(run_job(engine, output, command, JobKind::Scan)?);
    output.print(&outcome, |out| writeln!(out, "{}", scan_text(&outcome)))?;
    Ok(if outcome.problems > 0 { Exit::SomeFailed } else { Exit::Done })
}

/// `timbre classify`.
pub fn classify(engine: &Engine, output: &Output, again: bool) -> Run {
    let command = Command::Classify { again, within: Vec::new() };
    let outcome = classify_outcome(run_job(engine, output, command, JobKind::Classify)?);
    output.print(&outcome, |out| writeln!(out, "{}", classify_text(&outcome)))?;
    Ok(if outcome.failed > 0 { Exit::SomeFailed } else { Exit::Done })
}

/// What `organize --json` prints.
#[derive(Serialize)]
struct Organized {
    scan: ScanOutcome,
    classify: ClassifyOutcome,
    /// Songs of each genre.
    genres: BTreeMap<String, usize>,
    /// Songs without a certain genre.
    unsure: usize,
    /// The playlists written.
    playlists: Vec<PathBuf>,
}

/// `timbre organize`.
pub fn organize(engine: &Engine, output: &Output, folder: &Path, playlists: Option<PathBuf>) -> Run {
    let target = playlists.unwrap_or_else(|| engine.data_dir().playlists());
    let scan = run_job(engine, output, Command::AddRoots(vec![folder.to_path_buf()]), JobKind::Scan)?;
    let scan = scan_outcome(scan);
    output.note(&scan_text(&scan));
    let root = folder.canonicalize()?;
    let within = vec![root.clone()];
    let command = Command::Classify { again: false, within: within.clone() };
    let classify = classify_outcome(run_job(engine, output, command, JobKind::Classify)?);
    output.note(&classify_text(&classify));
    let command = Command::ExportPlaylists { folder: target.clone(), selection: ExportSelection::All, within };
    let JobOutcome::Export { files, .. } = run_job(engine, output, command, JobKind::Export)? else {
        return Err(Report::new("The export ended in an unexpected way").into());
    };

    let (snapshot, rule) = (engine.snapshot()?, engine.rule()?);
    let mut genres = BTreeMap::new();
    let mut unsure = 0;
    for track in snapshot.tracks.iter().filter(|track| track.path.starts_with(&root) && !track.missing) {
        match track.filing(&rule) {
            Filing::Genre(decision) => *genres.entry(decision.genre.to_owned()).or_insert(0) += 1,
            Filing::Unsure => unsure += 1,
            Filing::NotHeard | Filing::OutOfReach => {}
        }
    }
    let failed = scan.problems + classify.failed;
    let organized = Organized { scan, classify, genres, unsure, playlists: files };
    output.print(&organized, |out| {
        let mut table = Table::new(&[("genre", Align::Left), ("songs", Align::Right)]);
        for (genre, songs) in &organized.genres {
            table.row(vec![genre.clone(), songs.to_string()]);
        }
        table.row(vec!["Unsure".into(), organized.unsure.to_string()]);
        table.write(out)?;
        writeln!(out, "{} playlists in {}", organized.playlists.len(), target.display())
    })?;
    Ok(if failed > 0 { Exit::SomeFailed } else { Exit::Done })
}

/// `timbre export`.
pub fn export(engine: &Engine, output: &Output, folder: PathBuf, selection: ExportSelection) -> Run {
    let command = Command::ExportPlaylists { folder, selection, within: Vec::new() };
    let JobOutcome::Export { files, missing } = run_job(engine, output, command, JobKind::Export)? else {
        return Err(Report::new("The export ended in an unexpected way").into());
    };
    if missing > 0 {
        let songs = if missing == 1 { "1 song is".to_owned() } else { format!("{missing} songs are") };
        output.note(&format!("{songs} missing (is a drive away?) and kept in the playlists"));
    }
    output.print(&files, |out| files.iter().try_for_each(|file| writeln!(out, "{}", file.display())))?;
    Ok(if missing > 0 { Exit::SomeFailed } else { Exit::Done })
}

/// Says whether a new song is the one that it looks like.
pub fn answer_lookalike(
    engine: &Engine,
    file: &Path,
    command: fn(crate::base::TrackId) -> Command,
) -> Result<(), super::jobs::Ended> {
    let path = file.canonicalize().or_else(|_| std::path::absolute(file))?;
    let snapshot = engine.snapshot()?;
    let asked =
        snapshot.track_by_path(&path).filter(|track| snapshot.lookalikes.iter().any(|asked| asked.track == track.id));
    let Some(track) = asked else {
        let report = Report::new(format!("There is no question about this file: {}", path.display()));
        return Err(report.with_hint("`timbre problems` lists the songs that look like others").into());
    };
    engine.send(command(track.id));
    super::list::wait_for_library(engine)
}

/// `timbre problems`.
pub fn problems(engine: &Engine, output: &Output, retry: bool) -> Run {
    if retry {
        run_job(engine, output, Command::RetryProblems(Vec::new()), JobKind::Scan)?;
    }
    let snapshot = engine.snapshot()?;
    let asked = snapshot.lookalikes.iter().filter_map(|asked| {
        let track = snapshot.tracks.iter().find(|track| track.id == asked.track)?;
        let message = format!(
            "It looks like “{}”, whose file is gone. `timbre problems --take-over FILE` gives it what that song had, \
             --keep-apart FILE says that it is another song.",
            asked.title
        );
        Some(Problem { path: track.path.clone(), kind: ProblemKind::LooksLike, message, seen_at: asked.seen_at })
    });
    let problems: Vec<Problem> = snapshot.problems.iter().cloned().chain(asked).collect();
    output.print(&problems, |out| {
        let mut table = Table::new(&[("problem", Align::Left), ("file", Align::Left)]);
        for problem in &problems {
            table.row(vec![problem.message.clone(), problem.path.display().to_string()]);
        }
        if problems.is_empty() {
            writeln!(out, "No problems.")?;
        }
        table.write(out)
    })?;
    Ok(Exit::Done)
}

/// `timbre demo`.
pub fn make_demo(output: &Output, folder: &Path, cancel: &CancelToken) -> Run {
    let made = demo::make(folder, cancel, |_, _| ());
    match made {
        Ok(()) => {}
        Err(demo::DemoError::Cancelled) => return Ok(Exit::Stopped),
        Err(error) => return Err(error.into()),
    }
    #[derive(Serialize)]
    struct Made<'a> {
        folder: &'a Path,
        pieces: usize,
    }
    let made = Made { folder, pieces: demo::piece_count() };
    output.print(&made, |out| writeln!(out, "{} pieces in {}", made.pieces, folder.display()))?;
    Ok(Exit::Done)
}

fn scan_outcome(outcome: JobOutcome) -> ScanOutcome {
    match outcome {
        JobOutcome::Scan(outcome) => outcome,
        _ => ScanOutcome::default(),
    }
}

fn classify_outcome(outcome: JobOutcome) -> ClassifyOutcome {
    match outcome {
        JobOutcome::Classify(outcome) => outcome,
        _ => ClassifyOutcome::default(),
    }
}

fn scan_text(outcome: &ScanOutcome) -> String {
    let ScanOutcome { added, updated, unchanged, moved, missing, returned, problems, left_out, unknown_kinds, .. } =
        outcome;
    let rest: String = [
        (moved, "moved"),
        (returned, "came back"),
        (missing, "missing"),
        (problems, "with problems"),
        (left_out, "folders or files left out"),
    ]
    .iter()
    .filter(|(count, _)| **count > 0)
    .map(|(count, what)| format!(", {count} {what}"))
    .collect();
    let unknown: usize = unknown_kinds.values().sum();
    let kinds: Vec<String> = unknown_kinds.iter().map(|(ending, count)| format!("{ending} {count}")).collect();
    let unknown = match unknown {
        0 => String::new(),
        1 => format!("\n1 file of a kind that Timbre does not know ({})", kinds.join(", ")),
        files => format!("\n{files} files of kinds that Timbre does not know ({})", kinds.join(", ")),
    };
    format!("{added} new, {updated} changed, {unchanged} unchanged{rest}{unknown}")
}

fn classify_text(outcome: &ClassifyOutcome) -> String {
    let ClassifyOutcome { classified, unsure, failed, unchanged, elapsed_secs } = outcome;
    let rate = if *elapsed_secs > 0.0 { *classified as f64 / elapsed_secs * 60.0 } else { 0.0 };
    let failures = if *failed > 0 { format!(", {failed} could not be decoded") } else { String::new() };
    format!(
        "{classified} songs classified in {elapsed_secs:.1} s ({rate:.0} songs a minute), {unsure} of them unsure, \
         {unchanged} known before{failures}"
    )
}
