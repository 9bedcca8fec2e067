//! `runs`: trainings as they lie in their folders.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::base::time::{clock_text, local_minute, utc_text};
use crate::base::{DataDir, Report};
use crate::engine::Settings;
use crate::engine::settings::Change;
use crate::engine::training::learn::BUILT_IN_NAME;
use crate::ml::runs::bundle;
use crate::ml::runs::card::separation_text;
use crate::ml::runs::run_state::{RunState, RunStatus};
use crate::ml::{Classifier, DeviceChoice, Judgement, runs};

use super::args::RunsCommand;
use super::jobs::Run;
use super::output::{Align, Exit, Output, Table};

/// A run in a list.
#[derive(Serialize)]
struct Item {
    folder: PathBuf,
    #[serde(flatten, serialize_with = "with_utc_times")]
    state: RunState,
    accuracy: Option<f64>,
    interval: Option<(f64, f64)>,
    clips: Option<usize>,
}

/// A run as JSON shows it: moments in UTC, as text.
pub(super) fn with_utc_times<S: serde::Serializer>(state: &RunState, serializer: S) -> Result<S::Ok, S::Error> {
    let mut value = serde_json::to_value(state).map_err(serde::ser::Error::custom)?;
    for key in ["created", "finished"] {
        if let Some(moment) = value.get_mut(key)
            && let Some(secs) = moment.as_i64()
        {
            *moment = utc_text(secs).into();
        }
    }
    value.serialize(serializer)
}

/// `timbre runs …`.
pub fn run(output: &Output, data_dir: &DataDir, command: RunsCommand) -> Run {
    let root = &data_dir.runs();
    match command {
        RunsCommand::List => list(output, root),
        RunsCommand::Show { run } => show(output, root, &run),
        RunsCommand::Export { run, file } => {
            let (folder, state) = runs::find(root, &run)?;
            bundle::export(&folder, &file)?;
            done(output, folder.path(), &state, &format!("written: {}", file.display()))
        }
        RunsCommand::Import { file } => {
            let (folder, state) = bundle::import(root, &file)?;
            done(output, folder.path(), &state, &format!("imported as {}", state.id))
        }
        RunsCommand::Use { model } if model == BUILT_IN_NAME => {
            choose(data_dir, None)?;
            let sentence = "the built-in model decides the library's genres from now on: timbre classify";
            output.print(&serde_json::json!({ "classifier": BUILT_IN_NAME }), |out| writeln!(out, "{sentence}"))?;
            Ok(Exit::Done)
        }
        RunsCommand::Use { model } => {
            let (folder, state) = runs::find(root, &model)?;
            if runs::model_bytes(&folder).is_none() {
                let report = Report::new(format!("{} has no model", state.id));
                return Err(report
                    .with_hint(format!("train it to its end: timbre train --resume {}", state.id))
                    .into());
            }
            Classifier::load(&folder.model(), &DeviceChoice::Cpu)?.try_out()?;
            choose(data_dir, Some(state.id.clone()))?;
            let sentence = format!("{} decides the library's genres from now on: timbre classify", state.id);
            done(output, folder.path(), &state, &sentence)
        }
        RunsCommand::Delete { run, force } => {
            let (folder, state) = runs::find(root, &run)?;
            if state.status == RunStatus::Running && !force {
                let report = Report::new(format!("{} is marked as running", state.id));
                return Err(report.with_hint("stop it first; if nothing trains it any more, add --force").into());
            }
            runs::delete(root, &folder)?;
            if Settings::read(&data_dir.settings()).classifier.as_ref() == Some(&state.id) {
                choose(data_dir, None)?;
                output.note("it decided the library's genres; the built-in model does so again: timbre classify");
            }
            done(output, folder.path(), &state, &format!("deleted: {}", state.id))
        }
        RunsCommand::Rename { run, name } => {
            let (folder, _) = runs::find(root, &run)?;
            let state = runs::rename(&folder, &name)?;
            done(output, folder.path(), &state, &format!("{} is “{}” now", state.id, state.name))
        }
        RunsCommand::Note { run, text } => {
            let (folder, _) = runs::find(root, &run)?;
            let state = runs::set_notes(&folder, &text)?;
            done(output, folder.path(), &state, &format!("noted on {}", state.id))
        }
    }
}

/// Lets the model of a run, or the built-in one, decide the library's genres.
pub(super) fn choose(data_dir: &DataDir, classifier: Option<String>) -> Result<(), Report> {
    let path = data_dir.settings();
    Settings::change_file(&path, &[Change::Classifier(classifier)]).map(drop).map_err(|error| {
        let mut report = Report::new(format!("The settings cannot be written: {}", path.display()))
            .with_hint("check that the data folder can be written and has room");
        report.causes.push(error.to_string());
        report
    })
}

fn done(output: &Output, folder: &Path, state: &RunState, sentence: &str) -> Run {
    let item = Item { folder: folder.to_path_buf(), state: state.clone(), accuracy: None, interval: None, clips: None };
    output.print(&item, |out| writeln!(out, "{sentence}"))?;
    Ok(Exit::Done)
}

