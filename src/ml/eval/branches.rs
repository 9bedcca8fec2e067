//! What each branch of a multimodal network is worth alone: its ablation, from the run itself.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::fs::write_atomic;
use crate::ml::error::MlError;
use crate::ml::eval::Prediction;
use crate::ml::eval::metrics::wilson;
use crate::ml::nn::logits::best;

/// What a branch alone says about the test clips that it sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchPredictions {
    /// Its name.
    pub branch: String,
    /// Of each such clip.
    pub predictions: Vec<Prediction>,
}

/// How many of the test clips that it sees a branch gets right alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchScore {
    /// Its name.
    pub branch: String,
    /// Clips that it sees.
    pub clips: usize,
    /// How many of them it gets right.
    pub right: usize,
}

impl BranchScore {
    /// Its score.
    pub fn of(found: &BranchPredictions) -> Self {
        let right = found.predictions.iter().filter(|clip| best(&clip.logits) == clip.truth).count();
        Self { branch: found.branch.clone(), clips: found.predictions.len(), right }
    }

    /// The share of its clips that it gets right, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.clips.max(1) as f64
    }

    /// Where that share lies with 95 % confidence (Wilson).
    pub fn interval(&self) -> (f64, f64) {
        wilson(self.right, self.clips)
    }

    /// The score with its 95 % interval, for a person.
    pub fn text(&self) -> String {
        let (low, high) = self.interval();
        let [share, low, high] = [self.accuracy(), low, high].map(|share| share * 100.0);
        format!("{share:.1} % ({low:.1} to {high:.1} %) of {} clips", self.clips)
    }
}

/// Adds what the branches said about the clips of one part.
pub(in crate::ml) fn add(all: &mut Vec<BranchPredictions>, branch: String, predictions: Vec<Prediction>) {
    match all.iter_mut().find(|known| known.branch == branch) {
        Some(known) => known.predictions.extend(predictions),
        None => all.push(BranchPredictions { branch, predictions }),
    }
}

/// Writes them, where there are any, for whoever wants to weigh the branches otherwise.
///
/// # Errors
/// When the file cannot be written.
pub(in crate::ml) fn write(path: &Path, all: &[BranchPredictions]) -> Result<(), MlError> {
    if all.is_empty() {
        return Ok(());
    }
    let written = serde_json::to_vec(all).map_err(std::io::Error::from).and_then(|json| write_atomic(path, &json));
    written.map_err(|source| MlError::Write { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_and_counted() {
        let clip =
            |truth, logits: [f64; 2], part| Prediction { clip: String::new(), truth, logits: logits.into(), part };
        let mut all = Vec::new();
        add(&mut all, "wavelet".into(), vec![clip(0, [1.0, 0.0], 0), clip(1, [1.0, 0.0], 0)]);
        add(&mut all, "sound".into(), vec![clip(1, [0.0, 2.0], 0)]);
        add(&mut all, "wavelet".into(), vec![clip(1, [0.0, 1.0], 1), clip(1, [0.0, 3.0], 1)]);
        let scores: Vec<BranchScore> = all.iter().map(BranchScore::of).collect();
        assert_eq!((scores[0].branch.as_str(), scores[0].clips, scores[0].right), ("wavelet", 4, 3));
        assert_eq!((scores[1].branch.as_str(), scores[1].clips, scores[1].right), ("sound", 1, 1));
        assert!(scores[0].text().starts_with("75.0 % (") && scores[0].text().ends_with("of 4 clips"));
    }
}
