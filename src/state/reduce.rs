//! What a person does becomes changes of the state, commands to the engine and effects of the window.

use crate::audio::player::PlayerCommand;
use crate::base::TrackId;
use crate::engine::settings::Change;
use crate::engine::{Command, ExportSelection};

use super::action::{Action, SelectMode};
use super::app::{AppState, Overlay, Place, Source};
use super::effect::{Effect, FolderPurpose};
use super::queue::SPEED_STEP;
use super::rows::Sort;
use super::toast::Tone;
use super::verb::Verb;

impl AppState {
    /// Carries out one action. The commands go to the engine in order.
    pub fn reduce(&mut self, action: Action) -> Vec<Command> {
        match action {
            Action::Do(verb) => return self.reduce_verb(verb),
            Action::Show(source) => return self.show(source),
            Action::Search(text) => {
                if text != self.search {
                    self.search = text;
                    self.refresh_rows();
                }
            }
            Action::SortBy(column) => {
                let old = self.current_sort();
                let new = if old.column == column { old.turned() } else { Sort::by(column) };
                if matches!(self.source, Source::Playlist(_)) {
                    self.playlist_sort = new;
                } else {
                    self.sort = new;
                }
                self.refresh_rows();
            }
            Action::Select { row, mode } => self.select_row(row, mode),
            Action::PageRows(rows) => self.page_rows = rows.max(1),
            Action::PlayRow(row) => return self.play_row(row),
            Action::Queue(action) => return self.reduce_queue(action),
            Action::SetSpeed(speed) => return self.set_speed(speed),
            Action::SeekTo(secs) => return self.seek_to(secs),
            Action::SetVolume(volume) => return self.set_volume(volume),
            Action::KeepVolume => return self.keep_volume(),
            Action::ChooseDevice(device) => {
                let mut commands = vec![Command::Player(PlayerCommand::SetDevice(device.clone()))];
                commands.extend(self.change_settings(vec![Change::OutputDevice(device)]));
                return commands;
            }
            Action::SetGenre(genre) => {
                self.overlay = None;
                if self.review.is_some()
                    && let Some(genre) = genre
                {
                    return self.review_choose(genre);
                }
                let tracks = self.selected_in_order();
                let next = self.row_after_filing(&tracks, genre.as_deref());
                let commands = self.set_genre_of(tracks, genre);
                if let Some(row) = next {
                    self.select_row(row, SelectMode::Only);
                    self.effects.push(Effect::ScrollToRow(row));
                }
                return commands;
            }
            Action::ChooseReading(reading) => self.choose_reading(reading),
            Action::RepairText(reading) => return self.repair_text(reading),
            Action::ReviewChoose(genre) => return self.review_choose(genre),
            Action::ReviewSkip => return self.review_step(1),
            Action::ReviewBack => return self.review_step(-1),
            Action::CreatePlaylist { name, tracks } => {
                self.overlay = None;
                return vec![Command::CreatePlaylist { name, tracks }];
            }
            Action::AddSelectionToPlaylist(id) => {
                return vec![Command::AddToPlaylist(id, self.selected_in_order())];
            }
            Action::RenamePlaylist(id, name) => {
                self.overlay = None;
                return vec![Command::RenamePlaylist(id, name)];
            }
            Action::DeletePlaylist(id) => return vec![Command::DeletePlaylist(id)],
            Action::AddRoots(folders) => {
                self.place = Place::Library;
                return vec![Command::AddRoots(folders)];
            }
            Action::RemoveRoot(folder) => return vec![Command::RemoveRoot(folder)],
            Action::Forget(tracks) => {
                self.overlay = None;
                return vec![Command::Forget(tracks)];
            }
            Action::ForgetHidden => {
                self.overlay = None;
                return vec![Command::ForgetHidden];
            }
            Action::TakeOver(track) => return vec![Command::TakeOver(track)],
            Action::KeepApart(track) => return vec![Command::KeepApart(track)],
            Action::Locate(track) => self.effects.push(Effect::ChooseFolder(FolderPurpose::LocateSong(track))),
            Action::LocateAt(track, file) => return vec![Command::Locate { track, file }],
            Action::AddDemo => {
                self.place = Place::Library;
                return vec![Command::AddDemo];
            }
            Action::ClassifyAgain => return vec![Command::Classify { again: true, within: Vec::new() }],
            Action::RetryProblems(paths) => return vec![Command::RetryProblems(paths)],
            Action::Export(selection) => self.effects.push(Effect::ChooseFolder(FolderPurpose::Export(selection))),
            Action::ExportTo(folder, selection) => {
                return vec![Command::ExportPlaylists { folder, selection, within: Vec::new() }];
            }
            Action::CancelJob(id) => {
                self.jobs.mark_cancelling(id);
                return vec![Command::Cancel(id)];
            }
            Action::ExportPicture { track, request, file } => {
                return vec![Command::ExportPicture { track, request, file }];
            }
            Action::Inspect(action) => return self.reduce_inspect(action),
            Action::Train(action) => return self.reduce_training(action),
            Action::ChangeSettings(changes) => return self.change_settings(changes),
            Action::Reveal(path) => self.effects.push(Effect::Reveal(path)),
            Action::Copy(text) => self.effects.push(Effect::Copy(text)),
            Action::SetOverlay(overlay) => self.overlay = overlay,
            Action::DismissToast(id) => self.toasts.dismiss(id),
            Action::KeepToast(id) => self.toasts.keep(id),
            Action::AcceptSilence => self.silence_accepted = true,
            Action::Complain(text) => self.toasts.push(Tone::Error, text, None),
        }
        Vec::new()
    }

