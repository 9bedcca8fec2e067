//! Collects what a person corrected in the library, and makes a lesson of it for a trained model.
//!
//! A correction is a genre set by hand to a song that the model gets wrong or was not trained on. Three in ten are held back: which,
//! the hash of the file's content decides, so that they are the same every time, and no lesson ever trains on them.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::base::{CancelToken, DataDir, Report};
use crate::library::Library;
use crate::library::model::{Track, same_genre};
use crate::ml::dataset::{Clip, Dataset, Sources, Track as Song};
use crate::ml::model::classifier::hash_of;
use crate::ml::model::config::{Config, Lesson};
use crate::ml::model::{BUILT_IN, ModelCard};
use crate::ml::nn::weights::read_file;
use crate::ml::runs;
use crate::ml::runs::run_folder::RunFolder;

use super::{SoundFiles, songs, start};

/// What the built-in model is called where a run could stand.
pub const BUILT_IN_NAME: &str = "built-in";
/// What stands in a lesson's run where the preset stands in others.
pub const LESSON: &str = "corrections";
/// Of ten corrections, this many judge.
const HELD_OUT_OF_TEN: u64 = 3;
/// Old clips that are mixed in: as many as there are corrections, but at least this many of each genre.
const LEAST_OLD_CLIPS: usize = 4;

/// What there is to learn from, for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Corrections {
    /// What the model is called that would learn.
    pub model: String,
    /// The corrections of each of its genres that has some.
    pub genres: Vec<Corrected>,
    /// Genres that the model does not have, and the songs that were given them: they cannot be learned.
    pub unknown: Vec<(String, usize)>,
    /// Clips that the model was trained on and that it would see again.
    pub rehearsed: usize,
    /// The model's own test clips that would judge, too.
    pub own_test: usize,
    /// Why nothing can be learned, if so.
    pub obstacle: Option<String>,
}

/// The corrections of one genre.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Corrected {
    /// The genre.
    pub genre: String,
    /// Songs to learn from.
    pub learn: usize,
    /// Songs that judge.
    pub held_out: usize,
    /// Of both, those that this model is known to get wrong.
    pub wrong: usize,
}

/// A lesson that can be given.
pub struct Plan {
    /// What it is made of.
    pub corrections: Corrections,
    /// How it is trained.
    pub config: Config,
}

/// The model that learns.
struct Learner {
    lesson: Lesson,
    card: ModelCard,
    /// As predictions name it.
    hash: String,
    /// Clips that judged it.
    judged: HashSet<String>,
}

/// One hand-set genre.
struct Correction {
    song: Song,
    held_out: bool,
}

/// Looks at what there is; `model` is a run, or [`BUILT_IN_NAME`].
///
/// # Errors
/// When the model or the library cannot be read.
pub fn plan(data_dir: &DataDir, model: &str, cancel: &CancelToken) -> Result<Plan, Report> {
    let failed = |error: &dyn std::error::Error| Report::from_error(error);
    let learner = Learner::open(data_dir, model).map_err(|error| failed(&error))?;
    let mut library = Library::open(&data_dir.database()).map_err(|error| failed(&error))?;
    let snapshot = library.snapshot().map_err(|error| failed(&error))?;
    let by_hand: Vec<&Track> = snapshot.tracks.iter().filter(|track| songs::genre(track).is_some()).collect();
    let ids: Vec<i64> = by_hand.iter().map(|track| track.id.0).collect();
    let hashes = library.sound_keys(&ids).map_err(|error| failed(&error))?;
    let mut corrections = Corrections { model: learner.lesson.name.clone(), ..Corrections::default() };
    let mut chosen = Vec::new();
    for (track, hash) in by_hand.into_iter().zip(hashes) {
        chosen.extend(learner.correction(track, hash, &mut corrections));
    }
    corrections.genres.sort_by(|a, b| a.genre.cmp(&b.genre));
    Ok(learner.plan(chosen, corrections, cancel))
}

/// Makes the run of a lesson.
///
/// # Errors
/// When there is nothing to learn from, or the run cannot be written.
pub fn begin(data_dir: &DataDir, plan: Plan, command: String) -> Result<(RunFolder, Config), Report> {
    let Plan { corrections, mut config } = plan;
    if let Some(obstacle) = &corrections.obstacle {
        return Err(Report::new(obstacle));
    }
    let failed = |error: crate::ml::MlError| Report::from_error(&error);
    config.absolute_paths().map_err(failed)?;
    let name = format!("{} + corrections", corrections.model);
    let folder = start::make(data_dir, &config, LESSON, Some(name), Some(command)).map_err(failed)?;
    Ok((folder, config))
}

impl Learner {
    fn open(data_dir: &DataDir, model: &str) -> Result<Self, crate::ml::MlError> {
        if model == BUILT_IN_NAME {
            let card = ModelCard::parse("the built-in model", BUILT_IN)?;
            let lesson = Lesson { name: "Built-in".to_owned(), ..Lesson::default() };
            return Ok(Self { lesson, card, hash: hash_of(BUILT_IN), judged: HashSet::new() });
        }
        let (folder, state) = runs::find(&data_dir.runs(), model)?;
        let path = folder.model();
        let bytes = read_file(&path)?;
        let card = ModelCard::parse(&path.display().to_string(), &bytes)?;
        let judged = runs::predictions(&folder)?.unwrap_or_default().into_iter().map(|clip| clip.clip).collect();
        let lesson = Lesson { model: Some(path), name: state.name, ..Lesson::default() };
        Ok(Self { lesson, card, hash: hash_of(&bytes), judged })
    }

