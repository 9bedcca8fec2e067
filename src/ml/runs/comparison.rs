//! Several runs side by side.

use serde::Serialize;

use super::run_state::{RunState, Separation};
use crate::ml::eval::article::ARTICLE;
use crate::ml::eval::metrics::wilson;
use crate::ml::eval::{Judgement, McNemar, Prediction, mcnemar};
use crate::ml::runs::LoadedRun;
use crate::ml::train::history::EpochRecord;

/// The table, the tests and what must be said with them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The runs, in the order given.
    pub runs: Vec<Row>,
    /// What the article's three models scored, for reference.
    pub article: Vec<ArticleRow>,
    /// Each pair of runs that judged common clips.
    pub mcnemar: Vec<Pair>,
    /// What a reader of the table must know, sentences.
    pub warnings: Vec<String>,
}

/// A run in the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `cnn`, `mobilenet`, `multimodal`.
    pub architecture: String,
    /// Its preset.
    pub preset: String,
    /// How training and test clips are kept apart.
    pub protocol: String,
    /// The same for programs.
    pub separation: Separation,
    /// Its figures, once it has been judged.
    #[serde(flatten)]
    pub score: Option<Score>,
    /// Numbers in its network.
    pub parameters: usize,
    /// How many of them were trained.
    pub trainable: usize,
    /// Mean seconds of an epoch; none without a history.
    pub seconds_per_epoch: Option<f64>,
    /// Milliseconds from a clip's file to the decision; none where it was not measured.
    pub ms_per_song: Option<f64>,
    /// Size of the model's file, MB (10^6 bytes); none where it is not there.
    pub model_mb: Option<f64>,
}

/// The figures of a run in the table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Clips it was judged on.
    pub clips: usize,
    /// 0..1.
    pub accuracy: f64,
    /// Wilson's 95 % interval of it.
    pub interval: (f64, f64),
    /// Mean F1 of the genres, 0..1.
    pub macro_f1: f64,
    /// Calibration error, 0..1.
    pub ece: f64,
}

/// One of the article's models in the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArticleRow {
    /// `cnn`, `mobilenet`, `multimodal`.
    pub architecture: &'static str,
    /// Clips of its test.
    pub clips: usize,
    /// 0..1.
    pub accuracy: f64,
    /// Wilson's 95 % interval of it.
    pub interval: (f64, f64),
    /// Mean F1 of the genres, 0..1.
    pub macro_f1: f64,
    /// Numbers in its network.
    pub parameters: usize,
}

/// Two runs on their common clips.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Id of the first.
    pub first: String,
    /// Id of the second.
    pub second: String,
    /// Which of them is right where the other is not.
    #[serde(flatten)]
    pub test: McNemar,
}

/// What a comparison needs to know of a run.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// What it is.
    pub state: &'a RunState,
    /// Its epochs.
    pub history: &'a [EpochRecord],
    /// Its figures, if it came so far.
    pub judgement: Option<&'a Judgement>,
    /// What it said about its test clips.
    pub predictions: &'a [Prediction],
    /// Bytes of its model file, if it has one.
    pub model_bytes: Option<u64>,
}

impl<'a> From<&'a LoadedRun> for Compared<'a> {
    fn from(run: &'a LoadedRun) -> Self {
        Self {
            state: &run.state,
            history: &run.history,
            judgement: run.judgement.as_ref(),
            predictions: &run.predictions,
            model_bytes: run.model_bytes,
        }
    }
}

/// What the article's models scored.
pub fn article_rows() -> Vec<ArticleRow> {
    let row = |result: &crate::ml::eval::article::ArticleResult| {
        let clips = result.clips() as usize;
        ArticleRow {
            architecture: result.architecture,
            clips,
            accuracy: result.accuracy(),
            interval: wilson(result.right.iter().sum::<u32>() as usize, clips),
            macro_f1: result.macro_f1(),
            parameters: result.parameters,
        }
    };
    ARTICLE.iter().map(row).collect()
}

impl Comparison {
    /// Compares runs that were read from their folders.
    pub fn new(runs: &[LoadedRun]) -> Self {
        Self::of(&runs.iter().map(Compared::from).collect::<Vec<_>>())
    }

