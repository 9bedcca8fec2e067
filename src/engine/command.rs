//! What the engine can be told.

use std::path::PathBuf;

use crate::audio::player::PlayerCommand;
use crate::base::{JobId, PlaylistId, TrackId};
use crate::dsp::picture::PictureSpec;
use crate::library::misread::Reading;

use super::picture::PictureRequest;
use super::settings::Change;
use super::tiles::TileWish;
use super::training::message::TrainingCommand;

/// Everything a client can ask for. None of them blocks the sender.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Adds folders to the library and scans them: a scan job, then (unless switched off in the settings) a classify job.
    AddRoots(Vec<PathBuf>),
    /// As `AddRoots`, but this scan leaves out what matches one of these patterns as well.
    AddRootsWithout {
        /// The folders.
        folders: Vec<PathBuf>,
        /// The patterns ([`crate::library::scan::LeaveOut::with_patterns`]).
        exclude: Vec<String>,
    },
    /// Takes a folder out of the library and hides its songs, which come back with it; the files stay. Followed by
    /// `Event::Library` and `Event::Done`.
    RemoveRoot(PathBuf),
    /// Forgets songs with all that a person gave them; the files stay. Followed by `Event::Library` and `Event::Done`.
    Forget(Vec<TrackId>),
    /// Forgets the songs of all folders that were taken out of the library. Followed as `Forget`.
    ForgetHidden,
    /// Gives a new song what the one had that it looks like. Followed by `Event::Library` and `Event::Done`.
    TakeOver(TrackId),
    /// A new song is not the one that it looks like. Followed by `Event::Library`.
    KeepApart(TrackId),
    /// Says where the file of a missing song is now: a scan job of its folder, then the song is there.
    Locate {
        /// The song.
        track: TrackId,
        /// Its file.
        file: PathBuf,
    },
    /// Takes the last change back that a person made. Answered by `Event::Undone`, followed by `Event::Library`.
    Undo,
    /// Makes the change again that was taken back last. Answered as `Undo`.
    Redo,
    /// Looks at every folder again: a scan job, then a classify job as with `AddRoots`.
    Rescan,
    /// Forgets these problems and looks at the files again: a scan job. Empty means all problems.
    RetryProblems(Vec<PathBuf>),
    /// Classifies what no network or an older one decided: a classify job.
    Classify {
        /// Classify everything again.
        again: bool,
        /// Only songs under these folders; empty means the whole library.
        within: Vec<PathBuf>,
    },
    /// Writes playlists as `.m3u8`: an export job.
    ExportPlaylists {
        /// Where the files go; made when missing.
        folder: PathBuf,
        /// Which playlists.
        selection: ExportSelection,
        /// Only songs under these folders; empty means the whole library.
        within: Vec<PathBuf>,
    },
    /// Sets the genre of songs by hand; `None` takes a hand-set genre back. Followed by `Event::Library`.
    SetGenre {
        /// The songs.
        tracks: Vec<TrackId>,
        /// The genre, or `None` to leave the decision to the network.
        genre: Option<String>,
    },
    /// Reads the texts of songs in another encoding than their files say; `None` takes them as they stand in the files again.
    /// Followed by `Event::Library` and `Event::Done`.
    RepairText {
        /// The songs.
        tracks: Vec<TrackId>,
        /// How they are read.
        reading: Option<Reading>,
    },
    /// Makes a playlist. Followed by `Event::Library`.
    CreatePlaylist {
        /// Its name.
        name: String,
        /// Its first songs.
        tracks: Vec<TrackId>,
    },
    /// Gives a playlist another name. Followed by `Event::Library`.
    RenamePlaylist(PlaylistId, String),
    /// Deletes a playlist, not its songs. Followed by `Event::Library` and `Event::Done`.
    DeletePlaylist(PlaylistId),
    /// Appends songs to a playlist. Followed by `Event::Library`.
    AddToPlaylist(PlaylistId, Vec<TrackId>),
    /// Takes the entries at these positions out of a playlist. Followed by `Event::Library` and `Event::Done`.
    RemoveFromPlaylist(PlaylistId, Vec<usize>),
    /// Puts a playlist into another order: for each place the entry that comes there. Followed by `Event::Library`.
    OrderPlaylist(PlaylistId, Vec<usize>),
    /// Makes the built-in demo collection, adds and scans it: a demo job, then as `AddRoots`.
    AddDemo,
    /// Changes single settings; they hold at once and are on disk within about a second. Followed by `Event::Settings`.
    ChangeSettings(Vec<Change>),
    /// Asks a job to stop; it ends with `Cancelled`.
    Cancel(JobId),
    /// Reads a song's cover picture. Answered by `Event::Cover`.
    LoadCover(TrackId),
    /// The pictures that views show now, and their tiles; replaces what was asked for before. Answered by
    /// `Event::TileColumns`, the most important first. Work that nobody waits for any more is dropped.
    WantTiles(Vec<TileWish>),
    /// The live pictures that are shown now; empty when none is. Answered by `Event::LivePicture` while something plays.
    WantLivePictures(Vec<PictureSpec>),
    /// Writes a picture of a song, or its numbers, to a file that ends in `.png`, `.csv` or `.npy`: a picture job.
    ExportPicture {
        /// The song.
        track: TrackId,
        /// What it shows, and how.
        request: Box<PictureRequest>,
        /// Where it goes.
        file: PathBuf,
    },
    /// Asks for a song's outline and loudness. Answered by `Event::Overview`.
    LoadOverview(TrackId),
    /// Something about trainings and their runs.
    Training(TrainingCommand),
    /// Tells the player.
    Player(PlayerCommand),
    /// Asks for the output devices. Answered by `Event::OutputDevices`.
    ListOutputDevices,
}

/// Which playlists an export writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportSelection {
    /// One file for each genre that has songs, *Unsure*, and each manual playlist.
    All,
    /// One genre.
    Genre(String),
    /// The songs without a certain genre.
    Unsure,
    /// One manual playlist.
    Playlist(PlaylistId),
}
