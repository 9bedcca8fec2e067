//! Data sets: which clips there are, of which genre, by whom; who trains and who judges.

pub mod levels;
pub mod media;
pub(in crate::ml) mod names;
mod open;
pub mod protocol;
pub mod split;
mod tag_file;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use levels::Levels;
pub use media::Media;
pub use open::Track;
pub use protocol::{Part, Protocol, split_hash};

/// Where the clips of a data set come from. Folders are joined by the clips' names: a clip may have sound, a spectrogram
/// picture and a wavelet picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sources {
    /// Folders with one folder a genre, of sound files or of spectrogram pictures.
    pub folders: Vec<PathBuf>,
    /// The same layout with the wavelet pictures of the same clips.
    pub wavelets: Option<PathBuf>,
    /// Who plays each clip (`clip ::: artist ::: title`); what it does not know is looked up in the tags of sound files.
    pub index: Option<PathBuf>,
    /// Only the clips of these list files; all if there is none.
    pub lists: Vec<PathBuf>,
    /// What MusiCNN said of clips whose sound is not there: `tags` and `clip`, with the clips' names in a `.txt` beside it.
    pub tags: Option<PathBuf>,
    /// Songs of a library, each with the genre that its owner set; they are named by their paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub songs: Vec<Track>,
    /// All songs of the library whose genre its owner has set. Only who knows the library can tell which: they must become
    /// [`Sources::songs`] before anything is opened, so that a run keeps to those that it began with.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub library: bool,
}

impl Sources {
    /// Whether nothing was named that could have clips.
    pub fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.songs.is_empty() && !self.library
    }
}

/// One clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clip {
    /// Its name, the same for sound and pictures and unique in the data set: the file's own without extension if it begins
    /// with the genre (`blues.00029`), else with the folder before it (`blues/Hellhound`); of a library's song its path.
    pub name: String,
    /// Index into [`Dataset::labels`].
    pub label: usize,
    /// Clips of one group (an artist) never lie on both sides of an honest split. All clips of a genre whose artist is not
    /// known are one group.
    pub group: String,
    /// The group is an artist.
    pub artist_known: bool,
    /// Its sound.
    pub audio: Option<PathBuf>,
    /// Its spectrogram picture.
    pub spectrogram: Option<PathBuf>,
    /// Its wavelet picture.
    pub wavelet: Option<PathBuf>,
    /// Its tags' mean logits, if a file of tags knows them.
    pub tags: Option<Arc<[f32]>>,
}

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Broken {
    /// Which.
    pub path: PathBuf,
    /// Why, for a person.
    pub reason: String,
}

/// Clips of several genres.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// The genres, sorted by name.
    pub labels: Vec<String>,
    /// The clips, sorted by genre and name.
    pub clips: Vec<Clip>,
    /// What was left out so far.
    pub broken: Vec<Broken>,
    /// Folders that are named like genres but have no clip.
    pub empty: Vec<String>,
}

impl Dataset {
    /// The genre of each clip.
    pub fn truth(&self) -> Vec<usize> {
        self.clips.iter().map(|clip| clip.label).collect()
    }

    /// Labels the clips as a model does, whatever the case. Clips of other genres are left out and their genres given back.
    pub fn label_as(&mut self, labels: &[String]) -> Vec<String> {
        let place = |label: &String| labels.iter().position(|known| known.to_lowercase() == label.to_lowercase());
        let of_label: Vec<Option<usize>> = self.labels.iter().map(place).collect();
        self.clips.retain_mut(|clip| {
            let known = of_label[clip.label];
            clip.label = known.unwrap_or(clip.label);
            known.is_some()
        });
        let before = std::mem::replace(&mut self.labels, labels.to_vec());
        before.into_iter().zip(of_label).filter(|(_, known)| known.is_none()).map(|(label, _)| label).collect()
    }

    /// The group of each clip.
    pub fn groups(&self) -> Vec<String> {
        self.clips.iter().map(|clip| clip.group.clone()).collect()
    }

    /// Clips of each genre.
    pub fn counts(&self) -> Vec<usize> {
        (0..self.labels.len()).map(|label| self.clips.iter().filter(|clip| clip.label == label).count()).collect()
    }

    /// Artists that are known by name.
    pub fn artists(&self) -> usize {
        self.clips.iter().filter(|clip| clip.artist_known).map(|clip| &clip.group).collect::<BTreeSet<_>>().len()
    }
}
