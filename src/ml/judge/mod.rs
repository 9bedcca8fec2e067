//! How good a model is, which of two is better, and how sure one can be of that.

use serde::{Deserialize, Serialize};

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
