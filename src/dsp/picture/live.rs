//! Columns as the sound comes in.

use super::analyzer::Analyzer;
use super::grid::{Columns, Rows, Sound};
use super::settings::{PictureSpec, SpectrogramSettings, Transform};

/// A live scalogram waits no longer than this for what follows a moment, seconds. Wavelets that reach further, those of
/// the lowest frequencies, see silence there: their cone is incomplete.
const LONGEST_WAIT_SECS: f64 = 0.25;

/// Frames a second of a live spectrogram, at most: four a column at 60 columns a second.
const MOST_FRAMES_PER_SEC: f32 = 240.0;
/// Windows are padded to no more than this; those that are longer are not padded.
const LONGEST_PADDED: usize = 16_384;

/// The same levels as [`Analyzer`] gives for a finished file, column by column while the sound comes.
///
/// Settings that no live view could follow are brought down: frames come no closer than a quarter of a column at 60
/// columns a second (and a tenth of the window when they are reassigned), and long windows are padded less.
///
/// Column `n` is centred on `n / columns_per_sec` seconds after the first sample.
pub struct LiveAnalyzer {
    analyzer: Analyzer,
    rows: Rows,
    columns_per_sec: f64,
    /// The last samples.
    heard: Vec<f32>,
    /// The place of the first of them.
    first: i64,
    next_column: u64,
    /// Samples that must follow a column.
    ahead: i64,
    /// Samples before a column that must be kept.
    behind: i64,
}

impl LiveAnalyzer {
    /// Columns of `rows` rows over the whole axis; a rate of 0 is taken as 1.
    pub fn new(spec: &PictureSpec, rate_hz: u32, rows: usize, columns_per_sec: f64) -> Self {
        let transform = match spec.transform {
            Transform::Spectrogram(settings) => Transform::Spectrogram(affordable(settings, rate_hz)),
            scalogram @ Transform::Scalogram(_) => scalogram,
        };
        let mut analyzer = Analyzer::new(&transform, rate_hz);
        analyzer.keep_frames();
        let rate = f64::from(analyzer.rate_hz());
        let reach = analyzer.reach_secs(spec.axis.low_hz);
        let wait = match spec.transform {
            Transform::Spectrogram(_) => reach,
            Transform::Scalogram(_) => reach.min(LONGEST_WAIT_SECS),
        };
        Self {
            analyzer,
            rows: Rows::whole(spec.axis, rows),
            columns_per_sec: if columns_per_sec > 0.0 { columns_per_sec } else { 1.0 },
            heard: Vec::new(),
            first: 0,
            next_column: 0,
            ahead: (wait * rate).ceil() as i64,
            behind: (reach * rate).ceil() as i64 + 1,
        }
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> u32 {
        self.analyzer.rate_hz()
    }

    /// From a sample's arrival to that of the column which is centred on it, seconds.
    pub fn delay_secs(&self) -> f64 {
        self.ahead as f64 / f64::from(self.rate_hz()) + 0.5 / self.columns_per_sec
    }

    /// Takes mono samples, nominally -1 to 1; appends the levels of the columns that they complete, the lowest frequency
    /// first, and says how many there are.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<i16>) -> usize {
        self.heard.extend_from_slice(samples);
        let known = self.first + self.heard.len() as i64;
        let rate = f64::from(self.rate_hz());
        let samples_per_column = rate / self.columns_per_sec;
        // Column n ends at n + 1/2.
        let end = (known - self.ahead) as f64 / samples_per_column + 0.5;
        let count = (end.floor().max(0.0) as u64).saturating_sub(self.next_column) as usize;
        if count > 0 {
            let start_secs = (self.next_column as f64 - 0.5) / self.columns_per_sec;
            let columns = Columns { start_secs, step_secs: 1.0 / self.columns_per_sec, count };
            let from = out.len();
            out.resize(from + count * self.rows.count, 0);
            let sound = Sound { samples: &self.heard, first: self.first };
            self.analyzer.render(sound, columns, self.rows, &mut out[from..]);
            self.next_column += count as u64;
        }
        let needed = ((self.next_column as f64 - 0.5) * samples_per_column).floor() as i64 - self.behind;
        let done = usize::try_from(needed - self.first).unwrap_or(0).min(self.heard.len());
        // Moved only now and then, as the rest moves too.
        if done > self.heard.len() / 2 {
            self.heard.drain(..done);
            self.first += done as i64;
        }
        count
    }
}

/// The same with no more work than a live view can do.
fn affordable(mut settings: SpectrogramSettings, rate_hz: u32) -> SpectrogramSettings {
    let len = settings.window_len.max(1) as f32;
    let least_hop = rate_hz as f32 / MOST_FRAMES_PER_SEC;
    let least_hop = if settings.reassigned { least_hop.max(len / 10.0) } else { least_hop };
    let most_overlap = (100.0 * (1.0 - least_hop / len)).max(0.0);
    settings.overlap_percent = settings.overlap_percent.min(most_overlap);
    settings.zero_padding = settings.zero_padding.min((LONGEST_PADDED / settings.window_len.max(1)).max(1));
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_settings_stay_and_wild_ones_become_affordable() {
        let usual = SpectrogramSettings::default();
        assert_eq!(affordable(usual, 48_000), usual);
        let wild = SpectrogramSettings {
            window_len: 32_768,
            overlap_percent: 98.0,
            zero_padding: 8,
            reassigned: true,
            ..usual
        };
        let tame = affordable(wild, 48_000);
        assert_eq!((tame.zero_padding, tame.overlap_percent.round()), (1, 90.0));
        let dense = SpectrogramSettings { window_len: 256, overlap_percent: 98.0, ..usual };
        assert!((affordable(dense, 48_000).hop_len() as f32 - 200.0).abs() <= 1.0);
    }
}
