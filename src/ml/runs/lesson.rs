//! A trained model learns from a person's corrections: what it is given, and what came of it on clips that it never learns.

use std::collections::{BTreeMap, HashMap, HashSet};

use candle_core::Device;
use serde::Serialize;

use super::run::read_config;
use super::run_folder::RunFolder;
use crate::ml::dataset::Dataset;
use crate::ml::error::MlError;
use crate::ml::eval::metrics::wilson;
use crate::ml::eval::{McNemar, Prediction, mcnemar};
use crate::ml::model::config::{Config, Lesson, Schedule};
use crate::ml::model::{Model, ModelCard};
use crate::ml::nn::logits::best;
use crate::ml::nn::weights::read_file;
use crate::ml::runs;

/// Its learning rate is the model's own times this, so that it keeps what it knows.
const RATE_SHARE: f64 = 0.1;
/// But not below this, unless the model's own is.
const LEAST_RATE: f64 = 1e-4;
const EPOCHS: usize = 12;
const BATCH: usize = 16;
/// Few corrections are seen so often in an epoch that it has this many steps.
const LEAST_STEPS: usize = 12;

/// What came of a lesson: the model before and after it, on clips that neither of them was trained on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Learned {
    /// What the model is called that learned.
    pub start: String,
    /// Corrections that it learned.
    pub learned: usize,
    /// Older clips that it saw again.
    pub rehearsed: usize,
    /// On all clips that judge.
    pub all: Change,
    /// On the corrections among them.
    pub held_out: Change,
    /// On the model's own test clips, where those are there.
    pub own_test: Option<Change>,
}

/// Before and after on the same clips.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Number of clips.
    pub clips: usize,
    /// The model as it was.
    pub before: Share,
    /// The model that has learned.
    pub after: Share,
    /// Whether the difference is more than chance; the model as it was is the first.
    pub test: McNemar,
    /// Genre by genre, those that have clips.
    pub genres: Vec<GenreChange>,
}

/// How many clips are right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Clips that are right.
    pub right: usize,
    /// Their share, 0..1.
    pub accuracy: f64,
    /// Wilson's 95 % interval of it.
    pub interval: (f64, f64),
}

/// The clips of one genre that are right before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GenreChange {
    /// The genre.
    pub genre: String,
    /// Its clips.
    pub clips: usize,
    /// Right before.
    pub before: usize,
    /// Right after.
    pub after: usize,
}

impl Lesson {
    fn bytes(&self) -> Result<(String, Vec<u8>), MlError> {
        match &self.model {
            Some(path) => Ok((path.display().to_string(), read_file(path)?)),
            None => Ok(("the built-in model".to_owned(), crate::ml::model::BUILT_IN.to_vec())),
        }
    }

    /// The model that learns, as it was, to run on a device.
    ///
    /// # Errors
    /// When its file is gone or cannot be used.
    pub fn open(&self, device: &Device) -> Result<Model, MlError> {
        let (name, bytes) = self.bytes()?;
        Model::parse(&name, &bytes, device)
    }

    /// What that model says about itself.
    ///
    /// # Errors
    /// As [`Lesson::open`].
    pub fn card(&self) -> Result<ModelCard, MlError> {
        let (name, bytes) = self.bytes()?;
        ModelCard::parse(&name, &bytes)
    }

    /// The configuration by which the model of `card` takes this lesson: every layer that was trained learns on, at a tenth of its
    /// learning rate, a fixed number of epochs, as all clips that could tell the best one are needed. The clips are still to be named.
    pub fn config(self, card: &ModelCard) -> Config {
        let mut config = Config { network: card.network.clone(), valid_share: 0.0, ..card.config.clone() };
        (config.final_model, config.base) = (false, None);
        // The lesson itself says who trains; lists may be gone.
        config.protocol = Config::preset(config.architecture, config.preset).protocol;
        let clips = (self.learn.len() + self.rehearse.len()).max(1);
        let training = &mut config.training;
        let own = training.learning_rate;
        training.learning_rate = (RATE_SHARE * own).max(LEAST_RATE.min(own));
        (training.epochs, training.batch) = (EPOCHS, training.batch.min(BATCH));
        training.examples_per_clip = (LEAST_STEPS * training.batch).div_ceil(clips);
        (training.schedule, training.class_balance) = (Schedule::OneCycle, 0.5);
        (training.keep_best, training.patience, training.windows) = (false, None, card.windows);
        config.lesson = Some(self);
        config
    }

    /// Keeps the clips of the lesson, labelled as the model labels.
    pub(in crate::ml) fn choose(&self, data: &mut Dataset, labels: &[String]) {
        let named = [&self.learn, &self.rehearse, &self.held_out, &self.own_test].into_iter().flatten();
        let named: HashSet<&String> = named.collect();
        data.clips.retain(|clip| named.contains(&clip.name));
        let _ = data.label_as(labels);
    }

    /// What the score of the model that has learned means, in a sentence.
    pub(in crate::ml) fn describe(&self) -> String {
        let own = if self.own_test.is_empty() { "" } else { " and the model's own test clips" };
        format!("corrections that are held back by the hash of their content{own}, never learned")
    }
}

