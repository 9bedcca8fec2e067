//! Whether a model is right as often as it says.

use serde::{Deserialize, Serialize};

use crate::ml::nn::logits::best;

/// Clips of about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Mean probability of the decisions, 0..1.
    pub confidence: f64,
    /// Share of them that are right, 0..1.
    pub accuracy: f64,
    /// Their number.
    pub clips: usize,
}

/// At most `bins` bins of equally many clips (the last may have fewer), the least confident first.
pub fn reliability(truth: &[usize], probabilities: &[Vec<f64>], bins: usize) -> Vec<ReliabilityBin> {
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
    let bin = |bin: &[(f64, bool)]| ReliabilityBin {
        confidence: bin.iter().map(|clip| clip.0).sum::<f64>() / bin.len() as f64,
        accuracy: bin.iter().filter(|clip| clip.1).count() as f64 / bin.len() as f64,
        clips: bin.len(),
    };
    clips.chunks(size).map(bin).collect()
}

/// Expected calibration error: the mean distance of confidence and accuracy over the clips.
pub fn calibration_error(bins: &[ReliabilityBin]) -> f64 {
    let clips: usize = bins.iter().map(|bin| bin.clips).sum();
    let gaps = bins.iter().map(|bin| bin.clips as f64 * (bin.confidence - bin.accuracy).abs());
    gaps.sum::<f64>() / clips.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_zero_when_confidence_is_accuracy() {
        let rows = vec![vec![0.75, 0.25]; 4];
        let error = |truth: &[usize]| calibration_error(&reliability(truth, &rows, 1));
        assert!(error(&[0, 0, 0, 1]).abs() < 1e-12);
        assert!((error(&[1, 1, 1, 1]) - 0.75).abs() < 1e-12);
        assert_eq!(calibration_error(&reliability(&[], &[], 15)), 0.0);
    }

    #[test]
    fn bins_have_equally_many_clips_the_least_confident_first() {
        let rows: Vec<Vec<f64>> = (0..7).map(|clip| vec![0.9 - 0.05 * f64::from(clip), 0.1]).collect();
        let bins = reliability(&[0, 0, 0, 0, 0, 1, 1], &rows, 3);
        assert_eq!(bins.iter().map(|bin| bin.clips).collect::<Vec<_>>(), [3, 3, 1]);
        assert!((bins[0].confidence - 0.65).abs() < 1e-12 && (bins[0].accuracy - 1.0 / 3.0).abs() < 1e-12);
        assert!((bins[2].confidence - 0.9).abs() < 1e-12 && bins[2].accuracy == 1.0);
    }
}
