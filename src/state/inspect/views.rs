//! The pictures that show now: of which song, with which settings, over which stretch.

use crate::base::{Channel, TrackId};
use crate::dsp::picture::PictureSettings;
use crate::library::model::Track;
use crate::state::AppState;

use super::wish::sharpness;
use super::{Compare, Inspect, Kind, LEAST_SECS, Mode, Span};

/// The sides of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The left one, or the only one.
    A,
    /// The right one.
    B,
}

/// One picture on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Where it stands in a comparison.
    pub side: Side,
    /// What it is.
    pub kind: Kind,
    /// Where both sides of the song are shown: which of them this is, left above right.
    pub lane: Option<Channel>,
    /// The song; `None` in live mode when nothing plays.
    pub track: Option<TrackId>,
    /// How it is made and drawn.
    pub settings: PictureSettings,
}

impl View {
    /// Whether it is the upper or only picture of its kind and side: the one that carries what belongs to both.
    pub fn leads(&self) -> bool {
        self.lane != Some(Channel::Right)
    }

    /// What follows its name where both sides are shown: " left", " right".
    pub fn lane_name(&self) -> &'static str {
        match self.lane {
            Some(Channel::Left) => " left",
            Some(Channel::Right) => " right",
            _ => "",
        }
    }
}

impl AppState {
    /// The song that Inspect shows: the pinned one, else the one that plays, else the selected one.
    pub fn inspected(&self) -> Option<&Track> {
        let pinned = self.inspect.pinned.and_then(|id| self.track(id));
        pinned.or_else(|| self.playing()).or_else(|| self.lead())
    }

    /// How long a song lasts, as far as that is known, seconds.
    pub fn track_secs(&self, id: TrackId) -> f64 {
        let tagged = self.track(id).map_or(0.0, |track| track.duration_secs);
        let played = if self.player.current == Some(id) { self.player.duration_secs } else { 0.0 };
        if played > 0.0 { played } else { tagged.max(0.0) }
    }

    /// Everything that the time axis of the whole-track mode can show.
    pub fn inspect_limits(&self) -> Span {
        let own = self.inspected().map_or(0.0, |track| self.track_secs(track.id));
        let other = match self.inspect.compare {
            Some(Compare::Track(id)) => self.track_secs(id),
            _ => 0.0,
        };
        Span::new(0.0, own.max(other).max(LEAST_SECS))
    }

    /// The stretch of time that shows: seconds of the song, or of the live clock.
    pub fn inspect_span(&self) -> Span {
        let inspect = &self.inspect;
        match inspect.mode {
            Mode::Live => {
                let edge = inspect.frozen_secs.or_else(|| inspect.live.now_secs()).unwrap_or(0.0);
                let to = edge - inspect.live_back_secs;
                Span { from: to - inspect.live_secs, to }
            }
            Mode::Whole => {
                let limits = self.inspect_limits();
                inspect.span.map_or(limits, |span| span.inside(limits))
            }
        }
    }

    /// Where the playhead stands in the song that shows, seconds.
    pub fn inspect_playhead(&self) -> Option<f64> {
        let shown = self.inspected()?.id;
        (self.inspect.mode == Mode::Whole && self.player.current == Some(shown)).then_some(self.player.position_secs)
    }

    /// The settings of one picture.
    pub fn picture_settings(&self, kind: Kind, side: Side) -> PictureSettings {
        match (side, self.inspect.compare, kind) {
            (Side::B, Some(Compare::Settings { spectrogram, .. }), Kind::Spectrogram) => spectrogram,
            (Side::B, Some(Compare::Settings { scalogram, .. }), Kind::Scalogram) => scalogram,
            (_, _, Kind::Spectrogram) => self.settings.spectrogram,
            (_, _, Kind::Scalogram) => self.settings.scalogram,
        }
    }

    /// What a picture shows, from the top: one signal, or the left side and the right one. What is heard live is one signal.
    pub fn picture_lanes(&self, kind: Kind, side: Side) -> Vec<PictureSettings> {
        let settings = self.picture_settings(kind, side);
        match self.inspect.mode {
            Mode::Live => vec![PictureSettings { both_sides: false, ..settings }],
            Mode::Whole => settings.lanes(),
        }
    }

    /// The pictures on the screen: from the top, the left one before the right one; those of both sides of a song follow each other.
    pub fn inspect_views(&self) -> Vec<View> {
        let shown = match self.inspect.mode {
            Mode::Live => self.player.current,
            Mode::Whole => self.inspected().map(|track| track.id),
        };
        let sides: &[Side] = if self.inspect.compare.is_some() { &[Side::A, Side::B] } else { &[Side::A] };
        let mut views = Vec::with_capacity(8);
        for kind in self.inspect.panes.kinds() {
            for side in sides {
                let track = match (side, self.inspect.compare) {
                    (Side::B, Some(Compare::Track(id))) => Some(id),
                    _ => shown,
                };
                let lanes = self.picture_lanes(*kind, *side);
                let is_alone = lanes.len() == 1;
                views.extend(lanes.into_iter().map(|settings| {
                    let lane = (!is_alone).then_some(settings.spec.channel);
                    View { side: *side, kind: *kind, lane, track, settings }
                }));
            }
        }
        views
    }

    /// The sharpness at which the pictures are drawn now.
    pub fn inspect_sharpness(&self) -> (u8, u8) {
        let (width, height) = self.inspect.canvas.map_or((1000.0, 300.0), |canvas| (canvas.width_px, canvas.height_px));
        sharpness(self.inspect_span(), width, self.inspect.band, height)
    }

    /// The level of a picture at a time and a frequency, hundredths of a dB or of a degree.
    pub fn picture_level(&self, view: &View, secs: f64, hz: f32) -> Option<i16> {
        let place = f64::from(view.settings.spec.axis.position(hz));
        match self.inspect.mode {
            Mode::Live => self.inspect.live.ring(&view.settings.spec)?.level_at(secs, place),
            Mode::Whole => {
                let tiles = &self.inspect.tiles;
                let spec = tiles.known_spec(&view.settings.spec)?;
                tiles.level_at(view.track?, spec, self.inspect_sharpness(), secs, place)
            }
        }
    }
}

impl Inspect {
    /// Whether the view stands somewhere in particular.
    pub fn is_zoomed(&self) -> bool {
        self.span.is_some() || self.band != Span::WHOLE
    }

    /// Whether the live views stand still.
    pub fn is_frozen(&self) -> bool {
        self.frozen_secs.is_some()
    }
}
