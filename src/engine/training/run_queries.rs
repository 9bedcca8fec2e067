//! Answers what is asked about runs; each answer on a thread of its own, so that nothing waits for a slow disk.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::base::{CancelToken, DataDir, Report};
use crate::engine::event::Event;
use crate::engine::outbox::Outbox;
use crate::engine::picture::draw_picture;
use crate::ml::dataset::Dataset;
use crate::ml::model::Model;
use crate::ml::model::batches::Example;
use crate::ml::model::explain::Explanation;
use crate::ml::runs::run::read_config;
use crate::ml::runs::run_folder::RunFolder;
use crate::ml::runs::run_state::RunStatus;
use crate::ml::runs::{bundle, lesson};
use crate::ml::train::trial;
use crate::ml::{Device, MlError, devices, features, runs};
use crate::render::write_courses;

use super::SoundFiles;
use super::learn;
use super::message::{RunDetail, RunSummary, Score, TrainingCommand, TrainingEvent};
use super::start::front_end_cache;

/// Carries out what needs no job, in the background, and tells the outbox.
pub(in crate::engine) fn answer(command: TrainingCommand, data_dir: &DataDir, outbox: &Outbox) {
    let (data_dir, outbox) = (data_dir.clone(), outbox.clone());
    let sender = outbox.clone();
    let work = move || {
        let root = data_dir.runs();
        let told = match command {
            TrainingCommand::List => Ok(Some(TrainingEvent::Devices(devices()))),
            TrainingCommand::Load(run) => load(&root, &run).map(|detail| Some(TrainingEvent::Loaded(Arc::new(detail)))),
            TrainingCommand::Rename(run, name) => {
                find(&root, &run).and_then(|folder| runs::rename(&folder, &name)).map(|_| None)
            }
            TrainingCommand::Note(run, notes) => {
                find(&root, &run).and_then(|folder| runs::set_notes(&folder, &notes)).map(|_| None)
            }
            TrainingCommand::Delete(run) => {
                find(&root, &run).and_then(|folder| runs::delete(&root, &folder)).map(|()| None)
            }
            TrainingCommand::Withdraw(run) => withdraw(&root, &run).map(|()| None),
            TrainingCommand::Export(run, file) => find(&root, &run)
                .and_then(|folder| bundle::export(&folder, &file))
                .map(|()| Some(TrainingEvent::Written(file))),
            TrainingCommand::Import(file) => bundle::import(&root, &file)
                .and_then(|(folder, _)| load(&root, &folder.id()))
                .map(|detail| Some(TrainingEvent::Loaded(Arc::new(detail)))),
            TrainingCommand::Courses(courses, file) => {
                match write_courses(&courses, &file) {
                    Ok(()) => outbox.send(Event::Training(TrainingEvent::Written(file))),
                    Err(report) => outbox.send(Event::Failed(report)),
                }
                return;
            }
            TrainingCommand::Try(config, genres) => {
                let rate = trial::examples_per_second(&config, genres);
                let rate = rate.map_err(|error| Report::from_error(&error).to_string());
                outbox.send(Event::Training(TrainingEvent::Tried { config, rate }));
                return;
            }
            TrainingCommand::Explain { run, clip } => {
                let explanation = explain(&root, &run, &clip, &front_end_cache(&data_dir));
                let explanation = explanation.map(Arc::new).map_err(|error| Report::from_error(&error).to_string());
                Ok(Some(TrainingEvent::Explained { run, clip, explanation }))
            }
            TrainingCommand::Corrections(model) => {
                let found = learn::plan(&data_dir, &model, &CancelToken::default());
                let found = found.map(|plan| Arc::new(plan.corrections)).map_err(|report| report.to_string());
                Ok(Some(TrainingEvent::Corrections { model, found }))
            }
            TrainingCommand::Draw(file, requests) => {
                let cancel = CancelToken::default();
                let drawn: Result<Vec<_>, _> =
                    requests.iter().map(|request| draw_picture(&file, request, &cancel)).collect();
                let drawn = drawn.map(Arc::new).map_err(|error| Report::from_error(&error).to_string());
                outbox.send(Event::Training(TrainingEvent::Pictures { file, drawn }));
                return;
            }
            // Jobs, and what steers them.
            TrainingCommand::Check(_)
            | TrainingCommand::Start { .. }
            | TrainingCommand::Learn(_)
            | TrainingCommand::Resume(_)
            | TrainingCommand::Pause(_)
            | TrainingCommand::Finish
            | TrainingCommand::Disagree(..)
            | TrainingCommand::Figures(..) => return,
        };
        match told {
            Ok(Some(event)) => outbox.send(Event::Training(event)),
            Ok(None) => {}
            Err(error) => outbox.send(Event::Failed(Report::from_error(&error))),
        }
        tell_runs(&root, &outbox);
    };
    if let Err(error) = std::thread::Builder::new().name("timbre-runs".into()).spawn(work) {
        sender.send(Event::Failed(Report::from_error(&error)));
    }
}

