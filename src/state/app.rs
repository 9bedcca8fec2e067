//! Everything the window shows.

use std::sync::Arc;

use crate::audio::Overview;
use crate::audio::player::{OutputState, PlayerStatus};
use crate::base::{PlaylistId, TrackId};
use crate::engine::event::{CoverImage, Opened};
use crate::engine::settings::Change;
use crate::engine::{Command, Settings};
use crate::library::Articles;
use crate::library::filing::DecisionRule;
use crate::library::model::{Loss, Playlist, Snapshot, Track};
use crate::library::query::Query;
use crate::ml::model::config::{Architecture, Preset};

use super::apply::sentence;
use super::asked::Asked;
use super::derived::Derived;
use super::effect::Effect;
use super::genre::first_rule;
use super::inspect::Inspect;
use super::jobs::Jobs;
use super::live::LiveRing;
use super::playing::PlayedFile;
use super::queue::QueuePanel;
use super::review::Review;
use super::rows::{Column, Rows, Sort, rows};
use super::selection::Selection;
use super::text_repair::TextRepair;
use super::toast::Toasts;
use super::training::Training;

/// Opening a sound device takes a moment in which nothing is wrong yet.
pub const SILENCE_SHOWN_AFTER_SECS: f64 = 1.5;

/// The places of the rail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Songs, genres, playlists.
    #[default]
    Library,
    /// Sound as pictures.
    Inspect,
    /// Networks: set up, watched, judged, compared.
    Train,
    /// Settings.
    Settings,
}

/// What the table shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Every song.
    #[default]
    All,
    /// The songs of one genre, by its stored name.
    Genre(String),
    /// Heard, but undecided.
    Unsure,
    /// Not heard by a network yet.
    NotHeard,
    /// A playlist that a person made.
    Playlist(PlaylistId),
    /// Files that could not be used.
    Problems,
}

/// What lies over the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// All keys.
    Help,
    /// Choosing a genre for the selected songs.
    GenrePicker,
    /// Whether to close the window although a training runs.
    Quit,
    /// How a network works.
    HowItWorks(Architecture, Preset),
    /// Naming a new playlist of these songs.
    NewPlaylist(Vec<TrackId>),
    /// Naming a playlist anew.
    RenamePlaylist(PlaylistId),
    /// Whether these songs are to be forgotten.
    Forget(Vec<TrackId>),
    /// In which encoding the texts of these songs are to be read.
    RepairText(Box<TextRepair>),
    /// Whether the songs of folders that were taken out of the library are to be forgotten.
    ForgetHidden,
}

/// Everything the window shows. Panels read it; [`AppState::apply`] and [`AppState::reduce`] change it.
#[derive(Debug)]
pub struct AppState {
    /// The library as the engine told it last.
    pub snapshot: Snapshot,
    /// The engine has told its library (false only in the first moments).
    pub loaded: bool,
    /// How predictions become decisions, by the settings.
    pub rule: DecisionRule,
    /// What follows from the snapshot and the rule.
    pub derived: Derived,
    /// What the engine opened, as soon as it has.
    pub opened: Option<Opened>,
    /// The settings as the engine told them last, with what was changed since.
    pub settings: Arc<Settings>,
    /// The last change of each setting that the engine has not told of yet.
    pub(super) unconfirmed: Vec<Change>,
    /// Where the rail stands.
    pub place: Place,
    /// What the table shows.
    pub source: Source,
    /// The search text.
    pub search: String,
    /// How collections are sorted.
    pub sort: Sort,
    /// How playlists are sorted.
    pub playlist_sort: Sort,
    /// The rows of the table.
    pub rows: Rows,
    /// Rows the table shows at once.
    pub page_rows: usize,
    /// The selected songs.
    pub selection: Selection,
    /// Long work.
    pub jobs: Jobs,
    /// The player.
    pub player: PlayerStatus,
    /// Since when nothing can be heard, in the window's seconds.
    pub(super) silent_since_secs: Option<f64>,
    /// The person has read that nothing can be heard.
    pub(super) silence_accepted: bool,
    pub(super) now_secs: f64,
    /// The loudness before it was muted.
    pub muted_from: Option<f32>,
    /// The live spectrogram.
    pub live: LiveRing,
    /// The pictures of sound.
    pub inspect: Inspect,
    /// Cover pictures.
    pub covers: Asked<CoverImage>,
    /// The queue panel.
    pub queue_panel: QueuePanel,
    /// Outlines and loudness of songs.
    pub overviews: Asked<Overview>,
    /// Files that were played without being in the library; the song with the number `-1 - n` is the n-th.
    pub(super) files: Vec<PlayedFile>,
    /// Trainings and their runs.
    pub training: Training,
    /// Output devices, the default one first; empty until asked for.
    pub devices: Vec<String>,
    /// Messages.
    pub toasts: Toasts,
    /// Going through the unsure songs, if that is so.
    pub review: Option<Review>,
    /// What lies over the window.
    pub overlay: Option<Overlay>,
    pub(super) effects: Vec<Effect>,
    pub(super) wanted: Vec<Command>,
}

