//! The menu of a row.

use eframe::egui::{Button, Ui};

use crate::base::TrackId;
use crate::state::genre::{GENRES, display_name};
use crate::state::{Action, AppState, InspectAction, Overlay, Source, Verb};

/// Draws the menu for the selected songs; `row` is the one under the pointer.
pub fn menu(ui: &mut Ui, state: &AppState, row: usize, actions: &mut Vec<Action>) {
    ui.set_min_width(200.0);
    if ui.add(Button::new("Play").shortcut_text("Enter")).clicked() {
        actions.push(Action::PlayRow(row));
    }
    verb(ui, Verb::PlayNextSelected, actions);
    verb(ui, Verb::QueueSelected, actions);
    if let Some(track) = state.row_track(row) {
        if ui.button("Inspect").clicked() {
            actions.push(Action::Inspect(InspectAction::Open(track.id)));
        }
        if ui.button("Compare in Inspect").clicked() {
            actions.push(Action::Inspect(InspectAction::CompareTrack(track.id)));
        }
    }
    ui.separator();
    ui.menu_button("Set genre", |ui| {
        for genre in GENRES {
            if ui.button(display_name(genre)).clicked() {
                actions.push(Action::SetGenre(Some(genre.to_owned())));
            }
        }
        ui.separator();
        if ui.button("Leave it to the network").clicked() {
            actions.push(Action::SetGenre(None));
        }
    });
    ui.menu_button("Add to playlist", |ui| {
        if ui.button("New playlist…").clicked() {
            actions.push(Action::SetOverlay(Some(Overlay::NewPlaylist(state.selected_in_order()))));
        }
        if !state.snapshot.playlists.is_empty() {
            ui.separator();
        }
        for list in state.snapshot.playlists.iter() {
            if ui.button(&list.name).clicked() {
                actions.push(Action::AddSelectionToPlaylist(list.id));
            }
        }
    });
    verb(ui, Verb::RepairText, actions);
    if matches!(state.source, Source::Playlist(_)) {
        verb(ui, Verb::RemoveFromPlaylist, actions);
    }
    let missing: Vec<TrackId> = state.selected_in_order().into_iter().filter(|id| state.is_missing(*id)).collect();
    if !missing.is_empty() {
        ui.separator();
        if let Some(track) = state.row_track(row).filter(|track| track.missing)
            && ui.button("Locate…").on_hover_text("Say where the file of this song is now").clicked()
        {
            actions.push(Action::Locate(track.id));
        }
        if ui.button("Forget…").on_hover_text("Take missing songs out of the library for good").clicked() {
            actions.push(Action::SetOverlay(Some(Overlay::Forget(missing))));
        }
    }
    ui.separator();
    if let Some(track) = state.row_track(row) {
        if ui.button("Show in file manager").clicked() {
            actions.push(Action::Reveal(track.path.clone()));
        }
        if ui.button("Copy path").clicked() {
            actions.push(Action::Copy(track.path.display().to_string()));
        }
    }
}

fn verb(ui: &mut Ui, verb: Verb, actions: &mut Vec<Action>) {
    let mut button = Button::new(verb.name());
    if let Some(shortcut) = verb.shortcut() {
        button = button.shortcut_text(shortcut.to_string());
    }
    if ui.add(button).clicked() {
        actions.push(Action::Do(verb));
    }
}
