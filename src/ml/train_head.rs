//! Trains the genre head on tags and says honestly how good it is.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::classifier::{fuse, tagger_hash};
use super::error::MlError;
use super::features::{self, Clip};
use super::finetune::TuneOptions;
use super::genre_file::{Card, FORMAT, NETWORK, NETWORK_HEAD, TAG_HEAD, store_head, write};
use super::judge::{Judgement, Prediction, Temperature};
use super::metrics::{Evaluation, fit_temperature, softmax};
use super::regression::{Linear, balanced_weights, fit};
use super::split::grouped_folds;
use super::train_network::{Base, Tuned};
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
    /// A pre-trained MobileNet to fine-tune on the audio as a second opinion; keeps about 0.6 MB of each audio file in
    /// memory while it trains.
    pub network: Option<PathBuf>,
    /// How it is tuned; its seed is this one's.
    pub tuning: TuneOptions,
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
            network: None,
            tuning: TuneOptions::default(),
        }
    }
}

/// Windows of a song that the shipped classifier hears at most.
///
/// Accuracy on 251 clips of 30 s by held-out artists, five folds, of an earlier trial (tags alone; tags and the network
/// before tuning):
///
/// | windows | 1 | 2 | 3 | 4 | 5 | 6 | 8 | 10 |
/// |---|---|---|---|---|---|---|---|---|
/// | tags, % | 72.9 | 76.5 | 74.1 | 78.9 | 76.9 | 78.5 | 77.7 | 76.5 |
/// | both, % | 78.5 | 81.3 | 80.9 | 82.5 | 82.9 | 83.3 | 84.1 | 84.5 |
///
/// The time grows in proportion; from six on the differences are two clips or fewer at a time.
pub const MAX_WINDOWS: usize = 6;

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
    /// The score of what was written on held-out artists.
    pub evaluation: Evaluation,
    /// The score of the tags alone on all clips.
    pub tags_only: Evaluation,
    /// The scores of the tags alone and of the network alone on the clips that have sound, and the network's share.
    pub network: Option<NetworkReport>,
    /// The regularisation that was chosen.
    pub l2: f64,
    /// The temperature that was fitted.
    pub temperature: f64,
    /// Files that could not be used, and why.
    pub skipped: Vec<(PathBuf, String)>,
    /// Where the classifier went.
    pub output: PathBuf,
}

/// What the network adds.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkReport {
    /// The tags alone.
    pub tags: Evaluation,
    /// The network alone.
    pub network: Evaluation,
    /// The network alone if only its head had been trained.
    pub untuned: Evaluation,
    /// Share of the network in the sum of logits.
    pub weight: f64,
    /// Balanced log loss of each share that was tried.
    pub losses: Vec<(f64, f64)>,
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
    let tags_only = evaluate(&labels, &truth, &logits, &fold_of, folds, &groups)?;
    let head = fit(&rows, &truth, labels.len(), l2);
    let mut tensors: Vec<_> = store_head(TAG_HEAD, &head).into();
    let mut evaluation = tags_only.clone();
    let mut temperature = fit_temperature(&truth, &logits);
    let mut network = None;
    if let Some(path) = &options.network {
        let data =
            Data { clips: &clips, truth: &truth, fold_of: &fold_of, tag_logits: &logits, groups: &groups, folds };
        let second = second_opinion(&Base::read(path, &labels)?, &data, &labels, options, cancel, progress)?;
        tensors.extend(second.tuned.layers.store(NETWORK)?);
        tensors.extend(store_head(NETWORK_HEAD, &second.tuned.head));
        (evaluation, temperature, network) = (second.evaluation, second.temperature, Some(second.report));
    }
    let card = Card {
        format: FORMAT,
        name: "genres".into(),
        description: format!(
            "{} genres from the tags that MusiCNN hears{}, trained on {} clips.",
            labels.len(),
            if network.is_some() { " and a MobileNet fine-tuned from YAMNet" } else { "" },
            clips.len()
        ),
        labels: labels.clone(),
        tagger: tagger_hash(),
        network_weight: network.as_ref().map(|report: &NetworkReport| report.weight),
        temperature,
        max_windows: options.windows,
        recipe: serde_json::json!({
            "head": "multinomial logistic regression on mean tag logits, genres weighted equally",
            "l2": l2,
            "l2_candidates": options.l2,
            "folds": folds,
            "windows": options.windows,
            "network": network.as_ref().map(|_| &options.tuning),
        }),
        seed: options.seed,
        split: split_hash(&clips),
        metrics: Some(evaluation.clone()),
    };
    write(&options.output, &card, &tensors)?;
    let clips_per_genre = (0..labels.len()).map(|label| truth.iter().filter(|t| **t == label).count()).collect();
    Ok(HeadReport {
        labels,
        clips: clips.len(),
        clips_per_genre,
        evaluation,
        tags_only,
        network,
        l2,
        temperature,
        skipped,
        output: options.output.clone(),
    })
}

/// The clips with what is known about them.
struct Data<'a> {
    clips: &'a [Clip],
    truth: &'a [usize],
    fold_of: &'a [usize],
    /// Of heads that did not see the clip's fold.
    tag_logits: &'a [Vec<f64>],
    groups: &'a [String],
    folds: usize,
}

struct SecondOpinion {
    tuned: Tuned,
    evaluation: Evaluation,
    temperature: f64,
    report: NetworkReport,
}

