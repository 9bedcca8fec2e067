//! The numbers of a picture: every frequency of the transform at every hop.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::base::Channel;
use crate::base::fs::write_atomic;
use crate::dsp::picture::{Analyzer, Columns, FrequencyAxis, PictureSettings, Sound, Transform};

use super::levels::Song;
use super::rows_file::{RowsFile, write_text};
use super::{PictureError, PictureRequest};

/// From one column of a scalogram to the next, samples.
const SCALOGRAM_HOP: usize = 512;
/// Numbers that are made at a time: 16 MB.
const BLOCK_LEN: usize = 4 << 20;
/// Sound that is made into numbers at a time, seconds.
const BLOCK_SECS: f64 = 16.0;

/// Which numbers.
struct Grid {
    frequencies_hz: Vec<f32>,
    axis: FrequencyAxis,
    hop: usize,
    /// The first column stands at this multiple of the hop.
    first: usize,
    columns: usize,
    rate_hz: u32,
}

/// What lies beside an `.npy`.
#[derive(Serialize)]
struct Legend<'a> {
    frequencies_hz: &'a [f32],
    times_secs: Vec<f64>,
    settings: &'a PictureSettings,
    /// What the numbers are.
    unit: &'static str,
    sample_rate_hz: u32,
}

impl Grid {
    fn new(song: &Song, request: &PictureRequest, analyzer: &Analyzer) -> Result<Self, PictureError> {
        let hop = match (request.hop, &request.settings.spec.transform) {
            (Some(hop), _) => hop.max(1),
            (None, Transform::Spectrogram(settings)) => settings.hop_len(),
            (None, Transform::Scalogram(_)) => SCALOGRAM_HOP,
        };
        let axis = FrequencyAxis {
            low_hz: request.low_hz,
            high_hz: request.high_hz.min(song.nyquist_hz()),
            ..request.settings.spec.axis
        };
        let frequencies_hz = analyzer.frequencies_hz(axis);
        let rate = f64::from(song.rate_hz);
        let first = (request.from_secs * rate / hop as f64).ceil() as usize;
        let last = (request.to_secs * rate / hop as f64).floor() as usize;
        let columns = (last + 1).saturating_sub(first);
        if columns == 0 || frequencies_hz.is_empty() {
            let what = "no column or no frequency of the transform lies in the range".to_owned();
            return Err(PictureError::Nothing { path: song.path.clone(), what });
        }
        Ok(Self { frequencies_hz, axis, hop, first, columns, rate_hz: song.rate_hz })
    }

    fn secs(&self, column: usize) -> f64 {
        (self.first + column) as f64 * self.hop as f64 / f64::from(self.rate_hz)
    }

    /// Computes them block by block.
    fn fill(
        &self,
        song: &Song,
        channel: Channel,
        analyzer: &mut Analyzer,
        out: &mut RowsFile,
        file: &Path,
        progress: &mut dyn FnMut(f64, f64),
    ) -> Result<(), PictureError> {
        let step_secs = self.hop as f64 / f64::from(self.rate_hz);
        let by_memory = (BLOCK_LEN / self.frequencies_hz.len()).max(1);
        let block = by_memory.min((BLOCK_SECS / step_secs) as usize).max(1);
        let reach_secs = analyzer.reach_secs(self.axis.low_hz);
        for first in (0..self.columns).step_by(block) {
            let count = block.min(self.columns - first);
            let columns = Columns { start_secs: self.secs(first), step_secs, count };
            let (samples, place) = song.sound(channel, columns, reach_secs)?;
            let sound = Sound { samples: &samples, first: place };
            let numbers = analyzer.sample(sound, columns.start_secs, step_secs, count, self.axis);
            out.write_columns(first, count, &numbers).map_err(PictureError::write(file))?;
            progress(first as f64 * step_secs, self.columns as f64 * step_secs);
        }
        Ok(())
    }
}

/// `.npy` and `.json`; gives the columns and rows.
pub(super) fn npy(
    song: &Song,
    request: &PictureRequest,
    file: &Path,
    progress: &mut dyn FnMut(f64, f64),
) -> Result<(usize, usize), PictureError> {
    let mut analyzer = Analyzer::new(&request.settings.spec.transform, song.rate_hz);
    let grid = Grid::new(song, request, &analyzer)?;
    let (rows, columns) = (grid.frequencies_hz.len(), grid.columns);
    let mut out = RowsFile::create(file, &npy_header(rows, columns), columns).map_err(PictureError::write(file))?;
    grid.fill(song, request.settings.spec.channel, &mut analyzer, &mut out, file, progress)?;
    let beside = file.with_extension("json");
    let legend = Legend {
        frequencies_hz: &grid.frequencies_hz,
        times_secs: (0..columns).map(|column| grid.secs(column)).collect(),
        settings: &request.settings,
        unit: unit(&request.settings),
        sample_rate_hz: song.rate_hz,
    };
    let text = serde_json::to_vec(&legend).map_err(|error| PictureError::write(&beside)(error.into()))?;
    write_atomic(&beside, &text).map_err(PictureError::write(&beside))?;
    out.keep().map_err(PictureError::write(file))?;
    Ok((columns, rows))
}

/// `.csv`; gives the columns and rows of numbers.
pub(super) fn csv(
    song: &Song,
    request: &PictureRequest,
    file: &Path,
    progress: &mut dyn FnMut(f64, f64),
) -> Result<(usize, usize), PictureError> {
    let mut analyzer = Analyzer::new(&request.settings.spec.transform, song.rate_hz);
    let grid = Grid::new(song, request, &analyzer)?;
    let mut matrix = RowsFile::create(file, &[], grid.columns).map_err(PictureError::write(file))?;
    grid.fill(song, request.settings.spec.channel, &mut analyzer, &mut matrix, file, progress)?;
    let write = |out: &mut std::io::BufWriter<&mut std::fs::File>| {
        write!(out, "frequency_hz")?;
        for column in 0..grid.columns {
            write!(out, ",{:.6}", grid.secs(column))?;
        }
        for (row, hz) in grid.frequencies_hz.iter().enumerate() {
            write!(out, "\n{hz}")?;
            for value in matrix.read_row(row)? {
                write!(out, ",{value:.3}")?;
            }
        }
        writeln!(out)
    };
    write_text(file, write).map_err(PictureError::write(file))?;
    Ok((grid.columns, grid.frequencies_hz.len()))
}

fn unit(settings: &PictureSettings) -> &'static str {
    use crate::dsp::picture::Part;
    match settings.spec.transform {
        Transform::Scalogram(scalogram) if scalogram.part == Part::Phase => "degrees",
        _ => "dB full scale",
    }
}

/// The header of NumPy's format version 1.0: magic, version, length, a Python dictionary; 64-byte aligned.
fn npy_header(rows: usize, columns: usize) -> Vec<u8> {
    let mut dictionary = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let unpadded = 10 + dictionary.len() + 1;
    dictionary.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    dictionary.push('\n');
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend_from_slice(&(dictionary.len() as u16).to_le_bytes());
    header.extend_from_slice(dictionary.as_bytes());
    header
}
