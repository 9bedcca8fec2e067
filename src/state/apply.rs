//! What the engine tells becomes what the window shows.

use std::sync::Arc;

use crate::audio::player::{OutputState, PlayState, PlayerEvent, PlayerStatus, QueueItem};
use crate::base::time::clock_text;
use crate::engine::event::Opened;
use crate::engine::settings::Change;
use crate::engine::{Command, Event, Settings, Turn};
use crate::library::model::Snapshot;

use super::action::Action;
use super::app::{AppState, Source};
use super::derived::Derived;
use super::genre::decision_rule;
use super::prepare::prepare;
use super::toast::Tone;
use super::verb::Verb;

impl AppState {
    /// Follows one event.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Opened(opened) => self.apply_opened(opened),
            Event::Library(snapshot) => self.apply_library(snapshot),
            Event::Settings(settings) => self.apply_settings(settings),
            Event::Genres(genres) => self.apply_genres(genres),
            Event::Job(event) => {
                self.follow_training_job(&event);
                self.jobs.apply(event, &mut self.toasts);
            }
            Event::Player(PlayerEvent::Status(status)) => self.apply_player(status),
            Event::Player(PlayerEvent::Skipped { item, reason, others, stopped }) => {
                self.tell_skipped(&item, &reason, others, stopped);
            }
            Event::Player(PlayerEvent::Broken { item, position_secs, reason }) => {
                let (name, place) = (self.name_of(&item), clock_text(position_secs));
                self.toasts.push(Tone::Error, format!("“{name}” broke off at {place}. {reason}"), None);
            }
            Event::LiveColumns(columns) => self.live.extend(columns),
            Event::TileColumns(columns) => self.inspect.tiles.insert(&columns),
            // What is frozen stays as it is; the engine may still be sending what it had begun.
            Event::LivePicture(picture) if !self.inspect.is_frozen() => self.inspect.live.insert(&picture),
            Event::LivePicture(_) => {}
            Event::Overview(id, overview) => self.overviews.answer(id, overview),
            Event::Cover(id, image) => self.covers.answer(id, image),
            Event::Training(event) => self.apply_training(event),
            Event::OutputDevices(devices) => self.devices = devices,
            Event::Note(report) => self.toasts.note(&report),
            Event::Done(what) => {
                let undo = ("Undo".to_owned(), Action::Do(Verb::Undo));
                self.toasts.retract(|action| matches!(action, Action::Do(Verb::Undo | Verb::Redo)));
                self.toasts.push(Tone::Success, sentence(&what), Some(undo));
            }
            Event::Undone(turn) => self.apply_turn(&turn),
            Event::Failed(report) => self.toasts.report(&report),
        }
    }

    fn apply_opened(&mut self, opened: Opened) {
        if opened.after_fault {
            let text = "Timbre ended with a fault of its own the last time. What was done until then is kept; the log tells more.";
            let open = ("Open the folder".to_owned(), Action::Reveal(opened.log_folder.clone()));
            self.toasts.push(Tone::Error, text, Some(open));
        }
        self.opened = Some(opened);
    }

    /// Tells what was taken back or made again; a review goes to the song concerned.
    fn apply_turn(&mut self, turn: &Turn) {
        // What a message offered to take back is not what the next undo would do.
        self.toasts.retract(|action| matches!(action, Action::Do(Verb::Undo | Verb::Redo)));
        let (done, again) = if turn.redo { ("Redone", Verb::Undo) } else { ("Undone", Verb::Redo) };
        match &turn.what {
            Some(what) => {
                let button = (again.name().to_owned(), Action::Do(again));
                self.toasts.push(Tone::Success, format!("{done}: {what}."), Some(button));
            }
            None => {
                let text = if turn.redo { "Nothing to redo." } else { "Nothing to undo." };
                self.toasts.push(Tone::Info, text, None);
            }
        }
        if !turn.redo
            && let Some(song) = turn.genres_of.first()
        {
            self.review_return_to(*song);
        }
    }

    fn tell_skipped(&mut self, item: &QueueItem, reason: &str, others: usize, stopped: bool) {
        let name = self.name_of(item);
        let more = match others {
            0 => String::new(),
            1 => " and the song after it".to_owned(),
            _ => format!(" and the {others} songs after it"),
        };
        let text = if stopped {
            format!("Stopped: “{name}”{more} cannot be played. {reason}")
        } else {
            format!("Skipped “{name}”{more}. {reason}")
        };
        self.toasts.push(Tone::Error, text, None);
    }

    /// What a song is called: by its title, else by its file.
    fn name_of(&self, item: &QueueItem) -> String {
        let title = self.track(item.track).map(|track| track.title.clone()).filter(|title| !title.is_empty());
        title.unwrap_or_else(|| item.path.display().to_string())
    }

    fn apply_library(&mut self, snapshot: Snapshot) {
        if self.loaded && Arc::ptr_eq(&snapshot.tracks, &self.snapshot.tracks) {
            self.snapshot = snapshot;
            if self.forget_deleted_playlist() || matches!(self.source, Source::Playlist(_)) {
                self.refresh_rows();
            }
            return;
        }
        self.apply_prepared(prepare(snapshot, self.rule.clone(), self.view()));
    }

    /// Goes to all songs if the playlist on show is gone; whether that was so.
    pub(super) fn forget_deleted_playlist(&mut self) -> bool {
        let Source::Playlist(id) = self.source else { return false };
        let gone = !self.snapshot.playlists.iter().any(|list| list.id == id);
        if gone {
            self.source = Source::All;
        }
        gone
    }

    /// Follows what the engine says, which may not have heard of the last changes yet.
    fn apply_settings(&mut self, mut settings: Arc<Settings>) {
        self.unconfirmed.retain(|change| !settings.has(change));
        for change in &self.unconfirmed {
            Arc::make_mut(&mut settings).set(change.clone());
        }
        self.follow_settings(settings);
    }

    /// Changes settings: here at once, so that what follows builds upon it, and in the engine.
    pub(super) fn change_settings(&mut self, changes: Vec<Change>) -> Vec<Command> {
        let before = self.settings.clone();
        let mut settings = (*before).clone();
        changes.into_iter().for_each(|change| settings.set(change));
        // As they are now, inside their ranges.
        let changes = before.changes_to(&settings);
        if changes.is_empty() {
            return Vec::new();
        }
        self.unconfirmed.retain(|old| !changes.iter().any(|new| new.key() == old.key()));
        self.unconfirmed.extend(changes.iter().cloned());
        self.follow_settings(Arc::new(settings));
        vec![Command::ChangeSettings(changes)]
    }

    fn follow_settings(&mut self, settings: Arc<Settings>) {
        let rule_changed =
            settings.threshold != self.settings.threshold || settings.trust_file_tags != self.settings.trust_file_tags;
        let order_changed = settings.ignore_articles != self.settings.ignore_articles;
        self.settings = settings;
        if order_changed && !rule_changed {
            self.refresh_rows();
        }
        if rule_changed {
            self.rederive();
            self.refresh_rows();
        }
    }

    /// Another model decides, with genres of its own.
    fn apply_genres(&mut self, genres: Arc<[String]>) {
        if self.rule.genres != genres {
            self.rule.genres = genres;
            self.rederive();
            self.refresh_rows();
        }
    }

    fn apply_player(&mut self, status: PlayerStatus) {
        if status.volume > 0.0 {
            self.muted_from = None;
        }
        self.silent_since_secs = match status.output {
            OutputState::Silent(_) => self.silent_since_secs.or(Some(self.now_secs)),
            OutputState::Device(_) | OutputState::Gone(_) => None,
        };
        let song_changed = status.current != self.player.current;
        self.player = status;
        if song_changed {
            self.want_cover(self.player.current);
            self.want_overview(self.player.current);
            // The next one, too: by then its loudness is known.
            self.want_overview(self.player.queue.get(self.player.queue_index + 1).copied());
        }
    }

    pub(super) fn rederive(&mut self) {
        self.rule = decision_rule(&self.settings, self.rule.genres.clone());
        self.derived = Derived::new(&self.snapshot.tracks, &self.rule);
    }

    /// Whether sound runs now.
    pub fn is_playing(&self) -> bool {
        self.player.state == PlayState::Playing
    }
}

