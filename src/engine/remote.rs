//! The short way from clients to the player: past the engine's thread, which may be waiting for the library.

use std::sync::{Arc, Mutex, PoisonError};

use crate::audio::player::{Player, PlayerCommand, PlayerStatus, QueueItem};
use crate::base::TrackId;

use super::saved_queue::Kept;

/// Commands that may wait until the queue of the last run is back.
const WAITING: usize = 1024;

/// Hands commands to the player; never waits.
pub(super) struct Remote {
    player: Arc<Player>,
    /// What came before the queue of the last run was back, and is to follow it. `None` from then on.
    early: Mutex<Option<Vec<PlayerCommand>>>,
}

impl Remote {
    /// Commands wait until [`Remote::open`].
    pub fn new(player: Arc<Player>) -> Self {
        Self { player, early: Mutex::new(Some(Vec::new())) }
    }

    /// Hands a command over. If it replaces or clears the queue, the answer is the queue that was there, as the player told it
    /// last.
    pub fn send(&self, command: PlayerCommand) -> Option<Kept> {
        // Held for no longer than it takes to put the command into a channel that never waits.
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = &mut *early {
            if waiting.len() < WAITING {
                waiting.push(command);
            } else {
                tracing::warn!("the library is not open yet; dropped {command:?}");
            }
            return None;
        }
        let former = self.former(&command);
        self.player.send(command);
        former
    }

    /// The queue of the last run, if there is one, and then all that has come so far. From now on commands go straight on.
    /// The answer is whether one of those has replaced or cleared that queue.
    pub fn open(&self, restore: Option<PlayerCommand>) -> bool {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = early.take().unwrap_or_default();
        let replaced = restore.is_some() && waiting.iter().any(replaces);
        for command in restore.into_iter().chain(waiting) {
            self.player.send(command);
        }
        replaced
    }

    /// The player's state as it told it last.
    pub fn status(&self) -> PlayerStatus {
        self.player.status()
    }

    fn former(&self, command: &PlayerCommand) -> Option<Kept> {
        if !replaces(command) {
            return None;
        }
        let status = self.player.status();
        let loses_something = match command {
            // Hearing one song after another, as in a review, is no loss of a list.
            PlayerCommand::PlayQueue { items, .. } if status.queue.len() == 1 && items.len() == 1 => false,
            PlayerCommand::PlayQueue { items, .. } => !status.queue.is_empty() && !has_same_songs(&status, items),
            _ => !status.queue.is_empty(),
        };
        loses_something.then(|| Kept::of(&status))
    }
}

/// Whether what stands in the queue goes. `Restore` is not counted: it takes a replacement back.
fn replaces(command: &PlayerCommand) -> bool {
    matches!(command, PlayerCommand::PlayQueue { .. } | PlayerCommand::ClearQueue)
}

/// Whether it is the same list again, for example from another song on.
fn has_same_songs(status: &PlayerStatus, items: &[QueueItem]) -> bool {
    if status.queue.len() != items.len() {
        return false;
    }
    let mut now: Vec<TrackId> = status.queue.to_vec();
    let mut then: Vec<TrackId> = items.iter().map(|item| item.track).collect();
    now.sort_unstable_by_key(|track| track.0);
    then.sort_unstable_by_key(|track| track.0);
    now == then
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crate::audio::player::OutputKind;

    use super::*;

    fn items(ids: &[i64]) -> Vec<QueueItem> {
        ids.iter().map(|id| QueueItem { track: TrackId(*id), path: "nowhere.wav".into() }).collect()
    }

    fn wait_for(player: &Player, ids: &[i64]) {
        let start = Instant::now();
        while player.status().queue.iter().map(|track| track.0).ne(ids.iter().copied()) {
            assert!(start.elapsed() < Duration::from_secs(60), "{:?}", player.status());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn what_comes_early_follows_the_queue_of_the_last_run() {
        let player = Arc::new(Player::spawn(OutputKind::Silent, 1.0, |_| None, |_| {}));
        let remote = Remote::new(Arc::clone(&player));
        assert_eq!(remote.send(PlayerCommand::Enqueue(items(&[9]))), None);
        let restore = PlayerCommand::Restore { items: items(&[1, 2]), index: 0, position_secs: 3.0 };
        assert!(!remote.open(Some(restore)), "the queue was only added to");
        wait_for(&player, &[1, 2, 9]);
    }

    #[test]
    fn a_queue_that_is_replaced_or_cleared_is_given_back() {
        let player = Arc::new(Player::spawn(OutputKind::Silent, 1.0, |_| None, |_| {}));
        let remote = Remote::new(Arc::clone(&player));
        assert!(!remote.open(None));
        assert_eq!(remote.send(PlayerCommand::ClearQueue), None, "nothing was there");
        assert_eq!(remote.send(PlayerCommand::Enqueue(items(&[1, 2, 3]))), None);
        wait_for(&player, &[1, 2, 3]);
        assert_eq!(
            remote.send(PlayerCommand::PlayQueue { items: items(&[3, 1, 2]), start: 0 }),
            None,
            "the same songs"
        );
        wait_for(&player, &[3, 1, 2]);
        assert!(remote.send(PlayerCommand::PlayQueue { items: items(&[8]), start: 0 }).is_some());
        wait_for(&player, &[8]);
        assert_eq!(remote.send(PlayerCommand::PlayQueue { items: items(&[7]), start: 0 }), None, "one after another");
        wait_for(&player, &[7]);
        assert_eq!(
            remote.send(PlayerCommand::ClearQueue),
            Some(Kept::of(&PlayerStatus { queue: [TrackId(7)].into(), ..PlayerStatus::stopped(1.0) }))
        );
    }
}