    fn reduce_verb(&mut self, verb: Verb) -> Vec<Command> {
        let player = |command| vec![Command::Player(command)];
        match verb {
            Verb::GoLibrary => self.place = Place::Library,
            Verb::GoInspect => self.place = Place::Inspect,
            Verb::GoTrain => return self.open_training(),
            Verb::GoSettings => {
                self.place = Place::Settings;
                return vec![Command::ListOutputDevices];
            }
            Verb::Help => {
                self.overlay = if self.overlay == Some(Overlay::Help) { None } else { Some(Overlay::Help) };
            }
            Verb::FullScreen => self.set_full_screen(!self.inspect.full_screen),
            Verb::PlayPause => return self.play_pause(),
            Verb::Stop => return player(PlayerCommand::Stop),
            Verb::Previous => return player(PlayerCommand::Previous),
            Verb::Next => return player(PlayerCommand::Next),
            Verb::SeekBack => return self.seek_by(-5.0),
            Verb::SeekForward => return self.seek_by(5.0),
            Verb::SeekBackFine => return self.seek_by(-1.0),
            Verb::SeekForwardFine => return self.seek_by(1.0),
            Verb::Repeat => return self.step_repeat(),
            Verb::Shuffle => return self.toggle_shuffle(),
            Verb::Slower => return self.set_speed(self.player.speed - SPEED_STEP),
            Verb::Faster => return self.set_speed(self.player.speed + SPEED_STEP),
            Verb::OwnSpeed => return self.set_speed(1.0),
            Verb::Queue => self.toggle_queue(),
            Verb::Mute => return self.mute(),
            Verb::VolumeUp => return self.step_volume(0.05),
            Verb::VolumeDown => return self.step_volume(-0.05),
            Verb::ShowPlaying => self.show_playing(),
            Verb::Search => {
                self.place = Place::Library;
                self.effects.push(Effect::FocusSearch);
            }
            Verb::Escape => return self.escape(),
            Verb::SelectUp => self.move_lead(-1, SelectMode::Only),
            Verb::SelectDown => self.move_lead(1, SelectMode::Only),
            Verb::ExtendUp => self.move_lead(-1, SelectMode::Range),
            Verb::ExtendDown => self.move_lead(1, SelectMode::Range),
            Verb::PageUp => self.move_lead(-(self.page_rows as isize), SelectMode::Only),
            Verb::PageDown => self.move_lead(self.page_rows as isize, SelectMode::Only),
            Verb::SelectFirst => self.move_lead(isize::MIN, SelectMode::Only),
            Verb::SelectLast => self.move_lead(isize::MAX, SelectMode::Only),
            Verb::SelectAll => {
                let ids: Vec<TrackId> =
                    (0..self.rows.places.len()).filter_map(|row| Some(self.row_track(row)?.id)).collect();
                if let Some(lead) = self.selection.lead().or(ids.first().copied()) {
                    self.selection.set_range(ids, lead);
                }
            }
            Verb::PlaySelected => return self.play_selected(),
            Verb::QueueSelected => return self.queue_selected(),
            Verb::PlayNextSelected => return self.play_next_selected(),
            Verb::SetGenre => {
                if !self.selection.is_empty() {
                    self.overlay = Some(Overlay::GenrePicker);
                }
            }
            Verb::RepairText => self.open_text_repair(),
            Verb::ReviewUnsure => {
                return if self.review.is_some() { self.end_review() } else { self.start_review() };
            }
            Verb::Undo => return vec![Command::Undo],
            Verb::Redo => return vec![Command::Redo],
            Verb::RemoveFromPlaylist => return self.remove_from_playlist(),
            Verb::AddFolder => self.effects.push(Effect::ChooseFolder(FolderPurpose::AddMusic)),
            Verb::Rescan => return vec![Command::Rescan],
            Verb::Classify => return vec![Command::Classify { again: false, within: Vec::new() }],
            Verb::ExportAll => self.effects.push(Effect::ChooseFolder(FolderPurpose::Export(ExportSelection::All))),
            Verb::ZoomIn
            | Verb::ZoomOut
            | Verb::ZoomPitchIn
            | Verb::ZoomPitchOut
            | Verb::ZoomWhole
            | Verb::PanEarlier
            | Verb::PanLater
            | Verb::LiveOrWhole
            | Verb::Follow
            | Verb::Freeze
            | Verb::LoopSelection
            | Verb::Panes
            | Verb::Harmonics
            | Verb::Curve
            | Verb::PeakHold
            | Verb::Compare
            | Verb::Explain
            | Verb::ReadCursor
            | Verb::CopyReadOut => return self.reduce_inspect_verb(verb),
        }
        Vec::new()
    }

