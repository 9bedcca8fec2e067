//! How good a model is, which of two is better, and how sure one can be of that.

pub mod article;
pub mod branches;
pub mod judgement;
pub mod mcnemar;
pub mod metrics;
pub mod per_class;
pub mod reliability;

use serde::{Deserialize, Serialize};

pub use judgement::{Judgement, Temperature, Verdict};
pub use mcnemar::{McNemar, mcnemar};
pub use per_class::{Averages, ClassFigures};
pub use reliability::ReliabilityBin;

/// What a model says about one clip that it was not trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The clip's name.
    pub clip: String,
    /// Index of its true genre.
    pub truth: usize,
    /// One for each label, not calibrated.
    pub logits: Vec<f64>,
    /// Which part of the split judged it (the fold), from 0.
    pub part: usize,
}
