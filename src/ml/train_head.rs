//! Trains the genre head on tags and says honestly how good it is.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::classifier::tagger_hash;
use super::error::MlError;
use super::features::{self, Clip};
use super::genre_file::{Card, FORMAT, store_tag_head, write};
use super::metrics::{Evaluation, fit_temperature, softmax};
use super::regression::{Linear, fit};
use super::split::grouped_folds;
use crate::base::CancelToken;

/// Gives the mono samples at 16 kHz of an audio file, or says why not.
pub type Decode<'a> = dyn Fn(&Path) -> Result<Vec<f32>, String> + Sync + 'a;

/// What to train on, and how.
#[derive(Clone, Debug, Serialize)]
pub struct HeadOptions {
    /// A file of tags (`tags`, `clip`, `genre`), with the clips' names in a `.txt` beside it.
    pub taggrams: Option<PathBuf>,
    /// A folder with one folder of audio files for each genre.
    pub audio: Option<PathBuf>,
    /// Who plays each clip (`clip ::: artist ::: title`): clips of one artist are never on both sides of a split.
    pub index: Option<PathBuf>,
    /// Only the clips of these lists are used; all if there is none.
    pub lists: Vec<PathBuf>,
    /// Where the classifier goes.
    pub output: PathBuf,
    /// Decides the folds.
    pub seed: u64,
    /// Number of artist-disjoint folds.
    pub folds: usize,
    /// Regularisations to choose from, by the log loss on held-out artists.
    pub l2: Vec<f64>,
    /// Windows that are heard of each audio file.
    pub windows: usize,
}

impl Default for HeadOptions {
    fn default() -> Self {
        Self {
            taggrams: None,
            audio: None,
            index: None,
            lists: Vec::new(),
            output: PathBuf::from("genres.safetensors"),
            seed: 1,
            folds: 5,
            l2: vec![0.003, 0.01, 0.02, 0.04, 0.08],
            windows: MAX_WINDOWS,
        }
    }
}

/// Windows of a song that the shipped classifier hears at most.
pub const MAX_WINDOWS: usize = 8;

/// How far a training is.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainProgress {
    /// What is being done, for a person.
    pub stage: String,
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
}

/// What came of a training.
#[derive(Clone, Debug, Serialize)]
pub struct HeadReport {
    /// The genres.
    pub labels: Vec<String>,
    /// Clips it was trained on.
    pub clips: usize,
    /// Clips of each genre.
    pub clips_per_genre: Vec<usize>,
    /// The score on held-out artists.
    pub evaluation: Evaluation,
    /// The regularisation that was chosen.
    pub l2: f64,
    /// The temperature that was fitted.
    pub temperature: f64,
    /// Files that could not be used, and why.
    pub skipped: Vec<(PathBuf, String)>,
    /// Where the classifier went.
    pub output: PathBuf,
}

/// Trains a genre head, evaluates it on held-out artists and writes it.
///
/// # Errors
/// When there is too little to train on, a file cannot be read or written, or `cancel` was set.
pub fn train_head(
    options: &HeadOptions,
    decode: &Decode<'_>,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(TrainProgress),
) -> Result<HeadReport, MlError> {
    let (clips, skipped) = features::gather(options, decode, cancel, progress)?;
    let labels = label_names(&clips)?;
    let truth: Vec<usize> =
        clips.iter().map(|clip| labels.iter().position(|l| *l == clip.genre).unwrap_or(0)).collect();
    let rows: Vec<Vec<f64>> = clips.iter().map(|clip| clip.tag_logits.clone()).collect();
    let groups: Vec<String> = clips.iter().map(|clip| clip.group.clone()).collect();
    let folds = options.folds.clamp(2, 20);
    let fold_of = grouped_folds(&groups, &truth, folds, options.seed);

    let mut chosen: Option<(f64, f64, Vec<Vec<f64>>)> = None;
    for (done, l2) in options.l2.iter().enumerate() {
        progress(TrainProgress { stage: "Choosing on held-out artists".into(), done, total: options.l2.len() });
        let logits = held_out_logits(&rows, &truth, labels.len(), &fold_of, folds, *l2, cancel)?;
        let loss = log_loss(&truth, &logits);
        if chosen.as_ref().is_none_or(|(best, ..)| loss < *best) {
            chosen = Some((loss, *l2, logits));
        }
    }
    let Some((_, l2, logits)) = chosen else {
        return Err(MlError::Training("no regularisation was given".into()));
    };
    let evaluation = evaluate(&labels, &truth, &logits, &fold_of, folds, &groups);
    let temperature = fit_temperature(&truth, &logits);
    let head = fit(&rows, &truth, labels.len(), l2);
    let card = Card {
        format: FORMAT,
        name: "genres".into(),
        description: format!(
            "{} genres from the tags that MusiCNN hears, trained on {} clips.",
            labels.len(),
            clips.len()
        ),
        labels: labels.clone(),
        tagger: tagger_hash(),
        temperature,
        max_windows: MAX_WINDOWS,
        recipe: serde_json::json!({
            "head": "multinomial logistic regression on mean tag logits, genres weighted equally",
            "l2": l2,
            "l2_candidates": options.l2,
            "folds": folds,
            "windows": options.windows,
        }),
        seed: options.seed,
        split: split_hash(&clips),
        metrics: Some(evaluation.clone()),
    };
    write(&options.output, &card, &store_tag_head(&head))?;
    let clips_per_genre = (0..labels.len()).map(|label| truth.iter().filter(|t| **t == label).count()).collect();
    Ok(HeadReport {
        labels,
        clips: clips.len(),
        clips_per_genre,
        evaluation,
        l2,
        temperature,
        skipped,
        output: options.output.clone(),
    })
}