/// Tells all runs.
pub(in crate::engine) fn tell_runs(root: &Path, outbox: &Outbox) {
    match list(root) {
        Ok(runs) => outbox.send(Event::Training(TrainingEvent::Runs(Arc::new(runs)))),
        Err(error) => outbox.send(Event::Failed(Report::from_error(&error))),
    }
}

fn find(root: &Path, run: &str) -> Result<RunFolder, MlError> {
    runs::find(root, run).map(|(folder, _)| folder)
}

/// Deletes a run that has not trained.
fn withdraw(root: &Path, run: &str) -> Result<(), MlError> {
    let (folder, state) = runs::find(root, run)?;
    if state.status == RunStatus::Created { runs::delete(root, &folder) } else { Ok(()) }
}

/// All runs with their scores, the newest first; what cannot be read is left out and logged.
///
/// # Errors
/// When the folder of runs cannot be read.
pub fn list(root: &Path) -> Result<Vec<RunSummary>, MlError> {
    let runs::Listing { runs: found, troubles } = runs::list(root)?;
    for error in troubles {
        tracing::warn!("a run is left out: {error}");
    }
    let summary = |(folder, state)| {
        let judgement = runs::judgement(&folder).ok().flatten();
        let score = judgement.map(|judgement| Score {
            accuracy: judgement.accuracy,
            interval: judgement.interval,
            macro_f1: judgement.macro_average.f1,
            ece: judgement.ece,
            clips: judgement.clips,
        });
        RunSummary { state, score }
    };
    let mut all: Vec<RunSummary> = found.into_iter().map(summary).collect();
    all.sort_by(|a, b| (b.state.created, &b.state.id).cmp(&(a.state.created, &a.state.id)));
    Ok(all)
}

/// Everything about a run.
///
/// # Errors
/// When there is no such run, or its files cannot be understood.
pub fn load(root: &Path, run: &str) -> Result<RunDetail, MlError> {
    let (folder, state) = runs::find(root, run)?;
    let config = read_config(&folder).ok();
    let media = SoundFiles::new(&CancelToken::default());
    let mut sounds = HashMap::new();
    if let Some(dataset) =
        config.as_ref().and_then(|config| Dataset::open(&config.sources, &media, &CancelToken::default()).ok())
    {
        sounds.extend(dataset.clips.into_iter().filter_map(|clip| Some((clip.name, clip.audio?))));
    }
    Ok(RunDetail {
        config,
        history: runs::history(&folder).unwrap_or_default(),
        judgement: runs::judgement(&folder)?,
        predictions: runs::predictions(&folder)?.unwrap_or_default(),
        sounds,
        learned: lesson::learned(&folder)?,
        model_bytes: runs::model_bytes(&folder),
        state,
    })
}

fn explain(root: &Path, run: &str, clip: &str, cache: &Path) -> Result<Explanation, MlError> {
    let (folder, _) = runs::find(root, run)?;
    let config = read_config(&folder)?;
    // One clip is not worth the way to a GPU.
    let model = Model::load(&folder.model(), &Device::Cpu)?;
    let (media, cancel) = (SoundFiles::new(&CancelToken::default()), CancelToken::default());
    let dataset = Dataset::open(&config.sources, &media, &cancel)?;
    let found: Vec<_> = dataset.clips.into_iter().filter(|known| known.name == clip).collect();
    let front_ends: Vec<_> = model.inputs().iter().map(|input| input.front_end).collect();
    let mut loaded = features::load(&found, &front_ends, Some(cache), &media, &cancel, &|_, _| ())?;
    let missing = || MlError::Input(format!("{clip} is not among the clips of the run any more"));
    let (Some(clip), Some(inputs)) = (found.first(), loaded.features.pop()) else { return Err(missing()) };
    if model.inputs().iter().zip(&inputs).any(|(input, features)| !input.optional && features.is_none()) {
        return Err(missing());
    }
    model.explain(&Example { label: clip.label, inputs }, &mut || Ok(()))
}
