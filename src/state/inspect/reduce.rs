//! What a person does in Inspect becomes changes of the view and commands to the engine.

use crate::audio::player::PlayerCommand;
use crate::dsp::picture::{PictureSettings, Transform, Wavelet};
use crate::engine::Command;
use crate::engine::picture::PictureRequest;
use crate::engine::settings::Change;
use crate::state::effect::PictureFile;
use crate::state::{AppState, Effect, Place, Verb};

use super::action::InspectAction;
use super::views::Side;
use super::{Compare, Cursor, Kind, LEAST_BAND, LEAST_SECS, MOST_LIVE_SECS, Mode, Panes, Span};

/// A loop shorter than this is a slip of the hand, seconds.
const LEAST_LOOP_SECS: f64 = 0.02;
/// One step of the zoom keys.
const ZOOM_STEP: f64 = 0.6;
/// One step of the keys that move the view: a share of what shows.
const PAN_STEP: f64 = 0.25;

impl AppState {
    pub(in crate::state) fn reduce_inspect(&mut self, action: InspectAction) -> Vec<Command> {
        match action {
            InspectAction::Open(id) => {
                self.inspect.pinned = Some(id);
                self.inspect.mode = Mode::Whole;
                self.place = Place::Inspect;
            }
            InspectAction::Unpin => self.inspect.pinned = None,
            InspectAction::CompareTrack(id) => {
                self.inspect.compare = Some(Compare::Track(id));
                self.inspect.mode = Mode::Whole;
                self.place = Place::Inspect;
            }
            InspectAction::CompareSettings => self.compare_settings(),
            InspectAction::CompareNothing => self.inspect.compare = None,
            InspectAction::SetMode(mode) => self.set_mode(mode),
            InspectAction::SetPanes(panes) => self.inspect.panes = panes,
            InspectAction::Point(Some(cursor)) => self.inspect.cursor = Some(cursor),
            InspectAction::Point(None) => {
                if self.inspect.cursor.is_some_and(|cursor| !cursor.held) {
                    self.inspect.cursor = None;
                }
            }
            InspectAction::StepCursor { time, pitch, far } => self.step_cursor(time, pitch, far),
            InspectAction::SeekCursor => {
                if let Some(cursor) = self.inspect.cursor {
                    return self.inspect_seek(cursor.secs);
                }
            }
            InspectAction::SeekTo(secs) => return self.inspect_seek(secs),
            InspectAction::ZoomTime { factor, anchor_secs } => self.zoom_time(factor, anchor_secs),
            InspectAction::ZoomBand { factor, anchor } => {
                self.inspect.band = self.inspect.band.zoomed(factor, anchor, LEAST_BAND, Span::WHOLE);
            }
            InspectAction::Pan { secs, band } => self.pan(secs, band),
            InspectAction::DraftLoop(from, to) => {
                let limits = self.inspect_limits();
                let draft = Span::new(from.clamp(limits.from, limits.to), to.clamp(limits.from, limits.to));
                self.inspect.loop_draft = Some((draft.from, draft.to));
            }
            InspectAction::KeepLoop => return self.keep_loop(),
            InspectAction::Canvas(canvas) => self.inspect.canvas = Some(canvas),
            InspectAction::Save(kind, side) => self.save_picture(kind, side),
            InspectAction::SetPicture(kind, side, settings) => return self.set_picture(kind, side, settings.clamped()),
        }
        Vec::new()
    }

