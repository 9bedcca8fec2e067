//! One clip, decoded once and boiled down to what the check compares.

use xxhash_rust::xxh3::Xxh3;

use crate::ml::dataset::levels::{OddKind, SILENT};
use crate::ml::dataset::media::Media;
use crate::ml::dataset::{Broken, Clip};
use crate::ml::features::log_mel::{Grid, RATE_HZ};
use crate::ml::features::{plot, read_picture, tags};

/// Bands of which statistics are kept.
const BANDS: usize = 32;

/// What is known of a clip.
#[derive(Clone, Debug, Default)]
pub(in crate::ml) struct Look {
    /// Of the decoded samples.
    pub sound_hash: Option<u128>,
    /// Of the pixels.
    pub picture_hash: Option<u128>,
    /// What is odd about the sound, in words.
    pub odd: Vec<(OddKind, String)>,
    /// Length of the sound, 0 without.
    pub secs: f64,
    /// Levels over time, from the sound if there is any, else from the picture.
    pub grid: Option<Grid>,
    /// What the network hears.
    pub embedding: Option<Vec<f64>>,
}

impl Look {
    pub fn usable(&self) -> bool {
        self.sound_hash.is_some() || self.picture_hash.is_some()
    }

    /// Mean, spread and change over time of each band.
    pub fn statistics(&self) -> Option<Vec<f64>> {
        let grid = self.grid.as_ref()?.pooled(BANDS, 1);
        let count = grid.columns.max(1) as f64;
        let value = |column: usize, band: usize| f64::from(grid.levels[column * BANDS + band]);
        let mut statistics = Vec::with_capacity(3 * BANDS);
        for band in 0..BANDS {
            let mean = (0..grid.columns).map(|column| value(column, band)).sum::<f64>() / count;
            let spread = (0..grid.columns).map(|column| (value(column, band) - mean).powi(2)).sum::<f64>() / count;
            let change = (1..grid.columns).map(|c| (value(c, band) - value(c - 1, band)).abs()).sum::<f64>() / count;
            statistics.extend([mean, spread.sqrt(), change]);
        }
        Some(statistics)
    }
}

pub(in crate::ml) fn look(clip: &Clip, media: &dyn Media) -> (Look, Vec<Broken>) {
    let mut look = Look::default();
    let mut broken = Vec::new();
    if let Some(path) = &clip.audio
        && let Err(reason) = look.listen(path, media)
    {
        broken.push(Broken { path: path.clone(), reason });
    }
    for (path, spectrogram) in [(&clip.spectrogram, true), (&clip.wavelet, false)] {
        if let Some(path) = path
            && let Err(reason) = look.watch(path, spectrogram)
        {
            broken.push(Broken { path: path.clone(), reason });
        }
    }
    (look, broken)
}

impl Look {
    fn listen(&mut self, path: &std::path::Path, media: &dyn Media) -> Result<(), String> {
        let levels = media.levels(path)?;
        if let Some(reason) = levels.unusable() {
            return Err(reason);
        }
        self.odd = levels.oddities();
        let samples = media.decode(path, RATE_HZ)?;
        if samples.is_empty() {
            return Err("there is no sound in it".into());
        }
        // Channels may cancel each other.
        let (low, high) = samples.iter().fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        if high - low < SILENT && !self.odd.iter().any(|(kind, _)| *kind == OddKind::Silent) {
            self.odd.push((OddKind::Silent, "its channels cancel each other: networks hear nothing".into()));
        }
        let mut hasher = Xxh3::new();
        samples.iter().for_each(|x| hasher.update(&x.to_le_bytes()));
        self.secs = samples.len() as f64 / f64::from(RATE_HZ);
        self.grid = Some(Grid::of_sound(&samples));
        drop(samples);
        let heard = tags::hear(&media.decode(path, tags::RATE_HZ)?).map_err(|error| error.to_string())?;
        self.embedding = Some(heard.features.into_iter().map(f64::from).collect());
        self.sound_hash = Some(hasher.digest128());
        Ok(())
    }

    fn watch(&mut self, path: &std::path::Path, spectrogram: bool) -> Result<(), String> {
        let picture = read_picture(path)?;
        if !spectrogram {
            return Ok(());
        }
        let mut hasher = Xxh3::new();
        hasher.update(&picture.width().to_le_bytes());
        hasher.update(picture.as_raw());
        let grid = plot::read(&picture)?;
        self.picture_hash = Some(hasher.digest128());
        self.grid.get_or_insert(grid);
        Ok(())
    }
}
