//! What a network sees of a clip.

mod cache;
mod front_end;
pub mod log_mel;
mod magma;
mod patches;
pub(in crate::ml) mod picture;
pub(in crate::ml) mod plot;
mod scalogram;
pub mod scattering;
pub mod tagger;
pub mod tags;
pub mod windows;

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use half::slice::{HalfBitsSliceExt as _, HalfFloatSliceExt as _};
use image::RgbImage;
use rayon::prelude::*;
use xxhash_rust::xxh3::Xxh3;

use crate::base::CancelToken;
use crate::base::read::open_regular;
use crate::ml::dataset::media::Media;
use crate::ml::dataset::{Broken, Clip};
use crate::ml::error::MlError;
use crate::ml::features::cache::{Cache, hash_file};
use crate::ml::networks::input::FrontEnd;
pub use front_end::Sound;

/// The numbers of one clip, row by row, in half precision: they are many.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Sizes of the axes; time first.
    pub shape: Vec<usize>,
    /// IEEE half-precision bits.
    pub values: Vec<u16>,
}

impl Features {
    /// Rounds `values` (as many as the product of `shape`) to half precision.
    pub fn from_f32(shape: &[usize], values: &[f32]) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        let mut bits = vec![0u16; values.len()];
        bits.reinterpret_cast_mut::<half::f16>().convert_from_f32_slice(values);
        Self { shape: shape.to_vec(), values: bits }
    }

    /// The values in single precision.
    pub fn to_f32(&self) -> Vec<f32> {
        self.values.reinterpret_cast::<half::f16>().to_f32_vec()
    }

    /// Rows `first..first + count` (of the first axis) in single precision into `out`, which is just as long.
    pub fn rows_to_f32(&self, first: usize, out: &mut [f32]) {
        let width: usize = self.shape.iter().skip(1).product();
        let from = (first * width).min(self.values.len());
        let bits = &self.values[from..(from + out.len()).min(self.values.len())];
        let (whole, rest) = out.split_at_mut(bits.len());
        bits.reinterpret_cast::<half::f16>().convert_to_f32_slice(whole);
        rest.fill(0.0);
    }

    /// Length of the first axis: time.
    pub fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }
}

/// What was made of clips.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Of each clip, in their order, and each front end, in theirs; none where the clip has nothing that the front end reads
    /// or that is broken.
    pub features: Vec<Vec<Option<Arc<Features>>>>,
    /// Of each clip a hash of the content of the files that were used; none where one could not be read, or there is none.
    pub files: Vec<Option<u128>>,
    /// Files that could not be used, sorted.
    pub broken: Vec<Broken>,
}

