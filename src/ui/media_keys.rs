//! Media keys, and what the desktop shows as playing now (MPRIS on Linux; the systems' own ways on Windows and macOS).

use std::time::Duration;

use crossbeam_channel::Receiver;
use eframe::egui::{Context, ViewportCommand};
use souvlaki::{
    MediaControlEvent, MediaControls, MediaMetadata, MediaPlayback, MediaPosition, PlatformConfig, SeekDirection,
};

use crate::audio::player::PlayState;
use crate::base::TrackId;
use crate::state::{Action, AppState, Verb};

/// Key presses that may wait for the window.
const WAITING: usize = 32;
/// A step for keys that do not say how far.
const STEP_SECS: f64 = 5.0;
/// The desktop does not count on by itself: what it shows may be so old.
const TOLERATED_SECS: f64 = 0.5;

/// The connection to the desktop; nothing happens where there is none.
#[derive(Default)]
pub struct MediaKeys(Option<Connected>);

struct Connected {
    controls: MediaControls,
    events: Receiver<MediaControlEvent>,
    told: Option<Told>,
}

/// What the desktop was told last.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    track: Option<TrackId>,
    duration_secs: f64,
    state: PlayState,
    volume: f32,
    position_secs: f64,
}

impl Told {
    /// Whether the desktop shows something else than `now`.
    fn outdated(&self, now: &Self) -> bool {
        self.state != now.state || (self.position_secs - now.position_secs).abs() >= TOLERATED_SECS
    }
}

impl MediaKeys {
    /// Connects to the desktop. `window` is the window's handle on Windows.
    pub fn connect(ctx: &Context, window: Option<*mut std::ffi::c_void>) -> Self {
        if !desktop_answers() {
            tracing::info!("no desktop session answers: media keys are off");
            return Self::default();
        }
        // Several windows at once have a name each, as MPRIS asks.
        let dbus_name = format!("timbre.instance{}", std::process::id());
        let config = PlatformConfig { display_name: "Timbre", dbus_name: &dbus_name, hwnd: window };
        let (sender, events) = crossbeam_channel::bounded(WAITING);
        let ctx = ctx.clone();
        let attached = MediaControls::new(config).and_then(|mut controls| {
            controls.attach(move |event| {
                sender.try_send(event).ok();
                ctx.request_repaint();
            })?;
            Ok(controls)
        });
        match attached {
            Ok(controls) => Self(Some(Connected { controls, events, told: None })),
            Err(error) => {
                tracing::warn!(?error, "media keys are off");
                Self::default()
            }
        }
    }

    /// Tells the desktop what plays, and gives back what its keys ask for.
    pub fn follow(&mut self, ctx: &Context, state: &AppState) -> Vec<Action> {
        let Some(connected) = &mut self.0 else { return Vec::new() };
        if let Err(error) = connected.tell(state) {
            tracing::warn!(?error, "the desktop does not answer any more: media keys are off");
            self.0 = None;
            return Vec::new();
        }
        let asked: Vec<_> = connected.events.try_iter().collect();
        asked.into_iter().flat_map(|event| action(ctx, state, event)).collect()
    }
}

impl Connected {
    fn tell(&mut self, state: &AppState) -> Result<(), souvlaki::Error> {
        let player = &state.player;
        let now = Told {
            track: state.playing().map(|track| track.id),
            duration_secs: player.duration_secs,
            state: player.state,
            volume: player.volume,
            position_secs: player.position_secs,
        };
        let before = self.told.as_ref();
        if before.is_none_or(|told| (told.track, told.duration_secs) != (now.track, now.duration_secs)) {
            let track = state.playing();
            let duration = Duration::try_from_secs_f64(player.duration_secs).ok().filter(|length| !length.is_zero());
            self.controls.set_metadata(MediaMetadata {
                title: track.map(|track| track.title.as_str()),
                artist: track.map(|track| track.artist.as_str()),
                album: track.map(|track| track.album.as_str()),
                cover_url: None,
                duration,
            })?;
        }
        #[cfg(target_os = "linux")]
        if before.is_none_or(|told| told.volume != now.volume) {
            self.controls.set_volume(f64::from(now.volume))?;
        }
        if before.is_some_and(|told| told.track == now.track && !told.outdated(&now)) {
            if let Some(told) = &mut self.told {
                told.volume = now.volume;
                told.duration_secs = now.duration_secs;
            }
            return Ok(());
        }
        let progress = Duration::try_from_secs_f64(player.position_secs).ok().map(MediaPosition);
        self.controls.set_playback(match player.state {
            PlayState::Playing => MediaPlayback::Playing { progress },
            PlayState::Paused => MediaPlayback::Paused { progress },
            PlayState::Stopped => MediaPlayback::Stopped,
        })?;
        self.told = Some(now);
        Ok(())
    }
}