/// Trains the network once for each fold, to know how much it may say, and once on everything.
fn second_opinion(
    base: &Base,
    data: &Data<'_>,
    labels: &[String],
    options: &HeadOptions,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(TrainProgress),
) -> Result<SecondOpinion, MlError> {
    let heard: Vec<usize> = (0..data.clips.len()).filter(|clip| !data.clips[*clip].windows.is_empty()).collect();
    progress(TrainProgress { stage: "Listening with the pre-trained network".into(), done: 0, total: 1 });
    let sounds: Vec<&Clip> = heard.iter().map(|clip| &data.clips[*clip]).collect();
    let mut before = vec![Vec::new(); data.clips.len()];
    for (clip, row) in heard.iter().zip(base.embeddings(&sounds, cancel)?) {
        before[*clip] = row;
    }
    let rows_of = |clips: &[usize]| -> Vec<Vec<f64>> { clips.iter().map(|clip| before[*clip].clone()).collect() };
    let truth_of = |clips: &[usize]| -> Vec<usize> { clips.iter().map(|clip| data.truth[*clip]).collect() };
    let tuning = TuneOptions { seed: options.seed, ..options.tuning.clone() };
    let train = |clips: &[usize], stage: String, progress: &mut dyn FnMut(TrainProgress)| {
        let sounds: Vec<&Clip> = clips.iter().map(|clip| &data.clips[*clip]).collect();
        base.train(&sounds, &rows_of(clips), &truth_of(clips), &tuning, cancel, &mut |done, total| {
            progress(TrainProgress { stage: stage.clone(), done, total });
        })
    };
    let mut network_logits = vec![Vec::new(); data.clips.len()];
    let mut untuned_logits = network_logits.clone();
    for fold in 0..data.folds {
        let (outside, inside): (Vec<usize>, Vec<usize>) = heard.iter().partition(|clip| data.fold_of[**clip] == fold);
        if inside.is_empty() {
            return Err(MlError::Training("too few clips have sound for that many folds".into()));
        }
        let tuned = train(&inside, format!("Tuning, fold {} of {}", fold + 1, data.folds), progress)?;
        let untuned = base.fit_head(&rows_of(&inside), &truth_of(&inside));
        for clip in outside {
            untuned_logits[clip] = untuned.logits(&before[clip]);
            network_logits[clip] = tuned.logits(&data.clips[clip])?;
        }
    }
    let pick = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> { heard.iter().map(|clip| rows[*clip].clone()).collect() };
    let (tags, fine) = (pick(data.tag_logits), pick(&network_logits));
    let truth = truth_of(&heard);
    let folds: Vec<usize> = heard.iter().map(|clip| data.fold_of[*clip]).collect();
    let groups: Vec<String> = heard.iter().map(|clip| data.groups[*clip].clone()).collect();
    let fused = |weight: f64| -> Vec<Vec<f64>> { tags.iter().zip(&fine).map(|(a, b)| fuse(a, b, weight)).collect() };
    let losses: Vec<(f64, f64)> = (0..=10)
        .map(|tenth| f64::from(tenth) / 10.0)
        .map(|weight| (weight, balanced_log_loss(&truth, &fused(weight), labels.len())))
        .collect();
    let weight = losses.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0.5, |best| best.0);
    let logits = fused(weight);
    let score = |logits: &[Vec<f64>]| evaluate(labels, &truth, logits, &folds, data.folds, &groups);
    Ok(SecondOpinion {
        tuned: train(&heard, "Tuning on all clips".into(), progress)?,
        evaluation: score(&logits)?,
        temperature: fit_temperature(&truth, &logits),
        report: NetworkReport {
            tags: score(&tags)?,
            network: score(&fine)?,
            untuned: score(&pick(&untuned_logits))?,
            weight,
            losses,
        },
    })
}

/// Mean over the genres of their clips' mean log loss at the best temperature.
fn balanced_log_loss(truth: &[usize], logits: &[Vec<f64>], labels: usize) -> f64 {
    let temperature = fit_temperature(truth, logits);
    let weights = balanced_weights(truth, labels);
    let loss = |((label, row), weight): ((&usize, &Vec<f64>), f64)| {
        -weight * softmax(row, temperature)[*label].max(1e-12).ln()
    };
    truth.iter().zip(logits).zip(weights).map(loss).sum::<f64>() / truth.len().max(1) as f64
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
) -> Result<Evaluation, MlError> {
    let artists = groups.iter().collect::<HashSet<_>>().len();
    let protocol = format!(
        "{folds} folds, no artist in two of them ({artists} artists); what was chosen (regularisation, share of the network) was chosen on the same folds"
    );
    let prediction = |(clip, logits): (usize, &Vec<f64>)| Prediction {
        clip: clip.to_string(),
        truth: truth[clip],
        logits: logits.clone(),
        part: fold_of[clip],
    };
    let predictions: Vec<Prediction> = logits.iter().enumerate().map(prediction).collect();
    Ok(Judgement::new(protocol, labels, &predictions, Temperature::Crosswise)?.evaluation())
}

/// Hash of what was trained on, so that two files can be told apart.
pub(crate) fn split_hash(clips: &[Clip]) -> String {
    let mut lines: Vec<String> =
        clips.iter().map(|clip| format!("{}\t{}\t{}", clip.name, clip.genre, clip.group)).collect();
    lines.sort();
    format!("{:016x}", xxh3_64(lines.join("\n").as_bytes()))
}