    /// Compares runs.
    pub fn of(runs: &[Compared<'_>]) -> Self {
        let mut pairs = Vec::new();
        for (index, first) in runs.iter().enumerate() {
            for second in &runs[index + 1..] {
                let test = mcnemar(first.predictions, second.predictions);
                if test.clips > 0 {
                    pairs.push(Pair { first: first.state.id.clone(), second: second.state.id.clone(), test });
                }
            }
        }
        Self { runs: runs.iter().map(row).collect(), article: article_rows(), mcnemar: pairs, warnings: warnings(runs) }
    }
}

fn row(run: &Compared<'_>) -> Row {
    let epochs = run.history.len();
    let seconds: f64 = run.history.iter().map(|record| record.seconds).sum();
    Row {
        id: run.state.id.clone(),
        name: run.state.name.clone(),
        architecture: run.state.architecture.clone(),
        preset: run.state.preset.clone(),
        protocol: run.judgement.map_or(&run.state.protocol, |found| &found.protocol).clone(),
        separation: run.state.separation,
        score: run.judgement.map(|found| Score {
            clips: found.clips,
            accuracy: found.accuracy,
            interval: found.interval,
            macro_f1: found.macro_average.f1,
            ece: found.ece,
        }),
        parameters: run.state.parameters,
        trainable: run.state.trainable,
        seconds_per_epoch: (epochs > 0).then(|| seconds / epochs as f64),
        ms_per_song: run.judgement.and_then(|found| found.ms_per_song),
        model_mb: run.model_bytes.map(|bytes| bytes as f64 / 1e6),
    }
}

fn warnings(runs: &[Compared<'_>]) -> Vec<String> {
    let mut said = Vec::new();
    let names = |wanted: Separation| -> Vec<&Compared<'_>> {
        runs.iter().filter(|run| run.state.separation == wanted).collect()
    };
    let list = |runs: &[&Compared<'_>]| runs.iter().map(|run| run.state.id.as_str()).collect::<Vec<_>>().join(", ");
    let (honest, leaky, unknown) = (names(Separation::Artists), names(Separation::Clips), names(Separation::Unknown));
    if !honest.is_empty() && !leaky.is_empty() {
        said.push(format!(
            "The scores cannot be compared directly: {} kept artists apart, {} did not. Whoever has heard an artist, an album \
             or the very recording in training recognises it in the test; on GTZAN that alone is worth some 10 points.",
            list(&honest),
            list(&leaky)
        ));
    } else if !leaky.is_empty() {
        said.push(format!(
            "{}: artists may be on both sides of the split, so music by unknown artists is judged worse than the score says.",
            list(&leaky)
        ));
    }
    // The same training under both protocols shows the gap itself.
    for one in &leaky {
        let same = |other: &&&Compared<'_>| {
            (&other.state.architecture, &other.state.preset) == (&one.state.architecture, &one.state.preset)
        };
        if let Some(other) = honest.iter().find(same)
            && let (Some(high), Some(low)) = (one.judgement, other.judgement)
            && high.accuracy > low.accuracy
        {
            said.push(format!(
                "{} {}: {:.1} points lie between {} and {}; that much of the score comes from what both sides share (and from \
                 different clips).",
                one.state.architecture,
                one.state.preset,
                (high.accuracy - low.accuracy) * 100.0,
                one.state.id,
                other.state.id
            ));
        }
    }
    if !unknown.is_empty() {
        said.push(format!("{}: whether artists are on both sides of the split is not known.", list(&unknown)));
    }
    let judged: Vec<&Compared<'_>> = runs.iter().filter(|run| run.judgement.is_some()).collect();
    let missing: Vec<&Compared<'_>> = runs.iter().filter(|run| run.judgement.is_none()).collect();
    if !missing.is_empty() {
        said.push(format!("{}: not judged yet.", list(&missing)));
    }
    let clips = |run: &Compared<'_>| {
        let mut clips: Vec<String> = run.predictions.iter().map(|clip| clip.clip.clone()).collect();
        clips.sort();
        clips
    };
    if judged.windows(2).any(|pair| clips(pair[0]) != clips(pair[1])) {
        said.push(
            "The runs were judged on different clips; McNemar's test counts only those that both judged.".to_owned(),
        );
    }
    said
}

#[cfg(test)]
mod tests {
    use super::super::run_folder::RunFolder;
    use super::*;
    use crate::ml::eval::Temperature;

    fn run(id: &str, separation: Separation, right: usize, clips: usize) -> LoadedRun {
        let labels: Vec<String> = ["a", "b"].map(String::from).into();
        let clip = |index: usize| Prediction {
            clip: index.to_string(),
            truth: index % 2,
            logits: if index.is_multiple_of(2) == (index < right) { vec![1.0, 0.0] } else { vec![0.0, 1.0] },
            part: 0,
        };
        let predictions: Vec<Prediction> = (0..clips).map(clip).collect();
        LoadedRun {
            folder: RunFolder::new("nowhere"),
            state: RunState { separation, ..RunState::new(id, "cnn", "best", 0) },
            history: Vec::new(),
            judgement: Some(Judgement::new("split", &labels, &predictions, Temperature::Given(1.0)).unwrap()),
            predictions,
            model_bytes: Some(2_500_000),
        }
    }

    #[test]
    fn a_leaky_and_an_honest_run_come_with_the_reason() {
        let found =
            Comparison::new(&[run("leaky", Separation::Clips, 90, 100), run("honest", Separation::Artists, 70, 80)]);
        assert_eq!(found.runs[0].score.unwrap().accuracy, 0.9);
        assert_eq!(found.mcnemar.len(), 1);
        let test = found.mcnemar[0].test;
        assert_eq!((test.clips, test.only_first, test.only_second), (80, 10, 0));
        assert!(test.is_significant());
        assert!(test.difference == -0.125 && test.difference_interval.1 < 0.0, "{test:?}");
        assert_eq!((found.runs[0].model_mb, found.runs[0].ms_per_song), (Some(2.5), None));
        assert!(found.warnings[0].contains("honest kept artists apart, leaky did not"), "{:?}", found.warnings);
        assert!(found.warnings[1].contains("2.5 points"), "{:?}", found.warnings);
        assert!(found.warnings[2].contains("different clips"), "{:?}", found.warnings);
        let article: Vec<f64> = found.article.iter().map(|row| row.accuracy).collect();
        assert_eq!(article, [0.52, 0.54, 0.38]);
    }

    #[test]
    fn alike_runs_need_no_warning() {
        let found = Comparison::new(&[run("a", Separation::Artists, 9, 10), run("b", Separation::Artists, 10, 10)]);
        assert_eq!(found.warnings, Vec::<String>::new());
        let waiting = LoadedRun { judgement: None, predictions: Vec::new(), ..run("c", Separation::Artists, 1, 1) };
        let found = Comparison::new(&[run("a", Separation::Artists, 9, 10), waiting]);
        assert_eq!(found.warnings, ["c: not judged yet."]);
        assert!(found.mcnemar.is_empty() && found.runs[1].score.is_none());
        assert_eq!(serde_json::to_value(&found).unwrap()["runs"][0]["accuracy"], 0.9);
    }
}
