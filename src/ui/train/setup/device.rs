//! Where the network is trained.

use eframe::egui::{Role, Ui, WidgetInfo};

use crate::ml::DeviceChoice;
use crate::ml::model::config::Config;
use crate::state::AppState;
use crate::ui::train::form::{heading, note};

/// Its name for a person.
fn name(choice: DeviceChoice) -> &'static str {
    match choice {
        DeviceChoice::Auto => "Fastest",
        DeviceChoice::Cpu => "CPU",
        DeviceChoice::Cuda => "CUDA",
        DeviceChoice::Metal => "Metal",
    }
}

/// Draws the choice; what cannot be used here is greyed, with the reason under the pointer and in the line below.
pub fn device(ui: &mut Ui, state: &AppState, config: &mut Config) {
    heading(ui, "Device");
    let known = state.training.devices;
    let of = |choice| known.iter().find(|status| status.device == choice);
    ui.horizontal_wrapped(|ui| {
        for choice in [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda, DeviceChoice::Metal] {
            let (usable, help) = match of(choice) {
                Some(status) if status.available => (true, status.detail.clone()),
                Some(status) => (false, format!("Cannot be used: {}", status.detail)),
                // The processor is always there; of a GPU nothing is known yet.
                None => match choice {
                    DeviceChoice::Auto => (true, "A GPU if one can be used, else the processor".to_owned()),
                    DeviceChoice::Cpu => (true, "The processor".to_owned()),
                    DeviceChoice::Cuda | DeviceChoice::Metal => (false, "Not looked for yet".to_owned()),
                },
            };
            let chosen = config.device == choice;
            ui.add_enabled_ui(usable, |ui| {
                let response = ui.selectable_label(chosen, name(choice));
                response.widget_info(|| WidgetInfo::selected(Role::RadioButton, usable, chosen, name(choice)));
                if response.on_hover_text(&help).on_disabled_hover_text(&help).clicked() {
                    config.device = choice;
                }
            });
        }
    });
    let details = known.iter().map(|status| format!("{}: {}", name(status.device), status.detail));
    note(ui, details.collect::<Vec<_>>().join(" · "));
}