    fn show(&mut self, source: Source) -> Vec<Command> {
        self.place = Place::Library;
        let commands = self.end_review();
        if source != self.source {
            self.source = source;
            self.playlist_sort = Sort::by(super::rows::Column::Order);
            self.refresh_rows();
            self.effects.push(Effect::ScrollToRow(0));
        }
        commands
    }

    fn show_playing(&mut self) {
        let Some(id) = self.player.current else { return };
        self.place = Place::Library;
        if self.row_of(id).is_none() {
            self.search.clear();
            self.source = Source::All;
            self.refresh_rows();
        }
        self.selection.set(id);
        self.want_cover(Some(id));
        if let Some(row) = self.row_of(id) {
            self.effects.push(Effect::ScrollToRow(row));
        }
    }

    fn escape(&mut self) -> Vec<Command> {
        if self.overlay.take().is_some() {
            return Vec::new();
        }
        if self.escape_inspect() {
            return Vec::new();
        }
        if self.review.is_some() {
            return self.end_review();
        }
        if !self.search.is_empty() {
            self.search.clear();
            self.refresh_rows();
            self.effects.push(Effect::FocusTable);
        } else if self.place != Place::Library {
            self.place = Place::Library;
        } else {
            self.selection.clear();
        }
        Vec::new()
    }

    fn select_row(&mut self, row: usize, mode: SelectMode) {
        let Some(id) = self.row_track(row).map(|track| track.id) else { return };
        match mode {
            SelectMode::Only => self.selection.set(id),
            SelectMode::Toggle => self.selection.toggle(id),
            SelectMode::Range => {
                let from = self.selection.anchor().and_then(|anchor| self.row_of(anchor)).unwrap_or(row);
                let ids: Vec<TrackId> =
                    (from.min(row)..=from.max(row)).filter_map(|row| Some(self.row_track(row)?.id)).collect();
                self.selection.set_range(ids, id);
            }
        }
        self.want_cover(Some(id));
    }

    fn move_lead(&mut self, by: isize, mode: SelectMode) {
        let Some(last) = self.rows.places.len().checked_sub(1) else { return };
        let row = match self.selection.lead().and_then(|id| self.row_of(id)) {
            Some(row) => row.saturating_add_signed(by).min(last),
            None if by == isize::MAX => last,
            None => 0,
        };
        self.select_row(row, mode);
        self.effects.push(Effect::ScrollToRow(row));
    }

    /// Sets a genre by hand where another one or none stands.
    pub(super) fn set_genre_of(&mut self, tracks: Vec<TrackId>, genre: Option<String>) -> Vec<Command> {
        let by_hand = |id: TrackId| Some(self.track(id)?.user_genre.as_ref().map(|user| user.genre.clone()));
        let changed: Vec<TrackId> =
            tracks.into_iter().filter(|id| by_hand(*id).is_some_and(|old| old != genre)).collect();
        if changed.is_empty() { Vec::new() } else { vec![Command::SetGenre { tracks: changed, genre }] }
    }