    /// What a hand-set genre comes to for this model; it is counted.
    fn correction(&self, track: &Track, hash: [u8; 16], counts: &mut Corrections) -> Option<Correction> {
        let set = &track.user_genre.as_ref()?.genre;
        let Some(genre) = self.card.labels.iter().find(|label| same_genre(label, set)) else {
            match counts.unknown.iter_mut().find(|(known, _)| known == set) {
                Some((_, count)) => *count += 1,
                None => counts.unknown.push((set.clone(), 1)),
            }
            return None;
        };
        let own = track.prediction.as_ref().filter(|prediction| prediction.model_hash == self.hash);
        let wrong = own.is_some_and(|own| own.top.first().is_some_and(|top| top.genre != *genre));
        let trained = self.card.trained_on.contains(&track.path.display().to_string());
        let held_out = xxh3_64(&hash) % 10 < HELD_OUT_OF_TEN;
        if trained && (held_out || !wrong) {
            return None;
        }
        let place = counts.genres.iter().position(|known| known.genre == *genre).unwrap_or_else(|| {
            counts.genres.push(Corrected { genre: genre.clone(), ..Corrected::default() });
            counts.genres.len() - 1
        });
        let count = &mut counts.genres[place];
        *(if held_out { &mut count.held_out } else { &mut count.learn }) += 1;
        count.wrong += usize::from(wrong);
        let artist = Some(track.artist.to_string()).filter(|artist| !artist.trim().is_empty());
        Some(Correction { song: Song { path: track.path.clone(), genre: genre.clone(), artist }, held_out })
    }

    /// The lesson of these corrections, with what is still there of the model's own clips.
    fn plan(self, chosen: Vec<Correction>, mut corrections: Corrections, cancel: &CancelToken) -> Plan {
        let Self { mut lesson, card, judged, .. } = self;
        for Correction { song, held_out } in &chosen {
            (if *held_out { &mut lesson.held_out } else { &mut lesson.learn }).push(song.path.display().to_string());
        }
        let corrected: HashSet<PathBuf> = chosen.iter().map(|correction| correction.song.path.clone()).collect();
        let mut sources = card.config.sources.clone();
        sources.songs.retain(|song| !corrected.contains(&song.path));
        let old = old_clips(&sources, &card.labels, cancel);
        if old.clips.is_empty() {
            sources = Sources::default();
        }
        let trained: HashSet<&String> = card.trained_on.iter().collect();
        let most = lesson.learn.len().max(LEAST_OLD_CLIPS * card.labels.len());
        let seen: Vec<&Clip> = old.clips.iter().filter(|clip| trained.contains(&clip.name)).collect();
        lesson.rehearse = evenly(&seen, most);
        let own = old.clips.iter().filter(|clip| judged.contains(&clip.name) && !trained.contains(&clip.name));
        lesson.own_test = own.map(|clip| clip.name.clone()).collect();
        sources.songs.extend(chosen.into_iter().map(|correction| correction.song));
        (corrections.rehearsed, corrections.own_test) = (lesson.rehearse.len(), lesson.own_test.len());
        corrections.obstacle = obstacle(&lesson, &corrections);
        let mut config = lesson.config(&card);
        config.sources = sources;
        Plan { corrections, config }
    }
}

fn obstacle(lesson: &Lesson, found: &Corrections) -> Option<String> {
    let genres = found.genres.iter().filter(|genre| genre.learn > 0).count();
    let sentence = if lesson.learn.is_empty() {
        "Nothing can be learned yet: set the genre of songs in your library, some of them will judge and the others teach."
    } else if lesson.held_out.is_empty() {
        "None of your corrections is held back to judge yet (three in ten are, by their content): correct some more songs."
    } else if genres < 2 && lesson.rehearse.is_empty() {
        "Your corrections name one genre only, and the clips that the model was trained on are not here: it would learn to say \
         nothing else. Correct songs of another genre, too."
    } else {
        return None;
    };
    Some(sentence.to_owned())
}

/// What is still there of the clips that a model was made with; nothing when they are gone.
fn old_clips(sources: &Sources, labels: &[String], cancel: &CancelToken) -> Dataset {
    if sources.folders.is_empty() && sources.songs.is_empty() {
        return Dataset::default();
    }
    match Dataset::open(sources, &SoundFiles::new(cancel), cancel) {
        Ok(mut found) => {
            let _ = found.label_as(labels);
            found
        }
        Err(error) => {
            tracing::info!("the clips that the model was trained on are not here: {error}");
            Dataset::default()
        }
    }
}

/// The names of at most `most` clips, equally many of each genre as far as there are; always the same of the same clips.
fn evenly(clips: &[&Clip], most: usize) -> Vec<String> {
    let mut of_genre: BTreeMap<usize, Vec<(u64, &String)>> = BTreeMap::new();
    for clip in clips {
        of_genre.entry(clip.label).or_default().push((xxh3_64(clip.name.as_bytes()), &clip.name));
    }
    of_genre.values_mut().for_each(|clips| clips.sort_unstable());
    let longest = of_genre.values().map(Vec::len).max().unwrap_or(0);
    let turns = (0..longest).flat_map(|turn| of_genre.values().filter_map(move |clips| clips.get(turn)));
    turns.take(most).map(|(_, name)| (*name).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_clips_are_spread_over_the_genres() {
        let clip = |label: usize, number: usize| Clip { name: format!("{label}.{number}"), label, ..Clip::default() };
        let clips: Vec<Clip> = (0..9).map(|number| clip(0, number)).chain([clip(1, 0), clip(2, 0)]).collect();
        let chosen = evenly(&clips.iter().collect::<Vec<_>>(), 5);
        assert_eq!(chosen.len(), 5);
        assert!(chosen.contains(&"1.0".to_owned()) && chosen.contains(&"2.0".to_owned()), "{chosen:?}");
        assert_eq!(evenly(&clips.iter().collect::<Vec<_>>(), 50).len(), 11);
    }
}
