//! `spectrogram` and `scalogram`: pictures of songs, or their numbers, without a library.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::base::{CancelToken, Report};
use crate::engine::picture::{PictureFormat, PictureRequest, PictureWritten, write_picture};

use super::jobs::{Ended, Run};
use super::output::{Exit, Output};
use super::picture_args::PictureArgs;

/// What `--json` prints.
#[derive(Serialize)]
struct Written {
    written: Vec<Picture>,
    failed: Vec<Failure>,
}

/// One song and what came of it.
#[derive(Serialize)]
struct Picture {
    song: PathBuf,
    #[serde(flatten)]
    written: PictureWritten,
}

/// One song that could not be used.
#[derive(Serialize)]
struct Failure {
    song: PathBuf,
    error: Report,
}

/// `timbre spectrogram` and `timbre scalogram`.
pub fn write(output: &Output, args: &PictureArgs, request: &PictureRequest, cancel: &CancelToken) -> Run {
    let mut names = Names { folder: &args.output, taken: HashSet::new() };
    if args.format.is_some() {
        std::fs::create_dir_all(&args.output)?;
    }
    let bar = output.bar("Drawing");
    let mut result = Written { written: Vec::new(), failed: Vec::new() };
    for song in &args.files {
        let file = match args.format {
            Some(format) => names.of(song, format.into()),
            None => args.output.clone(),
        };
        let name = song.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let request = PictureRequest { title: name.clone(), ..request.clone() };
        bar.set_message(super::output::one_line(&name));
        let mut progress = |done: f64, all: f64| {
            bar.set_length(all.ceil() as u64);
            bar.set_position(done as u64);
        };
        match write_picture(song, &request, &file, cancel, &mut progress) {
            Ok(written) => result.written.push(Picture { song: song.clone(), written }),
            Err(error) if error.is_cancelled() => {
                bar.finish_and_clear();
                return Err(Ended::Stopped);
            }
            Err(error) => {
                let error = Report::from_error(&error);
                bar.suspend(|| output.note(&format!("error: {error}")));
                result.failed.push(Failure { song: song.clone(), error });
            }
        }
    }
    bar.finish_and_clear();
    output.print(&result, |out| {
        for picture in &result.written {
            let PictureWritten { file, width, height, format } = &picture.written;
            let what = if *format == PictureFormat::Png { "pixels" } else { "times and frequencies" };
            writeln!(out, "{}: {width} x {height} {what}", file.display())?;
        }
        Ok(())
    })?;
    Ok(match (result.written.is_empty(), result.failed.is_empty()) {
        (_, true) => Exit::Done,
        (true, false) if args.files.len() == 1 => Exit::Failed,
        _ => Exit::SomeFailed,
    })
}

/// Names of files in a folder: the songs' own, numbered where two songs have the same.
struct Names<'a> {
    folder: &'a Path,
    taken: HashSet<String>,
}

impl Names<'_> {
    fn of(&mut self, song: &Path, format: PictureFormat) -> PathBuf {
        let stem = song.file_stem().unwrap_or_default().to_string_lossy();
        let numbered = (2..).map(|number| format!("{stem} ({number})"));
        let name = std::iter::once(stem.clone().into_owned())
            .chain(numbered)
            // Some file systems do not tell capitals apart.
            .find(|name| self.taken.insert(name.to_lowercase()))
            .unwrap_or_default();
        self.folder.join(format!("{name}.{}", format.ending()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_and_collisions_numbered() {
        let mut names = Names { folder: Path::new("out"), taken: HashSet::new() };
        let mut of = |song: &str| names.of(Path::new(song), PictureFormat::Png);
        assert_eq!(of("a/x.y.flac"), Path::new("out/x.y.png"));
        assert_eq!(of("b/X.y.mp3"), Path::new("out/X.y (2).png"));
        assert_eq!(of("b/x.y (2).mp3"), Path::new("out/x.y (2) (2).png"));
    }
}