/// What a front end reads of a clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::ml) enum Source<'a> {
    Sound(&'a Path),
    Picture(&'a Path),
    /// Mean logits that are known already.
    Tags(&'a [f32]),
}

impl<'a> Source<'a> {
    fn path(self) -> Option<&'a Path> {
        match self {
            Self::Sound(path) | Self::Picture(path) => Some(path),
            Self::Tags(_) => None,
        }
    }
}

/// Makes the features of `clips`, a clip at a time on every core, or takes them from `cache_dir` if they were made before. A
/// file is decoded once for each sample rate. `progress` is told how many clips are done of how many, from any thread.
///
/// # Errors
/// When `cancel` was set. A file that cannot be used fails only itself.
pub fn load(
    clips: &[Clip],
    front_ends: &[FrontEnd],
    cache_dir: Option<&Path>,
    media: &dyn Media,
    cancel: &CancelToken,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Loaded, MlError> {
    let cache = cache_dir.map(Cache::new);
    let done = AtomicUsize::new(0);
    let loaded = clips
        .par_iter()
        .map(|clip| {
            if cancel.is_cancelled() {
                return Err(MlError::Cancelled);
            }
            let of_clip = load_clip(clip, front_ends, cache.as_ref(), media);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, clips.len());
            Ok(of_clip)
        })
        .collect::<Result<Vec<_>, MlError>>()?;
    let mut all = Loaded::default();
    for OfClip { features, files, broken } in loaded {
        all.features.push(features);
        all.files.push(files);
        all.broken.extend(broken);
    }
    all.broken.sort();
    all.broken.dedup();
    Ok(all)
}

struct OfClip {
    features: Vec<Option<Arc<Features>>>,
    files: Option<u128>,
    broken: Vec<Broken>,
}

/// Hashes of files that were read before.
#[derive(Default)]
struct Known(Vec<(PathBuf, Option<u128>)>);

impl Known {
    fn hash(&mut self, path: &Path) -> Option<u128> {
        if let Some((_, hash)) = self.0.iter().find(|(known, _)| known == path) {
            return *hash;
        }
        let hash = hash_file(path);
        self.0.push((path.to_path_buf(), hash));
        hash
    }
}

fn load_clip(clip: &Clip, front_ends: &[FrontEnd], cache: Option<&Cache>, media: &dyn Media) -> OfClip {
    let mut features = vec![None; front_ends.len()];
    let mut broken: Vec<Broken> = Vec::new();
    let mut open = Open::new(media);
    let (mut known, mut used) = (Known::default(), vec![None; front_ends.len()]);
    // By sample rate, so that only one decoded sound is kept.
    let mut order: Vec<usize> = (0..front_ends.len()).collect();
    order.sort_by_key(|i| front_ends[*i].sample_rate_hz());
    for i in order {
        let front_end = front_ends[i];
        for source in front_end.sources(clip) {
            let hash = source.path().and_then(|path| known.hash(path));
            let entry = cache.zip(hash).map(|(cache, hash)| cache.entry(hash, front_end));
            used[i] = Some(hash);
            if let Some(kept) = entry.as_ref().and_then(|entry| entry.read()) {
                features[i] = Some(Arc::new(kept));
                break;
            }
            match open.features(front_end, source) {
                Ok(made) => {
                    if let Some(entry) = entry {
                        entry.write(&made);
                    }
                    features[i] = Some(Arc::new(made));
                    break;
                }
                // The next source may serve instead, but a broken file is worth knowing all the same.
                Err(reason) => {
                    broken.extend(source.path().map(|path| Broken { path: path.to_path_buf(), reason }));
                }
            }
        }
    }
    let mut hasher = Xxh3::new();
    // Of inputs that could not be made the last source that was tried.
    let used: Option<Vec<u128>> = used.into_iter().flatten().collect();
    used.iter().flatten().for_each(|hash| hasher.update(&hash.to_le_bytes()));
    let files = used.filter(|used| !used.is_empty()).map(|_| hasher.digest128());
    OfClip { features, files, broken }
}

/// What was last decoded.
struct Open<'a> {
    media: &'a dyn Media,
    sound: Option<(PathBuf, u32, Result<Sound<'static>, String>)>,
    picture: Option<(PathBuf, Result<RgbImage, String>)>,
}

impl<'a> Open<'a> {
    fn new(media: &'a dyn Media) -> Self {
        Self { media, sound: None, picture: None }
    }

    fn features(&mut self, front_end: FrontEnd, source: Source<'_>) -> Result<Features, String> {
        match source {
            Source::Tags(logits) => Ok(tags::features(logits)),
            Source::Sound(path) => {
                let rate_hz = front_end.sample_rate_hz();
                if !self.sound.as_ref().is_some_and(|(known, rate, _)| known == path && *rate == rate_hz) {
                    self.sound = Some((path.to_path_buf(), rate_hz, self.media.excerpt(path, rate_hz).map(Sound::new)));
                }
                match &self.sound {
                    Some((_, _, Ok(sound))) => front_end.of(sound),
                    Some((_, _, Err(reason))) => Err(reason.clone()),
                    None => Err("there is no sound in it".into()),
                }
            }
            Source::Picture(path) => {
                if self.picture.as_ref().is_none_or(|(known, _)| known != path) {
                    self.picture = Some((path.to_path_buf(), read_picture(path)));
                }
                match &self.picture {
                    Some((_, Ok(picture))) => front_end.of_picture(picture),
                    Some((_, Err(reason))) => Err(reason.clone()),
                    None => Err("there is no picture in it".into()),
                }
            }
        }
    }
}

/// The largest picture that is read, pixels along a side.
const LARGEST_SIDE: u32 = 8192;

/// Reads a picture, its content deciding its format.
pub(in crate::ml) fn read_picture(path: &Path) -> Result<RgbImage, String> {
    let file = open_regular(path).map_err(|error| error.to_string())?;
    let mut reader =
        image::ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(|error| error.to_string())?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    reader.limits(limits);
    Ok(reader.decode().map_err(|error| error.to_string())?.into_rgb8())
}
