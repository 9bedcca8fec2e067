//! A whole run: clips, split, one training for each fold, figures, model. It can be stopped anywhere and goes on from its checkpoint.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::card::card;
use super::contents;
use super::lock::RunLock;
use super::run_folder::RunFolder;
use super::run_state::{RunState, RunStatus, Separation};
use crate::base::fs::write_atomic;
use crate::base::read::{MOST_TEXT_BYTES, read_bounded};
use crate::ml::dataset::media::Media;
use crate::ml::dataset::protocol::{Part, split_hash};
use crate::ml::dataset::{Broken, Dataset};
use crate::ml::error::MlError;
use crate::ml::eval::branches::{self, BranchScore};
use crate::ml::eval::metrics::fit_temperature;
use crate::ml::eval::{Judgement, Prediction, Temperature};
use crate::ml::model::batches::{BatchMaker, Example};
use crate::ml::model::config::{Config, Lesson};
use crate::ml::model::judging::{judge, judge_branches};
use crate::ml::model::{MODEL_FORMAT, Model, ModelCard, freeze};
use crate::ml::networks::Network;
use crate::ml::nn::device::{Device, device_name};
use crate::ml::nn::rng::Rng;
use crate::ml::nn::weights::Weights;
use crate::ml::train::base::base_bytes;
use crate::ml::train::checkpoint::Progress;
use crate::ml::train::control::{Control, TrainEvent};
use crate::ml::train::fit::{Fit, FitState, rng_for};
use crate::ml::train::prepare::{Prepared, prepare};
use crate::ml::train::{history, speed};

/// What a run needs from outside.
pub struct RunContext<'a> {
    /// Reads sound files.
    pub media: &'a dyn Media,
    /// Where front ends are cached.
    pub cache: Option<&'a Path>,
    /// Steers it.
    pub control: &'a Control,
    /// Hears about it.
    pub tell: &'a mut (dyn FnMut(TrainEvent) + Send),
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// Its state at the end.
    pub state: RunState,
    /// The figures; none where no clip judged.
    pub judgement: Option<Judgement>,
    /// Files and clips that were left out.
    pub broken: Vec<Broken>,
}

/// Trains what `folder` describes (`config.json`, `run.json`), from its checkpoint if it has one, to the end.
///
/// # Errors
/// When the configuration, the clips or the files do not serve, the training diverges, or it was cancelled; `run.json` then says
/// so. A run that has ended stays as it is. While another program works on the run, [`MlError::Busy`]; nothing is touched then.
pub fn run(folder: &RunFolder, config: &Config, mut context: RunContext<'_>) -> Result<RunReport, MlError> {
    let _held = RunLock::take(folder)?;
    let mut state = RunState::read(folder)?;
    if matches!(state.status, RunStatus::Finished | RunStatus::Stopped) {
        // Its figures and its model are not to be lost.
        return Err(MlError::Run { run: state.id, reason: "it has ended, and a new run is another run".into() });
    }
    if config.allow_contradictions {
        allow_contradictions(folder)?;
    }
    state.status = RunStatus::Running;
    state.finished = None;
    state.write_progress(folder)?;
    let ended = train(folder, config, &mut state, &mut context);
    match &ended {
        Ok(report) => state = report.state.clone(),
        // A training whose clips have changed can go on once they are back.
        Err(MlError::Cancelled | MlError::Changed { .. }) => {
            state = RunState::read(folder).unwrap_or(state);
            state.status = RunStatus::Paused;
        }
        Err(error) => {
            state = RunState::read(folder).unwrap_or(state);
            state.status = RunStatus::Failed(crate::base::Report::from_error(error).to_string());
            state.finished = Some(now());
        }
    }
    state.write_progress(folder)?;
    ended
}

/// Keeps that a run trains on contradictions, which it may have been told only now: the next time it goes on the same way.
fn allow_contradictions(folder: &RunFolder) -> Result<(), MlError> {
    let kept = read_config(folder)?;
    if kept.allow_contradictions {
        return Ok(());
    }
    write_config(folder, &Config { allow_contradictions: true, ..kept })
}

/// Seconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

/// What all parts share.
struct Shared<'a> {
    folder: &'a RunFolder,
    config: &'a Config,
    labels: &'a [String],
    clips: &'a [crate::ml::dataset::Clip],
    examples: &'a [Example],
    base: Option<Weights<'a>>,
    device: &'a Device,
    parts: usize,
    /// The model that learns from corrections.
    start: Option<ModelCard>,
}

