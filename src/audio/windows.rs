//! A few short windows of a file instead of all of it: what a classifier listens to.

use std::path::Path;

use super::decode::MonoStream;
use super::error::AudioError;
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
    /// Where each starts in the track, seconds.
    pub starts_secs: Vec<f64>,
    /// The track's playing time if it is known.
    pub duration_secs: Option<f64>,
    /// Seconds of sound in the windows.
    pub heard_secs: f64,
    /// Packets that could not be decoded on the way; each was replaced by silence.
    pub damaged_packets: u32,
}

/// Decodes windows of a file, mixed to mono and resampled, without decoding the rest where the format allows to jump.
///
/// A track longer than `max_windows` windows gives windows around the centres of that many equal segments; a shorter one
/// gives consecutive windows from its start (what is left at its end and fills no window is not heard).
///
/// Before each window a little more is decoded and dropped, so that codec and resampler stand where they would if they had
/// come all the way; windows start on moments that both rates have a sample for, so their samples are those of
/// [`super::decode_mono`].
///
/// # Errors
/// All of [`AudioError`] but `TooLong`.
pub fn decode_windows(path: &Path, plan: &WindowPlan, cancel: &CancelToken) -> Result<DecodedWindows, AudioError> {
    let mut reader = AudioReader::open_with(path, cancel)?;
    let told = reader.spec().duration_secs;
    let duration = match told {
        Some(secs) => secs,
        None => AudioReader::open_with(path, cancel)?.measure()?,
    };
    let layout = Layout::new(plan, reader.spec().sample_rate_hz, duration);
    if layout.is_dense {
        return cut_through(reader, plan, &layout);
    }
    match jump(&mut reader, plan, &layout) {
        Err(AudioError::Cancelled { path }) => Err(AudioError::Cancelled { path }),
        Ok(found) if found.windows.len() == layout.starts.len() => Ok(found),
        failed_or_short => {
            // The container's word on the length was wrong, or this file cannot be jumped in: count, then read through.
            if let Err(error) = failed_or_short {
                tracing::debug!("reading {} through: {error}", path.display());
            }
            let counted = AudioReader::open_with(path, cancel)?.measure()?;
            let layout = Layout::new(plan, reader.spec().sample_rate_hz, counted);
            cut_through(AudioReader::open_with(path, cancel)?, plan, &layout)
        }
    }
}

/// Where windows start, in samples of the result.
struct Layout {
    starts: Vec<usize>,
    window_len: usize,
    duration_secs: f64,
    is_dense: bool,
    /// The shortest time that is a whole number of samples at both rates: that many at the file's, that many at the result's.
    grid: (usize, usize),
}

impl Layout {
    fn new(plan: &WindowPlan, file_rate_hz: u32, duration_secs: f64) -> Self {
        let (file_rate, rate) = (file_rate_hz as usize, (plan.rate_hz as usize).max(1));
        let divisor = greatest_common_divisor(file_rate, rate);
        let grid = (file_rate / divisor, rate / divisor);
        let window_len = ((plan.window_secs * f64::from(plan.rate_hz)).round() as usize).max(1);
        let total = (duration_secs * f64::from(plan.rate_hz)).round() as usize;
        let most = plan.max_windows.max(1);
        let starts: Vec<usize> = if total <= most * window_len {
            (0..(total / window_len).max(1)).map(|index| index * window_len).collect()
        } else {
            (0..most)
                .map(|index| {
                    let centre = total as f64 * (index as f64 + 0.5) / most as f64;
                    let start = (centre - window_len as f64 / 2.0).max(0.0) as usize;
                    start / grid.1 * grid.1
                })
                .collect()
        };
        let is_dense = (starts.len() * window_len) as f64 > DENSE_SHARE * total as f64;
        Self { starts, window_len, duration_secs, is_dense, grid }
    }
}

