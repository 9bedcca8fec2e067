//! `dataset check`: what a folder of clips by genre holds, and what is wrong with it.

use std::io::{self, Write};

use crate::base::{CancelToken, DataDir, Report};
use crate::engine::training::SoundFiles;
use crate::engine::training::songs::read_library;
use crate::ml::MlError;
use crate::ml::check::{Check, Filed};
use crate::ml::dataset::{Dataset, Sources};

use super::args::DatasetCheck;
use super::jobs::{Ended, Run};
use super::output::{Align, Exit, Output, Table};

/// Lines of one kind that are shown; `--json` has them all.
const MOST_LINES: usize = 40;

/// `timbre dataset check`.
pub fn check(output: &Output, jobs: Option<u16>, args: DatasetCheck, data_dir: &DataDir, cancel: &CancelToken) -> Run {
    let DatasetCheck { folders, wavelets, index, lists, library } = args;
    let mut sources = Sources { folders, wavelets, index, lists, library, ..Sources::default() };
    read_library(&mut sources, data_dir)?;
    let media = SoundFiles::new(cancel);
    let bar = output.bar("Checking");
    let look = || {
        let data = Dataset::open(&sources, &media, cancel)?;
        bar.set_length(data.clips.len() as u64);
        crate::ml::check::check(&data, &media, cancel, &|done, _| bar.set_position(done as u64))
    };
    let threads = rayon::ThreadPoolBuilder::new().num_threads(jobs.map_or(0, usize::from)).build();
    let checked = threads.map_err(|error| Report::from_error(&error))?.install(look);
    bar.finish_and_clear();
    let found = match checked {
        Err(MlError::Cancelled) => return Err(Ended::Stopped),
        checked => checked?,
    };
    output.print(&found, |out| write_report(out, &found))?;
    Ok(if found.broken.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

fn write_report(out: &mut dyn Write, found: &Check) -> io::Result<()> {
    let columns = ["clips", "sounds", "pictures", "minutes", "artists"].map(|name| (name, Align::Right));
    let mut table = Table::new(&[&[("genre", Align::Left)], columns.as_slice()].concat());
    for genre in &found.genres {
        let numbers = [genre.clips, genre.sounds, genre.pictures].map(|n| n.to_string());
        let rest = [format!("{:.1}", genre.minutes), genre.artists.to_string()];
        table.row([genre.genre.clone()].into_iter().chain(numbers).chain(rest).collect());
    }
    table.write(out)?;
    let Check { clips, artists, without_artist, genres, .. } = found;
    write!(out, "{clips} clips of {} genres by {artists} known artists", genres.len())?;
    match without_artist {
        0 => writeln!(out)?,
        count => writeln!(out, "; the artist of {count} clips is not known")?,
    }
    section(out, "Broken files", &found.broken, |file| format!("{}: {}", file.path.display(), file.reason))?;
    section(out, "The same sound under different genres", &found.contradictions, |group| {
        let filed = |clip: &Filed| format!("{} ({})", clip.path.display(), clip.genre);
        group.iter().map(filed).collect::<Vec<_>>().join("  ")
    })?;
    section(out, "Genres without a clip", &found.empty, Clone::clone)?;
    section(out, "Odd sound", &found.odd, |clip| format!("{}: {}", clip.path.display(), clip.reason))?;
    section(out, "The same to the last sample or pixel", &found.exact, |group| group.join("  "))?;
    section(out, "Probably from the same recording", &found.similar, |pair| {
        let shift = if pair.shift_secs.abs() < 0.2 { String::new() } else { format!(", {:+.1} s", pair.shift_secs) };
        let genres = if pair.different_genres { ", filed under different genres" } else { "" };
        format!("{}  {}  ({:.0} % alike{shift}{genres})", pair.a, pair.b, pair.similarity * 100.0)
    })?;
    section(out, "Labels that may be wrong", &found.doubtful, |clip| {
        format!("{}: sounds like {} ({:.0} %)", clip.clip, clip.sounds_like, clip.probability * 100.0)
    })?;
    if let Some(agreement) = found.agreement {
        writeln!(
            out,
            "\nThe judge of labels had not heard the clips; it gave {:.0} % of {} clips the genre they are filed under.",
            agreement * 100.0,
            found.judged
        )?;
    }
    Ok(())
}

/// A heading with the number of lines, and the lines.
fn section<T>(out: &mut dyn Write, heading: &str, lines: &[T], text: impl Fn(&T) -> String) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{heading}: {}", lines.len())?;
    for line in lines.iter().take(MOST_LINES) {
        let clean: String = text(line).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        writeln!(out, "  {clean}")?;
    }
    if lines.len() > MOST_LINES {
        writeln!(out, "  and {} more (--json lists all)", lines.len() - MOST_LINES)?;
    }
    Ok(())
}
