//! Lets the network listen to songs.
//!
//! Worker threads decode and classify one song each; this thread writes results in batches. A batch is on disk within
//! about a second, so a killed run loses no more than that and the next one goes on after it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::audio::{AudioError, WindowPlan, decode_windows};
use crate::base::log::guarded;
use crate::base::time::unix_now_secs;
use crate::base::{CancelToken, TrackId};
use crate::engine::event::{ClassifyOutcome, JobOutcome};
use crate::engine::job::{JobContext, JobError};
use crate::engine::message::Message;
use crate::library::Library;
use crate::library::filing::{Filer, Filing};
use crate::library::model::{GenreProbability, Prediction, Problem, ProblemKind, TagScore, Track};
use crate::ml::Classifier;

use super::listenable::why_not;
use super::scan::problem_kind;
use crate::engine::shared::Shared;

/// Tags that are kept with a song.
const STRONGEST_TAGS: usize = 8;
/// Results wait at most this long for the disk.
const BATCH_INTERVAL: Duration = Duration::from_secs(1);

/// What a worker made of a song.
pub(super) type Answer = Result<Heard, Failure>;

/// What was made of a song that could be decoded.
pub(super) struct Heard {
    pub prediction: Prediction,
    /// Playing time as decoding found it, seconds; `None` where only parts were decoded.
    pub duration_secs: Option<f64>,
}

/// Why there is no answer.
pub(super) enum Failure {
    Cancelled,
    Song(ProblemKind, String),
}

pub(super) fn run(
    shared: &Shared,
    again_until: Option<i64>,
    within: &[PathBuf],
    back: &Sender<Message>,
    context: &mut JobContext,
) -> Result<JobOutcome, JobError> {
    let start = Instant::now();
    let mut library = shared.open_library()?;
    let classifier = shared.classifier()?;
    let mut due = library.to_classify(&classifier.info().hash, again_until)?;
    due.retain(|(_, path)| inside(path, within));
    let known = |track: &&Track| {
        let by_this_model = |prediction: &Arc<Prediction>| prediction.model_hash == classifier.info().hash;
        !track.missing && inside(&track.path, within) && track.prediction.as_ref().is_some_and(by_this_model)
    };
    let due_ids: HashSet<TrackId> = due.iter().map(|(id, _)| *id).collect();
    let tracks = library.snapshot()?.tracks;
    let unchanged = tracks.iter().filter(known).filter(|track| !due_ids.contains(&track.id)).count();
    let mut outcome = ClassifyOutcome { unchanged, ..Default::default() };
    let total = due.len() as u64;
    context.progress(0, Some(total), String::new);

    let (threads, cancel) = (shared.threads().min(due.len()), context.cancel.clone());
    let mut classified = HashSet::new();
    hear(&due, &classifier, threads, &cancel, |answers| {
        store(answers, &due, &mut library, back, context, &mut classified, &mut outcome)
    })?;
    if cancel.is_cancelled() {
        return Err(JobError::Cancelled);
    }
    // As the library says, in which people and tags decide as well.
    let rule = crate::engine::shared::decision_rule(&shared.settings(), classifier.info().labels.clone());
    let snapshot = library.snapshot()?;
    let mut filer = Filer::new(&rule);
    let now_classified = snapshot.tracks.iter().filter(|track| classified.contains(&track.id));
    outcome.unsure = now_classified.filter(|track| filer.file(track) == Filing::Unsure).count();
    outcome.elapsed_secs = start.elapsed().as_secs_f64();
    Ok(JobOutcome::Classify(outcome))
}

/// Lets a classifier hear songs on some threads of its own. `take` gets the answers, in the order in which they come, on this thread;
/// if it fails, the rest is left.
pub(super) fn hear(
    due: &[(TrackId, PathBuf)],
    classifier: &Arc<Classifier>,
    threads: usize,
    cancel: &CancelToken,
    take: impl FnOnce(&Receiver<(usize, Answer)>) -> Result<(), JobError>,
) -> Result<(), JobError> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (answers_in, answers) = crossbeam_channel::bounded(threads * 2 + 1);
        for index in 0..threads {
            let (answers_in, next) = (answers_in.clone(), &next);
            let worker = move || work(due, next, classifier, cancel, &answers_in);
            std::thread::Builder::new().name(format!("timbre-listen-{index}")).spawn_scoped(scope, worker)?;
        }
        drop(answers_in);
        let taken = take(&answers);
        if taken.is_err() {
            cancel.cancel();
            while answers.recv().is_ok() {}
        }
        taken
    })
}

/// Whether a path lies under one of the folders; no folders means everywhere.
pub(super) fn inside(path: &Path, folders: &[PathBuf]) -> bool {
    folders.is_empty() || folders.iter().any(|folder| path.starts_with(folder))
}

