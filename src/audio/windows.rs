//! A few short windows of a file instead of all of it: what a classifier listens to.

use std::path::Path;

use super::decode::MonoStream;
use super::error::AudioError;
use super::integrity::{self, Checked};
use super::reader::AudioReader;
use super::resample::greatest_common_divisor;
use crate::base::CancelToken;

/// Above this share of the track, reading straight through is cheaper than jumping from window to window.
const DENSE_SHARE: f64 = 0.6;

/// Which windows to cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowPlan {
    /// Samples a second of the result.
    pub rate_hz: u32,
    /// The same windows at this rate as well.
    pub second_rate_hz: Option<u32>,
    /// Length of a window, seconds.
    pub window_secs: f64,
    /// The most windows.
    pub max_windows: usize,
}

/// The windows of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecodedWindows {
    /// Mono samples, nominally -1 to 1, in the order of the track. All have the full length, unless the file is shorter
    /// than one window: then the only one is as short as the file.
    pub windows: Vec<Vec<f32>>,
    /// The same at the plan's second rate; empty if it has none.
    pub second: Vec<Vec<f32>>,
    /// Where each starts in the track, seconds.
    pub starts_secs: Vec<f64>,
    /// The track's playing time by what is in the file, seconds: frames and streams were counted where headers are wrong or
    /// estimates. It may differ from what a tag reader says, which it corrects.
    pub duration_secs: Option<f64>,
    /// Seconds of sound in the windows.
    pub heard_secs: f64,
    /// Packets that could not be decoded on the way; each was replaced by silence.
    pub damaged_packets: u32,
    /// Samples in the windows that were no numbers; each was replaced by silence.
    pub not_numbers: u64,
    /// What is wrong with the file, wherever in it.
    pub checked: Checked,
}

impl DecodedWindows {
    /// A sentence about damage for people; `None` when nothing is wrong.
    pub fn damage_note(&self) -> Option<String> {
        self.checked.note().or_else(|| {
            (self.damaged_packets > 0).then(|| format!("{} damaged packets were skipped", self.damaged_packets))
        })
    }
}

impl WindowPlan {
    fn rates_hz(&self) -> Vec<u32> {
        std::iter::once(self.rate_hz).chain(self.second_rate_hz).collect()
    }
}

/// Decodes windows of a file, mixed to mono and resampled, without decoding the rest where the format allows to jump.
///
/// A track longer than `max_windows` windows gives windows around the centres of that many equal segments; a shorter one
/// gives consecutive windows from its start (what is left at its end and fills no window is not heard).
///
/// Before each window a little more is decoded and dropped, so that codec and resampler stand where they would if they had
/// come all the way; windows start on moments that all rates have a sample for, so their samples are those of
/// [`super::decode_mono`].
///
/// # Errors
/// All of [`AudioError`] but `TooLong`.
pub fn decode_windows(path: &Path, plan: &WindowPlan, cancel: &CancelToken) -> Result<DecodedWindows, AudioError> {
    let mut reader = AudioReader::open_with(path, cancel)?;
    let checked = integrity::check_container(path, &reader.spec().container, cancel)?;
    let told = reader.spec().duration_secs;
    // What was counted is closer to the truth, but the least rounding would move the windows.
    let counted = checked.duration_secs.filter(|secs| told.is_none_or(|told| (told - secs).abs() > 0.05));
    let duration = match counted.or(told) {
        Some(secs) => secs,
        None => AudioReader::open_with(path, cancel)?.measure()?,
    };
    let mut found = cut(path, plan, cancel, &mut reader, duration, checked.links > 1)?;
    found.checked = Checked { wrong_sum: found.checked.wrong_sum, ..checked };
    Ok(found)
}

/// The windows of a file that lasts so long.
fn cut(
    path: &Path,
    plan: &WindowPlan,
    cancel: &CancelToken,
    reader: &mut AudioReader,
    duration: f64,
    is_chained: bool,
) -> Result<DecodedWindows, AudioError> {
    let layout = Layout::new(plan, reader.spec().sample_rate_hz, duration);
    if layout.is_dense && reader.spec().container == "flac" {
        // Most of it is decoded anyway; with the little that is left the checksum of all can be compared.
        let mut reader = AudioReader::open_verified(path, cancel)?;
        let mut found = cut_through(&mut reader, &layout)?;
        let mut rest = Vec::new();
        while reader.next_block(&mut rest).is_ok_and(|frames| frames > 0) {
            rest.clear();
        }
        found.checked.wrong_sum = reader.sum_is_wrong();
        return Ok(found);
    }
    if layout.is_dense || is_chained {
        return cut_through(reader, &layout);
    }
    match jump(reader, &layout) {
        Err(AudioError::Cancelled { path }) => Err(AudioError::Cancelled { path }),
        Ok(found) if found.windows.len() == layout.count => Ok(found),
        failed_or_short => {
            // The container's word on the length was wrong, or this file cannot be jumped in: count, then read through.
            if let Err(error) = failed_or_short {
                tracing::debug!("reading {} through: {error}", path.display());
            }
            let counted = AudioReader::open_with(path, cancel)?.measure()?;
            let layout = Layout::new(plan, reader.spec().sample_rate_hz, counted);
            cut_through(&mut AudioReader::open_with(path, cancel)?, &layout)
        }
    }
}

