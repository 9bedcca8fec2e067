//! All figures about one model on clips that it was not trained on.

use serde::{Deserialize, Serialize};

use super::Prediction;
use super::per_class::{Averages, ClassFigures, averages, normalised, per_class};
use super::reliability::{ReliabilityBin, calibration_error, reliability};
use crate::ml::error::MlError;
use crate::ml::eval::metrics::{Evaluation, fit_temperature, wilson};
use crate::ml::nn::logits::{best, softmax};

/// Bins of the reliability diagram and of the calibration error.
const BINS: usize = 15;

/// Where the temperature comes from. It is never fitted on the clips that are judged with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Temperature {
    /// Fitted before, on validation clips; 1 leaves the probabilities as they are.
    Given(f64),
    /// The clips of each part are judged with what the clips of all other parts give (1 where there is only one part).
    Crosswise,
}

/// What a model scored. The names of its fields are those of the JSON files and of `--json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Which clips, and how they were kept apart from the training.
    pub protocol: String,
    /// The genres, in the order of the columns.
    pub classes: Vec<String>,
    /// Number of clips.
    pub clips: usize,
    /// Share of clips whose most probable genre is the right one, 0..1.
    pub accuracy: f64,
    /// Wilson's 95 % interval of the accuracy.
    pub interval: (f64, f64),
    /// Mean recall of the genres that have clips, 0..1.
    pub balanced_accuracy: f64,
    /// Share of clips whose right genre is among the three most probable, 0..1.
    pub top3: f64,
    /// Each genre's figures.
    pub per_class: Vec<ClassFigures>,
    /// The genres' average, each counting once.
    pub macro_average: Averages,
    /// The genres' average by the number of their clips.
    pub weighted_average: Averages,
    /// Counts. Row: the true genre; column: the decision.
    pub confusion: Vec<Vec<u32>>,
    /// The same, each row scaled to the sum one.
    pub confusion_normalised: Vec<Vec<f64>>,
    /// Expected calibration error of the probabilities, 15 bins of equally many clips, 0..1.
    pub ece: f64,
    /// The same before the temperature.
    pub ece_raw: f64,
    /// Mean negative logarithm of the right genre's probability, in nats.
    pub log_loss: f64,
    /// Mean over the clips of the summed squared error of the probabilities (Brier 1950), 0..2.
    pub brier: f64,
    /// By what the logits are divided; the geometric mean where each part has its own.
    pub temperature: f64,
    /// The least confident clips first.
    pub reliability: Vec<ReliabilityBin>,
    /// Milliseconds from a clip's file to the decision, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms_per_song: Option<f64>,
    /// What was said about each clip, where that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictions: Option<Vec<Verdict>>,
}

/// What was said about one clip, for people and scripts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The clip's name.
    pub clip: String,
    /// Its true genre.
    pub truth: String,
    /// The most probable genre.
    pub decision: String,
    /// Its probability, 0..1.
    pub confidence: f64,
    /// The probability of each genre, in the order of `classes`.
    pub probabilities: Vec<f64>,
}

