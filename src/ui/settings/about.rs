//! Settings, About: which Timbre this is, and where it keeps things.

use std::path::Path;

use eframe::egui::{RichText, Ui};

use crate::state::{Action, AppState};
use crate::ui::theme::tokens;
use crate::ui::widgets::button::{self, Weight};

use super::{row, section};

/// Draws the section.
pub(super) fn about(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    section(ui, "About");
    let muted = tokens(ui).text_muted;
    row(ui, "Version", "Timbre, a music library that listens.", |ui| ui.label(env!("CARGO_PKG_VERSION")));
    row(ui, "Licence", "You may choose one of the two.", |ui| ui.label(env!("CARGO_PKG_LICENSE")));
    let Some(opened) = &state.opened else { return };
    let mut folder = |ui: &mut Ui, label: &str, help: &str, name: &str, path: &Path| {
        row(ui, label, help, |ui| {
            let open = button::text(ui, Weight::Normal, None, name, 28.0);
            if open.clicked() {
                actions.push(Action::Reveal(path.to_path_buf()));
            }
            ui.label(RichText::new(path.display().to_string()).color(muted));
            open
        });
    };
    let help = "The library, the settings and the trained networks.";
    folder(ui, "Data folder", help, "Open the data folder", &opened.data_folder);
    let help = "Warnings and faults, for a report. No names of songs but those that a warning is about.";
    folder(ui, "Log", help, "Open the log folder", &opened.log_folder);
}
