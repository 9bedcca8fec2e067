//! The runs that wait for the training that runs now.

use eframe::egui::{Align, Layout, RichText, Ui, vec2};

use crate::state::training::Training;
use crate::state::{Action, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::fonts;
use crate::ui::train::form::note;
use crate::ui::widgets::button;

/// Runs that are named at most.
const NAMED: usize = 8;

/// Draws the line; nothing where nobody waits.
pub fn waiting(ui: &mut Ui, training: &Training, actions: &mut Vec<Action>) {
    if training.waiting.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        note(ui, "Waiting in line:");
        for (place, run) in training.waiting.iter().take(NAMED).enumerate() {
            let name = training.name_of(run);
            // Name and button stay together where the line breaks.
            ui.allocate_ui_with_layout(vec2(0.0, 24.0), Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(8.0);
                ui.label(RichText::new(format!("{}. {name}", place + 1)).font(fonts::small()));
                let help = "Take it out of the line; one that has not trained yet is deleted";
                if button::icon(ui, Icon::Close, 20.0, &format!("Take {name} out of the line"), help).clicked() {
                    actions.push(Action::Train(TrainAction::Withdraw(run.clone())));
                }
            });
        }
        if training.waiting.len() > NAMED {
            note(ui, format!("and {} more", training.waiting.len() - NAMED));
        }
    });
}
