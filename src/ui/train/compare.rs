//! Compare: several runs side by side.

use eframe::egui::Ui;

use crate::state::{Action, AppState};
use crate::ui::icons::Icon;
use crate::ui::widgets::empty::empty;

/// Draws the panel.
pub fn panel(ui: &mut Ui, _state: &AppState, actions: &mut Vec<Action>) {
    empty(
        ui,
        Icon::Network,
        "Nothing to compare yet",
        "When two trainings have ended, they stand side by side here.",
        &[],
        actions,
    );
}