/// Where windows lie.
struct Layout {
    count: usize,
    duration_secs: f64,
    is_dense: bool,
    /// At each rate of the plan.
    rates: Vec<RateLayout>,
    /// The shortest time, in frames of the file, that is a whole number of samples at all rates.
    grid_frames: usize,
}

/// Where windows lie in the samples of one rate.
struct RateLayout {
    rate_hz: u32,
    starts: Vec<usize>,
    window_len: usize,
    /// So many frames of the file last as long as that many samples.
    grid: (usize, usize),
}

impl RateLayout {
    /// Frames of the file, a multiple of the grid, as samples.
    fn samples(&self, frames: usize) -> usize {
        frames / self.grid.0 * self.grid.1
    }
}

impl Layout {
    fn new(plan: &WindowPlan, file_rate_hz: u32, duration_secs: f64) -> Self {
        let file_rate = file_rate_hz as usize;
        let empty = |rate_hz: u32| {
            let rate = (rate_hz as usize).max(1);
            let divisor = greatest_common_divisor(file_rate, rate);
            let window_len = ((plan.window_secs * f64::from(rate_hz)).round() as usize).max(1);
            RateLayout { rate_hz, starts: Vec::new(), window_len, grid: (file_rate / divisor, rate / divisor) }
        };
        let mut rates: Vec<RateLayout> = plan.rates_hz().into_iter().map(empty).collect();
        let grid_frames =
            rates.iter().fold(1, |grid, rate| grid / greatest_common_divisor(grid, rate.grid.0) * rate.grid.0);
        let (window_len, rate_hz) = (rates[0].window_len, f64::from(plan.rate_hz));
        let total = (duration_secs * rate_hz).round() as usize;
        let most = plan.max_windows.max(1);
        let follow = total <= most * window_len;
        let count = if follow { (total / window_len).max(1) } else { most };
        for rate in &mut rates {
            rate.starts = if follow {
                (0..count).map(|index| index * rate.window_len).collect()
            } else {
                let centre_secs = |index: usize| duration_secs * (index as f64 + 0.5) / most as f64;
                let first =
                    |index: usize| (centre_secs(index) - plan.window_secs / 2.0).max(0.0) * f64::from(file_rate_hz);
                (0..count).map(|index| rate.samples(first(index) as usize / grid_frames * grid_frames)).collect()
            };
        }
        let is_dense = (count * window_len) as f64 > DENSE_SHARE * total as f64;
        Self { count, duration_secs, is_dense, rates, grid_frames }
    }

    fn rates_hz(&self) -> Vec<u32> {
        self.rates.iter().map(|rate| rate.rate_hz).collect()
    }

    fn collect(&self, windows: Vec<Vec<Vec<f32>>>, reader: &AudioReader) -> DecodedWindows {
        let mut windows = windows.into_iter();
        let (first, second) = (windows.next().unwrap_or_default(), windows.next().unwrap_or_default());
        let rate = f64::from(self.rates[0].rate_hz);
        DecodedWindows {
            starts_secs: self.rates[0].starts.iter().take(first.len()).map(|start| *start as f64 / rate).collect(),
            duration_secs: Some(self.duration_secs).filter(|secs| *secs > 0.0),
            heard_secs: first.iter().map(Vec::len).sum::<usize>() as f64 / rate,
            damaged_packets: reader.damaged_packets(),
            not_numbers: reader.not_numbers(),
            windows: first,
            second,
            ..DecodedWindows::default()
        }
    }
}

