//! What panels give back.

use std::path::PathBuf;

use crate::base::{JobId, PlaylistId, TrackId};
use crate::engine::ExportSelection;
use crate::engine::picture::PictureRequest;
use crate::engine::settings::Change;
use crate::library::misread::Reading;

use super::app::{Overlay, Source};
use super::inspect::InspectAction;
use super::queue::QueueAction;
use super::rows::Column;
use super::training::TrainAction;
use super::verb::Verb;

/// Something a person did. [`super::AppState::reduce`] turns it into changes, commands and effects.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Something with a name and a key.
    Do(Verb),

    /// Shows a part of the library in the table.
    Show(Source),
    /// The search text is now this.
    Search(String),
    /// A click on a column's head: sorts by it, or turns its direction.
    SortBy(Column),
    /// A click on a row of the table.
    Select {
        /// Its place in the table.
        row: usize,
        /// How the click changes the selection.
        mode: SelectMode,
    },
    /// How many rows the table shows at once, so that page keys know how far to go.
    PageRows(usize),

    /// Plays this row and goes on with the rows below.
    PlayRow(usize),
    /// Something in the queue panel.
    Queue(QueueAction),
    /// Speed of the playback, 1 is as recorded.
    SetSpeed(f32),
    /// Jumps within the song, seconds from its start.
    SeekTo(f64),
    /// Loudness while it is dragged, 0..1.
    SetVolume(f32),
    /// The loudness is settled and may be stored.
    KeepVolume,
    /// Plays on this device from now on; `None` is the system's choice.
    ChooseDevice(Option<String>),

    /// Sets the genre of the selected songs; `None` leaves it to the network again.
    SetGenre(Option<String>),
    /// How the texts of the songs in the dialog would be read; `None`: as in the file.
    ChooseReading(Option<Reading>),
    /// Reads the texts of the songs in the dialog like this; `None` takes them as they stand in the file again.
    RepairText(Option<Reading>),
    /// In review: this genre for the song on show, then the next.
    ReviewChoose(String),
    /// In review: no decision, the next song.
    ReviewSkip,
    /// In review: back to the song before.
    ReviewBack,

    /// Makes a playlist of these songs.
    CreatePlaylist {
        /// Its name.
        name: String,
        /// Its songs.
        tracks: Vec<TrackId>,
    },
    /// Adds the selected songs to a playlist.
    AddSelectionToPlaylist(PlaylistId),
    /// Gives a playlist another name.
    RenamePlaylist(PlaylistId, String),
    /// Deletes a playlist; the songs stay.
    DeletePlaylist(PlaylistId),

    /// Adds folders and scans them.
    AddRoots(Vec<PathBuf>),
    /// Takes a folder out of the library; the files stay, and its songs come back with it.
    RemoveRoot(PathBuf),
    /// Forgets songs with all that a person gave them.
    Forget(Vec<TrackId>),
    /// Forgets the songs of folders that were taken out of the library.
    ForgetHidden,
    /// A new song takes over what the one had that it looks like.
    TakeOver(TrackId),
    /// A new song is not the one that it looks like.
    KeepApart(TrackId),
    /// Asks for the file of a missing song.
    Locate(TrackId),
    /// The file of a missing song is this one.
    LocateAt(TrackId, PathBuf),
    /// Makes and adds the demo collection.
    AddDemo,
    /// Classifies everything again.
    ClassifyAgain,
    /// Looks at these problem files again; empty means all.
    RetryProblems(Vec<PathBuf>),
    /// Asks for a folder, then writes these playlists there.
    Export(ExportSelection),
    /// Writes these playlists there.
    ExportTo(PathBuf, ExportSelection),
    /// Asks a job to stop.
    CancelJob(JobId),

    /// Writes a picture or its numbers there; the ending says which.
    ExportPicture {
        /// The song.
        track: TrackId,
        /// What it shows, and how.
        request: Box<PictureRequest>,
        /// The file.
        file: PathBuf,
    },
    /// Something in Inspect.
    Inspect(InspectAction),
    /// Something in Train.
    Train(TrainAction),

    /// Changes single settings.
    ChangeSettings(Vec<Change>),
    /// Shows a file or folder in the file manager.
    Reveal(PathBuf),
    /// Puts text on the clipboard.
    Copy(String),
    /// Opens an overlay, or closes it.
    SetOverlay(Option<Overlay>),
    /// Takes a toast away.
    DismissToast(u64),
    /// Keeps a toast while the pointer rests on it.
    KeepToast(u64),
    /// Nothing can be heard, and that is all right.
    AcceptSilence,
    /// The window itself has something to say that went wrong.
    Complain(String),
}

/// How a click changes the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectMode {
    /// Only this row.
    Only,
    /// This row in or out.
    Toggle,
    /// From the last anchor to this row.
    Range,
}
