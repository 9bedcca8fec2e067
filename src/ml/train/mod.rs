//! Training: configurations, the loop over epochs, checkpoints, and the folder of a run.

pub mod bundle;
pub mod card;
pub mod comparison;
pub mod history;
pub mod run_folder;
pub mod run_state;
pub mod runs;
