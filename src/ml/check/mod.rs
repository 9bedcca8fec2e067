//! Looks at a data set as a careful person would before training on it: what there is, what is broken, what is there twice,
//! which labels are doubtful.

mod duplicates;
mod labels;
mod look;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::CancelToken;
use crate::ml::dataset::media::Media;
use crate::ml::dataset::{Broken, Clip, Dataset, names};
use crate::ml::error::MlError;

pub use crate::ml::dataset::levels::{LEAST_SECS, OddKind};
pub use duplicates::SIMILAR;
use look::Look;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Clips that can be used.
    pub clips: usize,
    /// Artists that are known by name.
    pub artists: usize,
    /// Clips whose artist is not known.
    pub without_artist: usize,
    /// The genres by name.
    pub genres: Vec<GenreCount>,
    /// Files that cannot be used.
    pub broken: Vec<Broken>,
    /// Clips whose sound can be used but is not as it should be.
    #[serde(default)]
    pub odd: Vec<Odd>,
    /// Genres that have no clip that can be used.
    #[serde(default)]
    pub empty: Vec<String>,
    /// Clips that are the same but filed under different genres, the members of each group. No training takes them unless it is told to.
    #[serde(default)]
    pub contradictions: Vec<Vec<Filed>>,
    /// Clips that are the same to the last sample or pixel, the members of each group by name.
    pub exact: Vec<Vec<String>>,
    /// Pairs that very probably come from the same recording, the most similar first.
    pub similar: Vec<Similar>,
    /// Clips that sound like another genre, the clearest first.
    pub doubtful: Vec<Doubtful>,
    /// The sound file of each clip that is named above, as far as it has one.
    #[serde(default)]
    pub sounds: BTreeMap<String, PathBuf>,
    /// Share of the labels that the judge of doubtful ones agreed with, 0..1; none if there was too little to judge by.
    pub agreement: Option<f64>,
    /// Clips that could be judged so.
    pub judged: usize,
}

/// A clip whose sound is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Odd {
    /// The clip.
    pub clip: String,
    /// Its sound file.
    pub path: PathBuf,
    /// What is odd.
    pub kind: OddKind,
    /// The same for a person.
    pub reason: String,
}

/// A clip and its genre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// The clip.
    pub clip: String,
    /// As it is filed.
    pub genre: String,
    /// Its file.
    pub path: PathBuf,
}

/// What there is of one genre.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GenreCount {
    /// Its name.
    pub genre: String,
    /// Clips that can be used.
    pub clips: usize,
    /// Of them with sound.
    pub sounds: usize,
    /// Of them with a spectrogram picture.
    pub pictures: usize,
    /// Length of all sound, minutes.
    pub minutes: f64,
    /// Artists that are known by name.
    pub artists: usize,
}

/// Two clips of what is very probably one recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Similar {
    /// One clip.
    pub a: String,
    /// The other.
    pub b: String,
    /// Correlation of their levels at the best shift, to 1.
    pub similarity: f64,
    /// What is heard in `b` comes so much later in `a`, seconds.
    pub shift_secs: f64,
    /// They are filed under different genres.
    pub different_genres: bool,
}

impl Broken {
    /// Whether it is sound, so that one can try to hear what is wrong with it.
    pub fn is_sound(&self) -> bool {
        names::kind(&self.path) == names::Kind::Sound
    }
}

/// A clip whose label may be wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Doubtful {
    /// The clip.
    pub clip: String,
    /// As it is filed.
    pub genre: String,
    /// As it sounds.
    pub sounds_like: String,
    /// How sure the judge is of that, 0..1.
    pub probability: f64,
    /// What the judge gives the label, 0..1.
    pub label_probability: f64,
}

