//! Review: the unsure songs one by one, decided by ear with the keys 1, 2 and 3.

use crate::audio::player::{PlayState, PlayerCommand, QueueItem};
use crate::base::TrackId;
use crate::engine::Command;

use super::action::Action;
use super::app::{AppState, Place, Source};
use super::jobs::count_of;
use super::playing::item;
use super::toast::Tone;

/// Where a review stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// The songs, in the order in which they come.
    pub songs: Vec<TrackId>,
    /// The one on show.
    pub at: usize,
    /// Songs that got a genre.
    pub decided: usize,
    /// What played before, to be given back.
    pub(super) found: Found,
}

/// What the player held when the review began.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    queue: Vec<QueueItem>,
    index: usize,
    position_secs: f64,
    loop_secs: Option<(f64, f64)>,
    playing: bool,
}

impl Review {
    /// The song on show.
    pub fn current(&self) -> Option<TrackId> {
        self.songs.get(self.at).copied()
    }
}

impl AppState {
    /// Starts with the songs of *Unsure*, surest first, so that the easy ones come early.
    pub(super) fn start_review(&mut self) -> Vec<Command> {
        if self.source != Source::Unsure {
            self.source = Source::Unsure;
            self.search.clear();
            self.refresh_rows();
        }
        let songs: Vec<TrackId> =
            (0..self.rows.places.len()).filter_map(|row| self.row_track(row)).map(|track| track.id).collect();
        if songs.is_empty() {
            self.toasts.push(Tone::Info, "No song is unsure. Nothing to review.", None);
            return Vec::new();
        }
        self.place = Place::Library;
        self.overlay = None;
        let found = self.found();
        self.review = Some(Review { songs, at: 0, decided: 0, found });
        self.show_review_song()
    }

    /// Ends the review.
    pub(super) fn end_review(&mut self) -> Vec<Command> {
        let Some(review) = self.review.take() else { return Vec::new() };
        if review.decided > 0 {
            let text = format!("You decided {}.", count_of(review.decided, "song", "songs"));
            self.toasts.push(Tone::Success, text, Some(("Show all songs".to_owned(), Action::Show(Source::All))));
        }
        self.give_back(&review)
    }

    /// What the player holds now. Songs that cannot be played any more are left out.
    fn found(&self) -> Found {
        let player = &self.player;
        let mut found = Found {
            queue: Vec::with_capacity(player.queue.len()),
            index: 0,
            position_secs: 0.0,
            loop_secs: None,
            playing: player.state == PlayState::Playing,
        };
        for (place, id) in player.queue.iter().enumerate() {
            if place == player.queue_index {
                found.index = found.queue.len();
            }
            let known = self.track(*id).and_then(item);
            let file = || Some(QueueItem { track: *id, path: self.played_file(*id)?.path.clone() });
            let Some(song) = known.or_else(file) else { continue };
            if place == player.queue_index {
                found.position_secs = player.position_secs;
                found.loop_secs = player.loop_secs;
            }
            found.queue.push(song);
        }
        found.index = found.index.min(found.queue.len().saturating_sub(1));
        found
    }

    /// Gives back what played before, unless the person has begun to play something else meanwhile.
    fn give_back(&self, review: &Review) -> Vec<Command> {
        let current = self.player.current;
        if current.is_some_and(|id| !review.songs.contains(&id)) && self.player.queue_len > 0 {
            return Vec::new();
        }
        let Found { queue, index, position_secs, loop_secs, playing } = review.found.clone();
        let mut commands = vec![PlayerCommand::Stop];
        if queue.is_empty() {
            commands.push(PlayerCommand::ClearQueue);
        } else {
            commands.push(PlayerCommand::Restore { items: queue, index, position_secs });
            commands.extend(loop_secs.map(|stretch| PlayerCommand::SetLoop(Some(stretch))));
            if playing {
                commands.push(PlayerCommand::Play);
            }
        }
        commands.into_iter().map(Command::Player).collect()
    }

