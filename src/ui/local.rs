//! What the panels themselves must keep between frames: text being typed, widths, textures. Nothing the state decides.

use serde::{Deserialize, Serialize};

use crate::state::Column;

use super::cover_textures::CoverTextures;
use super::inspect::InspectLocal;
use super::live_texture::LiveTexture;
use super::queue::QueueView;
use super::train::TrainLocal;

/// A column of the table and how wide it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnWidth {
    /// Which.
    pub column: Column,
    /// Points.
    pub width: f32,
}

/// What is remembered from run to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// The visible columns in order.
    pub columns: Vec<ColumnWidth>,
}

impl Default for Layout {
    fn default() -> Self {
        use Column::{Album, Artist, Confidence, Genre, Length, Title, Year};
        let columns = [
            (Title, 272.0),
            (Artist, 176.0),
            (Album, 176.0),
            (Genre, 128.0),
            (Confidence, 116.0),
            (Length, 64.0),
            (Year, 56.0),
        ];
        Self { columns: columns.map(|(column, width)| ColumnWidth { column, width }).to_vec() }
    }
}

/// Everything the panels keep.
#[derive(Default)]
pub struct Local {
    /// Remembered from run to run.
    pub layout: Layout,
    /// Bring this row into view in the next frame.
    pub scroll_to_row: Option<usize>,
    /// How far the table is scrolled, and how much of it shows, points.
    pub table_view: (f32, f32),
    /// Put the caret into the search field in the next frame.
    pub focus_search: bool,
    /// Give the keyboard to the table in the next frame.
    pub focus_table: bool,
    /// The text being typed into a popup.
    pub popup_text: String,
    /// The popup was open in the last frame.
    pub popup_open: bool,
    /// Where the seek bar is being dragged to, seconds.
    pub seeking: Option<f64>,
    /// The queue panel.
    pub queue: QueueView,
    /// How far the queue is scrolled, and how much of it shows, points.
    pub queue_scroll: (f32, f32),
    /// The live spectrogram on the graphics card.
    pub live: LiveTexture,
    /// The pictures of Inspect.
    pub inspect: InspectLocal,
    /// What the panels of Train keep.
    pub train: TrainLocal,
    /// Covers on the graphics card.
    pub covers: CoverTextures,
}
