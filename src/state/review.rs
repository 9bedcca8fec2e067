//! Review: the unsure songs one by one, decided by ear with the keys 1, 2 and 3.

use crate::audio::player::PlayerCommand;
use crate::base::TrackId;
use crate::engine::Command;

use super::action::Action;
use super::app::{AppState, Place, Source};
use super::jobs::count_of;
use super::toast::Tone;

/// Where a review stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The songs, in the order in which they come.
    pub songs: Vec<TrackId>,
    /// The one on show.
    pub at: usize,
    /// Songs that got a genre.
    pub decided: usize,
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
        self.review = Some(Review { songs, at: 0, decided: 0 });
        self.show_review_song()
    }

    /// Ends the review.
    pub(super) fn end_review(&mut self) -> Vec<Command> {
        let Some(review) = self.review.take() else { return Vec::new() };
        if review.decided > 0 {
            let text = format!("You decided {}.", count_of(review.decided, "song", "songs"));
            self.toasts.push(Tone::Success, text, Some(("Show all songs".to_owned(), Action::Show(Source::All))));
        }
        vec![Command::Player(PlayerCommand::Stop)]
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
