//! Folders dropped on the window.

use eframe::egui::{Align, Context, Id, LayerId, Order, StrokeKind, Ui};

use crate::state::training::Tab;
use crate::state::{Action, AppState, Place, TrainAction};

use super::theme::{fonts, tokens_of};
use super::widgets::text;

/// Takes dropped folders; a dropped file stands for its folder.
pub fn take(ui: &Ui, state: &AppState, actions: &mut Vec<Action>) {
    let dropped = ui.input(|input| input.raw.dropped_files.clone());
    if for_training(state) && !dropped.is_empty() {
        let paths = dropped.iter().map(|file| file.path().to_path_buf()).map(|path| (path.clone(), path.is_dir()));
        actions.push(Action::Train(TrainAction::Dropped(paths.collect())));
        return;
    }
    let mut folders: Vec<std::path::PathBuf> = Vec::new();
    for path in dropped.iter().map(|file| file.path().to_path_buf()) {
        // One look at the disk for each thing a person drops, which cannot be felt.
        let folder = if path.is_file() { path.parent().map_or(path.clone(), Into::into) } else { path };
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    if !folders.is_empty() {
        actions.push(Action::AddRoots(folders));
    }
}

/// Says what a drop would do while something hovers over the window.
pub fn overlay(ctx: &Context, state: &AppState) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let tokens = tokens_of(ctx.theme() == eframe::egui::Theme::Dark);
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop overlay")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, tokens.scrim);
    painter.rect_stroke(rect.shrink(12.0), 12.0, (2.0, tokens.accent), StrokeKind::Inside);
    let words =
        if for_training(state) { "Drop to train on these clips" } else { "Drop to add this folder to the library" };
    text::line(&painter, rect, words, fonts::title(), tokens.accent, Align::Center);
}

/// Whether what is dropped is to be trained on.
fn for_training(state: &AppState) -> bool {
    state.place == Place::Train && state.training.tab == Tab::SetUp
}