fn train(
    folder: &RunFolder,
    config: &Config,
    state: &mut RunState,
    context: &mut RunContext<'_>,
) -> Result<RunReport, MlError> {
    if let Some(trouble) = config.trouble() {
        return Err(MlError::Training(trouble));
    }
    let (device, note) = config.device.open();
    if let Some(note) = note {
        (context.tell)(TrainEvent::Note(note));
    }
    let cancel = &context.control.cancel;
    (context.tell)(TrainEvent::Stage { what: "Looking for clips".into(), done: 0, total: 0 });
    let mut dataset = Dataset::open(&config.sources, context.media, cancel)?;
    let start = config.lesson.as_ref().map(Lesson::card).transpose()?;
    if let (Some(lesson), Some(start)) = (&config.lesson, &start) {
        lesson.choose(&mut dataset, &start.labels);
    }
    // What cannot be trained is said before all clips are read.
    two_genres(&dataset)?;
    config.parts(&dataset)?;
    let base_bytes = base_bytes(config)?;
    let base = base_bytes.as_ref().map(|(name, bytes)| Weights::parse(name, bytes)).transpose()?;
    if let (Some(base), Some(wanted)) = (&base, config.network.base()) {
        let built = config.network.build(&dataset.labels, Some(base), &mut Rng::new(0), &Device::Cpu);
        built.map_err(|error| match error {
            MlError::Model { model, reason } => {
                let reason = format!("{reason}; the network starts from {}", wanted.describe());
                MlError::Model { model, reason }
            }
            error => error,
        })?;
    }
    let inputs = config.network.inputs();
    let Prepared { dataset, examples, files, broken } =
        prepare(dataset, &inputs, context.media, context.cache, context.control, context.tell)?;
    let clips_now = contents::contents(&dataset, &examples, &files);
    contents::check(folder, &clips_now)?;
    two_genres(&dataset)?;
    let contradictions = contents::contradictions(&dataset, &examples);
    if !contradictions.is_empty() {
        let clips = contents::contradictions_text(&dataset, &contradictions);
        // A lesson goes by what the person said last.
        if !config.allow_contradictions && config.lesson.is_none() {
            return Err(MlError::Contradictions { clips });
        }
        (context.tell)(TrainEvent::Note(format!("the same clip is filed under different genres: {clips}")));
    }
    let mut parts = config.parts(&dataset)?;
    let split = split_hash(&dataset, &parts);
    write_split(folder, &dataset, &parts)?;
    if !folder.checkpoint().exists() {
        contents::write(folder, &clips_now)?;
    }
    let shared = Shared {
        folder,
        config,
        labels: &dataset.labels,
        clips: &dataset.clips,
        examples: &examples,
        base,
        device: &device,
        parts: parts.len(),
        start,
    };
    if let (Some(lesson), Some(part)) = (&config.lesson, parts.first()) {
        shared.judge_before(lesson, &part.test, context)?;
    }
    if config.final_model {
        parts.push(Part { train: (0..examples.len()).collect(), ..Part::default() });
    }
    state.data = describe(&dataset);
    state.device = device_name(&device).to_owned();
    state.protocol = config.lesson.as_ref().map_or_else(|| config.protocol.describe(), Lesson::describe);
    state.separation = separation(&dataset, &parts);
    state.split_hash = split.clone();
    state.parts = parts.len();
    state.epochs_planned = parts.len() * config.training.epochs;
    let resumed = Progress::read(&folder.checkpoint(), &split)?;
    let mut progress = match &resumed {
        Some((progress, _)) => progress.clone(),
        None => Progress::new(&split),
    };
    let mut network = None;
    let mut resume = resumed;
    for part in progress.part..parts.len() {
        progress.part = part;
        let trained = shared.part(part, &parts[part], resume.take(), &mut progress, state, context)?;
        network = Some(trained);
        if context.control.is_finishing() {
            break;
        }
    }
    // All parts were done when the program was stopped: the last network is in the checkpoint.
    let network = match (network, resume) {
        (Some(network), _) => network,
        (None, Some((progress, bytes))) => {
            let network = shared.build(parts.len().saturating_sub(1))?;
            progress.restore(&folder.checkpoint(), &bytes, &*network, &config.training)?;
            network
        }
        (None, None) => return Err(MlError::Training("there is nothing to train".into())),
    };
    state.branches = progress.branches.iter().map(BranchScore::of).collect();
    let mut judgement = shared.finish(&progress, &*network, state, &parts)?;
    if let Some(judgement) = &mut judgement {
        (context.tell)(TrainEvent::Stage { what: "Measuring how fast it is".into(), done: 0, total: 0 });
        let clips: Vec<&crate::ml::dataset::Clip> = dataset.clips.iter().collect();
        let model = Model::load(&folder.model(), &device)?;
        // Whoever leaves now has all that counts.
        judgement.ms_per_song = speed::ms_per_song(&model, &clips, context.media, context.control).ok().flatten();
        write_json(&folder.metrics(), judgement)?;
    }
    state.status = if context.control.is_finishing() { RunStatus::Stopped } else { RunStatus::Finished };
    state.finished = Some(now());
    state.write_progress(folder)?;
    let values = serde_json::to_value(config).ok();
    write_text(&folder.card(), &card(state, judgement.as_ref(), values.as_ref()))?;
    // What is done needs no checkpoint.
    let _ = std::fs::remove_file(folder.checkpoint());
    Ok(RunReport { state: state.clone(), judgement, broken })
}

