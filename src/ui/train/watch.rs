//! Watch: the training that runs, and the curves of others.

use eframe::egui::Ui;

use crate::state::{Action, AppState};
use crate::ui::icons::Icon;
use crate::ui::widgets::empty::empty;

/// Draws the panel.
pub fn panel(ui: &mut Ui, _state: &AppState, actions: &mut Vec<Action>) {
    empty(
        ui,
        Icon::Network,
        "Nothing trains",
        "Curves of loss and accuracy show here while a network learns.",
        &[],
        actions,
    );
}
