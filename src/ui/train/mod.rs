//! Train: networks are set up, watched, judged and compared.

mod compare;
mod form;
pub mod how;
mod judge;
mod play;
mod run_list;
mod setup;
mod watch;

use eframe::egui::{Align, Layout, Role, Sense, Ui, WidgetInfo, vec2};

use crate::state::training::Tab;
use crate::state::{Action, AppState, TrainAction};

use super::local::Local;
use super::theme::{fonts, size, tokens};
use super::widgets::button;

/// What the panels keep between frames.
#[derive(Default)]
pub struct TrainLocal {
    /// Judge.
    judge: judge::JudgeLocal,
}

/// Draws the place.
pub fn train(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let bar = vec2(ui.available_width(), size::TOP_BAR);
    ui.allocate_ui_with_layout(bar, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(size::TOP_BAR);
        ui.add_space(size::MARGIN);
        for tab in Tab::ALL {
            self::tab(ui, tab, state.training.tab == tab, actions);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(12.0);
            super::jobs::chips(ui, state, actions);
        });
    });
    let line = ui.available_rect_before_wrap().x_range();
    ui.painter().hline(line, ui.cursor().top() - 0.5, (1.0, tokens(ui).hairline));
    ui.spacing_mut().item_spacing.y = size::GAP;
    match state.training.tab {
        Tab::SetUp => setup::panel(ui, state, actions),
        Tab::Watch => watch::panel(ui, state, actions),
        Tab::Judge => judge::panel(ui, state, &mut local.train.judge, actions),
        Tab::Compare => compare::panel(ui, state, actions),
    }
}

fn tab(ui: &mut Ui, tab: Tab, active: bool, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let color = if active { tokens.text } else { tokens.text_muted };
    let galley = ui.painter().layout_no_wrap(tab.name().to_owned(), fonts::strong(), color);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 28.0, size::TOP_BAR), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, active, tab.name()));
    if response.hovered() && !active {
        let tile = rect.shrink2(vec2(2.0, 10.0));
        ui.painter().rect_filled(tile, f32::from(size::RADIUS), tokens.row_hover);
    }
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, color);
    if active {
        ui.painter().hline(rect.shrink2(vec2(14.0, 0.0)).x_range(), rect.bottom() - 1.5, (3.0, tokens.accent));
    }
    button::focus_ring(ui, &response, f32::from(size::RADIUS));
    if response.clicked() {
        actions.push(Action::Train(TrainAction::Show(tab)));
    }
    response.on_hover_text(tab.explanation());
}