/// Seeks to each window.
fn jump(reader: &mut AudioReader, plan: &WindowPlan, layout: &Layout) -> Result<DecodedWindows, AudioError> {
    let mut stream = MonoStream::new(reader, plan.rate_hz)?;
    let mut windows = Vec::with_capacity(layout.starts.len());
    let mut ahead = Vec::new();
    for &start in &layout.starts {
        let start_in = start / layout.grid.1 * layout.grid.0;
        // The resampler's filter needs what is before the window; both numbers are multiples of the grid.
        let lead_in = stream.reach_frames().min(start_in);
        let lead_out = lead_in / layout.grid.0 * layout.grid.1;
        if !reader.seek_to_frame((start_in - lead_in) as i64)? {
            // Each window would be reached from the start; better once for all.
            break;
        }
        ahead.clear();
        let mut more = true;
        while more && ahead.len() < lead_out + layout.window_len {
            more = stream.next(reader, &mut ahead)?;
        }
        let got = ahead.len();
        stream.finish(reader.path(), &mut ahead)?;
        if more {
            // Flushing gave samples as if the track ended here; only those before are real.
            ahead.truncate(got);
        }
        if ahead.len() < lead_out + layout.window_len {
            break;
        }
        windows.push(ahead[lead_out..lead_out + layout.window_len].to_vec());
    }
    Ok(collect(windows, reader, plan, layout))
}

/// Decodes from the start and keeps the windows only.
fn cut_through(mut reader: AudioReader, plan: &WindowPlan, layout: &Layout) -> Result<DecodedWindows, AudioError> {
    let mut stream = MonoStream::new(&reader, plan.rate_hz)?;
    let mut windows = vec![Vec::with_capacity(layout.window_len); layout.starts.len()];
    let end = layout.starts.last().map_or(0, |start| start + layout.window_len);
    let mut block = Vec::new();
    let mut position = 0;
    let mut more = true;
    while more && position < end {
        block.clear();
        more = stream.next(&mut reader, &mut block)?;
        if !more {
            let path = reader.path().to_path_buf();
            stream.finish(&path, &mut block)?;
        }
        for (window, &start) in windows.iter_mut().zip(&layout.starts) {
            let from = start.max(position);
            let to = (start + layout.window_len).min(position + block.len());
            if from < to {
                window.extend_from_slice(&block[from - position..to - position]);
            }
        }
        position += block.len();
    }
    // Complete ones, or the first if the file is shorter than a window.
    let complete = windows.iter().take_while(|window| window.len() == layout.window_len).count();
    windows.truncate(complete.max(1));
    if windows.iter().all(Vec::is_empty) {
        return Err(AudioError::Empty { path: reader.path().to_path_buf() });
    }
    Ok(collect(windows, &reader, plan, layout))
}

fn collect(windows: Vec<Vec<f32>>, reader: &AudioReader, plan: &WindowPlan, layout: &Layout) -> DecodedWindows {
    let rate = f64::from(plan.rate_hz);
    DecodedWindows {
        starts_secs: layout.starts.iter().take(windows.len()).map(|start| *start as f64 / rate).collect(),
        duration_secs: Some(layout.duration_secs).filter(|secs| *secs > 0.0),
        heard_secs: windows.iter().map(Vec::len).sum::<usize>() as f64 / rate,
        damaged_packets: reader.damaged_packets(),
        windows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: WindowPlan = WindowPlan { rate_hz: 16_000, window_secs: 3.0, max_windows: 10 };

    #[test]
    fn a_long_track_has_windows_around_the_centres_of_equal_segments() {
        let layout = Layout::new(&PLAN, 44_100, 200.0);
        assert_eq!(layout.starts.len(), 10);
        assert!(!layout.is_dense);
        for (index, &start) in layout.starts.iter().enumerate() {
            let centre = start as f64 / 16_000.0 + 1.5;
            assert!((centre - (10.0 + 20.0 * index as f64)).abs() < 0.02, "{centre}");
            assert_eq!(start % layout.grid.1, 0);
        }
    }

    #[test]
    fn shorter_tracks_have_consecutive_windows() {
        assert_eq!(Layout::new(&PLAN, 44_100, 30.0).starts.len(), 10);
        assert_eq!(Layout::new(&PLAN, 44_100, 8.9).starts, [0, 48_000]);
        assert_eq!(Layout::new(&PLAN, 44_100, 0.2).starts, [0]);
        assert_eq!(Layout::new(&PLAN, 44_100, 0.0).starts, [0]);
    }
}
