//! Sound in, levels out.

use super::axis::FrequencyAxis;
use super::grid::{Columns, Rows, Sound};
use super::scalogram::Scalogram;
use super::settings::Transform;
use super::spectrogram::Spectrogram;

/// Turns sound into levels. Plans and buffers are kept from one call to the next.
///
/// A column shows the peak over its time, whatever the zoom; one that is narrower than the distance of two frames of a
/// spectrogram shows the nearest frame. A row shows the peak over the bins or scales inside it; one that is narrower than
/// their distance lies between two of them, in dB. Frames stand on whole multiples of the hop from sample 0 of the song and
/// are centred there, so pieces that are rendered separately join without a seam.
pub struct Analyzer {
    rate_hz: u32,
    kind: Kind,
}

enum Kind {
    Spectrogram(Box<Spectrogram>),
    Scalogram(Box<Scalogram>),
}

impl Analyzer {
    /// For sound at `rate_hz` (0 is taken as 1). The settings must be inside their ranges
    /// ([`super::PictureSettings::clamped`]).
    pub fn new(transform: &Transform, rate_hz: u32) -> Self {
        let rate_hz = rate_hz.max(1);
        let kind = match transform {
            Transform::Spectrogram(settings) => Kind::Spectrogram(Box::new(Spectrogram::new(settings, rate_hz))),
            Transform::Scalogram(settings) => Kind::Scalogram(Box::new(Scalogram::new(settings, rate_hz))),
        };
        Self { rate_hz, kind }
    }

    /// For pictures that grow: every request comes from the same song, and of the sound that it depends on nothing will
    /// change.
    pub(super) fn keep_frames(&mut self) {
        if let Kind::Spectrogram(spectrogram) = &mut self.kind {
            spectrogram.keep_frames();
        }
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// How much sound before and after a stretch its columns depend on, seconds, when nothing below `lowest_hz` is asked
    /// for.
    pub fn reach_secs(&self, lowest_hz: f32) -> f64 {
        match &self.kind {
            Kind::Spectrogram(spectrogram) => spectrogram.reach_secs(),
            Kind::Scalogram(scalogram) => scalogram.reach_secs(lowest_hz),
        }
    }

    /// Half of the time in which an event is seen at a frequency, seconds: of a scalogram the cone of influence (the
    /// e-folding time of Torrence and Compo 1998, table 1), of a spectrogram half a window.
    pub fn cone_secs(&self, hz: f32) -> f64 {
        match &self.kind {
            Kind::Spectrogram(spectrogram) => spectrogram.cone_secs(),
            Kind::Scalogram(scalogram) => scalogram.cone_secs(hz),
        }
    }

    /// The transform's own frequencies inside an axis, rising: the bins of a spectrogram, one for each scale of a
    /// scalogram. There is none above half of the sample rate.
    pub fn frequencies_hz(&self, axis: FrequencyAxis) -> Vec<f32> {
        match &self.kind {
            Kind::Spectrogram(spectrogram) => spectrogram.frequencies_hz(axis),
            Kind::Scalogram(scalogram) => scalogram.frequencies_hz(axis),
        }
    }

    /// Fills `columns.count * rows.count` levels, column by column, the lowest frequency first: hundredths of a dB full
    /// scale (a full-scale sine is 0 dB in a spectrogram and an L1 scalogram; an L2 scalogram is the same at 1 kHz and 3 dB
    /// less an octave higher), hundredths of a degree for a phase, [`super::NO_LEVEL`] above half of the sample rate.
    pub fn render(&mut self, sound: Sound<'_>, columns: Columns, rows: Rows, out: &mut [i16]) {
        match &mut self.kind {
            Kind::Spectrogram(spectrogram) => spectrogram.render(sound, columns, rows, out),
            Kind::Scalogram(scalogram) => scalogram.render(sound, columns, rows, out),
        }
    }

    /// Values at `count` times for [`Analyzer::frequencies_hz`], `[frequency, time]`: dB, or degrees for a phase. Frames of
    /// a spectrogram are centred on the nearest sample; of a reassigned one the energy within half a step and half a bin
    /// counts.
    pub fn sample(
        &mut self,
        sound: Sound<'_>,
        start_secs: f64,
        step_secs: f64,
        count: usize,
        axis: FrequencyAxis,
    ) -> Vec<f32> {
        match &mut self.kind {
            Kind::Spectrogram(spectrogram) => spectrogram.sample(sound, start_secs, step_secs, count, axis),
            Kind::Scalogram(scalogram) => scalogram.sample(sound, start_secs, step_secs, count, axis),
        }
    }
}
