//! The queue is kept for the next start: written while the music plays, read when the window opens.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, select};
use serde::{Deserialize, Serialize};

use crate::audio::player::{PlayState, Player, PlayerCommand, PlayerStatus, QueueItem};
use crate::base::TrackId;
use crate::base::fs::write_private;
use crate::base::read::{MOST_TEXT_BYTES, read_text};
use crate::library::db::QueueState;
use crate::library::model::Track;

/// Songs that are kept around the current one.
const MOST_SONGS: usize = 10_000;
/// How long after the player said something it is looked at; what it says meanwhile is seen then, too.
const LOOK_AFTER: Duration = Duration::from_secs(1);
/// How often the place is written while the music plays.
const WRITE_EVERY: Duration = Duration::from_secs(10);

/// What is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Version of this form.
    version: u32,
    /// Songs in the order in which they play.
    tracks: Vec<i64>,
    /// The current one among them.
    index: usize,
    /// Where in it, seconds.
    position_secs: f64,
}

impl Kept {
    /// The queue and the place in it, of a long one the songs around the current one.
    pub(super) fn of(status: &PlayerStatus) -> Self {
        let len = status.queue.len();
        let from = status.queue_index.saturating_sub(MOST_SONGS / 2).min(len.saturating_sub(MOST_SONGS));
        let to = (from + MOST_SONGS).min(len);
        Self {
            version: 1,
            tracks: status.queue[from..to].iter().map(|track| track.0).collect(),
            index: status.queue_index.saturating_sub(from),
            position_secs: status.position_secs,
        }
    }

    /// As the history of changes keeps it.
    pub(super) fn into_state(self) -> QueueState {
        QueueState { tracks: self.tracks, index: self.index, position_secs: self.position_secs }
    }

    /// Out of the history of changes.
    pub(super) fn from_state(state: QueueState) -> Self {
        Self { version: 1, tracks: state.tracks, index: state.index, position_secs: state.position_secs }
    }

    /// What was kept; nothing when there is none or it cannot be understood.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let text = read_text(path, MOST_TEXT_BYTES).ok()?;
        match serde_json::from_str::<Self>(&text) {
            Ok(kept) if kept.version == 1 => Some(kept),
            Ok(_) | Err(_) => {
                tracing::warn!(?path, "the kept queue is not understood");
                None
            }
        }
    }

    /// Writes it for the next start of the window.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn write(&self, path: &Path) -> std::io::Result<()> {
        write_private(path, serde_json::to_string(self)?.as_bytes())
    }

    /// The command that brings the queue back, of the songs that can still be played; nothing if none can.
    pub(super) fn restore(&self, tracks: &[Track]) -> Option<PlayerCommand> {
        let known: HashMap<TrackId, &Track> = tracks.iter().map(|track| (track.id, track)).collect();
        let mut items = Vec::with_capacity(self.tracks.len());
        let (mut index, mut position_secs) = (0, 0.0);
        for (place, id) in self.tracks.iter().enumerate() {
            if place == self.index {
                index = items.len();
            }
            let there = known.get(&TrackId(*id)).filter(|track| track.playable && !track.missing);
            let Some(track) = there else { continue };
            if place == self.index {
                position_secs = self.position_secs;
            }
            items.push(QueueItem { track: track.id, path: track.path.clone() });
        }
        // The last songs are gone, the current one among them: then it is the last of those that stay.
        let index = index.min(items.len().checked_sub(1)?);
        Some(PlayerCommand::Restore { items, index, position_secs })
    }
}