/// Decodes and looks at every clip. `progress` is told how many clips are done of how many, from any thread.
///
/// # Errors
/// When `cancel` was set.
pub fn check(
    data: &Dataset,
    media: &dyn Media,
    cancel: &CancelToken,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Check, MlError> {
    let done = AtomicUsize::new(0);
    let looked = data
        .clips
        .par_iter()
        .map(|clip| {
            if cancel.is_cancelled() {
                return Err(MlError::Cancelled);
            }
            let look = look::look(clip, media);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, data.clips.len());
            Ok(look)
        })
        .collect::<Result<Vec<(Look, Vec<Broken>)>, MlError>>()?;
    // Where decoding itself was cancelled the clips only seem broken.
    if cancel.is_cancelled() {
        return Err(MlError::Cancelled);
    }
    let (looks, broken): (Vec<Look>, Vec<Vec<Broken>>) = looked.into_iter().unzip();
    let mut found = Check { broken: data.broken.iter().cloned().chain(broken.concat()).collect(), ..Check::default() };
    found.broken.sort();
    found.broken.dedup();
    found.count(data, &looks);
    let exact = duplicates::exact(&looks);
    let name = |clip: &usize| data.clips[*clip].name.clone();
    found.exact = exact.iter().map(|group| group.iter().map(name).collect()).collect();
    found.contradictions = contradictions(data, &exact);
    let of_clip = |(clip, look): (&Clip, Look)| {
        let path = clip.audio.clone().unwrap_or_default();
        let odd = |(kind, reason)| Odd { clip: clip.name.clone(), path: path.clone(), kind, reason };
        look.odd.into_iter().map(odd).collect::<Vec<_>>()
    };
    found.similar = duplicates::similar(&looks, &exact)
        .into_iter()
        .map(|pair| Similar {
            a: name(&pair.a),
            b: name(&pair.b),
            similarity: pair.similarity,
            shift_secs: pair.shift_secs,
            different_genres: data.clips[pair.a].label != data.clips[pair.b].label,
        })
        .collect();
    let verdicts = labels::judge(data, &looks, cancel)?;
    found.judged = verdicts.judged;
    found.agreement = (verdicts.judged > 0).then(|| verdicts.agreed as f64 / verdicts.judged as f64);
    found.doubtful = verdicts.doubtful;
    found.odd = data.clips.iter().zip(looks).flat_map(of_clip).collect();
    found.sounds = found.sounds_of_named(data);
    Ok(found)
}

/// The groups of equal clips in which there is more than one genre.
fn contradictions(data: &Dataset, exact: &[Vec<usize>]) -> Vec<Vec<Filed>> {
    let filed = |clip: &usize| {
        let clip = &data.clips[*clip];
        let path = clip.audio.as_ref().or(clip.spectrogram.as_ref()).or(clip.wavelet.as_ref());
        let genre = data.labels.get(clip.label).cloned().unwrap_or_default();
        Filed { clip: clip.name.clone(), genre, path: path.cloned().unwrap_or_default() }
    };
    let differ = |group: &&Vec<usize>| group.iter().any(|clip| data.clips[*clip].label != data.clips[group[0]].label);
    exact.iter().filter(differ).map(|group| group.iter().map(filed).collect()).collect()
}

impl Check {
    /// Nothing is wrong with the clips as far as it shows.
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty()
            && self.odd.is_empty()
            && self.empty.is_empty()
            && self.contradictions.is_empty()
            && self.exact.is_empty()
            && self.similar.is_empty()
            && self.doubtful.is_empty()
    }

    fn sounds_of_named(&self, data: &Dataset) -> BTreeMap<String, PathBuf> {
        let pairs = self.similar.iter().flat_map(|pair| [&pair.a, &pair.b]);
        let named: BTreeSet<&String> =
            self.exact.iter().flatten().chain(pairs).chain(self.doubtful.iter().map(|clip| &clip.clip)).collect();
        let clips = data.clips.iter().filter(|clip| named.contains(&clip.name));
        clips.filter_map(|clip| Some((clip.name.clone(), clip.audio.clone()?))).collect()
    }

    fn count(&mut self, data: &Dataset, looks: &[Look]) {
        let mut artists: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        let count = |genre: &String| GenreCount { genre: genre.clone(), ..GenreCount::default() };
        self.genres = data.labels.iter().map(count).collect();
        for (clip, look) in data.clips.iter().zip(looks).filter(|(_, look)| look.usable()) {
            let Some(genre) = self.genres.get_mut(clip.label) else { continue };
            self.clips += 1;
            genre.clips += 1;
            genre.sounds += usize::from(look.sound_hash.is_some());
            genre.pictures += usize::from(look.picture_hash.is_some());
            genre.minutes += look.secs / 60.0;
            if clip.artist_known {
                *artists.entry((clip.label, &clip.group)).or_default() += 1;
            } else {
                self.without_artist += 1;
            }
        }
        for (label, _) in artists.keys() {
            if let Some(genre) = self.genres.get_mut(*label) {
                genre.artists += 1;
            }
        }
        let without = self.genres.iter().filter(|genre| genre.clips == 0).map(|genre| genre.genre.clone());
        self.empty = data.empty.iter().cloned().chain(without).collect();
        let names: BTreeSet<&str> = artists.keys().map(|(_, artist)| *artist).collect();
        self.artists = names.len();
    }
}