impl Judgement {
    /// Judges predictions for `labels`.
    ///
    /// # Errors
    /// When a prediction does not fit the labels or is not finite, or the temperature is not a positive number.
    pub fn new(
        protocol: impl Into<String>,
        labels: &[String],
        predictions: &[Prediction],
        temperature: Temperature,
    ) -> Result<Self, MlError> {
        check(labels, predictions, temperature)?;
        let truth: Vec<usize> = predictions.iter().map(|clip| clip.truth).collect();
        let temperatures = temperatures(predictions, temperature);
        let raw: Vec<Vec<f64>> = predictions.iter().map(|clip| softmax(&clip.logits, 1.0)).collect();
        let probabilities: Vec<Vec<f64>> =
            predictions.iter().zip(&temperatures).map(|(clip, t)| softmax(&clip.logits, *t)).collect();

        let mut confusion = vec![vec![0u32; labels.len()]; labels.len()];
        let (mut log_loss, mut brier, mut among_three) = (0.0, 0.0, 0usize);
        for (clip, row) in predictions.iter().zip(&probabilities) {
            confusion[clip.truth][best(&clip.logits)] += 1;
            log_loss -= row[clip.truth].max(1e-12).ln();
            let error = |(label, p): (usize, &f64)| (p - f64::from(u8::from(label == clip.truth))).powi(2);
            brier += row.iter().enumerate().map(error).sum::<f64>();
            among_three += usize::from(rank(&clip.logits, clip.truth) < 3);
        }
        let all = predictions.len().max(1) as f64;
        let right: u32 = (0..labels.len()).map(|label| confusion[label][label]).sum();
        let classes = per_class(labels, &confusion);
        let (macro_average, weighted_average) = averages(&classes, &confusion);
        let present: Vec<f64> = classes.iter().filter(|class| class.support > 0).map(|class| class.recall).collect();
        let bins = reliability(&truth, &probabilities, BINS);
        Ok(Self {
            protocol: protocol.into(),
            classes: labels.to_vec(),
            clips: predictions.len(),
            accuracy: f64::from(right) / all,
            interval: wilson(right as usize, predictions.len()),
            balanced_accuracy: present.iter().sum::<f64>() / present.len().max(1) as f64,
            top3: among_three as f64 / all,
            per_class: classes,
            macro_average,
            weighted_average,
            confusion_normalised: normalised(&confusion),
            confusion,
            ece: calibration_error(&bins),
            ece_raw: calibration_error(&reliability(&truth, &raw, BINS)),
            log_loss: log_loss / all,
            brier: brier / all,
            temperature: (temperatures.iter().map(|t| t.ln()).sum::<f64>() / all).exp(),
            reliability: bins,
            ms_per_song: None,
            predictions: None,
        })
    }

    /// The same with what was said about each clip; `predictions` are those it was made from.
    #[must_use]
    pub fn with_predictions(mut self, predictions: &[Prediction], temperature: Temperature) -> Self {
        let label = |index: usize| self.classes.get(index).cloned().unwrap_or_default();
        let verdict = |(clip, t): (&Prediction, f64)| {
            let probabilities = softmax(&clip.logits, t);
            let decision = best(&clip.logits);
            Verdict {
                clip: clip.clip.clone(),
                truth: label(clip.truth),
                decision: label(decision),
                confidence: probabilities.get(decision).copied().unwrap_or(0.0),
                probabilities,
            }
        };
        let verdicts = predictions.iter().zip(temperatures(predictions, temperature)).map(verdict).collect();
        self.predictions = Some(verdicts);
        self
    }

    /// Understands the bytes of a `metrics.json`.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let found: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        found.trouble().map_or(Ok(found), |trouble| Err(trouble.to_owned()))
    }

    /// Why these cannot be the figures of a model; none when they can.
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        let labels = self.classes.len();
        let square = self.confusion.len() == labels && self.confusion.iter().all(|row| row.len() == labels);
        let scaled = &self.confusion_normalised;
        let scaled_square = scaled.len() == labels && scaled.iter().all(|row| row.len() == labels);
        let counted: u64 = self.confusion.iter().flatten().map(|count| u64::from(*count)).sum();
        let fits = square && scaled_square && self.per_class.len() == labels && counted == self.clips as u64;
        (!fits || u32::try_from(self.clips).is_err()).then_some("its figures do not fit together")
    }

    /// Number of clips that are right.
    pub fn right(&self) -> u32 {
        (0..self.confusion.len()).map(|label| self.confusion[label][label]).sum()
    }

    /// The short form that the file of a genre classifier keeps.
    pub fn evaluation(&self) -> Evaluation {
        Evaluation {
            protocol: self.protocol.clone(),
            clips: self.clips,
            accuracy: self.accuracy,
            interval: self.interval,
            balanced_accuracy: self.balanced_accuracy,
            recall: self.per_class.iter().map(|class| (class.support > 0).then_some(class.recall)).collect(),
            confusion: self.confusion.clone(),
            calibration_error: self.ece,
            calibration_error_raw: self.ece_raw,
            log_loss: self.log_loss,
        }
    }

    /// The confusion matrix as a table: a row is a true genre, a column a decision.
    pub fn confusion_csv(&self) -> String {
        let mut text = String::from("truth");
        for label in &self.classes {
            text.push(',');
            text.push_str(&crate::base::csv::field(label));
        }
        text.push('\n');
        for (label, row) in self.classes.iter().zip(&self.confusion) {
            text.push_str(&crate::base::csv::field(label));
            for count in row {
                text.push_str(&format!(",{count}"));
            }
            text.push('\n');
        }
        text
    }
}

