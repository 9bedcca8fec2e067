//! What an action asks of the window itself rather than of the engine.

use std::path::PathBuf;

use crate::engine::ExportSelection;

/// Something only the window can do. [`super::AppState::take_effects`] hands them over after each frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Asks the person for a folder, on another thread.
    ChooseFolder(FolderPurpose),
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
    /// Puts text on the clipboard.
    Copy(String),
}

/// What a folder is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum FolderPurpose {
    /// Music to add to the library.
    AddMusic,
    /// Where these playlists are written.
    Export(ExportSelection),
}
