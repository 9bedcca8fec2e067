//! What an action asks of the window itself rather than of the engine.

use std::path::PathBuf;

use crate::base::TrackId;
use crate::engine::ExportSelection;
use crate::engine::picture::PictureRequest;
use crate::render::Course;

use super::training::DataPart;

/// Something only the window can do. [`super::AppState::take_effects`] hands them over after each frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Asks the person for a folder, on another thread.
    ChooseFolder(FolderPurpose),
    /// Asks where a picture or its numbers go, on another thread.
    SavePicture(PictureFile),
    /// Asks where curves or the epochs behind them go, on another thread.
    SaveCourses(Vec<Course>),
    /// Asks for the file of a bundle, on another thread.
    ChooseBundle(BundlePurpose),
    /// Shows a file or folder in the system's file manager.
    Reveal(PathBuf),
    /// Puts the caret into the search field.
    FocusSearch,
    /// Gives the keyboard back to the table.
    FocusTable,
    /// Brings a row of the table into view.
    ScrollToRow(usize),
    /// Full screen on or off.
    FullScreen(bool),
    /// Gives the keyboard to the pictures of Inspect.
    FocusPicture,
    /// Takes the keyboard from them.
    LeavePicture,
    /// Closes the window.
    Close,
    /// Puts text on the clipboard.
    Copy(String),
}

/// A picture that is to be saved.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFile {
    /// The song.
    pub track: TrackId,
    /// What it shows, and how.
    pub request: Box<PictureRequest>,
    /// A name for the file.
    pub name: String,
}

/// What the file of a bundle (a run as one file) is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundlePurpose {
    /// Where this run (its id) is written.
    Export(String),
    /// Which one is taken in.
    Import,
}

/// What a folder is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum FolderPurpose {
    /// Music to add to the library.
    AddMusic,
    /// The file of this missing song.
    LocateSong(TrackId),
    /// Where these playlists are written.
    Export(ExportSelection),
    /// Where the figures and tables of these runs (ids) are written.
    Figures(Vec<String>),
    /// Something of a training's data; some of it are files.
    TrainingData(DataPart),
}