fn work(
    due: &[(TrackId, PathBuf)],
    next: &AtomicUsize,
    classifier: &Arc<Classifier>,
    cancel: &CancelToken,
    answers: &Sender<(usize, Answer)>,
) {
    // Songs run side by side, so each is worked on by one thread only.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let song = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((_, path)) = due.get(index) else { return };
            let answer = guarded(|| listen(path, classifier, cancel)).unwrap_or_else(|_| {
                let message = "a fault in Timbre stopped the decoder; please report this file".to_owned();
                Err(Failure::Song(ProblemKind::Other, message))
            });
            if cancel.is_cancelled() || answers.send((index, answer)).is_err() {
                return;
            }
        }
    };
    match pool {
        Ok(pool) => pool.install(song),
        Err(_) => song(),
    }
}

/// Decodes the song's windows and asks the network.
fn listen(path: &Path, classifier: &Classifier, cancel: &CancelToken) -> Answer {
    let info = classifier.info();
    let plan = WindowPlan {
        rate_hz: info.sample_rate_hz,
        second_rate_hz: info.second_rate_hz,
        window_secs: info.window_secs.into(),
        max_windows: info.max_windows,
    };
    let cannot_decode = |error| match error {
        AudioError::Cancelled { .. } => Failure::Cancelled,
        error => Failure::Song(problem_kind(&error), error.to_string()),
    };
    let decoded = decode_windows(path, &plan, cancel).map_err(cannot_decode)?;
    if let Some(reason) = why_not(&decoded, info.sample_rate_hz) {
        let notes: Vec<String> = std::iter::once(reason).chain(decoded.damage_note()).collect();
        let prediction = Prediction {
            model_name: info.name.as_str().into(),
            model_hash: info.hash.as_str().into(),
            top: Vec::new(),
            tags: Vec::new(),
            heard_secs: decoded.heard_secs,
            note: Some(notes.join("; ")),
            decided_at: unix_now_secs(),
        };
        return Ok(Heard { prediction, duration_secs: decoded.duration_secs });
    }
    let heard = classifier
        .classify(&decoded.windows, &decoded.second)
        .map_err(|error| Failure::Song(ProblemKind::Other, format!("the network refused it: {error}")))?;
    let mut top: Vec<_> = info
        .labels
        .iter()
        .zip(&heard.probabilities)
        .map(|(genre, &probability)| GenreProbability { genre: genre.into(), probability })
        .collect();
    top.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let mut tags: Vec<_> =
        info.tag_names.iter().zip(&heard.tags).map(|(tag, &score)| TagScore { tag: tag.into(), score }).collect();
    tags.sort_by(|a, b| b.score.total_cmp(&a.score));
    tags.truncate(STRONGEST_TAGS);
    let notes: Vec<String> = heard.note.into_iter().chain(decoded.damage_note()).collect();
    let prediction = Prediction {
        model_name: info.name.as_str().into(),
        model_hash: info.hash.as_str().into(),
        top,
        tags,
        heard_secs: decoded.heard_secs,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
        decided_at: unix_now_secs(),
    };
    Ok(Heard { prediction, duration_secs: decoded.duration_secs })
}

/// Writes answers to the library in the order of the songs that are done, a batch about every second.
fn store(
    answers: &Receiver<(usize, Answer)>,
    due: &[(TrackId, PathBuf)],
    library: &mut Library,
    back: &Sender<Message>,
    context: &mut JobContext,
    classified: &mut HashSet<TrackId>,
    outcome: &mut ClassifyOutcome,
) -> Result<(), JobError> {
    let total = due.len() as u64;
    let mut batch: Vec<(TrackId, Prediction)> = Vec::new();
    let mut lengths: Vec<(TrackId, f64)> = Vec::new();
    let mut deadline = Instant::now() + BATCH_INTERVAL;
    loop {
        let answer = answers.recv_deadline(deadline);
        let ended = matches!(answer, Err(RecvTimeoutError::Disconnected));
        match answer {
            Ok((index, Ok(Heard { prediction, duration_secs }))) => {
                let (track, path) = &due[index];
                lengths.extend(duration_secs.map(|secs| (*track, secs)));
                outcome.classified += 1;
                classified.insert(*track);
                batch.push((*track, prediction));
                let done = (outcome.classified + outcome.failed) as u64;
                let name = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                context.progress(done, Some(total), name);
            }
            Ok((index, Err(Failure::Song(kind, message)))) => {
                outcome.failed += 1;
                let problem = Problem { path: due[index].1.clone(), kind, message, seen_at: unix_now_secs() };
                library.record_problem(&problem)?;
                context.warn(problem);
            }
            Ok((_, Err(Failure::Cancelled))) | Err(_) => {}
        }
        if ended || Instant::now() >= deadline {
            if !batch.is_empty() {
                library.store_heard(&batch, &lengths)?;
                batch.clear();
                lengths.clear();
                back.try_send(Message::Changed).ok();
            }
            deadline = Instant::now() + BATCH_INTERVAL;
        }
        if ended {
            return Ok(());
        }
    }
}
