//! What a person does with the queue, its order and its speed.

use crate::audio::player::{PlayerCommand, Repeat, SPEEDS};
use crate::engine::Command;
use crate::engine::settings::Change;

use super::app::{AppState, Overlay};
use super::playing::item;
use super::toast::Tone;

/// What a key changes of the speed.
pub const SPEED_STEP: f32 = 0.05;

/// The queue panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueuePanel {
    /// It shows.
    pub open: bool,
    /// The chosen place in the queue.
    pub selected: Option<usize>,
}

/// What can be done in the queue panel. Places count in the order in which the queue plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueAction {
    /// Chooses a song.
    Select(usize),
    /// Plays a song.
    Play(usize),
    /// Moves a song to another place.
    Move {
        /// Where it stands.
        from: usize,
        /// Where it will stand.
        to: usize,
    },
    /// Takes a song out.
    Remove(usize),
    /// Takes all songs out but the current one.
    Clear,
    /// Asks for the name of a playlist of these songs.
    Save,
}

impl AppState {
    pub(super) fn reduce_queue(&mut self, action: QueueAction) -> Vec<Command> {
        let last = self.player.queue.len().checked_sub(1);
        let command = match action {
            QueueAction::Select(place) => {
                self.queue_panel.selected = last.map(|last| place.min(last));
                self.want_queue_cover();
                return Vec::new();
            }
            QueueAction::Play(place) => PlayerCommand::PlayIndex(place),
            QueueAction::Move { from, to } => {
                let Some(last) = last.filter(|last| from <= *last && from != to) else { return Vec::new() };
                self.queue_panel.selected = Some(to.min(last));
                PlayerCommand::MoveInQueue { from, to: to.min(last) }
            }
            QueueAction::Remove(place) => {
                let Some(last) = last.filter(|last| place <= *last) else { return Vec::new() };
                // The song that takes its place is chosen next.
                self.queue_panel.selected = last.checked_sub(1).map(|last| place.min(last));
                PlayerCommand::RemoveFromQueue(vec![place])
            }
            QueueAction::Clear => {
                self.queue_panel.selected = None;
                PlayerCommand::ClearQueue
            }
            QueueAction::Save => {
                if last.is_some() {
                    self.overlay = Some(Overlay::NewPlaylist(self.player.queue.to_vec()));
                }
                return Vec::new();
            }
        };
        vec![Command::Player(command)]
    }

    fn want_queue_cover(&mut self) {
        let chosen = self.queue_panel.selected.and_then(|place| self.player.queue.get(place).copied());
        self.want_cover(chosen);
    }

    pub(super) fn toggle_queue(&mut self) {
        self.queue_panel.open = !self.queue_panel.open;
        if self.queue_panel.open && !self.player.queue.is_empty() {
            self.queue_panel.selected = Some(self.player.queue_index);
        }
    }

    /// Puts the selected songs after the one that plays.
    pub(super) fn play_next_selected(&mut self) -> Vec<Command> {
        let items: Vec<_> = self.selected_in_order().into_iter().filter_map(|id| item(self.track(id)?)).collect();
        if items.is_empty() {
            return Vec::new();
        }
        if self.player.queue_len == 0 {
            return vec![Command::Player(PlayerCommand::PlayQueue { items, start: 0 })];
        }
        let count = super::jobs::count_of(items.len(), "song plays", "songs play");
        self.toasts.push(Tone::Info, format!("{count} next."), None);
        vec![Command::Player(PlayerCommand::PlayNext(items))]
    }

    /// Off, all, one, off.
    pub(super) fn step_repeat(&mut self) -> Vec<Command> {
        // Not the player's word: it may still answer to the key before this one.
        let repeat = match self.settings.repeat {
            Repeat::Off => Repeat::All,
            Repeat::All => Repeat::One,
            Repeat::One => Repeat::Off,
        };
        self.player.repeat = repeat;
        let mut commands = vec![Command::Player(PlayerCommand::SetRepeat(repeat))];
        commands.extend(self.change_settings(vec![Change::Repeat(repeat)]));
        commands
    }