/// What a key of the desktop means here.
fn action(ctx: &Context, state: &AppState, event: MediaControlEvent) -> Option<Action> {
    let toggle = |wanted: bool| (state.is_playing() != wanted).then_some(Action::Do(Verb::PlayPause));
    let seek = |direction, secs: f64| {
        let by = if direction == SeekDirection::Forward { secs } else { -secs };
        (state.player.current.is_some()).then_some(Action::SeekTo(state.player.position_secs + by))
    };
    match event {
        MediaControlEvent::Play => toggle(true),
        MediaControlEvent::Pause => toggle(false),
        MediaControlEvent::Toggle => Some(Action::Do(Verb::PlayPause)),
        MediaControlEvent::Next => Some(Action::Do(Verb::Next)),
        MediaControlEvent::Previous => Some(Action::Do(Verb::Previous)),
        MediaControlEvent::Stop => Some(Action::Do(Verb::Stop)),
        MediaControlEvent::Seek(direction) => seek(direction, STEP_SECS),
        MediaControlEvent::SeekBy(direction, by) => seek(direction, by.as_secs_f64()),
        MediaControlEvent::SetPosition(MediaPosition(position)) => Some(Action::SeekTo(position.as_secs_f64())),
        MediaControlEvent::SetVolume(volume) => Some(Action::SetVolume(volume as f32)),
        MediaControlEvent::Raise => {
            ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd(ViewportCommand::Focus);
            None
        }
        MediaControlEvent::Quit => {
            ctx.send_viewport_cmd(ViewportCommand::Close);
            None
        }
        // No address of a file is announced as playable, so none comes.
        _ => None,
    }
}

/// Whether there is a session bus; without one the connection would take its thread down.
#[cfg(target_os = "linux")]
fn desktop_answers() -> bool {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixStream};

    let address = std::env::var("DBUS_SESSION_BUS_ADDRESS").ok().filter(|address| !address.is_empty());
    let address = address
        .or_else(|| std::env::var("XDG_RUNTIME_DIR").ok().map(|folder| format!("unix:path={folder}/bus")))
        .unwrap_or_default();
    address.split(';').any(|address| {
        let Some(("unix", options)) = address.split_once(':') else { return false };
        options.split(',').any(|option| match option.split_once('=') {
            Some(("path", path)) => UnixStream::connect(path).is_ok(),
            Some(("abstract", name)) => {
                SocketAddr::from_abstract_name(name).and_then(|address| UnixStream::connect_addr(&address)).is_ok()
            }
            _ => false,
        })
    })
}

#[cfg(not(target_os = "linux"))]
fn desktop_answers() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(state: PlayState, position_secs: f64) -> Told {
        Told { track: None, duration_secs: 9.0, state, volume: 1.0, position_secs }
    }

    #[test]
    fn the_desktop_is_told_when_it_shows_something_else() {
        let playing = told(PlayState::Playing, 10.0);
        assert!(!playing.outdated(&told(PlayState::Playing, 10.3)), "not with every frame");
        assert!(playing.outdated(&told(PlayState::Playing, 11.1)), "it goes on");
        assert!(playing.outdated(&told(PlayState::Playing, 4.0)), "a seek");
        assert!(playing.outdated(&told(PlayState::Paused, 10.0)));
    }

    #[test]
    fn every_key_does_its_own_thing() {
        let ctx = Context::default();
        let mut state = AppState::default();
        assert_eq!(action(&ctx, &state, MediaControlEvent::Pause), None, "nothing plays");
        assert_eq!(action(&ctx, &state, MediaControlEvent::Play), Some(Action::Do(Verb::PlayPause)));
        state.player.state = PlayState::Playing;
        state.player.current = Some(TrackId(1));
        state.player.position_secs = 20.0;
        assert_eq!(action(&ctx, &state, MediaControlEvent::Play), None);
        assert_eq!(action(&ctx, &state, MediaControlEvent::Pause), Some(Action::Do(Verb::PlayPause)));
        let back = MediaControlEvent::SeekBy(SeekDirection::Backward, Duration::from_secs(3));
        assert_eq!(action(&ctx, &state, back), Some(Action::SeekTo(17.0)));
        let to = MediaControlEvent::SetPosition(MediaPosition(Duration::from_millis(1500)));
        assert_eq!(action(&ctx, &state, to), Some(Action::SeekTo(1.5)));
    }
}