    /// The verbs of Inspect; elsewhere they do nothing.
    pub(in crate::state) fn reduce_inspect_verb(&mut self, verb: Verb) -> Vec<Command> {
        if self.place != Place::Inspect {
            return Vec::new();
        }
        let inspect = &mut self.inspect;
        match verb {
            Verb::ZoomIn => self.zoom_time(ZOOM_STEP, self.zoom_anchor()),
            Verb::ZoomOut => self.zoom_time(1.0 / ZOOM_STEP, self.zoom_anchor()),
            Verb::ZoomPitchIn => self.zoom_band(ZOOM_STEP),
            Verb::ZoomPitchOut => self.zoom_band(1.0 / ZOOM_STEP),
            Verb::ZoomWhole => {
                (inspect.span, inspect.band) = (None, Span::WHOLE);
                (inspect.live_secs, inspect.live_back_secs) = (12.0, 0.0);
            }
            Verb::PanEarlier => self.pan(-PAN_STEP * self.inspect_span().len(), 0.0),
            Verb::PanLater => self.pan(PAN_STEP * self.inspect_span().len(), 0.0),
            Verb::LiveOrWhole => {
                let other = if inspect.mode == Mode::Live { Mode::Whole } else { Mode::Live };
                self.set_mode(other);
            }
            Verb::Follow => inspect.follow = !inspect.follow,
            Verb::Freeze => self.freeze(),
            Verb::LoopSelection => return self.toggle_loop(),
            Verb::Panes => {
                let at = Panes::ALL.iter().position(|panes| *panes == inspect.panes).unwrap_or(0);
                inspect.panes = Panes::ALL[(at + 1) % Panes::ALL.len()];
            }
            Verb::Harmonics => inspect.harmonics = !inspect.harmonics,
            Verb::Curve => inspect.curve = !inspect.curve,
            Verb::PeakHold => {
                inspect.peak_hold = !inspect.peak_hold;
                inspect.curve |= inspect.peak_hold;
                for peaks in &mut inspect.peaks {
                    peaks.clear();
                }
            }
            Verb::Compare => match inspect.compare {
                Some(_) => inspect.compare = None,
                None => self.compare_settings(),
            },
            Verb::Explain => inspect.explain = !inspect.explain,
            Verb::ReadCursor => {
                self.step_cursor(0, 0, false);
                self.effects.push(Effect::FocusPicture);
            }
            Verb::CopyReadOut => {
                if let Some(read_out) = self.read_out() {
                    self.effects.push(Effect::Copy(read_out.text()));
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// Closes what is open in Inspect; whether there was something.
    pub(in crate::state) fn escape_inspect(&mut self) -> bool {
        if self.inspect.full_screen {
            self.set_full_screen(false);
            return true;
        }
        if self.place != Place::Inspect {
            return false;
        }
        let inspect = &mut self.inspect;
        if inspect.loop_draft.take().is_some() {
            return true;
        }
        if inspect.cursor.is_some_and(|cursor| cursor.held) {
            inspect.cursor = None;
            self.effects.push(Effect::LeavePicture);
            return true;
        }
        if inspect.explain {
            inspect.explain = false;
            return true;
        }
        false
    }

    pub(in crate::state) fn set_full_screen(&mut self, on: bool) {
        self.inspect.full_screen = on;
        if on {
            self.place = Place::Inspect;
        }
        self.effects.push(Effect::FullScreen(on));
    }

    fn set_mode(&mut self, mode: Mode) {
        if mode == self.inspect.mode {
            return;
        }
        self.inspect.mode = mode;
        self.inspect.cursor = None;
        (self.inspect.frozen_secs, self.inspect.live_back_secs) = (None, 0.0);
        if mode == Mode::Live && matches!(self.inspect.compare, Some(Compare::Track(_))) {
            self.inspect.compare = None;
        }
    }

    fn freeze(&mut self) {
        let inspect = &mut self.inspect;
        inspect.frozen_secs = match inspect.frozen_secs {
            Some(_) => None,
            None if inspect.mode == Mode::Live => inspect.live.now_secs(),
            None => None,
        };
        inspect.live_back_secs = 0.0;
    }

    /// B begins where the difference is plain to see: a window four times as long, wavelets with three times the cycles.
    fn compare_settings(&mut self) {
        let (mut spectrogram, mut scalogram) = (self.settings.spectrogram, self.settings.scalogram);
        if let Transform::Spectrogram(settings) = &mut spectrogram.spec.transform {
            settings.window_len = if settings.window_len > 4096 { 512 } else { settings.window_len * 4 };
        }
        if let Transform::Scalogram(settings) = &mut scalogram.spec.transform {
            settings.wavelet = match settings.wavelet {
                Wavelet::Morlet { cycles } if cycles <= 12.0 => Wavelet::Morlet { cycles: cycles * 3.0 },
                Wavelet::Morlet { .. } => Wavelet::Morlet { cycles: 6.0 },
                _ => Wavelet::default(),
            };
        }
        self.inspect.compare =
            Some(Compare::Settings { spectrogram: spectrogram.clamped(), scalogram: scalogram.clamped() });
    }

    fn set_picture(&mut self, kind: Kind, side: Side, settings: PictureSettings) -> Vec<Command> {
        if side == Side::B
            && let Some(Compare::Settings { spectrogram, scalogram }) = &mut self.inspect.compare
        {
            match kind {
                Kind::Spectrogram => *spectrogram = settings,
                Kind::Scalogram => *scalogram = settings,
            }
            return Vec::new();
        }
        self.change_settings(vec![match kind {
            Kind::Spectrogram => Change::Spectrogram(settings),
            Kind::Scalogram => Change::Scalogram(settings),
        }])
    }

    /// The picture as it shows: its stretch of time and of frequency.
    fn save_picture(&mut self, kind: Kind, side: Side) {
        let views = self.inspect_views();
        let Some(view) = views.iter().find(|view| (view.kind, view.side) == (kind, side)) else { return };
        let Some(track) = view.track.and_then(|id| self.track(id)).filter(|_| self.inspect.mode == Mode::Whole) else {
            return;
        };
        let (span, band, axis) = (self.inspect_span(), self.inspect.band, view.settings.spec.axis);
        let title =
            if track.artist.is_empty() { track.title.clone() } else { format!("{} · {}", track.title, track.artist) };
        let stem: String =
            track.title.chars().map(|c| if c.is_alphanumeric() || " -_".contains(c) { c } else { '_' }).collect();
        let name = format!("{} {}.png", stem.trim(), kind.name().to_lowercase());
        let request = PictureRequest {
            from_secs: span.from,
            to_secs: span.to,
            low_hz: axis.hz(band.from as f32),
            high_hz: axis.hz(band.to as f32),
            width: 1920,
            height: 1080,
            title,
            ..PictureRequest::new(self.picture_settings(kind, side))
        };
        let picture = PictureFile { track: track.id, request: Box::new(request), name };
        self.effects.push(Effect::SavePicture(picture));
    }

    /// Plays from here. A song that does not play yet begins to.
    fn inspect_seek(&mut self, secs: f64) -> Vec<Command> {
        if self.inspect.mode == Mode::Live {
            return Vec::new();
        }
        let Some(id) = self.inspected().map(|track| track.id) else { return Vec::new() };
        if self.player.current == Some(id) {
            return self.seek_to(secs);
        }
        let mut commands = self.play_alone(id);
        if !commands.is_empty() {
            commands.push(Command::Player(PlayerCommand::Seek(secs.max(0.0))));
        }
        commands
    }

    fn zoom_anchor(&self) -> f64 {
        let span = self.inspect_span();
        let cursor = self.inspect.cursor.map(|cursor| cursor.secs).filter(|secs| span.contains(*secs));
        cursor.or_else(|| self.inspect_playhead().filter(|secs| span.contains(*secs))).unwrap_or(span.centre())
    }

    fn zoom_time(&mut self, factor: f64, anchor_secs: f64) {
        if self.inspect.mode == Mode::Live {
            self.inspect.live_secs = (self.inspect.live_secs * factor).clamp(0.5, MOST_LIVE_SECS);
            return;
        }
        let limits = self.inspect_limits();
        let span = self.inspect_span().zoomed(factor, anchor_secs, LEAST_SECS, limits);
        self.inspect.span = (span.len() < limits.len() * 0.9999).then_some(span);
    }

    fn zoom_band(&mut self, factor: f64) {
        let axis = self.settings.spectrogram.spec.axis;
        let cursor = self.inspect.cursor.map(|cursor| f64::from(axis.position(cursor.hz)));
        let anchor = cursor.filter(|at| self.inspect.band.contains(*at)).unwrap_or(self.inspect.band.centre());
        self.inspect.band = self.inspect.band.zoomed(factor, anchor, LEAST_BAND, Span::WHOLE);
    }

    fn pan(&mut self, secs: f64, band: f64) {
        if band != 0.0 {
            self.inspect.band = self.inspect.band.moved(band, Span::WHOLE);
        }
        if secs == 0.0 {
            return;
        }
        if self.inspect.mode == Mode::Live {
            // Looking back is only possible while the picture stands still.
            if self.inspect.frozen_secs.is_none() {
                self.inspect.frozen_secs = self.inspect.live.now_secs();
            }
            let most = (MOST_LIVE_SECS - self.inspect.live_secs).max(0.0);
            self.inspect.live_back_secs = (self.inspect.live_back_secs - secs).clamp(0.0, most);
        } else if let Some(span) = self.inspect.span {
            self.inspect.follow = false;
            self.inspect.span = Some(span.moved(secs, self.inspect_limits()));
        }
    }

    fn step_cursor(&mut self, time: i32, pitch: i32, far: bool) {
        let span = self.inspect_span();
        let axis = self.settings.spectrogram.spec.axis;
        let steps = if far { 10.0 } else { 1.0 };
        let start = Cursor {
            secs: self.inspect_playhead().filter(|secs| span.contains(*secs)).unwrap_or(span.centre()),
            hz: axis.hz(self.inspect.band.centre() as f32),
            held: true,
        };
        let mut cursor = Cursor { held: true, ..self.inspect.cursor.unwrap_or(start) };
        cursor.secs += f64::from(time) * steps * span.len() / 400.0;
        let place = f64::from(axis.position(cursor.hz)) + f64::from(pitch) * steps * self.inspect.band.len() / 200.0;
        if pitch != 0 {
            cursor.hz = axis.hz(place.clamp(0.0, 0.9999) as f32);
        }
        if self.inspect.mode == Mode::Whole {
            let limits = self.inspect_limits();
            cursor.secs = cursor.secs.clamp(limits.from, limits.to);
            if !span.contains(cursor.secs) {
                self.pan(cursor.secs - if cursor.secs > span.to { span.to } else { span.from }, 0.0);
            }
        } else {
            cursor.secs = cursor.secs.clamp(span.from, span.to);
        }
        let band = self.inspect.band;
        let place = place.clamp(0.0, 1.0);
        if !band.contains(place) {
            self.pan(0.0, place - if place > band.to { band.to } else { band.from });
        }
        self.inspect.cursor = Some(cursor);
    }

    fn keep_loop(&mut self) -> Vec<Command> {
        let Some((from, to)) = self.inspect.loop_draft.take() else { return Vec::new() };
        if to - from < LEAST_LOOP_SECS {
            return Vec::new();
        }
        self.set_loop(Some((from, to)))
    }

    /// Sets the loop of the song that shows, which is played if it does not yet.
    fn set_loop(&mut self, stretch: Option<(f64, f64)>) -> Vec<Command> {
        let Some(id) = self.inspected().map(|track| track.id) else { return Vec::new() };
        let mut commands = Vec::new();
        if let Some((from, _)) = stretch {
            if self.player.current != Some(id) {
                commands = self.play_alone(id);
                if commands.is_empty() {
                    return commands;
                }
            }
            commands.push(Command::Player(PlayerCommand::SetLoop(stretch)));
            commands.push(Command::Player(PlayerCommand::Seek(from)));
        } else {
            commands.push(Command::Player(PlayerCommand::SetLoop(None)));
        }
        commands
    }

    /// Without a loop: what shows is played again and again, or the bars around the cursor. With one: it ends.
    fn toggle_loop(&mut self) -> Vec<Command> {
        if self.inspect.loop_draft.is_some() {
            return self.keep_loop();
        }
        if self.player.loop_secs.is_some() {
            return self.set_loop(None);
        }
        if self.inspect.mode == Mode::Live {
            return Vec::new();
        }
        let span = self.inspect_span();
        self.set_loop(Some((span.from, span.to)))
    }
}