    /// A genre for the song on show, then the next.
    pub(super) fn review_choose(&mut self, genre: String) -> Vec<Command> {
        let Some(id) = self.review.as_ref().and_then(Review::current) else { return Vec::new() };
        let mut commands = self.set_genre_of(vec![id], Some(genre));
        if let Some(review) = &mut self.review {
            review.decided += 1;
        }
        commands.extend(self.review_step(1));
        commands
    }

    /// To the song after or before.
    pub(super) fn review_step(&mut self, by: isize) -> Vec<Command> {
        let Some(review) = &mut self.review else { return Vec::new() };
        review.at = review.at.saturating_add_signed(by);
        if review.at >= review.songs.len() {
            return self.end_review();
        }
        self.show_review_song()
    }

    /// An undo during a review goes back to the song whose genre it takes back.
    pub(super) fn review_return_to(&mut self, id: TrackId) {
        let Some(review) = &mut self.review else { return };
        let Some(at) = review.songs.iter().position(|song| *song == id) else { return };
        review.at = at;
        review.decided = review.decided.saturating_sub(1);
        let commands = self.show_review_song();
        self.wanted.extend(commands);
    }

    fn show_review_song(&mut self) -> Vec<Command> {
        let Some(id) = self.review.as_ref().and_then(Review::current) else { return Vec::new() };
        self.selection.set(id);
        self.want_cover(Some(id));
        self.audition(id)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::Event;
    use crate::library::model::Snapshot;
    use crate::state::Verb;
    use crate::state::derived::tests::track;

    use super::*;

    #[test]
    fn a_review_gives_back_the_queue_the_song_and_the_place() {
        let tracks = (1..=6).map(|id| track(id, Some(("jazz", 0.2)))).collect();
        let mut state = AppState::default();
        state.apply(Event::Library(Snapshot { tracks: Arc::new(tracks), ..Snapshot::default() }));
        state.player.queue = [TrackId(1), TrackId(2), TrackId(3)].into();
        (state.player.queue_len, state.player.queue_index) = (3, 1);
        (state.player.current, state.player.position_secs) = (Some(TrackId(2)), 17.5);
        state.player.state = PlayState::Playing;
        state.reduce(Action::Do(Verb::ReviewUnsure));
        state.player.queue = [TrackId(1)].into();
        (state.player.queue_len, state.player.queue_index, state.player.current) = (1, 0, Some(TrackId(1)));
        for end in [Action::Do(Verb::Escape), Action::Do(Verb::ReviewUnsure), Action::Show(Source::All)] {
            let review = state.review.clone();
            let sent = state.reduce(end);
            let items = [1, 2, 3].map(|id| item(state.track(TrackId(id)).unwrap()).unwrap()).to_vec();
            let wanted = [
                PlayerCommand::Stop,
                PlayerCommand::Restore { items, index: 1, position_secs: 17.5 },
                PlayerCommand::Play,
            ];
            assert_eq!(sent, wanted.map(Command::Player));
            assert!(state.review.is_none());
            state.review = review;
        }
        state.player.current = Some(TrackId(6));
        state.review.as_mut().unwrap().songs.pop();
        assert_eq!(state.reduce(Action::Do(Verb::Escape)), [], "the person plays something else by now");
    }

    #[test]
    fn a_review_that_found_nothing_leaves_nothing() {
        let tracks = vec![track(1, Some(("jazz", 0.2)))];
        let mut state = AppState::default();
        state.apply(Event::Library(Snapshot { tracks: Arc::new(tracks), ..Snapshot::default() }));
        state.reduce(Action::Do(Verb::ReviewUnsure));
        let sent = state.reduce(Action::Do(Verb::Escape));
        assert_eq!(sent, [PlayerCommand::Stop, PlayerCommand::ClearQueue].map(Command::Player));
    }
}
