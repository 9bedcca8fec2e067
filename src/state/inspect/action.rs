//! What a person does in Inspect.

use crate::base::TrackId;
use crate::dsp::picture::PictureSettings;

use super::views::Side;
use super::{Canvas, Cursor, Kind, Mode, Panes};

/// Something a person did in Inspect, beyond the verbs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InspectAction {
    /// Shows this song, whatever plays.
    Open(TrackId),
    /// Shows what plays again.
    Unpin,
    /// Puts another song beside the one that shows.
    CompareTrack(TrackId),
    /// Puts the same song beside it, with settings of its own.
    CompareSettings,
    /// Only one song again.
    CompareNothing,
    /// Live or whole.
    SetMode(Mode),
    /// Which pictures show.
    SetPanes(Panes),
    /// The pointer is here, or gone.
    Point(Option<Cursor>),
    /// An arrow key: this many steps in time and in pitch.
    StepCursor {
        /// To the right.
        time: i32,
        /// Upwards.
        pitch: i32,
        /// Ten times as far.
        far: bool,
    },
    /// Plays from the cursor.
    SeekCursor,
    /// Plays from here, seconds.
    SeekTo(f64),
    /// Zooms in time: the visible length becomes `factor` times as long around `anchor_secs`.
    ZoomTime {
        /// Below 1 comes nearer.
        factor: f64,
        /// What stays where it is, seconds.
        anchor_secs: f64,
    },
    /// Zooms in frequency around a place of the axis.
    ZoomBand {
        /// Below 1 comes nearer.
        factor: f64,
        /// What stays where it is, 0..1 of the whole axis.
        anchor: f64,
    },
    /// Moves the view by this many seconds and so much of the axis.
    Pan {
        /// Seconds; positive shows what comes later.
        secs: f64,
        /// Share of the whole axis; positive shows what is higher.
        band: f64,
    },
    /// The loop while it is dragged, seconds.
    DraftLoop(f64, f64),
    /// The dragged loop is settled.
    KeepLoop,
    /// How large one picture is.
    Canvas(Canvas),
    /// Asks where this picture or its numbers are to be saved.
    Save(Kind, Side),
    /// A picture's settings.
    SetPicture(Kind, Side, PictureSettings),
}