fn check(labels: &[String], predictions: &[Prediction], temperature: Temperature) -> Result<(), MlError> {
    if let Temperature::Given(t) = temperature
        && !(t.is_finite() && t > 0.0)
    {
        return Err(MlError::Input(format!("the temperature is {t}")));
    }
    for clip in predictions {
        let trouble = if clip.logits.len() != labels.len() {
            format!("{} has {} outputs for {} genres", clip.clip, clip.logits.len(), labels.len())
        } else if clip.truth >= labels.len() {
            format!("{} belongs to a genre that is not among the {}", clip.clip, labels.len())
        } else if clip.logits.iter().any(|logit| !logit.is_finite()) {
            format!("the outputs for {} are not numbers", clip.clip)
        } else {
            continue;
        };
        return Err(MlError::Input(trouble));
    }
    Ok(())
}

/// The temperature of each clip.
fn temperatures(predictions: &[Prediction], temperature: Temperature) -> Vec<f64> {
    let Temperature::Crosswise = temperature else {
        let Temperature::Given(t) = temperature else { return Vec::new() };
        return vec![t; predictions.len()];
    };
    let mut parts: Vec<usize> = predictions.iter().map(|clip| clip.part).collect();
    parts.sort_unstable();
    parts.dedup();
    let of_part: Vec<f64> = parts
        .iter()
        .map(|part| {
            let others = || predictions.iter().filter(|clip| clip.part != *part);
            let truth: Vec<usize> = others().map(|clip| clip.truth).collect();
            let logits: Vec<Vec<f64>> = others().map(|clip| clip.logits.clone()).collect();
            fit_temperature(&truth, &logits)
        })
        .collect();
    predictions.iter().map(|clip| parts.binary_search(&clip.part).map_or(1.0, |part| of_part[part])).collect()
}

