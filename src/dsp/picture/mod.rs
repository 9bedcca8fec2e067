//! Pictures of sound: spectrograms and scalograms as grids of levels over time and frequency.
//!
//! [`Analyzer`] turns sound into levels on any grid of columns (time) and rows (frequency). The window, the tiles of the
//! cache, the live views and the command line all use it, so they all show the same.

pub mod axis;
pub mod grid;
pub mod settings;

pub use axis::{FrequencyAxis, FrequencyScale};
pub use grid::{Columns, Rows, Sound};
pub use settings::{
    Colormap, Levels, Norm, Part, PictureSettings, PictureSpec, ScalogramSettings, SpectrogramSettings, Transform,
    Wavelet, WindowShape,
};
