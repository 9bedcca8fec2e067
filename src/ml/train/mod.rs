//! One fit: the loop over epochs, its checkpoints, how it is steered, and what it will take.

pub(in crate::ml) mod base;
pub mod checkpoint;
pub mod control;
pub mod estimate;
pub mod fit;
pub mod history;
pub mod prepare;
pub mod speed;
pub mod trial;
