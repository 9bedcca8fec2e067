//! How good a classifier is, and how sure one can be of that.

use crate::ml::nn::logits::softmax;
use serde::{Deserialize, Serialize};

/// What a classifier scored on clips that it was not trained on, as its file keeps it; `Judgement` says more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Which clips, and how they were kept apart from the training.
    pub protocol: String,
    /// Number of clips.
    pub clips: usize,
    /// Share of clips whose most probable genre is the right one, 0..1.
    pub accuracy: f64,
    /// Wilson's 95 % interval of the accuracy.
    pub interval: (f64, f64),
    /// Mean over the genres of their recall, 0..1.
    pub balanced_accuracy: f64,
    /// Recall of each genre, in the labels' order; `None` where there was no clip.
    pub recall: Vec<Option<f64>>,
    /// Row: the true genre; column: the decision; both in the labels' order.
    pub confusion: Vec<Vec<u32>>,
    /// Expected calibration error of the probabilities as they are given, 15 bins of equal size, 0..1.
    pub calibration_error: f64,
    /// The same before the temperature was applied.
    pub calibration_error_raw: f64,
    /// Mean negative logarithm of the right genre's probability, in nats.
    pub log_loss: f64,
}

/// Wilson's 95 % interval of a share (E. B. Wilson 1927); (0, 1) when nothing was counted.
pub fn wilson(right: usize, all: usize) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let (n, z) = (all as f64, 1.959_964);
    let share = right as f64 / n;
    let centre = share + z * z / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
}

/// The temperature that makes the right genres most probable (C. Guo et al., *On calibration of modern neural
/// networks*, 2017), between 0.05 and 20; 1 when there is nothing to fit.
pub fn fit_temperature(truth: &[usize], logits: &[Vec<f64>]) -> f64 {
    if truth.is_empty() {
        return 1.0;
    }
    let loss = |log_t: f64| -> f64 {
        truth.iter().zip(logits).map(|(genre, row)| -softmax(row, log_t.exp())[*genre].max(1e-300).ln()).sum()
    };
    // Golden-section search: the loss has one minimum over the temperature's logarithm.
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.05f64.ln(), 20f64.ln());
    for _ in 0..60 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if loss(a) < loss(b) { high = b } else { low = a }
    }
    f64::midpoint(low, high).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_the_textbooks() {
        let (low, high) = wilson(216, 400);
        assert!((low - 0.491).abs() < 5e-4 && (high - 0.588).abs() < 5e-4, "{low} {high}");
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        assert!(wilson(10, 10).1 <= 1.0 && wilson(0, 10).0 >= 0.0);
    }

    #[test]
    fn the_temperature_makes_an_overconfident_classifier_honest() {
        // Right three times in four, but says 98 %: the honest temperature is ln(49) / ln(3).
        let logits: Vec<Vec<f64>> = vec![vec![49f64.ln(), 0.0]; 4];
        let temperature = fit_temperature(&[0, 0, 0, 1], &logits);
        assert!((temperature - 49f64.ln() / 3f64.ln()).abs() < 1e-3, "{temperature}");
        assert!((softmax(&logits[0], temperature)[0] - 0.75).abs() < 1e-3);
        assert_eq!(fit_temperature(&[], &[]), 1.0);
    }
}
