//! `train-head`: trains the genre classifier that ships with Timbre, or another one, from a script.

use std::path::Path;

use crate::audio::decode_mono;
use crate::base::CancelToken;
use crate::ml::train_head::Decode;
use crate::ml::{HeadOptions, HeadReport, MlError, train_head};

use super::args::TrainHead;
use super::jobs::{Ended, Run};
use super::output::{Align, Exit, Output, Table};

/// The sample rate that the networks hear.
const RATE_HZ: u32 = 16_000;

/// `timbre train-head`.
pub fn train(output: &Output, args: TrainHead, cancel: &CancelToken) -> Run {
    let TrainHead { taggrams, audio, index, lists, out, seed, folds, windows, network } = args;
    let default = HeadOptions::default();
    let options = HeadOptions {
        taggrams,
        audio,
        index,
        lists,
        output: out,
        seed,
        network,
        folds: folds.map_or(default.folds, usize::from),
        windows: windows.map_or(default.windows, usize::from),
        ..default
    };
    let decode: &Decode<'_> =
        &|path: &Path| decode_mono(path, RATE_HZ, cancel).map(|sound| sound.samples).map_err(|error| error.to_string());
    let bar = output.bar("Training");
    let trained = train_head(&options, decode, cancel, &mut |progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.stage);
    });
    bar.finish_and_clear();
    let report = match trained {
        Err(MlError::Cancelled) => return Err(Ended::Stopped),
        trained => trained?,
    };
    for (path, why) in &report.skipped {
        output.note(&format!("left out: {}: {why}", path.display()));
    }
    output.print(&report, |out| write_report(out, &report))?;
    Ok(if report.skipped.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

fn write_report(out: &mut dyn std::io::Write, report: &HeadReport) -> std::io::Result<()> {
    let HeadReport { labels, clips_per_genre, evaluation, output, .. } = report;
    let mut table = Table::new(&[("genre", Align::Left), ("clips", Align::Right), ("recall", Align::Right)]);
    for ((label, clips), recall) in labels.iter().zip(clips_per_genre).zip(&evaluation.recall) {
        let recall = recall.map_or_else(|| "-".to_owned(), |recall| format!("{:.0} %", recall * 100.0));
        table.row(vec![label.clone(), clips.to_string(), recall]);
    }
    table.write(out)?;
    let (low, high) = evaluation.interval;
    writeln!(
        out,
        "accuracy {:.1} % (95 % interval {:.1} to {:.1}), balanced {:.1} %, {} clips; {}",
        evaluation.accuracy * 100.0,
        low * 100.0,
        high * 100.0,
        evaluation.balanced_accuracy * 100.0,
        evaluation.clips,
        evaluation.protocol
    )?;
    writeln!(
        out,
        "calibration error {:.1} % (before the temperature {:.1} %)",
        evaluation.calibration_error * 100.0,
        evaluation.calibration_error_raw * 100.0
    )?;
    writeln!(out, "written: {}", output.display())
}