/// How many labels stand before this one; of equals the first stands first, as [`best`] decides.
fn rank(logits: &[f64], label: usize) -> usize {
    let before = |(index, logit): &(usize, &f64)| **logit > logits[label] || **logit == logits[label] && *index < label;
    logits.iter().enumerate().filter(before).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn clip(name: &str, truth: usize, logits: &[f64], part: usize) -> Prediction {
        Prediction { clip: name.to_owned(), truth, logits: logits.to_vec(), part }
    }

    #[test]
    fn a_judgement_counts_right() {
        let p = |row: [f64; 4]| row.map(f64::ln);
        let clips = [
            clip("1", 0, &p([0.7, 0.1, 0.1, 0.1]), 0),
            clip("2", 1, &p([0.6, 0.2, 0.1, 0.1]), 0),
            clip("3", 1, &p([0.2, 0.6, 0.1, 0.1]), 0),
            clip("4", 3, &p([0.5, 0.2, 0.2, 0.1]), 0),
        ];
        let names = labels(&["a", "b", "c", "d"]);
        let found = Judgement::new("test", &names, &clips, Temperature::Given(1.0)).unwrap();
        assert_eq!(found.confusion, [[1, 0, 0, 0], [1, 1, 0, 0], [0; 4], [1, 0, 0, 0]]);
        assert_eq!((found.clips, found.right(), found.accuracy, found.top3), (4, 2, 0.5, 0.75));
        assert!((found.balanced_accuracy - 0.5).abs() < 1e-12);
        assert!((found.log_loss + (0.7f64 * 0.2 * 0.6 * 0.1).ln() / 4.0).abs() < 1e-9);
        let brier = (0.12 + (0.36 + 0.64 + 0.02) + (0.04 + 0.16 + 0.02) + (0.25 + 0.08 + 0.81)) / 4.0;
        assert!((found.brier - brier).abs() < 1e-9, "{} {brier}", found.brier);
        let short = found.evaluation();
        assert_eq!(short.recall, [Some(1.0), Some(0.5), None, Some(0.0)]);
        assert_eq!(found.confusion_csv().lines().nth(2), Some("b,1,1,0,0"));

        let json = serde_json::to_value(found.clone().with_predictions(&clips, Temperature::Given(1.0))).unwrap();
        for key in ["accuracy", "interval", "clips", "classes", "per_class", "confusion", "ece", "predictions"] {
            assert!(!json[key].is_null(), "{key}");
        }
        assert_eq!(json["predictions"][1]["decision"], "a");
        // JSON numbers come back but for their last bit.
        let read = Judgement::parse(&serde_json::to_vec(&found).unwrap()).unwrap();
        assert_eq!((&read.confusion, read.accuracy, &read.classes), (&found.confusion, 0.5, &found.classes));
        let broken = Judgement { confusion: vec![vec![1; 3]; 4], ..found };
        assert!(Judgement::parse(&serde_json::to_vec(&broken).unwrap()).is_err());
    }

    #[test]
    fn a_temperature_never_comes_from_the_clips_it_is_judged_on() {
        // Part 0 is overconfident, part 1 is not: each is judged with the other's temperature.
        let sure = [49f64.ln(), 0.0];
        let mut clips: Vec<Prediction> = (0..4).map(|n| clip("sure", usize::from(n == 3), &sure, 0)).collect();
        let modest = [3f64.ln(), 0.0];
        clips.extend((0..4).map(|n| clip("modest", usize::from(n == 3), &modest, 1)));
        let names = labels(&["a", "b"]);
        let found = Judgement::new("", &names, &clips, Temperature::Crosswise).unwrap();
        let too_warm = 49f64.ln() / 3f64.ln();
        assert!((found.temperature - too_warm.sqrt()).abs() < 1e-3, "{}", found.temperature);
        let verdicts = found.with_predictions(&clips, Temperature::Crosswise).predictions.unwrap();
        assert!((verdicts[0].confidence - 0.98).abs() < 1e-3, "{}", verdicts[0].confidence);
        let expected = 1.0 / (1.0 + (-3f64.ln() / too_warm).exp());
        assert!((verdicts[4].confidence - expected).abs() < 1e-3, "{}", verdicts[4].confidence);
        let single = Judgement::new("", &names, &clips[..4], Temperature::Crosswise).unwrap();
        assert_eq!(single.temperature, 1.0);
        assert_eq!(single.ece, single.ece_raw);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let names = labels(&["a", "b"]);
        let refused = |clip: Prediction, t: f64| Judgement::new("", &names, &[clip], Temperature::Given(t)).is_err();
        assert!(refused(clip("x", 2, &[0.0, 0.0], 0), 1.0));
        assert!(refused(clip("x", 0, &[0.0], 0), 1.0));
        assert!(refused(clip("x", 0, &[0.0, f64::NAN], 0), 1.0));
        assert!(refused(clip("x", 0, &[0.0, 0.0], 0), 0.0));
        assert!(!refused(clip("x", 0, &[0.0, 0.0], 0), 1.0));
        let nothing = Judgement::new("", &names, &[], Temperature::Crosswise).unwrap();
        assert_eq!((nothing.accuracy, nothing.interval, nothing.temperature), (0.0, (0.0, 1.0), 1.0));
    }
}
