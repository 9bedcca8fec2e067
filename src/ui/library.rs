//! The Library place: sidebar, search, list, details.

use eframe::egui::{Align, CentralPanel, Frame, Layout, Panel, RichText, Ui};

use crate::engine::ExportSelection;
use crate::engine::JobKind;
use crate::state::jobs::{count_of, duration_words};
use crate::state::{Action, AppState, Source, Verb};

use super::icons::Icon;
use super::local::Local;
use super::theme::{fonts, size, tokens};
use super::widgets::button::{self, Weight};
use super::widgets::empty::empty;
use super::{details, problems, review, sidebar, table, top_bar};

/// Draws the place.
pub fn library(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let panel = Frame::NONE.fill(tokens.panel);
    Panel::left("sidebar")
        .default_size(size::SIDEBAR)
        .size_range(168.0..=360.0)
        .frame(panel)
        .show(ui, |ui| sidebar::sidebar(ui, state, actions));
    Panel::top("top bar")
        .exact_size(size::TOP_BAR)
        .frame(panel)
        .show(ui, |ui| top_bar::top_bar(ui, state, local, actions));
    let with_details = state.review.is_none() && state.source != Source::Problems && !state.snapshot.tracks.is_empty();
    if with_details {
        Panel::bottom("details")
            .resizable(true)
            .default_size(size::DETAILS)
            .size_range(120.0..=360.0)
            .frame(panel)
            .show(ui, |ui| details::details(ui, state, local, actions));
    }
    CentralPanel::no_frame().show(ui, |ui| {
        ui.painter().rect_filled(ui.max_rect(), 0.0, tokens.background);
        if state.review.is_some() {
            review::review(ui, state, local, actions);
            return;
        }
        head(ui, state, actions);
        if state.source == Source::Problems {
            problems::problems(ui, state, actions);
        } else if state.rows.places.is_empty() {
            nothing(ui, state, actions);
        } else {
            table::table(ui, state, local, actions);
        }
    });
}

/// The name of the list, its size, and what can be done with all of it.
fn head(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    let (rect, _) =
        ui.allocate_exact_size(eframe::egui::vec2(ui.available_width(), 44.0), eframe::egui::Sense::hover());
    let inner = rect.shrink2(eframe::egui::vec2(size::MARGIN, 0.0));
    ui.scope_builder(
        eframe::egui::UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)),
        |ui| {
            let name = state.source_name();
            let shown: String =
                if name.chars().count() > 48 { name.chars().take(47).chain(['…']).collect() } else { name };
            ui.label(RichText::new(shown).font(fonts::heading()));
            ui.label(RichText::new(summary(state)).color(tokens.text_muted));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| match &state.source {
                Source::Unsure if state.derived.unsure > 0 => {
                    let verb = Verb::ReviewUnsure;
                    let response = button::text(ui, Weight::Primary, None, "Review one by one", 28.0);
                    if response.on_hover_text(verb.tooltip()).clicked() {
                        actions.push(Action::Do(verb));
                    }
                    export(ui, ExportSelection::Unsure, actions);
                }
                Source::NotHeard if !state.jobs.any(JobKind::Classify) => {
                    let verb = Verb::Classify;
                    let response = button::text(ui, Weight::Primary, None, "Classify now", 28.0);
                    if response.on_hover_text(verb.tooltip()).clicked() {
                        actions.push(Action::Do(verb));
                    }
                }
                Source::Genre(name) => export(ui, ExportSelection::Genre(name.clone()), actions),
                Source::Playlist(id) => export(ui, ExportSelection::Playlist(*id), actions),
                Source::Problems if !state.snapshot.problems.is_empty() => {
                    let response = button::text(ui, Weight::Normal, Some(Icon::Rescan), "Retry all", 28.0);
                    if response.on_hover_text("Look at all these files again").clicked() {
                        actions.push(Action::RetryProblems(Vec::new()));
                    }
                }
                _ => {}
            });
        },
    );
}

fn export(ui: &mut Ui, selection: ExportSelection, actions: &mut Vec<Action>) {
    let response = button::text(ui, Weight::Quiet, Some(Icon::Export), "Export…", 28.0);
    if response.on_hover_text("Write this playlist as an .m3u8 file").clicked() {
        actions.push(Action::Export(selection));
    }
}

fn summary(state: &AppState) -> String {
    if state.source == Source::Problems {
        return count_of(state.snapshot.problems.len() + state.snapshot.lookalikes.len(), "file", "files");
    }
    let count = count_of(state.rows.places.len(), "song", "songs");
    if state.search.is_empty() && state.source == Source::All && state.derived.total_secs > 0.0 {
        format!("{count} · {}", duration_words(state.derived.total_secs))
    } else {
        count
    }
}

/// What an empty list is for, and the next step.
fn nothing(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let all = ("Show all songs", Action::Show(Source::All));
    let add = ("Add folder…", Action::Do(Verb::AddFolder));
    if !state.loaded {
        return;
    }
    if state.search_complaint().is_some() {
        let sentence = "Correct the search, or empty it.";
        let all = ("Show all again", Action::Search(String::new()));
        empty(ui, Icon::Search, "The search is not understood", sentence, &[all], actions);
        return;
    }
    if !state.search.is_empty() {
        let sentence = format!("No song here has “{}” in its title, artist, album or genre.", state.search);
        empty(
            ui,
            Icon::Search,
            "Nothing found",
            &sentence,
            &[("Show all again", Action::Search(String::new()))],
            actions,
        );
        return;
    }
    if state.snapshot.tracks.is_empty() {
        if state.jobs.any(JobKind::Scan) || state.jobs.any(JobKind::Demo) {
            empty(ui, Icon::Search, "Looking for songs", "They show here as they are found.", &[], actions);
        } else {
            let sentence = "The folders of this library hold no songs that Timbre can read.";
            empty(ui, Icon::Folder, "No songs yet", sentence, &[add], actions);
        }
        return;
    }
    match &state.source {
        Source::Unsure => {
            let sentence = "Songs about which the network is not sure enough wait here for your ear.";
            empty(ui, Icon::Check, "Nothing is unsure", sentence, &[all], actions);
        }
        Source::Genre(_) => {
            let sentence =
                "Songs come here when the network or you decide on this genre. Press G on a song to set its genre.";
            empty(ui, Icon::Note, "No songs of this genre", sentence, &[all], actions);
        }
        Source::Playlist(_) => {
            let sentence = "Right click on songs and choose “Add to playlist”.";
            empty(ui, Icon::Playlist, "This playlist is empty", sentence, &[all], actions);
        }
        _ => empty(ui, Icon::Note, "Nothing here", "Every song has been classified.", &[all], actions),
    }
}