impl Shared<'_> {
    fn build(&self, part: usize) -> Result<Box<dyn Network>, MlError> {
        if let Some(lesson) = &self.config.lesson {
            return Ok(lesson.open(self.device)?.into_network());
        }
        let mut rng = rng_for(self.config.seed, part, 0, 0, "weights");
        self.config.network.build(self.labels, self.base.as_ref(), &mut rng, self.device)
    }

    /// What the model says about the test clips before it learns, once.
    fn judge_before(&self, lesson: &Lesson, test: &[usize], context: &mut RunContext<'_>) -> Result<(), MlError> {
        if self.folder.before().is_file() {
            return Ok(());
        }
        let (control, tell) = (context.control, &mut *context.tell);
        let examples: Vec<Example> = test.iter().map(|clip| self.examples[*clip].clone()).collect();
        let mut done = 0;
        let logits = lesson.open(self.device)?.judge(&examples, &mut |count| {
            done += count;
            tell(TrainEvent::Stage { what: "Judging the model as it is".into(), done, total: 0 });
            control.wait()
        })?;
        let said = test.iter().zip(logits).map(|(clip, logits)| self.prediction(*clip, logits, 0));
        write_json(&self.folder.before(), &said.collect::<Vec<_>>())
    }

    fn prediction(&self, clip: usize, logits: Vec<f64>, part: usize) -> Prediction {
        Prediction { clip: self.clips[clip].name.clone(), truth: self.clips[clip].label, logits, part }
    }

    /// Trains one part and lets it judge its test clips.
    fn part(
        &self,
        part: usize,
        clips: &Part,
        resume: Option<(Progress, Vec<u8>)>,
        progress: &mut Progress,
        state: &mut RunState,
        context: &mut RunContext<'_>,
    ) -> Result<Box<dyn Network>, MlError> {
        let config = self.config;
        let network = self.build(part)?;
        (state.parameters, state.trainable) = network.variables().count();
        let mut fitted = match resume {
            Some((resumed, bytes)) if resumed.part == part && resumed.epoch > 0 => {
                resumed.restore(&self.folder.checkpoint(), &bytes, &*network, &config.training)?
            }
            _ => FitState::new(&*network, &config.training)?,
        };
        let inputs = config.network.inputs();
        if fitted.epoch == 0 && config.network.observes() && self.start.is_none() {
            let maker = BatchMaker { examples: self.examples, inputs: &inputs, labels: self.labels.len() };
            let truth: Vec<usize> = clips.train.iter().map(|clip| self.examples[*clip].label).collect();
            network.observe(&maker.first_windows(&clips.train).tensors(self.device)?, &truth)?;
        }
        let (control, tell) = (context.control, &mut *context.tell);
        let counts = (clips.train.len(), clips.valid.len(), clips.test.len());
        let rounds = self.parts + usize::from(config.final_model);
        tell(TrainEvent::Part { part, parts: self.parts, rounds, clips: counts, labels: self.labels.to_vec() });
        let inputs = config.network.inputs();
        let windows = config.training.windows;
        let mut done = 0;
        let frozen = freeze(&*network, self.examples, &inputs, windows, &mut |count| {
            done += count;
            tell(TrainEvent::Stage { what: "Listening with the frozen layers".into(), done, total: 0 });
            control.wait()
        })?;
        let (examples, inputs) = match &frozen {
            Some((examples, inputs)) => (examples.as_slice(), inputs.as_slice()),
            None => (self.examples, inputs.as_slice()),
        };
        let maker = BatchMaker { examples, inputs, labels: self.labels.len() };
        // On all clips there is nobody to tell the best epoch: it takes as many as the parts kept on average.
        let mut training = config.training.clone();
        if clips.valid.is_empty()
            && (training.keep_best || training.patience.is_some())
            && !progress.kept_epochs.is_empty()
        {
            let kept = progress.kept_epochs.iter().sum::<usize>() / progress.kept_epochs.len();
            (training.epochs, training.keep_best, training.patience) = (kept.max(1), false, None);
        }
        let fit = Fit {
            network: &*network,
            maker,
            training: &training,
            train: &clips.train,
            valid: &clips.valid,
            seed: config.seed,
            part,
            open: self.start.is_some(),
        };
        let mut saver = Saver { folder: self.folder, last: Instant::now(), cost_secs: 0.0 };
        let mut since = Instant::now();
        let ended = fit.run(&mut fitted, control, tell, &mut |fitted, record| {
            progress.history.push(record.clone());
            progress.seconds += since.elapsed().as_secs_f64();
            since = Instant::now();
            state.epochs_done = progress.history.len();
            state.seconds = progress.seconds;
            let leaving = control.cancel.is_cancelled() || control.is_paused() || control.is_finishing();
            saver.save(progress, &*network, fitted, state, leaving)
        });
        if ended.is_err() {
            // What happened since the last checkpoint is trained again; the files must tell the same story.
            if let Ok(Some((kept, _))) = Progress::read(&self.folder.checkpoint(), &progress.split) {
                (state.epochs_done, state.seconds) = (kept.history.len(), kept.seconds);
                let _ = state.write_progress(self.folder);
            }
        }
        ended?;
        progress
            .kept_epochs
            .push(fitted.best.as_ref().filter(|_| training.keep_best).map_or(fitted.epoch, |best| best.epoch));
        for (list, clips, what) in [
            (&mut progress.predictions, &clips.test, "Judging the test clips"),
            (&mut progress.valid, &clips.valid, "Judging the validation clips"),
        ] {
            if clips.is_empty() {
                continue;
            }
            tell(TrainEvent::Stage { what: what.into(), done: 0, total: 0 });
            let logits = judge(&*network, &maker, clips, windows, &mut |_| control.wait())?;
            list.extend(clips.iter().zip(logits).map(|(clip, logits)| self.prediction(*clip, logits, part)));
        }
        for (branch, said) in judge_branches(&*network, &maker, &clips.test, windows, &mut |_| control.wait())? {
            let predictions = said.into_iter().map(|(at, logits)| self.prediction(clips.test[at], logits, part));
            branches::add(&mut progress.branches, branch, predictions.collect());
        }
        progress.part = part + 1;
        fitted.epoch = 0;
        saver.save(progress, &*network, &fitted, state, true)?;
        Ok(network)
    }

    /// Judges, and writes the figures and the model.
    fn finish(
        &self,
        progress: &Progress,
        network: &dyn Network,
        state: &RunState,
        parts: &[Part],
    ) -> Result<Option<Judgement>, MlError> {
        let Self { folder, config, labels, clips, .. } = *self;
        let of = |predictions: &[Prediction]| {
            let truth: Vec<usize> = predictions.iter().map(|clip| clip.truth).collect();
            let logits: Vec<Vec<f64>> = predictions.iter().map(|clip| clip.logits.clone()).collect();
            fit_temperature(&truth, &logits)
        };
        // Several parts calibrate each other; a single one is calibrated by its validation clips.
        let several = progress.predictions.iter().any(|clip| clip.part > 0);
        let (temperature, of_model) = if several {
            (Temperature::Crosswise, of(&progress.predictions))
        } else {
            let of_start = self.start.as_ref().map(|start| start.temperature);
            let fitted = of_start.unwrap_or_else(|| of(&progress.valid));
            (Temperature::Given(fitted), fitted)
        };
        let judged = !progress.predictions.is_empty();
        let judgement = judged
            .then(|| Judgement::new(state.protocol.clone(), labels, &progress.predictions, temperature))
            .transpose()?;
        write_json(&folder.predictions(), &progress.predictions)?;
        branches::write(&folder.branches(), &progress.branches)?;
        if let Some(judgement) = &judgement {
            write_json(&folder.metrics(), judgement)?;
            write_text(&folder.confusion_csv(), &judgement.confusion_csv())?;
        }
        history::write(&folder.history_json(), &folder.history_csv(), &progress.history)?;
        let last = parts.get(progress.part.saturating_sub(1)).or(parts.last());
        let trained_now = last.map(|part| part.train.iter().map(|clip| clips[*clip].name.clone()));
        let mut trained_on: Vec<String> = trained_now.into_iter().flatten().collect();
        if let Some(start) = &self.start {
            let now: HashSet<&String> = trained_on.iter().collect();
            let before: Vec<String> = start.trained_on.iter().filter(|clip| !now.contains(clip)).cloned().collect();
            trained_on.extend(before);
        }
        let card = ModelCard {
            format: MODEL_FORMAT,
            name: state.name.clone(),
            network: config.network.clone(),
            front_ends: config
                .network
                .inputs()
                .iter()
                .map(|input| (input.front_end, input.front_end.version()))
                .collect(),
            labels: labels.to_vec(),
            windows: config.training.windows,
            temperature: of_model,
            config: config.clone(),
            command: state.command.clone(),
            split: state.split_hash.clone(),
            trained_on,
            metrics: judgement.clone(),
        };
        Model::write(&folder.model(), &card, network, false)?;
        Ok(judgement)
    }
}

