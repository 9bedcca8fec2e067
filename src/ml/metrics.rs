//! How good a classifier is, and how sure one can be of that.

use serde::{Deserialize, Serialize};

/// What a classifier scored on clips that it was not trained on.
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

impl Evaluation {
    /// Evaluates calibrated `probabilities` (one row a clip) against the true genres `truth`;
    /// `raw` are the same before calibration.
    pub fn new(
        protocol: impl Into<String>,
        labels: usize,
        truth: &[usize],
        probabilities: &[Vec<f64>],
        raw: &[Vec<f64>],
    ) -> Self {
        let mut confusion = vec![vec![0u32; labels]; labels];
        let mut log_loss = 0.0;
        for (genre, row) in truth.iter().zip(probabilities) {
            confusion[*genre][best(row)] += 1;
            log_loss -= row[*genre].max(1e-12).ln();
        }
        let right: u32 = (0..labels).map(|genre| confusion[genre][genre]).sum();
        let recall: Vec<Option<f64>> = (0..labels)
            .map(|genre| {
                let all: u32 = confusion[genre].iter().sum();
                (all > 0).then(|| f64::from(confusion[genre][genre]) / f64::from(all))
            })
            .collect();
        let present: Vec<f64> = recall.iter().flatten().copied().collect();
        let clips = truth.len();
        Self {
            protocol: protocol.into(),
            clips,
            accuracy: f64::from(right) / clips.max(1) as f64,
            interval: wilson(right as usize, clips),
            balanced_accuracy: present.iter().sum::<f64>() / present.len().max(1) as f64,
            recall,
            confusion,
            calibration_error: calibration_error(truth, probabilities, 15),
            calibration_error_raw: calibration_error(truth, raw, 15),
            log_loss: log_loss / clips.max(1) as f64,
        }
    }
}

/// The index of the largest value, the first of equals; 0 for nothing.
pub fn best(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
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

/// Expected calibration error with `bins` bins of equally many clips, sorted by confidence.
pub fn calibration_error(truth: &[usize], probabilities: &[Vec<f64>], bins: usize) -> f64 {
    let mut clips: Vec<(f64, bool)> = truth
        .iter()
        .zip(probabilities)
        .map(|(genre, row)| {
            let decision = best(row);
            (row.get(decision).copied().unwrap_or(0.0), decision == *genre)
        })
        .collect();
    clips.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = clips.len().div_ceil(bins.max(1)).max(1);
    let gaps = clips.chunks(size).map(|bin| {
        let confidence: f64 = bin.iter().map(|clip| clip.0).sum();
        let right = bin.iter().filter(|clip| clip.1).count() as f64;
        (confidence - right).abs()
    });
    gaps.sum::<f64>() / clips.len().max(1) as f64
}

/// `exp(logits / temperature)`, scaled to the sum one.
pub fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let top = logits.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    let powers: Vec<f64> = logits.iter().map(|x| ((x - top) / temperature).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|x| x / sum).collect()
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
    fn an_evaluation_counts_right() {
        let rows = vec![vec![0.8, 0.1, 0.1], vec![0.6, 0.3, 0.1], vec![0.2, 0.7, 0.1]];
        let found = Evaluation::new("test", 3, &[0, 1, 1], &rows, &rows);
        assert_eq!(found.confusion, [[1, 0, 0], [1, 1, 0], [0, 0, 0]]);
        assert_eq!(found.recall, [Some(1.0), Some(0.5), None]);
        assert!((found.accuracy - 2.0 / 3.0).abs() < 1e-12);
        assert!((found.balanced_accuracy - 0.75).abs() < 1e-12);
        let expected = -(0.8f64.ln() + 0.3f64.ln() + 0.7f64.ln()) / 3.0;
        assert!((found.log_loss - expected).abs() < 1e-12);
    }

    #[test]
    fn calibration_error_is_zero_when_confidence_is_accuracy() {
        let rows = vec![vec![0.75, 0.25]; 4];
        assert!(calibration_error(&[0, 0, 0, 1], &rows, 1).abs() < 1e-12);
        assert!((calibration_error(&[1, 1, 1, 1], &rows, 1) - 0.75).abs() < 1e-12);
        assert_eq!(calibration_error(&[], &[], 15), 0.0);
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

    #[test]
    fn softmax_survives_large_logits() {
        assert_eq!(softmax(&[1e6, 0.0], 1.0), [1.0, 0.0]);
    }
}
