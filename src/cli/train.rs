//! `train` and `evaluate`: networks from a script.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::base::read::{MOST_TEXT_BYTES, read_bounded};
use crate::base::{CancelToken, DataDir, Report};
use crate::engine::training::evaluate::{Evaluated, Judge};
use crate::engine::training::learn::{self, Corrected};
use crate::engine::training::songs::read_library;
use crate::engine::training::start::{begin, front_end_cache, reopen, train as train_run};
use crate::ml::dataset::Broken;
use crate::ml::eval::Judgement;
use crate::ml::model::Model;
use crate::ml::model::config::Config;
use crate::ml::runs::lesson::{self, Learned, Share};
use crate::ml::runs::run_folder::RunFolder;
use crate::ml::runs::run_state::RunState;
use crate::ml::train::control::{Control, TrainEvent};
use crate::ml::{Classifier, Device, DeviceChoice, MlError, runs};

use super::jobs::{Ended, Run};
use super::output::{Align, Exit, Output, Table};
use super::runs::choose;
use super::train_args::{Evaluate, Train};

/// What `timbre train --json` prints.
#[derive(Serialize)]
struct Trained<'a> {
    #[serde(serialize_with = "super::runs::with_utc_times")]
    run: &'a RunState,
    folder: &'a Path,
    model: PathBuf,
    judgement: Option<&'a Judgement>,
    /// Before and after a lesson.
    #[serde(skip_serializing_if = "Option::is_none")]
    learned: Option<&'a Learned>,
    left_out: &'a [Broken],
}

