//! A line across the window when nothing can be heard.

use eframe::egui::{Align, Rect, Sense, Ui, pos2, vec2};

use crate::audio::player::OutputState;
use crate::state::AppState;

use super::icons::{self, Icon};
use super::theme::{fonts, size, tokens};
use super::widgets::text;

/// Height of the banner.
pub const HEIGHT: f32 = 32.0;

/// Why nothing can be heard, if that is so.
pub fn silent_because(state: &AppState) -> Option<&str> {
    match &state.player.output {
        OutputState::Silent(reason) => Some(reason),
        OutputState::Device(_) => None,
    }
}

/// Draws the banner.
pub fn banner(ui: &mut Ui, reason: &str) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let icon = Rect::from_center_size(pos2(rect.left() + size::MARGIN + 9.0, rect.center().y), vec2(17.0, 17.0));
    icons::paint(ui.painter(), Icon::Muted, icon, tokens.warning);
    let words =
        Rect::from_min_max(pos2(icon.right() + 10.0, rect.top()), pos2(rect.right() - size::MARGIN, rect.bottom()));
    let sentence = format!("No sound output: {reason} Everything else works.");
    text::line(ui.painter(), words, &sentence, fonts::small(), tokens.text, Align::Min);
    response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Status, true, &sentence));
    response.on_hover_text(reason);
}
