//! Data sets: which clips there are, of which genre, by whom; what the networks see of them; who trains and who judges.

pub mod features;
pub mod media;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the clips of a data set come from. Folders are joined by the clips' names: a clip may have sound, a spectrogram
/// picture and a wavelet picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sources {
    /// Folders with one folder a genre, of sound files or of spectrogram pictures.
    pub folders: Vec<PathBuf>,
    /// The same layout with the wavelet pictures of the same clips.
    pub wavelets: Option<PathBuf>,
    /// Who plays each clip (`clip ::: artist ::: title`); without it the tags of sound files are asked.
    pub index: Option<PathBuf>,
    /// Only the clips of these list files; all if there is none.
    pub lists: Vec<PathBuf>,
}

/// One clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Its name without folder and extension, the same for sound and pictures: `blues.00029`.
    pub name: String,
    /// Index into [`Dataset::labels`].
    pub label: usize,
    /// Clips of one group (an artist) never lie on both sides of an honest split.
    pub group: String,
    /// Its sound.
    pub audio: Option<PathBuf>,
    /// Its spectrogram picture.
    pub spectrogram: Option<PathBuf>,
    /// Its wavelet picture.
    pub wavelet: Option<PathBuf>,
}

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// Which.
    pub path: PathBuf,
    /// Why, for a person.
    pub reason: String,
}

/// Clips of several genres.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dataset {
    /// The genres, sorted by name.
    pub labels: Vec<String>,
    /// The clips, sorted by genre and name.
    pub clips: Vec<Clip>,
    /// What was left out so far.
    pub broken: Vec<Broken>,
}