    fn remove_from_playlist(&mut self) -> Vec<Command> {
        let Source::Playlist(id) = self.source else { return Vec::new() };
        let mut positions: Vec<usize> = (0..self.rows.places.len())
            .filter(|row| self.row_track(*row).is_some_and(|track| self.selection.contains(track.id)))
            .filter_map(|row| self.rows.positions.get(row).map(|position| *position as usize))
            .collect();
        positions.sort_unstable();
        if positions.is_empty() { Vec::new() } else { vec![Command::RemoveFromPlaylist(id, positions)] }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::{Event, Turn};
    use crate::library::model::{Snapshot, UserGenre};
    use crate::state::Column;
    use crate::state::derived::tests::track;

    use super::*;

    /// Ten songs in the order of their titles; the fourth was given a genre by hand, the fifth is missing.
    fn opened() -> AppState {
        let mut tracks: Vec<_> = (1..=10).map(|id| track(id, Some(("jazz", 0.9)))).collect();
        for (track, letter) in tracks.iter_mut().zip("abcdefghij".chars()) {
            track.title = letter.to_string();
        }
        tracks[3].user_genre = Some(UserGenre { genre: "rock".into(), set_at: 1 });
        tracks[4].missing = true;
        let mut state = AppState::default();
        state.apply(Event::Library(Snapshot { tracks: Arc::new(tracks), ..Snapshot::default() }));
        state.reduce(Action::SortBy(Column::Title));
        state
    }

    fn select(state: &mut AppState, row: usize, mode: SelectMode) {
        assert!(state.reduce(Action::Select { row, mode }).is_empty());
    }

    #[test]
    fn a_range_goes_from_the_anchor_and_can_shrink() {
        let mut state = opened();
        select(&mut state, 2, SelectMode::Only);
        select(&mut state, 6, SelectMode::Range);
        select(&mut state, 4, SelectMode::Range);
        assert_eq!(state.selected_in_order(), [3, 4, 5].map(TrackId));
        select(&mut state, 0, SelectMode::Range);
        assert_eq!(state.selected_in_order(), [1, 2, 3].map(TrackId));
        select(&mut state, 9, SelectMode::Toggle);
        assert_eq!(state.selection.len(), 4);
        assert_eq!(state.selection.lead(), Some(TrackId(10)));
    }

    #[test]
    fn the_selection_outlives_sorting_and_searching_and_forgets_what_is_gone() {
        let mut state = opened();
        select(&mut state, 2, SelectMode::Only);
        state.reduce(Action::SortBy(Column::Title));
        assert_eq!(state.row_of(TrackId(3)), Some(7));
        state.reduce(Action::Search("no such".into()));
        assert_eq!(state.selected_in_order(), [TrackId(3)]);
        state.apply(Event::Library(Snapshot::default()));
        assert!(state.selection.is_empty());
    }

    #[test]
    fn a_genre_is_sent_for_songs_that_have_another_one() {
        let mut state = opened();
        select(&mut state, 2, SelectMode::Only);
        select(&mut state, 3, SelectMode::Range);
        let set = state.reduce(Action::SetGenre(Some("rock".into())));
        assert_eq!(set, [Command::SetGenre { tracks: vec![TrackId(3)], genre: Some("rock".into()) }]);
        assert_eq!(state.reduce(Action::Do(Verb::Undo)), [Command::Undo]);
    }

    #[test]
    fn what_was_done_and_taken_back_is_told_with_its_name() {
        let mut state = opened();
        state.apply(Event::Done("deleted playlist ‘Train’".into()));
        let shown = &state.toasts.shown()[0];
        assert_eq!(shown.text, "Deleted playlist ‘Train’.");
        assert_eq!(shown.action, Some(("Undo".to_owned(), Action::Do(Verb::Undo))));
        let turn = |what: Option<&str>, redo| {
            Event::Undone(Turn { what: what.map(str::to_owned), redo, genres_of: Vec::new() })
        };
        // Each takes the one before away, whose button would do something else now.
        for (event, text) in [
            (turn(Some("deleted playlist ‘Train’"), false), "Undone: deleted playlist ‘Train’."),
            (turn(Some("deleted playlist ‘Train’"), true), "Redone: deleted playlist ‘Train’."),
            (turn(None, false), "Nothing to undo."),
        ] {
            state.apply(event);
            let texts: Vec<&str> = state.toasts.shown().iter().map(|toast| toast.text.as_str()).collect();
            assert_eq!(texts, [text]);
        }
    }

    #[test]
    fn a_missing_song_is_not_played_but_said() {
        let mut state = opened();
        assert_eq!(state.reduce(Action::PlayRow(4)), []);
        assert!(state.toasts.shown()[0].text.contains("is not there now"));
        let sent = state.reduce(Action::PlayRow(5));
        let [Command::Player(PlayerCommand::PlayQueue { items, start })] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!((items.len(), items[*start].track), (9, TrackId(6)));
    }

    #[test]
    fn page_keys_stop_at_the_ends() {
        let mut state = opened();
        state.reduce(Action::PageRows(4));
        state.reduce(Action::Do(Verb::PageDown));
        assert_eq!(state.selection.lead(), Some(TrackId(1)), "the first key press selects the first row");
        for _ in 0..5 {
            state.reduce(Action::Do(Verb::PageDown));
        }
        assert_eq!(state.selection.lead(), Some(TrackId(10)));
        state.reduce(Action::Do(Verb::SelectFirst));
        assert_eq!(state.selection.lead(), Some(TrackId(1)));
        assert!(state.take_effects().contains(&Effect::ScrollToRow(0)));
    }
}
