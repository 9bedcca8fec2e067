//! Lets two models hear the library, and tells on which songs they disagree.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::TrackId;
use crate::base::time::unix_now_secs;
use crate::engine::event::{Event, JobOutcome};
use crate::engine::job::{JobContext, JobError};
use crate::engine::training::learn::BUILT_IN_NAME;
use crate::engine::training::message::{Disagreement, Disagreements, TrainingEvent};
use crate::library::model::{Problem, Track, same_genre};
use crate::ml::{Classifier, MlError, runs};

use super::classify::{Failure, hear};
use crate::engine::shared::Shared;

/// A song, and what its content is known by.
type Heard<'a> = (&'a Track, [u8; 16]);

pub(super) fn run(
    shared: &Shared,
    [first, second]: [&str; 2],
    context: &mut JobContext,
) -> Result<JobOutcome, JobError> {
    let models = [open(shared, first)?, open(shared, second)?];
    let mut library = shared.open_library()?;
    let snapshot = library.snapshot()?;
    let tracks: Vec<&Track> = snapshot.tracks.iter().filter(|track| track.playable && !track.missing).collect();
    let ids: Vec<i64> = tracks.iter().map(|track| track.id.0).collect();
    let songs: Vec<Heard<'_>> = tracks.into_iter().zip(library.sound_keys(&ids)?).collect();
    let total = 2 * songs.len() as u64;
    let mut done = 0;
    for model in &models {
        ask(shared, model, &songs, &mut done, total, context)?;
    }
    let known = shared.opinions();
    let said = |model: &Classifier, content: [u8; 16]| known.get(&(model.info().hash.clone(), content)).cloned();
    let mut found = Disagreements { first: first.to_owned(), second: second.to_owned(), ..Disagreements::default() };
    for (track, content) in &songs {
        let (Some(one), Some(other)) = (said(&models[0], *content), said(&models[1], *content)) else { continue };
        found.heard += 1;
        if !same_genre(&one.genre, &other.genre) {
            found.songs.push(Disagreement { track: track.id, first: one, second: other });
        }
    }
    drop(known);
    let surest = |song: &Disagreement| song.first.probability * song.second.probability;
    found.songs.sort_by(|a, b| surest(b).total_cmp(&surest(a)).then(a.track.cmp(&b.track)));
    let (heard, songs) = (found.heard, found.songs.len());
    shared.outbox.send(Event::Training(TrainingEvent::Disagreements(Arc::new(found))));
    Ok(JobOutcome::Disagree { songs, heard })
}

/// The model of a run, or the built-in one.
fn open(shared: &Shared, model: &str) -> Result<Arc<Classifier>, MlError> {
    let named = (model != BUILT_IN_NAME).then(|| model.to_owned());
    // The one that the library uses is loaded already. Nothing may stand in for it here.
    if shared.settings().classifier == named {
        return shared.classifier_of(named);
    }
    let device = shared.device();
    let classifier = match &named {
        None => Classifier::embedded(&device)?,
        Some(run) => Classifier::load(&runs::find(&shared.data_dir.runs(), run)?.0.model(), &device)?,
    };
    Ok(Arc::new(classifier))
}

/// Asks a model about the songs on which its opinion is not known yet.
fn ask(
    shared: &Shared,
    model: &Arc<Classifier>,
    songs: &[Heard<'_>],
    done: &mut u64,
    total: u64,
    context: &mut JobContext,
) -> Result<(), JobError> {
    let hash = &model.info().hash;
    let mut due: Vec<(TrackId, PathBuf)> = Vec::new();
    let mut contents = Vec::new();
    {
        let mut known = shared.opinions();
        for (track, content) in songs {
            let key = (hash.clone(), *content);
            let own = track.prediction.as_ref().filter(|own| own.model_hash == *hash).and_then(|own| own.top.first());
            if let Some(own) = own {
                known.entry(key).or_insert_with(|| own.clone());
            } else if !known.contains_key(&key) {
                due.push((track.id, track.path.clone()));
                contents.push(*content);
            }
        }
    }
    *done += (songs.len() - due.len()) as u64;
    context.progress(*done, Some(total), || model.info().name.clone());
    let (cancel, threads) = (context.cancel.clone(), shared.threads().min(due.len()));
    hear(&due, model, threads, &cancel, |answers| {
        for (index, answer) in answers {
            let path = &due[index].1;
            match answer {
                Ok(heard) => {
                    let prediction = heard.prediction;
                    if let Some(best) = prediction.top.into_iter().next() {
                        shared.opinions().insert((hash.clone(), contents[index]), best);
                    }
                }
                Err(Failure::Song(kind, message)) => {
                    context.warn(Problem { path: path.clone(), kind, message, seen_at: unix_now_secs() });
                }
                Err(Failure::Cancelled) => {}
            }
            *done += 1;
            let name = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            context.progress(*done, Some(total), name);
        }
        Ok(())
    })?;
    if context.cancel.is_cancelled() { Err(JobError::Cancelled) } else { Ok(()) }
}
