//! A new library made ready for showing. For a large one this takes long enough to be felt, so the window lets another
//! thread do it and shows the old library until it is done.

use crate::library::Articles;
use crate::library::filing::DecisionRule;
use crate::library::model::Snapshot;

use super::app::{AppState, Source};
use super::derived::Derived;
use super::rows::{Rows, Sort, rows};

/// What the table is asked to show.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Which part of the library.
    pub source: Source,
    /// The search text.
    pub search: String,
    /// The order.
    pub sort: Sort,
    /// Whether articles count in it.
    pub articles: Articles,
}

/// A library with everything that follows from it.
#[derive(Debug)]
pub struct Prepared {
    snapshot: Snapshot,
    rule: DecisionRule,
    derived: Derived,
    view: View,
    rows: Rows,
}

/// Makes a library ready. Looks at every song; needs nothing but its arguments.
pub fn prepare(snapshot: Snapshot, rule: DecisionRule, view: View) -> Prepared {
    let derived = Derived::new(&snapshot.tracks, &rule);
    let View { source, search, sort, articles } = &view;
    let rows = rows(&snapshot.tracks, &derived, &snapshot.playlists, source, search, *sort, *articles);
    Prepared { snapshot, rule, derived, view, rows }
}

impl AppState {
    /// What the table is asked to show now.
    pub fn view(&self) -> View {
        View {
            source: self.source.clone(),
            search: self.search.clone(),
            sort: self.current_sort(),
            articles: self.articles(),
        }
    }

    /// Shows a library that was made ready. What the person changed meanwhile holds.
    pub fn apply_prepared(&mut self, prepared: Prepared) {
        let Prepared { snapshot, rule, derived, view, rows } = prepared;
        self.snapshot = snapshot;
        self.loaded = true;
        let as_asked = rule == self.rule && view == self.view();
        if rule == self.rule {
            self.derived = derived;
        } else {
            self.rederive();
        }
        let derived = &self.derived;
        self.training.library_changed(&derived.by_hand);
        self.selection.retain(|id| derived.place_of(id).is_some());
        if self.forget_deleted_playlist() || !as_asked {
            self.refresh_rows();
        } else {
            self.rows = rows;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::Event;
    use crate::state::derived::tests::track;
    use crate::state::{Action, Column};

    use super::*;

    fn snapshot(count: i64) -> Snapshot {
        let genre = |id| if id % 2 == 0 { "jazz" } else { "rock" };
        let tracks = (1..=count).map(|id| track(id, Some((genre(id), 0.9)))).collect();
        Snapshot { tracks: Arc::new(tracks), ..Snapshot::default() }
    }

    #[test]
    fn what_was_prepared_elsewhere_shows_as_if_it_was_done_here() {
        let (mut here, mut elsewhere) = (AppState::default(), AppState::default());
        here.apply(Event::Library(snapshot(40)));
        let prepared = prepare(snapshot(40), elsewhere.rule.clone(), elsewhere.view());
        elsewhere.apply_prepared(prepared);
        assert_eq!(here.rows, elsewhere.rows);
    }

    #[test]
    fn a_search_typed_meanwhile_is_not_lost() {
        let mut state = AppState::default();
        let prepared = prepare(snapshot(40), state.rule.clone(), state.view());
        state.reduce(Action::Search("jazz".to_owned()));
        state.reduce(Action::SortBy(Column::Title));
        state.apply_prepared(prepared);
        assert_eq!(state.rows.places.len(), 20);
    }
}