fn label_names(clips: &[Clip]) -> Result<Vec<String>, MlError> {
    let mut labels: Vec<String> = clips.iter().map(|clip| clip.genre.clone()).collect();
    labels.sort();
    labels.dedup();
    if labels.len() < 2 {
        return Err(MlError::Training(format!("{} clips of {} genres are not enough", clips.len(), labels.len())));
    }
    Ok(labels)
}

/// The logits of each clip from a head that was trained on the other folds.
pub(crate) fn held_out_logits(
    rows: &[Vec<f64>],
    truth: &[usize],
    labels: usize,
    fold_of: &[usize],
    folds: usize,
    l2: f64,
    cancel: &CancelToken,
) -> Result<Vec<Vec<f64>>, MlError> {
    let mut logits = vec![Vec::new(); rows.len()];
    for fold in 0..folds {
        if cancel.is_cancelled() {
            return Err(MlError::Cancelled);
        }
        let inside: Vec<usize> = (0..rows.len()).filter(|clip| fold_of[*clip] != fold).collect();
        let head: Linear = fit(
            &inside.iter().map(|clip| rows[*clip].clone()).collect::<Vec<_>>(),
            &inside.iter().map(|clip| truth[*clip]).collect::<Vec<_>>(),
            labels,
            l2,
        );
        for clip in (0..rows.len()).filter(|clip| fold_of[*clip] == fold) {
            logits[clip] = head.logits(&rows[clip]);
        }
    }
    Ok(logits)
}

fn log_loss(truth: &[usize], logits: &[Vec<f64>]) -> f64 {
    let temperature = fit_temperature(truth, logits);
    let loss = |(label, row): (&usize, &Vec<f64>)| -softmax(row, temperature)[*label].max(1e-12).ln();
    truth.iter().zip(logits).map(loss).sum::<f64>() / truth.len().max(1) as f64
}

/// The score of held-out logits. Each fold's probabilities use the temperature that the other folds give, so that
/// the calibration is judged on clips that did not fit it.
pub(crate) fn evaluate(
    labels: &[String],
    truth: &[usize],
    logits: &[Vec<f64>],
    fold_of: &[usize],
    folds: usize,
    groups: &[String],
) -> Evaluation {
    let mut calibrated = vec![Vec::new(); logits.len()];
    for fold in 0..folds {
        let others = |clip: &usize| fold_of[*clip] != fold;
        let outside: Vec<usize> = (0..logits.len()).filter(others).collect();
        let temperature = fit_temperature(
            &outside.iter().map(|clip| truth[*clip]).collect::<Vec<_>>(),
            &outside.iter().map(|clip| logits[*clip].clone()).collect::<Vec<_>>(),
        );
        for clip in (0..logits.len()).filter(|clip| fold_of[*clip] == fold) {
            calibrated[clip] = softmax(&logits[clip], temperature);
        }
    }
    let raw: Vec<Vec<f64>> = logits.iter().map(|row| softmax(row, 1.0)).collect();
    let artists = groups.iter().collect::<HashSet<_>>().len();
    let protocol = format!(
        "{folds} folds, no artist in two of them ({artists} artists); the regularisation was chosen on the same folds"
    );
    Evaluation::new(protocol, labels.len(), truth, &calibrated, &raw)
}

/// Hash of what was trained on, so that two files can be told apart.
pub(crate) fn split_hash(clips: &[Clip]) -> String {
    let mut lines: Vec<String> =
        clips.iter().map(|clip| format!("{}\t{}\t{}", clip.name, clip.genre, clip.group)).collect();
    lines.sort();
    format!("{:016x}", xxh3_64(lines.join("\n").as_bytes()))
}
