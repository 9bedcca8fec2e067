//! Figures about trainings, as SVG and PNG from the same shapes.
//!
//! Drawn by hand on `tiny-skia`, which the window brings anyway: general plotting crates draw thick lines in their bitmaps
//! without smoothing their edges.

pub mod bars;
pub mod confusion;
pub mod curves;
pub mod drawing;
mod glyphs;
mod palette;
mod panel;
mod raster;
pub mod reliability;
mod report;
mod svg;
mod tables;

use std::path::{Path, PathBuf};

use crate::base::Report;
use crate::base::fs::write_atomic;
use crate::ml::train::history::{EpochRecord, csv};

pub use bars::{Bars, f1_bars};
pub use confusion::{Cells, confusion};
pub use curves::{Curves, learning_curves};
pub use drawing::Drawing;
pub use reliability::reliability;
pub use report::write_comparison;
pub use tables::{classes_csv, comparison_csv, tests_csv, write_tables};

/// Pixels of a PNG for one CSS pixel.
const SCALE: f32 = 3.0;

/// Writes `name.svg` and `name.png` into `folder`.
///
/// # Errors
/// When they cannot be drawn or written.
pub fn write(drawing: &Drawing, folder: &Path, name: &str) -> Result<[PathBuf; 2], Report> {
    let png =
        drawing.png(SCALE).map_err(|trouble| Report::new(format!("The figure {name} cannot be drawn: {trouble}")))?;
    let paths = [folder.join(format!("{name}.svg")), folder.join(format!("{name}.png"))];
    for (path, bytes) in paths.iter().zip([drawing.svg().into_bytes(), png]) {
        write_file(path, &bytes)?;
    }
    Ok(paths)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Report> {
    write_atomic(path, bytes).map_err(|error| {
        let mut report = Report::new(format!("{} cannot be written", path.display()));
        report.causes.push(error.to_string());
        report
    })
}

/// The epochs of a run, to be drawn or listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// What the run is called.
    pub name: String,
    /// Its epochs.
    pub history: Vec<EpochRecord>,
    /// The genres, in the order of their F1.
    pub labels: Vec<String>,
}

/// Writes the curves of runs to a file that ends in `.png` or `.svg`, or the epochs of the first one to one that ends in `.csv`.
///
/// # Errors
/// When the ending is another one, or it cannot be drawn or written.
pub fn write_courses(courses: &[Course], file: &Path) -> Result<(), Report> {
    let drawing = || {
        learning_curves(
            &courses.iter().map(|run| Curves { name: &run.name, history: &run.history }).collect::<Vec<_>>(),
        )
    };
    let bytes = match file.extension().unwrap_or_default().to_string_lossy().to_lowercase().as_str() {
        "png" => {
            drawing().png(SCALE).map_err(|trouble| Report::new(format!("The curves cannot be drawn: {trouble}")))?
        }
        "svg" => drawing().svg().into_bytes(),
        "csv" => courses.first().map(|run| csv(&run.history, &run.labels)).unwrap_or_default().into_bytes(),
        _ => {
            let report = Report::new(format!("{} cannot be written", file.display()));
            return Err(report.with_hint("its name must end in .png, .svg or .csv"));
        }
    };
    write_file(file, &bytes)
}