/// Seeks to each window.
fn jump(reader: &mut AudioReader, layout: &Layout) -> Result<DecodedWindows, AudioError> {
    let rates = &layout.rates;
    let mut stream = MonoStream::new(reader, &layout.rates_hz())?;
    let mut windows = vec![Vec::with_capacity(layout.count); rates.len()];
    let mut ahead = vec![Vec::new(); rates.len()];
    // The resamplers' filters need what is before a window.
    let reach = stream.reach_frames().div_ceil(layout.grid_frames) * layout.grid_frames;
    for index in 0..layout.count {
        // All of these are multiples of the grid.
        let start = rates[0].starts[index] / rates[0].grid.1 * rates[0].grid.0;
        let lead = reach.min(start);
        if !reader.seek_to_frame((start - lead) as i64)? {
            // Each window would be reached from the start; better once for all.
            break;
        }
        ahead.iter_mut().for_each(Vec::clear);
        let ends: Vec<usize> = rates.iter().map(|rate| rate.samples(lead) + rate.window_len).collect();
        let is_short = |ahead: &[Vec<f32>]| ahead.iter().zip(&ends).any(|(ahead, end)| ahead.len() < *end);
        let mut more = true;
        while more && is_short(&ahead) {
            more = stream.next(reader, &mut ahead)?;
        }
        let got: Vec<usize> = ahead.iter().map(Vec::len).collect();
        stream.finish(reader.path(), &mut ahead)?;
        if more {
            // Flushing gave samples as if the track ended here; only those before are real.
            ahead.iter_mut().zip(got).for_each(|(ahead, got)| ahead.truncate(got));
        }
        if is_short(&ahead) {
            break;
        }
        for (((windows, ahead), rate), end) in windows.iter_mut().zip(&ahead).zip(rates).zip(&ends) {
            windows.push(ahead[end - rate.window_len..*end].to_vec());
        }
    }
    Ok(layout.collect(windows, reader))
}

/// Decodes from the start and keeps the windows only.
fn cut_through(reader: &mut AudioReader, layout: &Layout) -> Result<DecodedWindows, AudioError> {
    let rates = &layout.rates;
    let mut stream = MonoStream::new(reader, &layout.rates_hz())?;
    let mut windows: Vec<Vec<Vec<f32>>> =
        rates.iter().map(|rate| vec![Vec::with_capacity(rate.window_len); layout.count]).collect();
    let mut blocks = vec![Vec::new(); rates.len()];
    let mut positions = vec![0; rates.len()];
    let end = |rate: &RateLayout| rate.starts.last().map_or(0, |start| start + rate.window_len);
    let mut more = true;
    while more && rates.iter().zip(&positions).any(|(rate, position)| *position < end(rate)) {
        blocks.iter_mut().for_each(Vec::clear);
        more = stream.next(reader, &mut blocks)?;
        if !more {
            let path = reader.path().to_path_buf();
            stream.finish(&path, &mut blocks)?;
        }
        for (((windows, block), rate), position) in windows.iter_mut().zip(&blocks).zip(rates).zip(&mut positions) {
            for (window, &start) in windows.iter_mut().zip(&rate.starts) {
                let from = start.max(*position);
                let to = (start + rate.window_len).min(*position + block.len());
                if from < to {
                    window.extend_from_slice(&block[from - *position..to - *position]);
                }
            }
            *position += block.len();
        }
    }
    // Those that are complete at all rates, or the first if the file is shorter than a window.
    let complete = |(windows, rate): (&Vec<Vec<f32>>, &RateLayout)| {
        windows.iter().take_while(|window| window.len() == rate.window_len).count()
    };
    let complete = windows.iter().zip(rates).map(complete).min().unwrap_or(0).max(1);
    windows.iter_mut().for_each(|windows| windows.truncate(complete));
    if windows.iter().flatten().any(Vec::is_empty) {
        return Err(AudioError::Empty { path: reader.path().to_path_buf() });
    }
    Ok(layout.collect(windows, reader))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: WindowPlan =
        WindowPlan { rate_hz: 16_000, second_rate_hz: Some(22_050), window_secs: 3.0, max_windows: 10 };

    #[test]
    fn a_long_track_has_windows_around_the_centres_of_equal_segments() {
        let layout = Layout::new(&PLAN, 44_100, 200.0);
        assert!(!layout.is_dense);
        let [first, second] = &layout.rates[..] else { panic!() };
        assert_eq!((first.starts.len(), second.starts.len(), layout.grid_frames), (10, 10, 882));
        for (index, (&start, &second)) in first.starts.iter().zip(&second.starts).enumerate() {
            let centre = start as f64 / 16_000.0 + 1.5;
            assert!((centre - (10.0 + 20.0 * index as f64)).abs() < 0.02, "{centre}");
            assert_eq!((start % first.grid.1, start * 22_050), (0, second * 16_000), "the same moment");
        }
    }

    #[test]
    fn shorter_tracks_have_consecutive_windows() {
        let starts = |duration_secs| Layout::new(&PLAN, 44_100, duration_secs).rates.swap_remove(0).starts;
        assert_eq!(starts(30.0).len(), 10);
        assert_eq!(starts(8.9), [0, 48_000]);
        assert_eq!(starts(0.2), [0]);
        assert_eq!(starts(0.0), [0]);
        assert_eq!(Layout::new(&PLAN, 44_100, 8.9).rates[1].starts, [0, 66_150]);
    }
}
