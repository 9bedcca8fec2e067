//! Pictures of sound: spectrograms and scalograms as grids of levels over time and frequency.
//!
//! [`Analyzer`] turns sound into levels on any grid of columns (time) and rows (frequency). The window, the tiles of the
//! cache, the live views and the command line all use it, so they all show the same.

pub mod analyzer;
pub mod axis;
pub mod colormap;
pub mod cwt;
pub mod grid;
pub mod levels;
pub mod live;
pub mod pitch;
mod reassign;
mod row_map;
mod scalogram;
pub mod settings;
mod spectrogram;

pub use analyzer::Analyzer;
pub use axis::{FrequencyAxis, FrequencyScale};
pub use colormap::Shading;
pub use grid::{Columns, Rows, Sound};
pub use levels::NO_LEVEL;
pub use live::LiveAnalyzer;
pub use settings::{
    Colormap, Levels, Norm, Part, PictureSettings, PictureSpec, ScalogramSettings, SpectrogramSettings, Transform,
    Wavelet,
};
