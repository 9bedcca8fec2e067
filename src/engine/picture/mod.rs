//! Pictures of sound as files: PNG with axes, or the numbers as CSV or NPY.

mod axes;
mod canvas;
mod draw;
mod levels;
mod numbers;
mod rows_file;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::audio::AudioError;
use crate::base::CancelToken;
use crate::dsp::picture::PictureSettings;

use levels::Song;

/// The most pixels of a picture in one direction.
pub const MOST_PIXELS: usize = 32_768;
/// The most pixels of a picture in all.
const MOST_AREA: usize = 64 << 20;

/// What a picture shows, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureRequest {
    /// Transform, axis, levels, colours.
    pub settings: PictureSettings,
    /// Where it begins, seconds.
    pub from_secs: f64,
    /// Where it ends, seconds; beyond the end of the song (infinity as well) means its end.
    pub to_secs: f64,
    /// The lowest frequency that is shown, Hz.
    pub low_hz: f32,
    /// The highest frequency that is shown, Hz.
    pub high_hz: f32,
    /// Pixels in a row, axes included.
    pub width: usize,
    /// Rows of pixels, axes included.
    pub height: usize,
    /// Stands above the picture; nothing when empty.
    pub title: String,
    /// On white instead of black.
    pub light: bool,
    /// With axes, colour bar and title.
    pub axes: bool,
    /// Where a scalogram depends on what lies outside of the song it is dimmed.
    pub cone: bool,
    /// Of CSV and NPY: samples from one column to the next; `None` is the spectrogram's own, for a scalogram 512.
    pub hop: Option<usize>,
}

impl PictureRequest {
    /// The whole song, as the window shows it at first.
    pub fn new(settings: PictureSettings) -> Self {
        let axis = settings.spec.axis;
        Self {
            settings,
            from_secs: 0.0,
            to_secs: f64::INFINITY,
            low_hz: axis.low_hz,
            high_hz: axis.high_hz,
            width: 1600,
            height: 800,
            title: String::new(),
            light: false,
            axes: true,
            cone: true,
            hop: None,
        }
    }
}

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureFormat {
    /// A picture.
    Png,
    /// Numbers as text: the first row holds the times, the first column the frequencies.
    Csv,
    /// Numbers for NumPy: float32 `[frequency, time]`, lowest frequency first, with a `.json` beside it.
    Npy,
}

impl PictureFormat {
    /// What the ending of a file name asks for.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        [Self::Png, Self::Csv, Self::Npy].into_iter().find(|format| format.ending() == ending)
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Csv => "csv",
            Self::Npy => "npy",
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PictureWritten {
    /// The file; a `.json` of the same name lies beside an `.npy`.
    pub file: PathBuf,
    /// Its kind.
    pub format: PictureFormat,
    /// Pixels, or numbers, in a row: time.
    pub width: usize,
    /// Rows: frequency.
    pub height: usize,
}

/// Why a picture cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The sound cannot be read, or the caller asked to stop.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The file cannot be written.
    #[error("{} cannot be written", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The ending of the file is none of png, csv, npy.
    #[error("{} ends neither in .png nor .csv nor .npy", path.display())]
    Ending {
        /// The file.
        path: PathBuf,
    },
    /// Numbers of left and right at once.
    #[error("numbers are those of one signal (mid, side, left or right); left and right together are a picture, .png")]
    BothSides,
    /// Too few or too many pixels.
    #[error("a picture of {width} x {height} pixels is {}", if *width * *height > MOST_AREA { "too large" } else { "too small for its axes" })]
    Size {
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// The range of time or frequency has nothing in it.
    #[error("there is nothing to show of {}: {what}", path.display())]
    Nothing {
        /// The song.
        path: PathBuf,
        /// What is asked for, and what there is.
        what: String,
    },
}

impl PictureError {
    /// Whether the caller asked to stop.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Audio(AudioError::Cancelled { .. }))
    }

    fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.to_path_buf(), source }
    }
}

/// Writes a picture of a song, or its numbers, to a file whose ending says which. `progress` hears how many seconds of
/// how many are done.
///
/// # Errors
/// All of [`PictureError`]; the file is then as it was before.
pub fn write_picture(
    song: &Path,
    request: &PictureRequest,
    file: &Path,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(f64, f64),
) -> Result<PictureWritten, PictureError> {
    let format = PictureFormat::of(file).ok_or_else(|| PictureError::Ending { path: file.to_path_buf() })?;
    if request.settings.both_sides && format != PictureFormat::Png {
        return Err(PictureError::BothSides);
    }
    let (song, request) = opened(song, request, cancel)?;
    let (width, height) = match format {
        PictureFormat::Png => draw::png(&song, &request, file, progress)?,
        PictureFormat::Csv => numbers::csv(&song, &request, file, progress)?,
        PictureFormat::Npy => numbers::npy(&song, &request, file, progress)?,
    };
    Ok(PictureWritten { file: file.to_path_buf(), format, width, height })
}

/// A picture in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height * 3` bytes: red, green, blue; rows from the top.
    pub rgb: Vec<u8>,
}

/// Draws a picture of a song into memory.
///
/// # Errors
/// All of [`PictureError`] but those about files that are written.
pub fn draw_picture(song: &Path, request: &PictureRequest, cancel: &CancelToken) -> Result<Picture, PictureError> {
    let (song, request) = opened(song, request, cancel)?;
    let canvas = draw::paint(&song, &request, &mut |_, _| ())?;
    Ok(Picture { width: canvas.width, height: canvas.height, rgb: canvas.pixels })
}

/// The song, and what of the request it can serve.
fn opened(song: &Path, request: &PictureRequest, cancel: &CancelToken) -> Result<(Song, PictureRequest), PictureError> {
    let mut request = PictureRequest { settings: request.settings.clamped(), ..request.clone() };
    // A range outside of the axis would have rows of no frequency.
    let axis = request.settings.spec.axis;
    request.low_hz = request.low_hz.clamp(axis.low_hz, axis.high_hz);
    request.high_hz = request.high_hz.clamp(axis.low_hz, axis.high_hz);
    let song = Song::open(song, cancel)?;
    song.cut(&mut request)?;
    Ok((song, request))
}
