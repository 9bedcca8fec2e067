//! A line across the window: nothing can be heard, or nothing can be kept.

use eframe::egui::{Align, Rect, Sense, Ui, UiBuilder, pos2, vec2};

use crate::state::Action;

use super::icons::{self, Icon};
use super::theme::{fonts, size, tokens};
use super::widgets::{button, text};

/// Height of the banner.
pub const HEIGHT: f32 = 32.0;

/// Draws the banner; with a cross if there is something to do when it is closed.
pub fn banner(ui: &mut Ui, icon: Icon, sentence: &str, on_close: Option<Action>, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let place = Rect::from_center_size(pos2(rect.left() + size::MARGIN + 9.0, rect.center().y), vec2(17.0, 17.0));
    icons::paint(ui.painter(), icon, place, tokens.warning);
    let words = Rect::from_min_max(pos2(place.right() + 10.0, rect.top()), pos2(rect.right() - 48.0, rect.bottom()));
    text::line(ui.painter(), words, sentence, fonts::small(), tokens.text, Align::Min);
    response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Status, true, sentence));
    response.on_hover_text(sentence);
    let Some(on_close) = on_close else { return };
    let place = Rect::from_center_size(pos2(rect.right() - 24.0, rect.center().y), vec2(24.0, 24.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(place));
    if button::icon(&mut child, Icon::Close, 24.0, "Close this notice", "Close this notice until the next start")
        .clicked()
    {
        actions.push(on_close);
    }
}