    pub(super) fn toggle_shuffle(&mut self) -> Vec<Command> {
        let shuffle = !self.settings.shuffle;
        self.player.shuffle = shuffle;
        let mut commands = vec![Command::Player(PlayerCommand::SetShuffle(shuffle))];
        commands.extend(self.change_settings(vec![Change::Shuffle(shuffle)]));
        commands
    }

    /// Sets the speed, to a hundredth.
    pub(super) fn set_speed(&mut self, speed: f32) -> Vec<Command> {
        let speed = if speed.is_finite() { (speed * 100.0).round() / 100.0 } else { 1.0 };
        let speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
        self.player.speed = speed;
        vec![Command::Player(PlayerCommand::SetSpeed(speed))]
    }
}

/// A speed as people write it.
pub fn speed_text(speed: f32) -> String {
    format!("{speed:.2}×")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::TrackId;
    use crate::state::{Action, Verb};

    fn state_with(songs: i64) -> AppState {
        let mut state = AppState::default();
        state.player.queue = (0..songs).map(TrackId).collect::<Arc<[_]>>();
        state.player.queue_len = songs as usize;
        state
    }

    fn player(command: PlayerCommand) -> Vec<Command> {
        vec![Command::Player(command)]
    }

    #[test]
    fn what_is_chosen_follows_what_is_moved_or_removed() {
        let mut state = state_with(5);
        let moved = state.reduce(Action::Queue(QueueAction::Move { from: 3, to: 9 }));
        assert_eq!(moved, player(PlayerCommand::MoveInQueue { from: 3, to: 4 }));
        assert_eq!(state.queue_panel.selected, Some(4));
        let removed = state.reduce(Action::Queue(QueueAction::Remove(4)));
        assert_eq!(removed, player(PlayerCommand::RemoveFromQueue(vec![4])));
        assert_eq!(state.queue_panel.selected, Some(3));
        assert!(state.reduce(Action::Queue(QueueAction::Remove(5))).is_empty());
        assert!(state_with(0).reduce(Action::Queue(QueueAction::Move { from: 0, to: 1 })).is_empty());
    }

    #[test]
    fn a_saved_queue_asks_for_a_name() {
        let mut state = state_with(2);
        state.reduce(Action::Queue(QueueAction::Save));
        assert_eq!(state.overlay, Some(Overlay::NewPlaylist(vec![TrackId(0), TrackId(1)])));
        let mut empty = state_with(0);
        empty.reduce(Action::Queue(QueueAction::Save));
        assert_eq!(empty.overlay, None);
    }

    #[test]
    fn order_and_speed_are_told_and_the_order_is_stored() {
        let mut state = state_with(2);
        let said = state.reduce(Action::Do(Verb::Repeat));
        assert!(
            matches!(&said[..], [Command::Player(PlayerCommand::SetRepeat(Repeat::All)), Command::ChangeSettings(changes)] if changes[..] == [Change::Repeat(Repeat::All)])
        );
        let said = state.reduce(Action::Do(Verb::Shuffle));
        assert!(
            matches!(&said[..], [Command::Player(PlayerCommand::SetShuffle(true)), Command::ChangeSettings(changes)] if changes[..] == [Change::Shuffle(true)])
        );
        assert_eq!(state.reduce(Action::SetSpeed(0.333)), player(PlayerCommand::SetSpeed(0.5)));
        assert_eq!(state.reduce(Action::Do(Verb::Faster)), player(PlayerCommand::SetSpeed(0.55)));
        assert_eq!(state.reduce(Action::SetSpeed(f32::NAN)), player(PlayerCommand::SetSpeed(1.0)));
        assert_eq!(speed_text(1.0), "1.00×");
    }
}