/// Writes checkpoints, but not so often that training waits for the disk.
struct Saver<'a> {
    folder: &'a RunFolder,
    last: Instant,
    cost_secs: f64,
}

impl Saver<'_> {
    /// Share of the time that checkpoints may take.
    const SHARE: f64 = 0.05;

    fn save(
        &mut self,
        progress: &mut Progress,
        network: &dyn Network,
        fitted: &FitState,
        state: &mut RunState,
        must: bool,
    ) -> Result<(), MlError> {
        if !must && self.last.elapsed().as_secs_f64() < (self.cost_secs / Self::SHARE).max(1.0) {
            return Ok(());
        }
        let started = Instant::now();
        progress.write(&self.folder.checkpoint(), network, fitted)?;
        history::write(&self.folder.history_json(), &self.folder.history_csv(), &progress.history)?;
        state.write_progress(self.folder)?;
        self.cost_secs = started.elapsed().as_secs_f64();
        self.last = Instant::now();
        Ok(())
    }
}

/// What the clips that judge do not share with those that train, as far as the artists are known.
fn separation(dataset: &Dataset, parts: &[Part]) -> Separation {
    if dataset.artists() < 2 {
        return Separation::Unknown;
    }
    let groups = |clips: &[usize]| clips.iter().map(|clip| dataset.clips[*clip].group.as_str()).collect::<HashSet<_>>();
    let apart = |part: &Part| {
        let train: HashSet<&str> = groups(&part.train).union(&groups(&part.valid)).copied().collect();
        train.is_disjoint(&groups(&part.test))
    };
    if parts.iter().all(apart) { Separation::Artists } else { Separation::Clips }
}

