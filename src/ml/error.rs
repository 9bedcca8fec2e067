//! What can go wrong with networks.

use std::path::PathBuf;

/// A failure of the network layer.
#[derive(Debug, thiserror::Error)]
pub enum MlError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// A model file is damaged, of another kind or of another version.
    #[error("{model} is not a model that this version can use: {reason}")]
    Model {
        /// The file, or the name of what is built in.
        model: String,
        /// What does not fit.
        reason: String,
    },
    /// A folder or bundle is no run, or its files do not fit together.
    #[error("{run} is not a run that this version can use: {reason}")]
    Run {
        /// The folder or file.
        run: String,
        /// What does not fit.
        reason: String,
    },
    /// A run is in other hands.
    #[error("“{run}” is being trained, by this or another program: wait until that has ended, or stop it there")]
    Busy {
        /// Its name.
        run: String,
    },
    /// There is no run of this name.
    #[error("“{0}” is not a run: give an id, the beginning of one, or the folder of a run")]
    NoRun(String),
    /// A file that should say something about clips says nothing about these.
    #[error("{file} does not fit the clips: {reason}")]
    List {
        /// The file.
        file: PathBuf,
        /// What is expected of it.
        reason: String,
    },
    /// A folder does not hold clips by genre.
    #[error("{folder} cannot be used as a data set: {reason}")]
    Dataset {
        /// The folder.
        folder: PathBuf,
        /// What is expected of it.
        reason: String,
    },
    /// The training data does not serve.
    #[error("cannot train: {0}")]
    Training(String),
    /// The same clip is filed under different genres.
    #[error("cannot train: the same clip is filed under different genres: {clips}")]
    Contradictions {
        /// The files with their genres.
        clips: String,
    },
    /// The clips of a run are not those that it began with.
    #[error("the clips have changed since this training began: {changes}; put them back, or begin a new run")]
    Changed {
        /// The clips, and what became of them.
        changes: String,
    },
    /// The sound handed over cannot be classified.
    #[error("cannot classify: {0}")]
    Input(String),
    /// The tensor library failed.
    #[error("the network could not be computed")]
    Tensor(#[from] candle_core::Error),
    /// The person asked to stop.
    #[error("stopped")]
    Cancelled,
}