impl Default for AppState {
    fn default() -> Self {
        Self {
            snapshot: Snapshot::default(),
            loaded: false,
            rule: first_rule(),
            derived: Derived::new(&[], &first_rule()),
            opened: None,
            settings: Arc::default(),
            unconfirmed: Vec::new(),
            place: Place::default(),
            source: Source::default(),
            search: String::new(),
            sort: Sort::by(Column::Artist),
            playlist_sort: Sort::by(Column::Order),
            rows: Rows::default(),
            page_rows: 20,
            selection: Selection::default(),
            jobs: Jobs::default(),
            player: PlayerStatus::stopped(Settings::default().volume),
            silent_since_secs: None,
            silence_accepted: false,
            now_secs: 0.0,
            muted_from: None,
            live: LiveRing::default(),
            inspect: Inspect::default(),
            queue_panel: QueuePanel::default(),
            covers: Asked::default(),
            overviews: Asked::default(),
            files: Vec::new(),
            training: Training::default(),
            devices: Vec::new(),
            toasts: Toasts::default(),
            review: None,
            overlay: None,
            effects: Vec::new(),
            wanted: Vec::new(),
        }
    }
}

impl AppState {
    /// Lets time pass, in the window's own seconds.
    pub fn tick(&mut self, now_secs: f64) {
        self.now_secs = now_secs;
        self.toasts.tick(now_secs);
    }

    /// Why nothing can be heard; `None` when it can, when that was accepted, and in the first seconds, in which the sound
    /// output is still being opened.
    pub fn silent_because(&self) -> Option<&str> {
        let OutputState::Silent(reason) = &self.player.output else { return None };
        let since_secs = self.silent_since_secs.filter(|_| !self.silence_accepted)?;
        (self.now_secs - since_secs >= SILENCE_SHOWN_AFTER_SECS).then_some(reason)
    }

    /// When the window will begin to say that there is no sound output, in seconds of its clock; nothing when it says so
    /// already or has no reason to.
    pub fn silence_shown_at_secs(&self) -> Option<f64> {
        let is_silent = matches!(self.player.output, OutputState::Silent(_)) && !self.silence_accepted;
        let shown_at_secs = self.silent_since_secs.filter(|_| is_silent)? + SILENCE_SHOWN_AFTER_SECS;
        (self.now_secs < shown_at_secs).then_some(shown_at_secs)
    }

    /// What is to be said across the window about the sound output: that its device is gone, or that there is none.
    pub fn output_notice(&self) -> Option<String> {
        if let OutputState::Gone(name) = &self.player.output {
            return Some(format!("{name} is gone; playback is paused. It goes on when it or another comes back."));
        }
        let reason = self.silent_because()?.trim_end_matches('.');
        Some(format!("No sound output: {reason}. Everything else works."))
    }

    /// What the window says about a library that cannot be written; nothing if it can.
    pub fn read_only_notice(&self) -> Option<String> {
        let folder = &self.opened.as_ref().filter(|opened| opened.read_only)?.data_folder;
        Some(format!("The library in {} is write-protected: changes are not kept.", folder.display()))
    }