/// A thread that writes the queue down. Dropping it writes it once more.
pub(super) struct Keeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Watches this player, of which `rings` tells that something about it has changed.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn spawn(player: Arc<Player>, rings: Receiver<()>, path: PathBuf) -> std::io::Result<Self> {
        let (stop, stopped) = crossbeam_channel::bounded::<()>(0);
        let thread = std::thread::Builder::new().name("timbre-resume".to_owned()).spawn(move || {
            let mut written = player.status();
            let mut written_at = Instant::now();
            let mut failed = false;
            loop {
                let over = select! {
                    recv(stopped) -> _ => true,
                    recv(rings) -> ring => match ring {
                        Ok(()) => !matches!(stopped.recv_timeout(LOOK_AFTER), Err(RecvTimeoutError::Timeout)),
                        // A player that could not even start never says anything.
                        Err(_) => stopped.recv().is_err(),
                    },
                };
                let now = player.status();
                if is_news(&written, &now, over || written_at.elapsed() >= WRITE_EVERY) {
                    match write(&path, &now) {
                        Ok(()) => failed = false,
                        // Once is enough where nothing can be written.
                        Err(error) => {
                            if !std::mem::replace(&mut failed, true) {
                                tracing::warn!(%error, ?path, "the queue cannot be kept");
                            }
                        }
                    }
                    written = now;
                    written_at = Instant::now();
                }
                if over {
                    return;
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Whether there is something to write; while the music plays only when it is `due`.
fn is_news(written: &PlayerStatus, now: &PlayerStatus, due: bool) -> bool {
    let other_songs = !Arc::ptr_eq(&written.queue, &now.queue) && written.queue != now.queue;
    let other_place = written.queue_index != now.queue_index || written.position_secs != now.position_secs;
    other_songs || (other_place && (due || now.state != PlayState::Playing))
}

fn write(path: &Path, status: &PlayerStatus) -> std::io::Result<()> {
    Kept::of(status).write(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(songs: i64, index: usize) -> PlayerStatus {
        PlayerStatus {
            queue: (0..songs).map(TrackId).collect(),
            queue_index: index,
            position_secs: 61.5,
            ..PlayerStatus::stopped(1.0)
        }
    }

    #[test]
    fn of_a_long_queue_the_songs_around_the_current_one_are_kept() {
        for (index, first) in [(0, 0), (4_000, 0), (50_000, 45_000), (99_999, 90_000)] {
            let kept = Kept::of(&status(100_000, index));
            assert_eq!((kept.tracks.len(), kept.tracks[0]), (MOST_SONGS, first as i64));
            assert_eq!(kept.tracks[kept.index], index as i64);
        }
        assert_eq!(Kept::of(&status(0, 0)).tracks, [0; 0]);
    }

    #[test]
    fn what_is_written_is_read_and_rubbish_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.json");
        assert_eq!(Kept::read(&path), None);
        write(&path, &status(7, 3)).unwrap();
        assert_eq!(Kept::read(&path), Some(Kept::of(&status(7, 3))));
        std::fs::write(&path, "{\"version\": 1}").unwrap();
        assert_eq!(Kept::read(&path), None);
    }

    #[test]
    fn only_what_changed_is_written() {
        let before = status(7, 3);
        let mut now = PlayerStatus { state: PlayState::Playing, position_secs: 62.0, ..before.clone() };
        assert!(!is_news(&before, &before, true) && !is_news(&before, &now, false) && is_news(&before, &now, true));
        now.state = PlayState::Paused;
        assert!(is_news(&before, &now, false));
        assert!(is_news(&before, &status(8, 3), false));
    }
    #[test]
    fn songs_that_are_gone_are_left_out() {
        let restored = |index: usize, gone: &[i64]| {
            let mut tracks: Vec<Track> = (0..5).map(|id| Track::example(id, None)).collect();
            // One way to be gone is to be missing, another not to be in the library.
            tracks.iter_mut().filter(|track| gone.contains(&track.id.0)).for_each(|track| track.missing = true);
            tracks.retain(|track| track.id.0 != 4 || !gone.contains(&4));
            match Kept::of(&status(5, index)).restore(&tracks)? {
                PlayerCommand::Restore { items, index, position_secs } => {
                    Some((items.iter().map(|item| item.track.0).collect::<Vec<_>>(), index, position_secs))
                }
                _ => None,
            }
        };
        assert_eq!(restored(3, &[]), Some((vec![0, 1, 2, 3, 4], 3, 61.5)));
        assert_eq!(restored(3, &[1, 4]), Some((vec![0, 2, 3], 2, 61.5)));
        assert_eq!(restored(3, &[3]), Some((vec![0, 1, 2, 4], 3, 0.0)), "the next one, from its start");
        assert_eq!(restored(4, &[4]), Some((vec![0, 1, 2, 3], 3, 0.0)));
        assert_eq!(restored(0, &[0, 1, 2, 3, 4]), None);
    }
}
