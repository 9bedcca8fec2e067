//! What a person tells the player.

use std::path::{Path, PathBuf};

use crate::audio::player::{PlayState, PlayerCommand, QueueItem};
use crate::base::TrackId;
use crate::engine::settings::Change;
use crate::engine::{Command, Settings};
use crate::library::model::Track;

use super::app::AppState;
use super::toast::Tone;

/// A file that plays without being in the library, for example a clip of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What the player says.
    pub title: String,
}

/// A queue item of a song that can be played.
pub(super) fn item(track: &Track) -> Option<QueueItem> {
    (track.playable && !track.missing).then(|| QueueItem { track: track.id, path: track.path.clone() })
}

impl AppState {
    /// Plays a row; the queue is the whole table as it stands.
    pub(super) fn play_row(&mut self, row: usize) -> Vec<Command> {
        let Some(chosen) = self.row_track(row) else { return Vec::new() };
        if item(chosen).is_none() {
            let text = if chosen.missing {
                format!("“{}” is not there now. Is its drive connected?", chosen.title)
            } else {
                format!("“{}” cannot be played: Timbre reads only the tags of {}.", chosen.title, chosen.format)
            };
            self.toasts.push(Tone::Error, text, None);
            return Vec::new();
        }
        let mut items = Vec::with_capacity(self.rows.places.len());
        let mut start = 0;
        for at in 0..self.rows.places.len() {
            if at == row {
                start = items.len();
            }
            items.extend(self.row_track(at).and_then(item));
        }
        vec![Command::Player(PlayerCommand::PlayQueue { items, start })]
    }

    /// Plays the lead of the selection, or the first row.
    pub(super) fn play_selected(&mut self) -> Vec<Command> {
        let row = self.selection.lead().and_then(|id| self.row_of(id)).unwrap_or(0);
        self.play_row(row)
    }

    /// Puts the selected songs at the end of the queue, or plays them when there is none.
    pub(super) fn queue_selected(&mut self) -> Vec<Command> {
        let items: Vec<QueueItem> =
            self.selected_in_order().into_iter().filter_map(|id| item(self.track(id)?)).collect();
        if items.is_empty() {
            return Vec::new();
        }
        let count = super::jobs::count_of(items.len(), "song", "songs");
        self.toasts.push(Tone::Info, format!("{count} added to the queue."), None);
        vec![Command::Player(if self.player.queue_len == 0 {
            PlayerCommand::PlayQueue { items, start: 0 }
        } else {
            PlayerCommand::Enqueue(items)
        })]
    }

    /// Play or pause; with an empty queue, what is selected.
    pub(super) fn play_pause(&mut self) -> Vec<Command> {
        if self.player.queue_len == 0 {
            return self.play_selected();
        }
        vec![Command::Player(PlayerCommand::Toggle)]
    }

    /// Jumps by this many seconds, within the song.
    pub(super) fn seek_by(&mut self, secs: f64) -> Vec<Command> {
        if self.player.current.is_none() {
            return Vec::new();
        }
        self.seek_to(self.player.position_secs + secs)
    }

    /// Jumps within the song.
    pub(super) fn seek_to(&mut self, secs: f64) -> Vec<Command> {
        let end = if self.player.duration_secs > 0.0 { self.player.duration_secs } else { f64::MAX };
        let secs = secs.clamp(0.0, end);
        self.player.position_secs = secs;
        vec![Command::Player(PlayerCommand::Seek(secs))]
    }

    /// Sets the loudness.
    pub(super) fn set_volume(&mut self, volume: f32) -> Vec<Command> {
        let volume = if volume.is_finite() { volume.clamp(0.0, 1.0) } else { 0.0 };
        self.player.volume = volume;
        vec![Command::Player(PlayerCommand::SetVolume(volume))]
    }

