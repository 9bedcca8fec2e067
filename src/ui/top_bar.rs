//! Above the table: the search field, running jobs, and what can be done with the library.

use eframe::egui::{
    Align, Area, Frame, Id, Layout, Order, Rect, Response, RichText, TextEdit, Ui, UiBuilder, Widget as _, pos2, vec2,
};

use crate::state::{Action, AppState, Verb};

use super::icons::{self, Icon};
use super::local::Local;
use super::theme::{fonts, size, tokens};
use super::widgets::button;

/// The identity of the search field, known to the keys.
pub fn search_id() -> Id {
    Id::unique("search field")
}

/// Draws the bar.
pub fn top_bar(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.add_space(size::MARGIN);
        let width = (ui.available_width() * 0.38).clamp(160.0, 380.0);
        search_field(ui, state, local, width, actions);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.add_space(12.0);
            button::verb(ui, Icon::Export, 32.0, Verb::ExportAll, actions);
            button::verb(ui, Icon::Rescan, 32.0, Verb::Rescan, actions);
            button::verb(ui, Icon::Folder, 32.0, Verb::AddFolder, actions);
            ui.add_space(8.0);
            super::jobs::chips(ui, state, actions);
        });
    });
}

fn search_field(ui: &mut Ui, state: &AppState, local: &mut Local, width: f32, actions: &mut Vec<Action>) -> Response {
    let tokens = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, 32.0), eframe::egui::Sense::hover());
    let mut text = state.search.clone();
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
    let response = TextEdit::singleline(&mut text)
        .id(search_id())
        .hint_text(RichText::new("Search title, artist, album, genre").color(tokens.text_faint))
        .font(fonts::body())
        .desired_width(width)
        .margin(eframe::egui::Margin { left: 34, right: 30, top: 6, bottom: 6 })
        .ui(&mut child);
    let glass = Rect::from_center_size(pos2(rect.left() + 18.0, rect.center().y), vec2(17.0, 17.0));
    icons::paint(ui.painter(), Icon::Search, glass, tokens.text_muted);
    if let Some(complaint) = state.search_complaint() {
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, (2.0, tokens.danger));
        Area::new(search_id().with("complaint"))
            .order(Order::Foreground)
            .fixed_pos(rect.left_bottom() + vec2(0.0, 6.0))
            .interactable(false)
            .show(ui.ctx(), |ui| {
                Frame::popup(ui.style()).show(ui, |ui| {
                    ui.set_max_width(width.max(320.0));
                    ui.label(RichText::new(complaint).font(fonts::small()).color(tokens.danger));
                });
            });
    }
    if local.focus_search {
        local.focus_search = false;
        response.request_focus();
    }
    if response.changed() {
        actions.push(Action::Search(text));
    }
    if !state.search.is_empty() {
        let place = Rect::from_center_size(pos2(rect.right() - 16.0, rect.center().y), vec2(22.0, 22.0));
        let mut child = ui.new_child(UiBuilder::new().max_rect(place));
        if button::icon(&mut child, Icon::Close, 22.0, "Clear the search", "Empty the search field (Esc)").clicked() {
            actions.push(Action::Search(String::new()));
        }
    }
    let hint = format!("{} ({} or /)", Verb::Search.explanation(), "Ctrl+F");
    response.on_hover_text(hint)
}