/// `timbre train`.
pub fn train(
    output: &Output,
    args: &Train,
    data_dir: &DataDir,
    device: Option<DeviceChoice>,
    cancel: &CancelToken,
) -> Run {
    let (folder, config) = match &args.learn_from_corrections {
        Some(model) => open_lesson(output, model, data_dir, device, cancel)?,
        None => open_run(args, data_dir, device)?,
    };
    output.note(&format!("run {}", folder.path().display()));
    let control = Control::new(cancel.clone());
    let trained = follow(output, |tell| train_run(&folder, &config, &front_end_cache(data_dir), &control, tell));
    let report = match trained {
        Err(MlError::Cancelled) => {
            output.note(&format!("go on with: timbre train --resume {}", folder.id()));
            return Err(Ended::Stopped);
        }
        Err(error) => return Err(failed(&folder, args.resume.is_none(), data_dir, &error)),
        Ok(trained) => trained,
    };
    let mut model = folder.model();
    if let Some(out) = &args.out {
        let trained = Model::load(&folder.model(), &Device::Cpu)?;
        Model::write(out, &trained.card, trained.network(), true).map_err(|error| {
            Report::from_error(&error).with_hint(format!("the model is kept as {}", model.display()))
        })?;
        model.clone_from(out);
    }
    let learned = lesson::learned(&folder)?;
    if args.accept {
        Classifier::load(&folder.model(), &DeviceChoice::Cpu)?.try_out()?;
        choose(data_dir, Some(folder.id()))?;
    }
    let document = Trained {
        run: &report.state,
        folder: folder.path(),
        model: model.clone(),
        judgement: report.judgement.as_ref(),
        learned: learned.as_ref(),
        left_out: &report.broken,
    };
    note_broken(output, &report.broken);
    output.print(&document, |out| {
        match &report.judgement {
            Some(judgement) => write_judgement(out, judgement)?,
            None => writeln!(out, "no clip judged: {}", report.state.protocol)?,
        }
        if let Some(learned) = &learned {
            write_learned(out, learned)?;
        }
        writeln!(out, "{} epochs, {:.0} s of training", report.state.epochs_done, report.state.seconds)?;
        writeln!(out, "model: {}", model.display())?;
        if args.accept {
            writeln!(out, "it decides your library's genres from now on: timbre classify")?;
        }
        Ok(())
    })?;
    Ok(if report.broken.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

/// What is said of a training that failed; a new run of which nothing came leaves nothing behind.
fn failed(folder: &RunFolder, new: bool, data_dir: &DataDir, error: &MlError) -> Ended {
    let report = Report::from_error(error);
    // A model error is of the checkpoint itself.
    if folder.checkpoint().is_file() && !matches!(error, MlError::Model { .. }) {
        return report.with_hint(format!("go on with: timbre train --resume {}", folder.id())).into();
    }
    if new
        && !folder.split().exists()
        && let Err(error) = runs::delete(&data_dir.runs(), folder)
    {
        tracing::warn!("{} stays behind: {error}", folder.path().display());
    }
    if matches!(error, MlError::Contradictions { .. }) {
        let hint = "keep each in one folder only, or train anyway with --allow-contradictions";
        return report.with_hint(hint).into();
    }
    report.into()
}

fn usage(trouble: impl Into<String>) -> Ended {
    Ended::Usage("train", trouble.into())
}

/// A new run in which the model learns from corrections.
fn open_lesson(
    output: &Output,
    model: &str,
    data_dir: &DataDir,
    device: Option<DeviceChoice>,
    cancel: &CancelToken,
) -> Result<(RunFolder, Config), Ended> {
    let mut plan = learn::plan(data_dir, model, cancel)?;
    plan.config.device = device.unwrap_or(plan.config.device);
    let found = &plan.corrections;
    for Corrected { genre, learn, held_out, wrong } in &found.genres {
        output.note(&format!("{genre}: {learn} corrections to learn, {held_out} to judge, {wrong} wrong now"));
    }
    for (genre, songs) in &found.unknown {
        output.note(&format!("{genre}: left out, the model has no such genre ({songs} songs)"));
    }
    output.note(&format!("{} clips that it learned before are repeated", found.rehearsed));
    Ok(learn::begin(data_dir, plan, command_line())?)
}

/// The run to go on with, or a new one.
fn open_run(args: &Train, data_dir: &DataDir, device: Option<DeviceChoice>) -> Result<(RunFolder, Config), Ended> {
    if let Some(name) = &args.resume {
        let (folder, mut config) = reopen(data_dir, name)?;
        config.allow_contradictions |= args.allow_contradictions;
        config.device = device.unwrap_or(config.device);
        return Ok((folder, config));
    }
    let mut config = match (&args.config, args.architecture) {
        (Some(path), _) => {
            let text =
                read_bounded(path, MOST_TEXT_BYTES).map_err(|source| MlError::Read { path: path.clone(), source })?;
            serde_json::from_slice(&text)
                .map_err(|error| MlError::Training(format!("{} cannot be understood: {error}", path.display())))?
        }
        (None, Some(_)) if args.data.sources().is_empty() => {
            return Err(usage("a folder of clips is needed, or --library"));
        }
        (None, Some(architecture)) => args.config(architecture),
        (None, None) => return Err(usage("an architecture is needed")),
    };
    if !args.branches.is_empty() {
        config.network = config.network.only(&args.branches).map_err(|error| usage(error.to_string()))?;
    }
    if args.config.is_none()
        && let Some(trouble) = args.unheard(&config)
    {
        return Err(usage(trouble));
    }
    let name = args.name.as_deref().map(runs::usable_name).transpose().map_err(usage)?.unwrap_or_default();
    config.device = device.unwrap_or(config.device);
    if let Some(trouble) = config.trouble() {
        return Err(match &args.config {
            Some(path) => Report::new(format!("{} has values that cannot be: {trouble}", path.display())).into(),
            None => usage(trouble),
        });
    }
    if let Some(out) = &args.out {
        // Said now, not after hours.
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if out.is_dir() || !folder.is_dir() {
            let report = Report::new(format!("The model cannot be written to {}", out.display()));
            return Err(report.with_hint("name a file in a folder that is there").into());
        }
    }
    Ok(begin(data_dir, config, &name, Some(command_line()))?)
}

/// What was typed, without the folder of the program.
fn command_line() -> String {
    let words = std::env::args().skip(1).map(|word| if word.contains(' ') { format!("'{word}'") } else { word });
    std::iter::once("timbre".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Shows how far a training is while `work` runs.
fn follow<T>(output: &Output, work: impl FnOnce(&mut (dyn FnMut(TrainEvent) + Send)) -> T) -> T {
    let bar = output.bar("Training");
    let (mut part_text, mut parts_before) = (String::new(), 0u64);
    let done = work(&mut |event| match event {
        TrainEvent::Stage { what, done, total } => {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
            bar.set_message(super::output::one_line(&what));
        }
        TrainEvent::Part { part, parts, clips: (train, valid, test), .. } => {
            parts_before = part as u64;
            part_text = if part >= parts { "final".to_owned() } else { format!("part {} of {parts}", part + 1) };
            bar.suspend(|| {
                output.note(&format!("{part_text}: {train} clips train, {valid} validate, {test} judge"));
            });
        }
        TrainEvent::Note(note) => bar.suspend(|| output.note(&format!("note: {note}"))),
        TrainEvent::Batch(batch) => {
            bar.set_length((batch.epochs * batch.batches) as u64);
            bar.set_position(((batch.epoch - 1) * batch.batches + batch.batch) as u64);
            bar.set_message(format!("loss {:.3}, {:.0} clips/s", batch.loss, batch.clips_per_second));
        }
        TrainEvent::Epoch(epoch) => {
            let valid = match (epoch.valid_loss, epoch.valid_accuracy) {
                (Some(loss), Some(accuracy)) => format!("; validation loss {loss:.3}, {:.1} %", accuracy * 100.0),
                _ => String::new(),
            };
            bar.suspend(|| {
                output.note(&format!(
                    "{part_text}, epoch {}: loss {:.3}, {:.1} %{valid}; {:.1} s",
                    epoch.epoch,
                    epoch.train_loss,
                    epoch.train_accuracy * 100.0,
                    epoch.seconds
                ));
            });
        }
    });
    bar.finish_and_clear();
    done
}

/// `timbre evaluate`.
pub fn evaluate(
    output: &Output,
    args: &Evaluate,
    data_dir: &DataDir,
    device: DeviceChoice,
    cancel: &CancelToken,
) -> Run {
    let mut sources = args.data.sources();
    if sources.is_empty() {
        return Err(Ended::Usage("evaluate", "a folder of clips is needed, or --library".into()));
    }
    read_library(&mut sources, data_dir)?;
    let judge = open_judge(&args.model, data_dir, device)?;
    let control = Control::new(cancel.clone());
    let cache = front_end_cache(data_dir);
    let evaluated = follow(output, |tell| judge.evaluate(&sources, Some(&cache), &control, tell));
    let Evaluated { judgement, broken, notes, .. } = match evaluated {
        Err(MlError::Cancelled) => return Err(Ended::Stopped),
        evaluated => evaluated?,
    };
    note_broken(output, &broken);
    for note in &notes {
        output.note(&format!("note: {note}"));
    }
    output.print(&judgement, |out| write_judgement(out, &judgement))?;
    Ok(if broken.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

fn open_judge(model: &str, data_dir: &DataDir, device: DeviceChoice) -> Result<Judge, Ended> {
    if model == "built-in" {
        return Ok(Judge::built_in(device)?);
    }
    let path = Path::new(model);
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip")) {
        let unpacked = tempdir(data_dir)?;
        let folder = RunFolder::new(unpacked.0.join("run"));
        std::fs::create_dir_all(folder.path())?;
        runs::bundle::unpack(path, &folder)?;
        return Ok(Judge::open(&folder.model(), device)?);
    }
    // What is there but is no file is told so.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_dir()) {
        return Ok(Judge::open(path, device)?);
    }
    let (folder, state) = runs::find(&data_dir.runs(), model).map_err(|error| match error {
        MlError::NoRun(name) => Report::new(format!("“{name}” is neither a model file nor a run")),
        error => Report::from_error(&error),
    })?;
    if !folder.model().is_file() {
        let report = Report::new(format!("The run {} has no model: it is {}", state.id, state.status.word()));
        return Err(report.with_hint(format!("go on with: timbre train --resume {}", state.id)).into());
    }
    Ok(Judge::open(&folder.model(), device)?)
}

/// A folder that goes when it is no longer needed.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // What is left over lies in the cache folder, where nobody misses or minds it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tempdir(data_dir: &DataDir) -> Result<Temporary, Ended> {
    let path = data_dir.cache().join(format!("unpacked-{}", std::process::id()));
    std::fs::create_dir_all(&path)?;
    Ok(Temporary(path))
}

fn note_broken(output: &Output, broken: &[Broken]) {
    for Broken { path, reason } in broken.iter().take(20) {
        output.note(&format!("left out: {}: {reason}", path.display()));
    }
    if broken.len() > 20 {
        output.note(&format!("… and {} more", broken.len() - 20));
    }
}

/// Before and after, on clips that the model never learned.
fn write_learned(out: &mut dyn std::io::Write, learned: &Learned) -> std::io::Result<()> {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("clips that judge", Align::Left),
        ("clips", right),
        ("right before", right),
        ("right after", right),
    ]);
    let share = |share: &Share| {
        let (low, high) = share.interval;
        format!("{} ({:.1} to {:.1} %)", share.right, low * 100.0, high * 100.0)
    };
    let parts = [
        ("all", Some(&learned.all)),
        ("held-back corrections", Some(&learned.held_out)),
        ("the model's own test clips", learned.own_test.as_ref()),
    ];
    for (name, change) in parts {
        if let Some(change) = change {
            table.row(vec![name.into(), change.clips.to_string(), share(&change.before), share(&change.after)]);
        }
    }
    for genre in &learned.all.genres {
        table.row(vec![
            format!("  {}", genre.genre),
            genre.clips.to_string(),
            genre.before.to_string(),
            genre.after.to_string(),
        ]);
    }
    table.write(out)?;
    let Learned { start, learned: corrections, rehearsed, all, .. } = learned;
    writeln!(
        out,
        "{start} learned {corrections} corrections and repeated {rehearsed} clips; only after right: {}, only before: {}, {} (McNemar)",
        all.test.only_second,
        all.test.only_first,
        all.test.p_text()
    )
}

fn write_judgement(out: &mut dyn std::io::Write, judgement: &Judgement) -> std::io::Result<()> {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let right = Align::Right;
    let mut table = Table::new(&[
        ("genre", Align::Left),
        ("clips", right),
        ("precision %", right),
        ("recall %", right),
        ("F1 %", right),
    ]);
    for class in &judgement.per_class {
        table.row(vec![
            class.label.clone(),
            class.support.to_string(),
            percent(class.precision),
            percent(class.recall),
            percent(class.f1),
        ]);
    }
    for (name, average) in
        [("macro average", &judgement.macro_average), ("weighted average", &judgement.weighted_average)]
    {
        table.row(vec![
            name.into(),
            judgement.clips.to_string(),
            percent(average.precision),
            percent(average.recall),
            percent(average.f1),
        ]);
    }
    table.write(out)?;
    let (low, high) = judgement.interval;
    writeln!(
        out,
        "accuracy {} % (95 % interval {} to {}), balanced {} %, top three {} %, {} clips",
        percent(judgement.accuracy),
        percent(low),
        percent(high),
        percent(judgement.balanced_accuracy),
        percent(judgement.top3),
        judgement.clips
    )?;
    writeln!(
        out,
        "calibration error {} % (before the temperature {} %); {}",
        percent(judgement.ece),
        percent(judgement.ece_raw),
        judgement.protocol
    )
}
