//! Which song is selected next when those that were selected leave the table because they got a genre.

use std::collections::HashSet;

use crate::base::TrackId;
use crate::library::filing::Filing;
use crate::library::model::{Track, UserGenre};
use crate::library::query::Query;

use super::app::{AppState, Source};

impl AppState {
    /// The row to select when these songs get a genre and leave the table by it: the one after them, else the one before.
    /// `None` when one of them stays.
    pub(super) fn row_after_filing(&self, tracks: &[TrackId], genre: Option<&str>) -> Option<usize> {
        let changed: HashSet<TrackId> = tracks.iter().copied().collect();
        let in_row = |row: usize| self.row_track(row).is_some_and(|track| changed.contains(&track.id));
        let rows: Vec<usize> = (0..self.rows.places.len()).filter(|row| in_row(*row)).collect();
        let stay = |row: &usize| self.row_track(*row).is_none_or(|track| self.stays_on_show(track, genre));
        if rows.is_empty() || rows.iter().any(stay) {
            return None;
        }
        let (first, last) = (*rows.first()?, *rows.last()?);
        Some(last + 1).filter(|row| *row < self.rows.places.len()).or_else(|| first.checked_sub(1))
    }

    /// Whether the table shows a song also when it has this genre by hand.
    fn stays_on_show(&self, track: &Track, genre: Option<&str>) -> bool {
        let user_genre = genre.map(|genre| UserGenre { genre: genre.to_owned(), set_at: 0 });
        let track = Track { user_genre, ..track.clone() };
        let filing = track.filing(&self.rule);
        let in_source = match &self.source {
            Source::Genre(name) => matches!(filing, Filing::Genre(decision) if decision.genre == *name),
            Source::Unsure => filing == Filing::Unsure,
            Source::NotHeard => filing == Filing::NotHeard,
            Source::All | Source::Playlist(_) | Source::Problems => true,
        };
        in_source && Query::parse(&self.search).matches(&track, &self.rule)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::{Command, Event};
    use crate::library::model::Snapshot;
    use crate::state::Column;
    use crate::state::action::{Action, SelectMode};
    use crate::state::derived::tests::track;

    use super::*;

    fn select(state: &mut AppState, row: usize, mode: SelectMode) {
        assert!(state.reduce(Action::Select { row, mode }).is_empty());
    }

    /// Six songs by title, all unsure, and the engine's answer to a genre that was set.
    fn unsure() -> AppState {
        let mut tracks: Vec<_> = (1..=6).map(|id| track(id, Some(("jazz", 0.2)))).collect();
        for (track, letter) in tracks.iter_mut().zip("abcdef".chars()) {
            track.title = letter.to_string();
        }
        let mut state = AppState::default();
        state.apply(Event::Library(Snapshot { tracks: Arc::new(tracks), ..Snapshot::default() }));
        state.reduce(Action::Show(Source::Unsure));
        state.reduce(Action::SortBy(Column::Title));
        state
    }

    fn set_and_answer(state: &mut AppState, genre: &str, answered: bool) -> Vec<TrackId> {
        let sent = state.reduce(Action::SetGenre(Some(genre.into())));
        let [Command::SetGenre { tracks: set, .. }] = &sent[..] else { panic!("{sent:?}") };
        if answered {
            let mut tracks = state.snapshot.tracks.to_vec();
            for track in tracks.iter_mut().filter(|track| set.contains(&track.id)) {
                track.user_genre = Some(UserGenre { genre: genre.into(), set_at: 1 });
            }
            state.apply(Event::Library(Snapshot { tracks: Arc::new(tracks), ..Snapshot::default() }));
        }
        set.clone()
    }

    #[test]
    fn a_genre_set_in_unsure_selects_the_next_song() {
        for answered in [true, false] {
            let mut state = unsure();
            select(&mut state, 1, SelectMode::Only);
            let set: Vec<TrackId> = (0..3).flat_map(|_| set_and_answer(&mut state, "rock", answered)).collect();
            assert_eq!(set, [2, 3, 4].map(TrackId), "also when the engine is slow to answer");
            assert_eq!(state.lead().map(|track| track.id), Some(TrackId(5)));
        }
        let mut state = unsure();
        select(&mut state, 4, SelectMode::Only);
        select(&mut state, 5, SelectMode::Range);
        set_and_answer(&mut state, "rock", true);
        assert_eq!(state.selected_in_order(), [TrackId(4)], "at the end the one before");
    }

    #[test]
    fn a_song_that_stays_on_show_stays_selected() {
        let mut state = unsure();
        state.reduce(Action::Show(Source::All));
        select(&mut state, 2, SelectMode::Only);
        set_and_answer(&mut state, "rock", true);
        assert_eq!(state.selected_in_order(), [TrackId(3)]);
        state.reduce(Action::Search("is:unsure".into()));
        select(&mut state, 2, SelectMode::Only);
        assert_eq!(set_and_answer(&mut state, "rock", true), [TrackId(4)]);
        assert_eq!(state.selected_in_order(), [TrackId(5)], "a search can be left as well");
        state.reduce(Action::Search(String::new()));
        state.reduce(Action::Show(Source::Genre("rock".into())));
        select(&mut state, 0, SelectMode::Only);
        set_and_answer(&mut state, "rock'n'roll", true);
        assert_eq!(state.selected_in_order(), [TrackId(4)]);
    }
}
