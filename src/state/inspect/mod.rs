//! What Inspect shows: which song, live or whole, which stretch of time and pitch, what lies under the cursor.

pub mod action;
pub mod curve;
pub mod live;
pub mod read_out;
pub mod reduce;
pub mod span;
pub mod store;
pub mod update;
pub mod views;
pub mod wish;

use crate::base::TrackId;
use crate::dsp::picture::{PictureSettings, PictureSpec};
use crate::engine::tiles::TileWish;

pub use action::InspectAction;
pub use span::Span;
pub use views::{Side, View};

use curve::Peaks;
use live::LivePictures;
use store::TileStore;

/// The shortest stretch of time that can fill the view, seconds.
pub const LEAST_SECS: f64 = 0.05;
/// The smallest part of a frequency axis that can fill the view.
pub const LEAST_BAND: f64 = 0.02;
/// The longest stretch that a live view shows, seconds.
pub const MOST_LIVE_SECS: f64 = 30.0;

/// What the time axis shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// What is heard now, moving past.
    Live,
    /// The song from its beginning to its end, or a part of it.
    #[default]
    Whole,
}

/// The kinds of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Short-time Fourier transform.
    Spectrogram,
    /// Continuous wavelet transform.
    Scalogram,
}

impl Kind {
    /// Both, from the top.
    pub const ALL: [Self; 2] = [Self::Spectrogram, Self::Scalogram];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spectrogram => "Spectrogram",
            Self::Scalogram => "Scalogram",
        }
    }
}

/// Which pictures show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panes {
    /// The spectrogram above the scalogram.
    #[default]
    Both,
    /// One of them, larger.
    Only(Kind),
}

impl Panes {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Both, Self::Only(Kind::Spectrogram), Self::Only(Kind::Scalogram)];

    /// The kinds that show, from the top.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Both => &Kind::ALL,
            Self::Only(Kind::Spectrogram) => &[Kind::Spectrogram],
            Self::Only(Kind::Scalogram) => &[Kind::Scalogram],
        }
    }
}

/// What stands at the right side when two things are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Compare {
    /// The same song with other settings.
    Settings {
        /// The spectrogram's.
        spectrogram: PictureSettings,
        /// The scalogram's.
        scalogram: PictureSettings,
    },
    /// Another song with the same settings.
    Track(TrackId),
}

/// A place in the pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cursor {
    /// Seconds from the song's start; on the live clock in live mode.
    pub secs: f64,
    /// Frequency, Hz.
    pub hz: f32,
    /// It was put there with the keyboard and stays when the pointer leaves.
    pub held: bool,
}

/// How large one picture is drawn, pixels of the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canvas {
    /// Pixels.
    pub width_px: f32,
    /// Pixels.
    pub height_px: f32,
}

/// Everything about Inspect that is not on the screen itself.
#[derive(Debug)]
pub struct Inspect {
    /// This song, whatever plays.
    pub pinned: Option<TrackId>,
    /// Live or whole.
    pub mode: Mode,
    /// Which pictures show.
    pub panes: Panes,
    /// The view moves so that the playhead stays in it.
    pub follow: bool,
    /// The visible stretch of the song; `None` is all of it.
    pub span: Option<Span>,
    /// The visible part of the frequency axes.
    pub band: Span,
    /// How much the live view shows, seconds.
    pub live_secs: f64,
    /// How far the frozen live view looks back, seconds.
    pub live_back_secs: f64,
    /// The live views stand still here, on the live clock.
    pub frozen_secs: Option<f64>,
    /// What is read.
    pub cursor: Option<Cursor>,
    /// Lines at the multiples of the cursor's frequency.
    pub harmonics: bool,
    /// The spectrum of one moment shows.
    pub curve: bool,
    /// The curve keeps its highest levels.
    pub peak_hold: bool,
    /// The page that explains shows.
    pub explain: bool,
    /// The picture fills the whole screen.
    pub full_screen: bool,
    /// What stands at the right side.
    pub compare: Option<Compare>,
    /// The loop while it is being dragged, seconds.
    pub loop_draft: Option<(f64, f64)>,
    /// How large the pictures are.
    pub canvas: Option<Canvas>,
    /// The tiles that arrived.
    pub tiles: TileStore,
    /// The live pictures.
    pub live: LivePictures,
    /// The highest levels of the curves.
    pub peaks: [Peaks; 2],
    pub(super) shown: Option<TrackId>,
    pub(super) sent_tiles: Vec<TileWish>,
    pub(super) sent_live: Vec<PictureSpec>,
}

impl Default for Inspect {
    fn default() -> Self {
        Self {
            pinned: None,
            mode: Mode::default(),
            panes: Panes::default(),
            follow: true,
            span: None,
            band: Span::WHOLE,
            live_secs: 12.0,
            live_back_secs: 0.0,
            frozen_secs: None,
            cursor: None,
            harmonics: false,
            curve: false,
            peak_hold: false,
            explain: false,
            full_screen: false,
            compare: None,
            loop_draft: None,
            canvas: None,
            tiles: TileStore::default(),
            live: LivePictures::default(),
            peaks: Default::default(),
            shown: None,
            sent_tiles: Vec::new(),
            sent_live: Vec::new(),
        }
    }
}
