//! Runs trainings with this program's sound files and folders.

use std::path::{Path, PathBuf};

use crate::base::DataDir;
use crate::ml::MlError;
use crate::ml::train::config::Config;
use crate::ml::train::control::{Control, TrainEvent};
use crate::ml::train::run::{self, RunContext, RunReport};
use crate::ml::train::run_folder::RunFolder;

use super::SoundFiles;

/// Where the inputs of networks are kept once they are made.
pub fn front_end_cache(data_dir: &DataDir) -> PathBuf {
    data_dir.cache().join("front_ends")
}

/// Trains what the folder describes, from its checkpoint if it has one, to the end.
///
/// # Errors
/// See [`run::run`].
pub fn train(
    folder: &RunFolder,
    config: &Config,
    cache: &Path,
    control: &Control,
    tell: &mut (dyn FnMut(TrainEvent) + Send),
) -> Result<RunReport, MlError> {
    let media = SoundFiles::new(&control.cancel);
    run::run(folder, config, RunContext { media: &media, cache: Some(cache), control, tell })
}
