//! Judge: the figures and mistakes of one run.

use eframe::egui::Ui;

use crate::state::{Action, AppState};
use crate::ui::icons::Icon;
use crate::ui::widgets::empty::empty;

/// Draws the panel.
pub fn panel(ui: &mut Ui, _state: &AppState, actions: &mut Vec<Action>) {
    empty(
        ui,
        Icon::Network,
        "Nothing to judge yet",
        "When a training has ended, its figures and its mistakes show here.",
        &[],
        actions,
    );
}
