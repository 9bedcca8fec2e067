//! The sidebar of the Library: everything, genres, what is undecided, playlists, problems.

use eframe::egui::{Align, Rect, Response, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::engine::ExportSelection;
use crate::library::model::Playlist;
use crate::state::jobs::grouped;
use crate::state::{Action, AppState, Overlay, Source, Verb};

use super::icons::{self, Icon};
use super::theme::{fonts, size, tokens};
use super::widgets::{button, meter, text};

/// What stands before an entry's name.
#[derive(Clone, Copy)]
enum Mark<'a> {
    Icon(Icon),
    Genre(&'a str),
}

/// Draws the sidebar.
pub fn sidebar(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.add_space(8.0);
        let derived = &state.derived;
        entry(ui, state, Mark::Icon(Icon::Library), "All songs", state.snapshot.tracks.len(), Source::All, actions);
        entry(ui, state, Mark::Icon(Icon::Unsure), "Unsure", derived.unsure, Source::Unsure, actions);
        if derived.not_heard > 0 {
            let source = Source::NotHeard;
            entry(ui, state, Mark::Icon(Icon::NotHeard), "Not classified", derived.not_heard, source, actions);
        }
        let count = state.snapshot.problems.len() + state.snapshot.lookalikes.len();
        if count > 0 {
            entry(ui, state, Mark::Icon(Icon::Warning), "Problems", count, Source::Problems, actions);
        }

        head(ui, "Genres", None, actions);
        for genre in derived.genres.iter().enumerate().filter(|(place, genre)| *place < 10 || genre.count > 0) {
            let genre = genre.1;
            let source = Source::Genre(genre.name.clone());
            let response = entry(ui, state, Mark::Genre(&genre.name), &genre.shown, genre.count, source, actions);
            response.context_menu(|ui| {
                if ui.button("Export this playlist…").clicked() {
                    actions.push(Action::Export(ExportSelection::Genre(genre.name.clone())));
                }
            });
        }

        let new = Action::SetOverlay(Some(Overlay::NewPlaylist(Vec::new())));
        head(ui, "Playlists", Some(("New playlist", "Make an empty playlist", new)), actions);
        for list in state.snapshot.playlists.iter() {
            playlist(ui, state, list, actions);
        }
        if state.snapshot.playlists.is_empty() {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
            let place = rect.shrink2(vec2(size::MARGIN, 0.0));
            text::line(
                ui.painter(),
                place,
                "Your own lists show here",
                fonts::small(),
                tokens(ui).text_faint,
                Align::Min,
            );
        }
        ui.add_space(16.0);
    });
}

fn playlist(ui: &mut Ui, state: &AppState, list: &Playlist, actions: &mut Vec<Action>) {
    let source = Source::Playlist(list.id);
    let response = entry(ui, state, Mark::Icon(Icon::Playlist), &list.name, list.tracks.len(), source, actions);
    response.context_menu(|ui| {
        if ui.button("Rename…").clicked() {
            actions.push(Action::SetOverlay(Some(Overlay::RenamePlaylist(list.id))));
        }
        if ui.button("Export…").clicked() {
            actions.push(Action::Export(ExportSelection::Playlist(list.id)));
        }
        ui.separator();
        if ui.button("Delete playlist").on_hover_text("The songs stay in the library").clicked() {
            actions.push(Action::DeletePlaylist(list.id));
        }
    });
}

fn head(ui: &mut Ui, title: &str, add: Option<(&str, &str, Action)>, actions: &mut Vec<Action>) {
    ui.add_space(12.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    let tokens = tokens(ui);
    let place = rect.shrink2(vec2(size::MARGIN, 0.0));
    text::line(ui.painter(), place, title, fonts::small_strong(), tokens.text_faint, Align::Min);
    if let Some((name, tooltip, action)) = add {
        let place = Rect::from_center_size(pos2(rect.right() - 22.0, rect.center().y), vec2(24.0, 24.0));
        let mut child = ui.new_child(eframe::egui::UiBuilder::new().max_rect(place));
        if button::icon(&mut child, Icon::Plus, 24.0, name, tooltip).clicked() {
            actions.push(action);
        }
    }
}

fn entry(
    ui: &mut Ui,
    state: &AppState,
    mark: Mark<'_>,
    name: &str,
    count: usize,
    source: Source,
    actions: &mut Vec<Action>,
) -> Response {
    let tokens = tokens(ui);
    let active = state.source == source;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, active, format!("{name}, {count}")));
    if ui.is_rect_visible(rect) {
        let tile = rect.shrink2(vec2(8.0, 0.0));
        if active {
            ui.painter().rect_filled(tile, f32::from(size::RADIUS), tokens.control);
        } else if response.hovered() {
            ui.painter().rect_filled(tile, f32::from(size::RADIUS), tokens.row_hover);
        }
        let center = pos2(rect.left() + 24.0, rect.center().y);
        let quiet = count == 0 && !active;
        match mark {
            Mark::Icon(icon) => {
                let color = if active { tokens.accent } else { tokens.text_muted };
                icons::paint(ui.painter(), icon, Rect::from_center_size(center, vec2(17.0, 17.0)), color);
            }
            Mark::Genre(genre) => {
                let hue = tokens.genre(genre);
                if quiet {
                    ui.painter().circle_stroke(center, 3.5, (1.2, hue));
                } else {
                    meter::dot(ui.painter(), center, hue);
                }
            }
        }
        let number =
            Rect::from_min_max(pos2(rect.right() - 76.0, rect.top()), pos2(rect.right() - 18.0, rect.bottom()));
        let color = if quiet { tokens.text_faint } else { tokens.text_muted };
        let used = text::line(ui.painter(), number, &grouped(count), fonts::small(), color, Align::Max);
        let label = Rect::from_min_max(pos2(rect.left() + 40.0, rect.top()), pos2(used.left() - 8.0, rect.bottom()));
        let font = if active { fonts::strong() } else { fonts::body() };
        let color = if quiet { tokens.text_faint } else { tokens.text };
        text::line(ui.painter(), label, name, font, color, Align::Min);
        button::focus_ring(ui, &response, f32::from(size::RADIUS));
    }
    if response.clicked() {
        actions.push(Action::Show(source.clone()));
    }
    if source == Source::Unsure && count > 0 {
        response.context_menu(|ui| {
            if ui.button(Verb::ReviewUnsure.name()).clicked() {
                actions.push(Action::Do(Verb::ReviewUnsure));
            }
            if ui.button("Export this playlist…").clicked() {
                actions.push(Action::Export(ExportSelection::Unsure));
            }
        });
    }
    response
}