    /// Sets the loudness and stores it.
    pub(super) fn step_volume(&mut self, by: f32) -> Vec<Command> {
        let mut commands = self.set_volume(((self.player.volume + by) * 100.0).round() / 100.0);
        commands.extend(self.keep_volume());
        commands
    }

    /// Stores the loudness.
    pub(super) fn keep_volume(&mut self) -> Vec<Command> {
        self.change_settings(vec![Change::Volume(self.player.volume)])
    }

    /// Silence, or back to the loudness before.
    pub(super) fn mute(&mut self) -> Vec<Command> {
        match self.muted_from.take() {
            Some(volume) => self.set_volume(volume),
            None if self.player.volume > 0.0 => {
                self.muted_from = Some(self.player.volume);
                self.set_volume(0.0)
            }
            None => self.set_volume(Settings::default().volume),
        }
    }

    /// Plays songs one after another, from the one at `place` on; those that cannot be played are left out.
    pub(super) fn play_songs(&self, songs: &[TrackId], place: usize) -> Vec<Command> {
        let playable = |ids: &[TrackId]| -> Vec<QueueItem> {
            ids.iter().filter_map(|id| self.track(*id).and_then(item)).collect()
        };
        let start = playable(&songs[..place.min(songs.len())]).len();
        let items = playable(songs);
        if start >= items.len() {
            return Vec::new();
        }
        vec![Command::Player(PlayerCommand::PlayQueue { items, start })]
    }

    /// Plays one song alone; nothing when it cannot be played.
    pub(super) fn play_alone(&self, id: TrackId) -> Vec<Command> {
        let item = self.track(id).and_then(item);
        item.map(|item| Command::Player(PlayerCommand::PlayQueue { items: vec![item], start: 0 })).into_iter().collect()
    }

    /// Plays a file alone, whether the library has it or not; where it plays already, holds it or goes on.
    pub(super) fn play_file(&mut self, path: PathBuf, title: String) -> Vec<Command> {
        if self.is_current_file(&path) && self.player.queue_len > 0 {
            return vec![Command::Player(PlayerCommand::Toggle)];
        }
        let known = self.snapshot.tracks.iter().find(|track| track.path == path).map(|track| track.id);
        let track = known.unwrap_or_else(|| {
            let place = self.files.iter().position(|file| file.path == path).unwrap_or_else(|| {
                self.files.push(PlayedFile { path: path.clone(), title });
                self.files.len() - 1
            });
            // The library's own numbers are positive.
            TrackId(-1 - place as i64)
        });
        vec![Command::Player(PlayerCommand::PlayQueue { items: vec![QueueItem { track, path }], start: 0 })]
    }

    /// A file outside of the library, by the number that it plays under.
    pub fn played_file(&self, id: TrackId) -> Option<&PlayedFile> {
        self.files.get(usize::try_from(-1 - id.0).ok()?)
    }

    /// Whether that file is at the playhead.
    pub fn is_current_file(&self, path: &Path) -> bool {
        let Some(id) = self.player.current else { return false };
        self.played_file(id)
            .map_or_else(|| self.track(id).is_some_and(|track| track.path == path), |file| file.path == path)
    }

    /// Plays one song alone from a part of it, as review does; `None` when it cannot be played.
    pub(super) fn audition(&mut self, id: TrackId) -> Vec<Command> {
        let Some(track) = self.track(id) else { return Vec::new() };
        let Some(item) = item(track) else { return Vec::new() };
        let from_secs = if track.duration_secs > 30.0 { track.duration_secs / 3.0 } else { 0.0 };
        let mut commands = vec![Command::Player(PlayerCommand::PlayQueue { items: vec![item], start: 0 })];
        if from_secs > 0.0 {
            commands.push(Command::Player(PlayerCommand::Seek(from_secs)));
        }
        commands
    }

    /// Whether there is something to pause, stop or seek in.
    pub fn has_song(&self) -> bool {
        self.player.current.is_some() && (self.player.queue_len > 0 || self.player.state != PlayState::Stopped)
    }
}
