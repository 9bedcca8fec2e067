//! What the player is told and what it tells.

use std::path::PathBuf;

use crate::base::TrackId;

/// One song in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueItem {
    /// The song.
    pub track: TrackId,
    /// Its file.
    pub path: PathBuf,
}

/// What the player is told. Each is answered by a [`PlayerEvent::Status`].
#[derive(Clone, Debug, PartialEq)]
pub enum PlayerCommand {
    /// Replaces the queue and plays from `start` (an index into `items`).
    PlayQueue {
        /// The songs, in the order in which they play.
        items: Vec<QueueItem>,
        /// The first to play.
        start: usize,
    },
    /// Adds songs to the end of the queue; an empty player stays stopped.
    Enqueue(Vec<QueueItem>),
    /// Goes on, or starts the queue's current song.
    Play,
    /// Holds; the position stays.
    Pause,
    /// Play when paused or stopped, pause when playing.
    Toggle,
    /// Stops and goes back to the start of the current song.
    Stop,
    /// The next song; at the end of the queue the player stops.
    Next,
    /// The song before, or the start of this one after its first three seconds.
    Previous,
    /// Jumps within the current song, seconds from its start.
    Seek(f64),
    /// Plays this stretch of the current song again and again, seconds from its start; `None` goes on to its end. Another
    /// song ends it.
    SetLoop(Option<(f64, f64)>),
    /// Sets the loudness, 0 (silent) to 1 (as recorded).
    SetVolume(f32),
    /// Plays on the device of that name from now on; `None` is the system's own choice.
    SetDevice(Option<String>),
}

/// What the player does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlayState {
    /// Nothing plays.
    #[default]
    Stopped,
    /// Sound comes out.
    Playing,
    /// Held.
    Paused,
}

/// Where the sound goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputState {
    /// A device, by name; empty while it is being opened.
    Device(String),
    /// Nowhere: time runs, nothing is heard. Says why.
    Silent(String),
}

/// All that a player bar shows.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayerStatus {
    /// Playing, paused, stopped.
    pub state: PlayState,
    /// The song at the playhead.
    pub current: Option<TrackId>,
    /// Its place in the queue.
    pub queue_index: usize,
    /// Songs in the queue.
    pub queue_len: usize,
    /// What is heard now, seconds from the song's start (frames played, not wall clock).
    pub position_secs: f64,
    /// The song's playing time, 0 when unknown.
    pub duration_secs: f64,
    /// The stretch that plays again and again, seconds.
    pub loop_secs: Option<(f64, f64)>,
    /// 0..1.
    pub volume: f32,
    /// Where the sound goes.
    pub output: OutputState,
}

impl PlayerStatus {
    /// A player that has nothing to play, before its output is open. `volume` is 0..1.
    pub fn stopped(volume: f32) -> Self {
        Self {
            state: PlayState::Stopped,
            current: None,
            queue_index: 0,
            queue_len: 0,
            position_secs: 0.0,
            duration_secs: 0.0,
            loop_secs: None,
            volume,
            output: OutputState::Device(String::new()),
        }
    }
}

/// What the player tells.
#[derive(Clone, Debug, PartialEq)]
pub enum PlayerEvent {
    /// After each command, when the song changes, and about thirty times a second while playing.
    Status(PlayerStatus),
    /// A song could not be played; the queue goes on. The text is one sentence for a person.
    Skipped {
        /// The song.
        item: QueueItem,
        /// Why.
        reason: String,
    },
}
