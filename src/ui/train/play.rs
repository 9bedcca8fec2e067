//! The button that plays a clip or holds it.

use std::path::Path;

use eframe::egui::Ui;

use crate::state::AppState;
use crate::ui::icons::Icon;
use crate::ui::widgets::button;

/// Draws it for the clip called `name`, whose sound is at `path`; without one it cannot be pressed, for the reason `missing`.
/// Whether it was pressed.
pub fn play(ui: &mut Ui, state: &AppState, side: f32, name: &str, path: Option<&Path>, missing: &str) -> bool {
    let playing = state.is_playing() && path.is_some_and(|path| state.is_current_file(path));
    let (icon, verb) = if playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
    let tip = if path.is_some() { "Hear the clip" } else { missing };
    let pressed = |ui: &mut Ui| {
        let response = button::icon(ui, icon, side, &format!("{verb} {name}"), tip);
        response.on_disabled_hover_text(tip).clicked()
    };
    ui.add_enabled_ui(path.is_some(), pressed).inner
}
