//! Runs trainings with this program's sound files and folders.

use std::path::{Path, PathBuf};

use crate::base::DataDir;
use crate::ml::model::config::Config;
use crate::ml::runs::run::{self, RunContext, RunReport};
use crate::ml::runs::run_folder::RunFolder;
use crate::ml::train::control::{Control, TrainEvent};
use crate::ml::{MlError, runs};

use super::{SoundFiles, songs};

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

/// Makes the run that `config` describes, not begun yet. Empty `name`: it is called after its architecture and preset.
/// `command` is what to type to get the same run; none: to train by its configuration.
///
/// # Errors
/// When a value or the name cannot be, a named file is not there, no song of the library can be trained on, or the folder cannot be written.
pub fn begin(
    data_dir: &DataDir,
    mut config: Config,
    name: &str,
    command: Option<String>,
) -> Result<(RunFolder, Config), MlError> {
    if let Some(trouble) = config.trouble() {
        return Err(MlError::Training(trouble));
    }
    let name = (!name.trim().is_empty()).then(|| runs::usable_name(name)).transpose().map_err(MlError::Training)?;
    // A run knows where its clips are, wherever it is resumed from.
    config.absolute_paths()?;
    songs::read_library(&mut config.sources, data_dir)?;
    let folder = make(data_dir, &config, config.preset.name(), name, command)?;
    Ok((folder, config))
}

/// The folder of a run that is trained by `config`, whose paths are whole; `preset` is where its values come from.
pub(super) fn make(
    data_dir: &DataDir,
    config: &Config,
    preset: &str,
    name: Option<String>,
    command: Option<String>,
) -> Result<RunFolder, MlError> {
    let (folder, mut state) = runs::create(&data_dir.runs(), config.architecture.name(), preset, run::now())?;
    if let Some(name) = name {
        state.name = name;
    }
    state.seed = config.seed;
    state.command = command.unwrap_or_else(|| format!("timbre train --config {}/config.json", state.id));
    state.write(&folder)?;
    run::write_config(&folder, config)?;
    Ok(folder)
}

/// A run that was begun before: a folder, an id, or the beginning of one.
///
/// # Errors
/// When there is no such run, or its configuration cannot be understood.
pub fn reopen(data_dir: &DataDir, run: &str) -> Result<(RunFolder, Config), MlError> {
    let (folder, _) = runs::find(&data_dir.runs(), run)?;
    let config = run::read_config(&folder)?;
    Ok((folder, config))
}