/// What was done, or what is wrong, as a sentence.
pub(super) fn sentence(what: &str) -> String {
    let mut letters = what.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::TrackId;

    #[test]
    fn songs_that_cannot_be_played_are_told_in_a_sentence() {
        let mut state = AppState::default();
        let item = QueueItem { track: TrackId(1), path: "/music/a.flac".into() };
        let reason = "There is no file /music/a.flac".to_owned();
        let skipped = |others, stopped| {
            let (item, reason) = (item.clone(), reason.clone());
            Event::Player(PlayerEvent::Skipped { item, reason, others, stopped })
        };
        for event in [
            skipped(0, false),
            skipped(1, false),
            skipped(2, true),
            Event::Player(PlayerEvent::Broken { item: item.clone(), position_secs: 65.0, reason: "Why".into() }),
        ] {
            state.apply(event);
        }
        let shown: Vec<&str> = state.toasts.shown().iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(
            shown,
            [
                "Skipped “/music/a.flac”. There is no file /music/a.flac",
                "Skipped “/music/a.flac” and the song after it. There is no file /music/a.flac",
                "Stopped: “/music/a.flac” and the 2 songs after it cannot be played. There is no file /music/a.flac",
                "“/music/a.flac” broke off at 1:05. Why",
            ]
        );
    }
}
