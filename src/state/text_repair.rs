//! The dialog that reads the texts of songs in another encoding: what it offers, and what would come of it.

use std::collections::HashMap;

use crate::base::TrackId;
use crate::engine::Command;
use crate::library::misread::{Reading, changes, guesses_of};
use crate::library::model::{TextField, Track};

use super::app::{AppState, Overlay};

/// Texts that the dialog shows; the others are counted.
const MOST_TEXTS: usize = 200;
/// The fields whose texts are shown; lists and names for sorting say the same again.
const SHOWN: usize = 7;

/// A text that would be another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextChange {
    /// Which of a song's texts.
    pub field: TextField,
    /// As it stands in the file.
    pub in_file: String,
    /// As it would be shown.
    pub after: String,
    /// Songs that have it.
    pub songs: usize,
}

/// What the dialog shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextRepair {
    /// The songs.
    pub tracks: Vec<TrackId>,
    /// The readings that change anything, the most plausible first.
    pub readings: Vec<Reading>,
    /// The most plausible one; `None`: the texts look right as they stand in the files.
    pub guess: Option<Reading>,
    /// The one whose outcome is shown; `None`: as in the files.
    pub chosen: Option<Reading>,
    /// Songs whose texts are repaired already.
    pub repaired: usize,
    /// The first of the texts that change.
    pub texts: Vec<TextChange>,
    /// Further texts that change.
    pub more: usize,
    /// Songs of which the choice changes what is shown now.
    pub changed_songs: usize,
}

impl TextRepair {
    /// Looks at these songs and chooses the most plausible reading.
    fn of(tracks: &[&Track]) -> Self {
        let guesses = guesses_of(tracks);
        let is_repaired = |track: &&&Track| TextField::ALL.into_iter().any(|field| track.is_repaired(field));
        let mut repair = Self {
            tracks: tracks.iter().map(|track| track.id).collect(),
            readings: guesses.iter().filter_map(|guess| guess.reading).collect(),
            guess: guesses.first().and_then(|guess| guess.reading),
            repaired: tracks.iter().filter(is_repaired).count(),
            ..Self::default()
        };
        repair.choose(repair.guess, tracks);
        repair
    }

    fn choose(&mut self, reading: Option<Reading>, tracks: &[&Track]) {
        self.chosen = reading;
        self.texts.clear();
        (self.more, self.changed_songs) = (0, 0);
        let mut known: HashMap<(TextField, String), Option<usize>> = HashMap::new();
        for track in tracks {
            let mut is_changed = false;
            for (index, field) in TextField::ALL.into_iter().enumerate() {
                is_changed |= changes(track, field, reading);
                let Some(in_file) = track.text_in_file(field) else { continue };
                let after = reading.and_then(|reading| reading.repair(&in_file));
                if index >= SHOWN || (after.is_none() && (reading.is_some() || !track.is_repaired(field))) {
                    continue;
                }
                match known.get(&(field, in_file.to_string())) {
                    Some(Some(place)) => self.texts[*place].songs += 1,
                    Some(None) => {}
                    None => {
                        let place = (self.texts.len() < MOST_TEXTS).then_some(self.texts.len());
                        known.insert((field, in_file.to_string()), place);
                        if place.is_none() {
                            self.more += 1;
                            continue;
                        }
                        let in_file = in_file.into_owned();
                        let after = after.unwrap_or_else(|| in_file.clone());
                        self.texts.push(TextChange { field, in_file, after, songs: 1 });
                    }
                }
            }
            self.changed_songs += usize::from(is_changed);
        }
    }
}

impl AppState {
    /// Opens the dialog for the selected songs.
    pub(super) fn open_text_repair(&mut self) {
        let tracks: Vec<&Track> = self.selected_in_order().into_iter().filter_map(|id| self.track(id)).collect();
        if !tracks.is_empty() {
            self.overlay = Some(Overlay::RepairText(Box::new(TextRepair::of(&tracks))));
        }
    }

    /// Shows what a reading would make of the texts.
    pub(super) fn choose_reading(&mut self, reading: Option<Reading>) {
        let Some(Overlay::RepairText(mut repair)) = self.overlay.take() else { return };
        let tracks: Vec<&Track> = repair.tracks.iter().filter_map(|id| self.track(*id)).collect();
        repair.choose(reading, &tracks);
        self.overlay = Some(Overlay::RepairText(repair));
    }

