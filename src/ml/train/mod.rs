//! Training: configurations, the loop over epochs, checkpoints, and the folder of a run.

pub mod batches;
pub mod branches;
pub mod bundle;
pub mod card;
pub mod checkpoint;
pub mod comparison;
pub mod config;
pub mod contents;
pub mod control;
pub mod estimate;
pub mod explain;
pub mod fit;
pub mod history;
pub mod lesson;
pub mod lock;
pub mod model;
pub mod network;
pub mod prepare;
mod presets;
pub mod run;
pub mod run_folder;
pub mod run_state;
pub mod runs;
pub mod speed;
pub mod trial;
pub mod variables;