impl Change {
    fn of(before: &[Prediction], after: &[Prediction], labels: &[String], counts: impl Fn(&str) -> bool) -> Self {
        let chosen = |all: &[Prediction]| -> BTreeMap<String, Prediction> {
            let found = all.iter().filter(|clip| counts(&clip.clip));
            found.map(|clip| (clip.clip.clone(), clip.clone())).collect()
        };
        let (mut before, mut after) = (chosen(before), chosen(after));
        before.retain(|clip, _| after.contains_key(clip));
        after.retain(|clip, _| before.contains_key(clip));
        let is_right = |clip: &Prediction| best(&clip.logits) == clip.truth;
        let share = |all: &BTreeMap<String, Prediction>| {
            let right = all.values().filter(|clip| is_right(clip)).count();
            Share { right, accuracy: right as f64 / all.len().max(1) as f64, interval: wilson(right, all.len()) }
        };
        let of_genre = |label: usize| {
            let right = |all: &BTreeMap<String, Prediction>| {
                all.values().filter(|clip| clip.truth == label && is_right(clip)).count()
            };
            GenreChange {
                genre: labels[label].clone(),
                clips: after.values().filter(|clip| clip.truth == label).count(),
                before: right(&before),
                after: right(&after),
            }
        };
        let genres = (0..labels.len()).map(of_genre).filter(|genre| genre.clips > 0).collect();
        let list = |all: &BTreeMap<String, Prediction>| all.values().cloned().collect::<Vec<_>>();
        let test = mcnemar(&list(&before), &list(&after));
        Self { clips: after.len(), before: share(&before), after: share(&after), test, genres }
    }
}

/// What came of the lesson of a run; none where it was none, or has not come so far.
///
/// # Errors
/// When a file of the run cannot be understood.
pub fn learned(folder: &RunFolder) -> Result<Option<Learned>, MlError> {
    let Some(before) = runs::before(folder)? else { return Ok(None) };
    let (Some(after), Some(judgement)) = (runs::predictions(folder)?, runs::judgement(folder)?) else {
        return Ok(None);
    };
    let Some(lesson) = read_config(folder)?.lesson else { return Ok(None) };
    let parts = runs::split(folder)?.unwrap_or_default();
    let trained: HashSet<&String> = parts.iter().filter_map(|part| part.get("train")).flatten().collect();
    let count = |clips: &[String]| clips.iter().filter(|clip| trained.contains(clip)).count();
    let held_out: HashSet<&str> = lesson.held_out.iter().map(String::as_str).collect();
    let labels = &judgement.classes;
    let own = Change::of(&before, &after, labels, |clip| !held_out.contains(clip));
    Ok(Some(Learned {
        learned: count(&lesson.learn),
        rehearsed: count(&lesson.rehearse),
        all: Change::of(&before, &after, labels, |_| true),
        held_out: Change::of(&before, &after, labels, |clip| held_out.contains(clip)),
        own_test: (own.clips > 0).then_some(own),
        start: lesson.name,
    }))
}

/// The clips of each part of a split: `train`, `valid`, `test`.
pub(in crate::ml) type SplitFile = Vec<HashMap<String, Vec<String>>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(clip: &str, truth: usize, decision: usize) -> Prediction {
        let logits = (0..3).map(|label| if label == decision { 1.0 } else { 0.0 }).collect();
        Prediction { clip: clip.into(), truth, logits, part: 0 }
    }

    #[test]
    fn before_and_after_are_counted_on_the_same_clips() {
        let before = [said("a", 0, 1), said("b", 0, 0), said("c", 1, 2), said("gone", 1, 1)];
        let after = [said("c", 1, 1), said("b", 0, 0), said("a", 0, 0), said("new", 2, 2)];
        let labels = ["x", "y", "z"].map(String::from);
        let all = Change::of(&before, &after, &labels, |_| true);
        assert_eq!((all.clips, all.before.right, all.after.right), (3, 1, 3));
        assert_eq!((all.test.only_first, all.test.only_second), (0, 2));
        let genre = |genre: &str, clips, before, after| GenreChange { genre: genre.into(), clips, before, after };
        assert_eq!(all.genres, [genre("x", 2, 1, 2), genre("y", 1, 0, 1)]);
        let some = Change::of(&before, &after, &labels, |clip| clip == "c");
        assert_eq!((some.clips, some.before.accuracy, some.after.accuracy), (1, 0.0, 1.0));
    }

    #[test]
    fn few_corrections_are_seen_often_and_gently() {
        let card = |rate: f64| {
            let mut config =
                Config::preset(crate::ml::model::config::Architecture::Cnn, crate::ml::model::config::Preset::Best);
            config.training.learning_rate = rate;
            ModelCard {
                format: 1,
                name: "a".into(),
                network: config.network.clone(),
                front_ends: Vec::new(),
                labels: Vec::new(),
                windows: 7,
                temperature: 1.0,
                config,
                command: String::new(),
                split: String::new(),
                trained_on: Vec::new(),
                metrics: None,
            }
        };
        let lesson = |clips: usize| Lesson { learn: vec![String::new(); clips], ..Lesson::default() };
        let few = lesson(4).config(&card(3e-3));
        assert_eq!((few.training.examples_per_clip, few.training.windows), (48, 7));
        assert!((few.training.learning_rate - 3e-4).abs() < 1e-12 && few.trouble().is_none());
        assert_eq!(lesson(4000).config(&card(1e-5)).training.examples_per_clip, 1);
        assert!((lesson(4).config(&card(1e-5)).training.learning_rate - 1e-5).abs() < 1e-12);
        assert!((lesson(4).config(&card(2e-4)).training.learning_rate - 1e-4).abs() < 1e-12);
    }
}