fn list(output: &Output, root: &Path) -> Run {
    let runs::Listing { runs, mut troubles } = runs::list(root)?;
    let mut items = Vec::new();
    for (folder, state) in runs {
        let found = runs::judgement(&folder).unwrap_or_else(|error| {
            troubles.push(error);
            None
        });
        items.push(Item {
            folder: folder.path().to_path_buf(),
            state,
            accuracy: found.as_ref().map(|found| found.accuracy),
            interval: found.as_ref().map(|found| found.interval),
            clips: found.as_ref().map(|found| found.clips),
        });
    }
    for trouble in &troubles {
        output.note(&format!("warning: {}", Report::from_error(trouble)));
    }
    output.print(&items, |out| {
        if items.is_empty() {
            return writeln!(out, "no runs in {}", root.display());
        }
        let (left, right) = (Align::Left, Align::Right);
        let mut table = Table::new(&[
            ("id", left),
            ("name", left),
            ("status", left),
            ("epochs", right),
            ("accuracy", right),
            ("95 % interval", left),
            ("clips", right),
        ]);
        for item in &items {
            let dash = || "-".to_owned();
            table.row(vec![
                item.state.id.clone(),
                item.state.name.clone(),
                item.state.status.word().to_owned(),
                format!("{}/{}", item.state.epochs_done, item.state.epochs_planned),
                item.accuracy.map_or_else(dash, percent),
                item.interval.map_or_else(dash, interval),
                item.clips.map_or_else(dash, |clips| clips.to_string()),
            ]);
        }
        table.write(out)
    })?;
    Ok(if troubles.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

/// `52.0 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// `47.1 to 56.9`.
pub(super) fn interval((low, high): (f64, f64)) -> String {
    format!("{:.1} to {:.1}", low * 100.0, high * 100.0)
}

fn show(output: &Output, root: &Path, name: &str) -> Run {
    #[derive(Serialize)]
    struct Shown<'a> {
        folder: &'a Path,
        #[serde(flatten, serialize_with = "with_utc_times")]
        state: &'a RunState,
        config: Option<serde_json::Value>,
        epochs: &'a [crate::ml::train::history::EpochRecord],
        metrics: &'a Option<Judgement>,
    }
    let (folder, state) = runs::find(root, name)?;
    let loaded = runs::load(folder, state)?;
    let document = Shown {
        folder: loaded.folder.path(),
        state: &loaded.state,
        config: runs::config(&loaded.folder)?,
        epochs: &loaded.history,
        metrics: &loaded.judgement,
    };
    output.print(&document, |out| {
        write_state(out, &loaded)?;
        match &loaded.judgement {
            Some(found) => write_judgement(out, &loaded.state, found),
            None => writeln!(out, "\nnot judged yet"),
        }
    })?;
    Ok(Exit::Done)
}

fn write_state(out: &mut dyn Write, run: &runs::LoadedRun) -> io::Result<()> {
    let state = &run.state;
    let mut table = Table::new(&[("run", Align::Left), ("", Align::Left)]);
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            table.row(vec![name.to_owned(), value]);
        }
    };
    row("id", state.id.clone());
    row("name", state.name.clone());
    row("notes", state.notes.replace('\n', " "));
    row("folder", run.folder.path().display().to_string());
    row("network", format!("{}, preset {}", state.architecture, state.preset));
    if state.parameters > 0 {
        row("parameters", format!("{}, of which {} are trained", state.parameters, state.trainable));
    }
    let status = match &state.status {
        RunStatus::Failed(reason) => format!("failed: {reason}"),
        status => status.word().to_owned(),
    };
    row("status", status);
    row("created", local_minute(state.created));
    row("ended", state.finished.map(local_minute).unwrap_or_default());
    row("data", state.data.clone());
    row("protocol", state.protocol.clone());
    row("split", state.split_hash.clone());
    row("seed", state.seed.to_string());
    row("epochs", format!("{} of {}, parts: {}", state.epochs_done, state.epochs_planned, state.parts));
    row("time", clock_text(state.seconds));
    row("device", state.device.clone());
    for branch in &state.branches {
        row(&format!("{} alone", branch.branch), branch.text());
    }
    row("command", state.command.clone());
    table.write(out)
}

fn write_judgement(out: &mut dyn Write, state: &RunState, found: &Judgement) -> io::Result<()> {
    writeln!(out)?;
    let right = Align::Right;
    let mut table =
        Table::new(&[("genre", Align::Left), ("precision", right), ("recall", right), ("F1", right), ("clips", right)]);
    for class in &found.per_class {
        table.row(vec![
            class.label.clone(),
            percent(class.precision),
            percent(class.recall),
            percent(class.f1),
            class.support.to_string(),
        ]);
    }
    for (name, all) in [("mean of genres", found.macro_average), ("mean of clips", found.weighted_average)] {
        let clips = found.clips.to_string();
        table.row(vec![name.to_owned(), percent(all.precision), percent(all.recall), percent(all.f1), clips]);
    }
    table.write(out)?;
    writeln!(
        out,
        "\naccuracy {} (95 % interval {}), top three {}, {} clips; {}",
        percent(found.accuracy),
        interval(found.interval),
        percent(found.top3),
        found.clips,
        found.protocol
    )?;
    writeln!(
        out,
        "calibration error {} (before the temperature of {:.2}: {}), log loss {:.3}",
        percent(found.ece),
        found.temperature,
        percent(found.ece_raw),
        found.log_loss
    )?;
    writeln!(out, "{}", separation_text(state.separation))
}
