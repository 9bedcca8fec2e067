//! What the player is told and what it tells.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::TrackId;

/// One song in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueItem {
    /// The song.
    pub track: TrackId,
    /// Its file.
    pub path: PathBuf,
}

/// What comes after the end of a song or of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// The next song; after the last one the player stops.
    #[default]
    Off,
    /// The same song again.
    One,
    /// After the last song the first, or with shuffle all songs in a new order.
    All,
}

/// The speeds at which songs can be played.
pub const SPEEDS: std::ops::RangeInclusive<f32> = 0.5..=2.0;

/// What the player is told. Places in the queue count in the order in which it plays ([`PlayerStatus::queue`]). Each is answered by a [`PlayerEvent::Status`].
#[derive(Clone, Debug, PartialEq)]
pub enum PlayerCommand {
    /// Replaces the queue and plays from `start` (an index into `items`); with shuffle, the others follow in any order.
    PlayQueue {
        /// The songs in the order of their list.
        items: Vec<QueueItem>,
        /// The first to play.
        start: usize,
    },
    /// Adds songs to the end of the queue; an empty player stays stopped.
    Enqueue(Vec<QueueItem>),
    /// Puts songs behind the current one; an empty player stays stopped.
    PlayNext(Vec<QueueItem>),
    /// Moves one song of the queue; `to` is its place afterwards.
    MoveInQueue {
        /// Where it stands.
        from: usize,
        /// Where it will stand.
        to: usize,
    },
    /// Takes songs out of the queue. If the current one is among them, the next that stays plays.
    RemoveFromQueue(Vec<usize>),
    /// Takes all songs but the current one out of the queue; when stopped, that one too.
    ClearQueue,
    /// Plays that song of the queue. With shuffle, those it jumps over come later.
    PlayIndex(usize),
    /// Replaces the queue by one of an earlier run, in the order in which it plays, and holds at a place of one of its
    /// songs.
    Restore {
        /// The songs in the order in which they play.
        items: Vec<QueueItem>,
        /// The song to hold in.
        index: usize,
        /// Where in it, seconds.
        position_secs: f64,
    },
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
    /// Sets the speed, 1 is as recorded ([`SPEEDS`]; others are clamped). The pitch stays.
    SetSpeed(f32),
    /// Sets what comes after the end.
    SetRepeat(Repeat),
    /// Plays the queue in random order, or (from the current song on) in that of its list. Every song plays before
    /// one plays twice.
    SetShuffle(bool),
    /// Sets the loudness, 0 (silent) to 1 (as recorded).
    SetVolume(f32),
    /// Asks anew how loud songs are to be played, because that was decided otherwise; what plays now follows at once.
    UpdateGain,
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
    /// The device of that name went away: playback is held and goes on when it (or, where the system chooses, another)
    /// comes back.
    Gone(String),
}

/// All that a player bar shows.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayerStatus {
    /// Playing, paused, stopped.
    pub state: PlayState,
    /// The song at the playhead.
    pub current: Option<TrackId>,
    /// The queue, in the order in which it plays; the same allocation until it changes.
    pub queue: Arc<[TrackId]>,
    /// The current song's place in the queue.
    pub queue_index: usize,
    /// Songs in the queue.
    pub queue_len: usize,
    /// What is heard now, seconds from the song's start (frames played, not wall clock).
    pub position_secs: f64,
    /// The song's playing time, 0 when unknown.
    pub duration_secs: f64,
    /// The stretch that plays again and again, seconds.
    pub loop_secs: Option<(f64, f64)>,
    /// Seconds of the song in a second, 1 is as recorded.
    pub speed: f32,
    /// What comes after the end.
    pub repeat: Repeat,
    /// The order is random.
    pub shuffle: bool,
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
            queue: Arc::default(),
            queue_index: 0,
            queue_len: 0,
            position_secs: 0.0,
            duration_secs: 0.0,
            loop_secs: None,
            speed: 1.0,
            repeat: Repeat::Off,
            shuffle: false,
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
    /// Songs could not be played: one event for a row of them. The text is one sentence for a person.
    Skipped {
        /// The first of them.
        item: QueueItem,
        /// Why.
        reason: String,
        /// How many more behind it could not be played either.
        others: usize,
        /// The player has given up; else the queue goes on.
        stopped: bool,
    },
    /// A song ended before its end, because the rest of it could not be read; the queue goes on.
    Broken {
        /// The song.
        item: QueueItem,
        /// Where it broke off, seconds from its start.
        position_secs: f64,
        /// Why, one sentence for a person.
        reason: String,
    },
}