    /// Closes the dialog and has the texts read.
    pub(super) fn repair_text(&mut self, reading: Option<Reading>) -> Vec<Command> {
        match self.overlay.take() {
            Some(Overlay::RepairText(repair)) => vec![Command::RepairText { tracks: repair.tracks, reading }],
            other => {
                self.overlay = other;
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::Event;
    use crate::library::model::Snapshot;
    use crate::state::derived::tests::track;
    use crate::state::{Action, SelectMode, Verb};

    use super::*;

    fn opened(titles: &[&str]) -> AppState {
        let mut tracks: Vec<_> = (1..=titles.len() as i64).map(|id| track(id, None)).collect();
        for (track, title) in tracks.iter_mut().zip(titles) {
            track.title = (*title).to_owned();
            track.artist = "Êèíî".into();
        }
        let mut state = AppState::default();
        state.apply(Event::Library(Snapshot { tracks: Arc::new(tracks), ..Snapshot::default() }));
        state.reduce(Action::Select { row: 0, mode: SelectMode::Only });
        state.reduce(Action::Do(Verb::SelectAll));
        state.reduce(Action::Do(Verb::RepairText));
        state
    }

    fn dialog(state: &AppState) -> &TextRepair {
        match &state.overlay {
            Some(Overlay::RepairText(repair)) => repair,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_best_guess_is_chosen_and_each_text_shown_once() {
        let mut state = opened(&["Ãðóïïà êðîâè", "Çâåçäà", "Plain"]);
        let repair = dialog(&state);
        assert_eq!((repair.chosen, repair.guess), (Some(Reading::Windows1251), Some(Reading::Windows1251)));
        let shown: Vec<_> = repair.texts.iter().map(|text| (text.after.as_str(), text.songs)).collect();
        assert!(shown.contains(&("Кино", 3)) && shown.contains(&("Группа крови", 1)), "{shown:?}");
        assert_eq!((shown.len(), repair.changed_songs, repair.repaired, repair.more), (3, 3, 0, 0));
        state.reduce(Action::ChooseReading(Some(Reading::Koi8R)));
        assert_eq!(dialog(&state).chosen, Some(Reading::Koi8R));
        assert_ne!(dialog(&state).texts[0].after, "Кино");
        let tracks = dialog(&state).tracks.clone();
        let sent = state.reduce(Action::RepairText(Some(Reading::Windows1251)));
        assert_eq!(sent, [Command::RepairText { tracks, reading: Some(Reading::Windows1251) }]);
        assert_eq!(state.overlay, None);
        assert_eq!(state.reduce(Action::RepairText(None)), []);
    }

    #[test]
    fn what_is_repaired_can_be_left_as_in_the_file() {
        let mut state = opened(&["Song"]);
        let mut tracks = (*state.snapshot.tracks).clone();
        tracks[0].artist = "Кино".into();
        tracks[0].in_file = Some(Box::new([(TextField::Artist, "Êèíî".to_owned())].into()));
        state.apply(Event::Library(Snapshot { tracks: Arc::new(tracks), revision: 2, ..Snapshot::default() }));
        state.reduce(Action::Do(Verb::RepairText));
        assert_eq!((dialog(&state).repaired, dialog(&state).changed_songs), (1, 0), "the guess changes nothing now");
        state.reduce(Action::ChooseReading(None));
        let repair = dialog(&state);
        assert_eq!((repair.texts[0].after.as_str(), repair.changed_songs), ("Êèíî", 1));
    }

    #[test]
    fn texts_that_look_right_are_left_alone_by_default() {
        let mut state = opened(&["Song"]);
        let mut tracks = (*state.snapshot.tracks).clone();
        tracks[0].artist = "Sigur Rós".into();
        state.apply(Event::Library(Snapshot { tracks: Arc::new(tracks), revision: 2, ..Snapshot::default() }));
        state.reduce(Action::Do(Verb::RepairText));
        let repair = dialog(&state);
        assert_eq!((repair.guess, repair.chosen, repair.texts.len()), (None, None, 0));
        assert!(!repair.readings.is_empty());
        state.selection.clear();
        state.overlay = None;
        state.reduce(Action::Do(Verb::RepairText));
        assert_eq!(state.overlay, None, "nothing is selected");
    }
}
