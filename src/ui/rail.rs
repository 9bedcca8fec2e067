//! The rail: the places of the window.

use eframe::egui::{Align, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::state::{Action, AppState, Place, Verb};

use super::icons::{self, Icon};
use super::theme::{fonts, size, tokens};
use super::widgets::{button, text};

/// Draws the rail.
pub fn rail(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.add_space(8.0);
    entry(ui, Icon::Library, Verb::GoLibrary, state.place == Place::Library, actions);
    entry(ui, Icon::Inspect, Verb::GoInspect, state.place == Place::Inspect, actions);
    entry(ui, Icon::Network, Verb::GoTrain, state.place == Place::Train, actions);
    let below = ui.available_height() - 2.0 * 60.0;
    ui.add_space(below.max(0.0));
    entry(ui, Icon::Keys, Verb::Help, false, actions);
    entry(ui, Icon::Settings, Verb::GoSettings, state.place == Place::Settings, actions);
}

fn entry(ui: &mut Ui, icon: Icon, verb: Verb, active: bool, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 56.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, active, verb.name()));
    let tile = rect.shrink2(vec2(6.0, 0.0));
    if active {
        ui.painter().rect_filled(tile, f32::from(size::RADIUS), tokens.control);
    } else if response.hovered() {
        ui.painter().rect_filled(tile, f32::from(size::RADIUS), tokens.row_hover);
    }
    let color = if active { tokens.accent } else { tokens.text_muted };
    let top = Rect::from_center_size(pos2(rect.center().x, rect.top() + 20.0), vec2(22.0, 22.0));
    icons::paint(ui.painter(), icon, top, color);
    let label = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 22.0), pos2(rect.right(), rect.bottom() - 6.0));
    let color = if active { tokens.text } else { tokens.text_muted };
    text::line(ui.painter(), label, verb.name(), fonts::tiny(), color, Align::Center);
    button::focus_ring(ui, &response, f32::from(size::RADIUS));
    if response.clicked() {
        actions.push(Action::Do(verb));
    }
    response.on_hover_text(verb.tooltip());
}
