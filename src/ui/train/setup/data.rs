//! The clips to train on: where they are.

use std::path::Path;

use eframe::egui::{Align, Layout, Role, Sense, Ui, WidgetInfo, vec2};

use crate::ml::model::config::Config;
use crate::state::training::DataPart;
use crate::state::training::setup::short;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, tokens};
use crate::ui::train::form::{heading, note};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::text;

use super::{findings, library};

/// Draws the part.
pub fn data(ui: &mut Ui, state: &AppState, config: &mut Config, actions: &mut Vec<Action>) {
    heading(ui, "Clips");
    let ask = |ui: &mut Ui, weight, label: &str, help: &str, part, actions: &mut Vec<Action>| {
        let icon = (part == DataPart::Folder).then_some(Icon::Folder);
        if button::text(ui, weight, icon, label, 28.0).on_hover_text(help).clicked() {
            actions.push(Action::Train(TrainAction::Ask(part)));
        }
    };
    let sources = &mut config.sources;
    if sources.is_empty() {
        note(
            ui,
            "A folder with one folder a genre in it, of sound files or of spectrogram pictures. It can be dropped here as well. \
             Or the songs of your library whose genre you have set by hand.",
        );
    }
    if sources.library && chosen(ui, "Songs", "My library", "Songs of the library whose genre you have set") {
        actions.push(Action::Train(TrainAction::UseLibrary(false)));
    }
    let mut gone = None;
    for (index, folder) in sources.folders.iter().enumerate() {
        if chosen_path(ui, "Folder", folder) {
            gone = Some(index);
        }
    }
    if let Some(index) = gone {
        sources.folders.remove(index);
    }
    if sources.wavelets.as_ref().is_some_and(|path| chosen_path(ui, "Wavelets", path)) {
        sources.wavelets = None;
    }
    if sources.index.as_ref().is_some_and(|path| chosen_path(ui, "Index", path)) {
        sources.index = None;
    }
    let lists = std::mem::take(&mut sources.lists);
    sources.lists = lists.into_iter().filter(|list| !chosen_path(ui, "List", list)).collect();
    ui.horizontal_wrapped(|ui| {
        let empty = sources.is_empty();
        let weight = if empty { Weight::Primary } else { Weight::Normal };
        let help = "Sound files or spectrogram pictures, one folder a genre";
        let label = if empty { "Choose a folder…" } else { "Folder…" };
        ask(ui, weight, label, help, DataPart::Folder, actions);
        if !sources.library {
            let library = button::text(ui, Weight::Normal, Some(Icon::Library), "My library", 28.0);
            let help = "Train on the songs of your library whose genre you have set by hand";
            if library.on_hover_text(help).clicked() {
                actions.push(Action::Train(TrainAction::UseLibrary(true)));
            }
        }
        let help = "A folder with the wavelet pictures of the same clips, in the same layout";
        ask(ui, Weight::Normal, "Wavelets…", help, DataPart::Wavelets, actions);
        let help = "A text file that says who plays each clip, so that artists can be kept apart";
        ask(ui, Weight::Normal, "Index…", help, DataPart::Index, actions);
        let help = "A text file with one clip a line: only these are used";
        ask(ui, Weight::Normal, "List…", help, DataPart::List, actions);
    });
    if config.sources.is_empty() {
        return;
    }
    if config.sources.library {
        library::library(ui, &state.training, actions);
    }
    // Nothing can be found in songs that are not there.
    if !config.sources.folders.is_empty() || !state.training.by_hand.is_empty() {
        findings::findings(ui, state, config, actions);
    }
}

/// A chosen file or folder; true when it is to be taken away.
fn chosen_path(ui: &mut Ui, what: &str, path: &Path) -> bool {
    chosen(ui, what, &short(path), &path.display().to_string())
}

/// Something that was chosen; true when it is to be taken away.
fn chosen(ui: &mut Ui, what: &str, name: &str, tip: &str) -> bool {
    let mut gone = false;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let help = "Take it out; nothing is deleted";
            gone = button::icon(ui, Icon::Close, 24.0, &format!("Take {name} out"), help).clicked();
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
            let (kind, rest) = rect.split_left_right_at_x(rect.left() + 68.0);
            let tokens = tokens(ui);
            text::line(ui.painter(), kind, what, fonts::small(), tokens.text_muted, Align::Min);
            text::line(ui.painter(), rest, name, fonts::body(), tokens.text, Align::Min);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{what}: {name}")));
            response.on_hover_text(tip);
        });
    });
    gone
}
