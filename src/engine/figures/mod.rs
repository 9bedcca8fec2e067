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
        write_atomic(path, &bytes).map_err(|error| {
            let mut report = Report::new(format!("{} cannot be written", path.display()));
            report.causes.push(error.to_string());
            report
        })?;
    }
    Ok(paths)
}