    /// What the window itself is asked to do, oldest first; empty afterwards.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// What the state needs to know from the engine (covers); empty afterwards.
    pub fn take_wanted(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.wanted)
    }

    /// Nothing was ever added: the first-run screen shows.
    pub fn is_first_run(&self) -> bool {
        self.loaded
            && self.snapshot.roots.is_empty()
            && self.snapshot.tracks.is_empty()
            && self.jobs.running().is_empty()
    }

    /// A song by identity.
    pub fn track(&self, id: TrackId) -> Option<&Track> {
        self.snapshot.tracks.get(self.derived.place_of(id)?)
    }

    /// Whether a song's file is not there.
    pub fn is_missing(&self, id: TrackId) -> bool {
        self.track(id).is_some_and(|track| track.missing)
    }

    /// What a person gave these songs.
    pub fn loss(&self, tracks: &[TrackId]) -> Loss {
        let by_hand = |id: &&TrackId| self.track(**id).is_some_and(|track| track.user_genre.is_some());
        let has_one = |list: &&Playlist| list.tracks.iter().any(|track| tracks.contains(track));
        Loss {
            songs: tracks.len(),
            genres: tracks.iter().filter(by_hand).count(),
            playlists: self.snapshot.playlists.iter().filter(has_one).count(),
        }
    }

    /// The song of a row of the table.
    pub fn row_track(&self, row: usize) -> Option<&Track> {
        self.snapshot.tracks.get(*self.rows.places.get(row)? as usize)
    }

    /// The row of the table that shows a song; the first if it stands there twice.
    pub fn row_of(&self, id: TrackId) -> Option<usize> {
        let place = self.derived.place_of(id)? as u32;
        self.rows.places.iter().position(|row| *row == place)
    }

    /// The song whose details show.
    pub fn lead(&self) -> Option<&Track> {
        self.track(self.selection.lead()?)
    }

    /// The song at the playhead.
    pub fn playing(&self) -> Option<&Track> {
        self.track(self.player.current?)
    }

    /// How the table that shows now is sorted.
    pub fn current_sort(&self) -> Sort {
        if matches!(self.source, Source::Playlist(_)) { self.playlist_sort } else { self.sort }
    }

    /// The selected songs in the order of the table, then those that it does not show.
    pub fn selected_in_order(&self) -> Vec<TrackId> {
        let mut seen = std::collections::HashSet::new();
        let mut ids: Vec<TrackId> = (0..self.rows.places.len())
            .filter_map(|row| self.row_track(row))
            .map(|track| track.id)
            .filter(|id| self.selection.contains(*id) && seen.insert(*id))
            .collect();
        if ids.len() < self.selection.len() {
            let hidden = self.snapshot.tracks.iter().map(|track| track.id);
            ids.extend(hidden.filter(|id| self.selection.contains(*id) && seen.insert(*id)));
        }
        ids
    }

    /// What in the search text could not be understood, as a sentence.
    pub fn search_complaint(&self) -> Option<String> {
        Query::parse(&self.search).complaint().map(str::to_owned)
    }

    /// The name of what the table shows.
    pub fn source_name(&self) -> String {
        match &self.source {
            Source::All => "All songs".to_owned(),
            Source::Genre(name) => super::genre::display_name(name),
            Source::Unsure => "Unsure".to_owned(),
            Source::NotHeard => "Not classified".to_owned(),
            Source::Problems => "Problems".to_owned(),
            Source::Playlist(id) => self
                .snapshot
                .playlists
                .iter()
                .find(|list| list.id == *id)
                .map_or_else(|| "Playlist".to_owned(), |list| list.name.clone()),
        }
    }

    /// Whether the articles of artists count in the order of the table.
    pub fn articles(&self) -> Articles {
        Articles::ignored(self.settings.ignore_articles)
    }

    /// Recomputes the rows from source, search and sort.
    pub(super) fn refresh_rows(&mut self) {
        self.rows = rows(
            &self.snapshot.tracks,
            &self.derived,
            &self.snapshot.playlists,
            &self.source,
            &self.search,
            self.current_sort(),
            self.articles(),
        );
    }

    /// Asks for the outline of a song unless that was done.
    pub(super) fn want_overview(&mut self, id: Option<TrackId>) {
        if let Some(id) = id
            && self.overviews.want(id)
        {
            self.wanted.push(Command::LoadOverview(id));
        }
    }

    /// What is wrong with a song's file and where, as one sentence: known once it was decoded in the background, as every song
    /// is that plays or is inspected.
    pub fn damage_of(&self, id: TrackId) -> Option<String> {
        self.overviews.ready(id)?.damage.as_deref().map(sentence)
    }

    /// Asks for the cover of a song unless that was done.
    pub(super) fn want_cover(&mut self, id: Option<TrackId>) {
        if let Some(id) = id
            && self.covers.want(id)
        {
            self.wanted.push(Command::LoadCover(id));
        }
    }
}
