//! Set up: data, network, values.

use eframe::egui::Ui;

use crate::state::{Action, AppState};
use crate::ui::icons::Icon;
use crate::ui::widgets::empty::empty;

/// Draws the panel.
pub fn panel(ui: &mut Ui, _state: &AppState, actions: &mut Vec<Action>) {
    empty(ui, Icon::Network, "Set up a training", "Choose clips, a network and how it is trained.", &[], actions);
}
