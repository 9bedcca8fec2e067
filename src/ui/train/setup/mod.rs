//! Set up: data, network, values, device.

mod counts;
mod data;
mod device;
pub(super) mod drawing;
mod findings;
mod library;
pub(super) mod network;
mod start;
mod troubles;
mod values;

use eframe::egui::{Align, Frame, Layout, Margin, Panel, ScrollArea, Ui, vec2};

use crate::state::jobs::count_of;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::theme::{size, tokens};
use crate::ui::widgets::button::{self, Weight};

use super::form;

/// Draws the panel: clips at the left, network and values at the right, the start below.
pub fn panel(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let bar = Frame::NONE.fill(tokens(ui).panel).inner_margin(Margin::symmetric(16, 8));
    Panel::bottom("start of a training").frame(bar).show(ui, |ui| start::bar(ui, state, actions));
    let mut config = state.training.setup.config.clone();
    let whole = ui.available_rect_before_wrap();
    let left = (whole.width() * 0.32).clamp(280.0, 420.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (index, width) in [left, whole.width() - left].into_iter().enumerate() {
            ui.allocate_ui_with_layout(vec2(width, whole.height()), Layout::top_down(Align::Min), |ui| {
                ScrollArea::vertical().id_salt(("set up", index)).auto_shrink(false).show(ui, |ui| {
                    let margin = Margin { left: 16, right: 16, top: 12, bottom: 16 };
                    Frame::NONE.inner_margin(margin).show(ui, |ui| {
                        ui.spacing_mut().item_spacing = vec2(size::GAP, size::GAP);
                        ui.set_width(width - 32.0);
                        if index == 0 {
                            unfinished(ui, state, actions);
                            data::data(ui, state, &mut config, actions);
                        } else {
                            network::network(ui, state, &mut config, actions);
                            values::values(ui, &mut config, actions);
                            device::device(ui, state, &mut config);
                        }
                    });
                });
            });
        }
    });
    let line = whole.y_range();
    ui.painter().vline(whole.left() + left, line, (1.0, tokens(ui).hairline));
    if config != state.training.setup.config {
        actions.push(Action::Train(TrainAction::Configure(Box::new(config))));
    }
}

/// Runs that were stopped or killed are offered first.
fn unfinished(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    if state.is_training() {
        return;
    }
    for run in state.training.unfinished().take(3) {
        let run = &run.state;
        let frame = Frame::NONE.fill(tokens(ui).accent_soft).corner_radius(size::RADIUS).inner_margin(10);
        frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let go_on = button::text(ui, Weight::Primary, None, "Go on", 28.0);
                    let help = format!("Train {} on from its last checkpoint", run.name);
                    if go_on.on_hover_text(help).clicked() {
                        actions.push(Action::Train(TrainAction::GoOn(run.id.clone())));
                    }
                    ui.with_layout(Layout::top_down(Align::Min), |ui| {
                        ui.spacing_mut().item_spacing.y = 0.0;
                        ui.label(format!("“{}” is not finished", run.name));
                        let planned = run.epochs_planned;
                        form::note(
                            ui,
                            match planned {
                                0 => "It had not begun to train.".to_owned(),
                                _ => format!("{} of {planned}", count_of(run.epochs_done, "epoch", "epochs")),
                            },
                        );
                    });
                });
            });
        });
    }
}