fn two_genres(dataset: &Dataset) -> Result<(), MlError> {
    let genres = dataset.counts().iter().filter(|count| **count > 0).count();
    if genres < 2 {
        return Err(MlError::Training(format!("clips of at least two genres are needed, there are {genres}")));
    }
    Ok(())
}

fn describe(dataset: &Dataset) -> String {
    let genres = dataset.counts().iter().filter(|count| **count > 0).count();
    format!("{} clips of {genres} genres by {} artists", dataset.clips.len(), dataset.artists())
}

fn write_split(folder: &RunFolder, dataset: &Dataset, parts: &[Part]) -> Result<(), MlError> {
    let names = |clips: &[usize]| clips.iter().map(|clip| &dataset.clips[*clip].name).collect::<Vec<_>>();
    let parts: Vec<serde_json::Value> = parts
        .iter()
        .map(|part| serde_json::json!({"train": names(&part.train), "valid": names(&part.valid), "test": names(&part.test)}))
        .collect();
    write_json(&folder.split(), &parts)
}

/// Writes a value as JSON, whole or not at all.
fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), MlError> {
    let written =
        serde_json::to_vec_pretty(value).map_err(std::io::Error::from).and_then(|json| write_atomic(path, &json));
    written.map_err(|source| MlError::Write { path: path.to_path_buf(), source })
}

fn write_text(path: &Path, text: &str) -> Result<(), MlError> {
    write_atomic(path, text.as_bytes()).map_err(|source| MlError::Write { path: path.to_path_buf(), source })
}

/// Writes what a new run is to do.
///
/// # Errors
/// When it cannot be written.
pub fn write_config(folder: &RunFolder, config: &Config) -> Result<(), MlError> {
    write_json(&folder.config(), config)
}

/// The configuration of a run.
///
/// # Errors
/// When it cannot be read or is of another version.
pub fn read_config(folder: &RunFolder) -> Result<Config, MlError> {
    let path = folder.config();
    let text = read_bounded(&path, MOST_TEXT_BYTES).map_err(|source| MlError::Read { path: path.clone(), source })?;
    serde_json::from_slice(&text)
        .map_err(|error| MlError::Run { run: path.display().to_string(), reason: error.to_string() })
}
