//! Small windows that ask for one thing: a genre, the name of a playlist.

use eframe::egui::{Context, Key, RichText, Role, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2};

use crate::library::model::Loss;
use crate::state::genre::{GENRES, display_name};
use crate::state::jobs::count_of;
use crate::state::{Action, AppState, Overlay, TrainAction};

use super::local::Local;
use super::text_repair;
use super::theme::{fonts, size, tokens};
use super::widgets::button::{self, Weight};
use super::widgets::modal::modal;
use super::widgets::{meter, text};

/// Draws the one that is open.
pub fn popups(ctx: &Context, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    // These are drawn elsewhere.
    let elsewhere = |overlay: &&Overlay| matches!(overlay, Overlay::Help | Overlay::HowItWorks(..));
    let Some(overlay) = state.overlay.as_ref().filter(|overlay| !elsewhere(overlay)) else {
        local.popup_open = false;
        return;
    };
    let opening = !local.popup_open;
    if opening {
        local.popup_open = true;
        local.popup_text = match overlay {
            Overlay::RenamePlaylist(id) => {
                let lists = state.snapshot.playlists.iter();
                lists.filter(|list| list.id == *id).map(|list| list.name.clone()).next().unwrap_or_default()
            }
            _ => String::new(),
        };
    }
    let response = modal(ctx, "popup", |ui| match overlay {
        Overlay::GenrePicker => genre_picker(ui, state, local, opening, actions),
        Overlay::NewPlaylist(tracks) => {
            if let Some(name) = name(ui, "New playlist", "Create", local, opening, actions) {
                actions.push(Action::CreatePlaylist { name, tracks: tracks.clone() });
            }
        }
        Overlay::RenamePlaylist(id) => {
            if let Some(name) = name(ui, "Rename playlist", "Rename", local, opening, actions) {
                actions.push(Action::RenamePlaylist(*id, name));
            }
        }
        Overlay::Forget(tracks) => {
            forget(ui, state.loss(tracks), Action::Forget(tracks.clone()), actions);
        }
        Overlay::RepairText(repair) => text_repair::text_repair(ui, repair, opening, actions),
        Overlay::ForgetHidden => forget(ui, state.snapshot.hidden, Action::ForgetHidden, actions),
        Overlay::Quit => quit(ui, state.training.waiting.len(), actions),
        Overlay::Help | Overlay::HowItWorks(..) => {}
    });
    if response.should_close() {
        actions.push(Action::SetOverlay(None));
    }
}

/// Asks whether songs are to be forgotten, and counts what goes with them.
fn forget(ui: &mut Ui, loss: Loss, action: Action, actions: &mut Vec<Action>) {
    ui.set_width(380.0);
    let songs = count_of(loss.songs, "song", "songs");
    ui.label(RichText::new(format!("Forget {songs}?")).font(fonts::heading()));
    let genres = match loss.genres {
        0 => String::new(),
        genres => format!(" {} that you set", count_of(genres, "genre", "genres")),
    };
    let playlists = match loss.playlists {
        0 => String::new(),
        playlists => format!(" entries in {}", count_of(playlists, "playlist", "playlists")),
    };
    let and = if genres.is_empty() || playlists.is_empty() { "" } else { " and" };
    let mut sentence = if genres.is_empty() && playlists.is_empty() {
        "No genre that you set and no playlist entry goes with this.".to_owned()
    } else {
        format!("This also forgets{genres}{and}{playlists}.")
    };
    sentence += " Music files are not touched. Undo brings everything back.";
    ui.label(RichText::new(sentence).color(tokens(ui).text_muted));
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        let forget = button::text(ui, Weight::Primary, None, &format!("Forget {songs}"), 28.0);
        if forget.on_hover_text("Take them out of the library").clicked() {
            actions.push(action);
        }
        if button::text(ui, Weight::Normal, None, "Cancel", 28.0).on_hover_text("Keep them").clicked() {
            actions.push(Action::SetOverlay(None));
        }
    });
}

fn quit(ui: &mut Ui, waiting: usize, actions: &mut Vec<Action>) {
    ui.set_width(360.0);
    ui.label(RichText::new("A training runs").font(fonts::heading()));
    let mut sentence = "It can go on next time from its last checkpoint.".to_owned();
    if waiting > 0 {
        let others = count_of(waiting, "other one that waits", "others that wait");
        sentence += &format!(" So can {others} in line.");
    }
    ui.label(RichText::new(sentence).color(tokens(ui).text_muted));
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        if button::text(ui, Weight::Primary, None, "Stay", 28.0).on_hover_text("Let it train on").clicked() {
            actions.push(Action::SetOverlay(None));
        }
        let quit = button::text(ui, Weight::Normal, None, "Quit", 28.0);
        if quit.on_hover_text("Close the window; the training is offered again at the next start").clicked() {
            actions.push(Action::SetOverlay(None));
            actions.push(Action::Train(TrainAction::Quit));
        }
    });
}

fn genre_picker(ui: &mut Ui, state: &AppState, local: &mut Local, opening: bool, actions: &mut Vec<Action>) {
    ui.set_width(320.0);
    ui.spacing_mut().item_spacing.y = 4.0;
    let what = match state.selection.len() {
        1 => state.lead().map_or_else(String::new, |track| format!("Genre of “{}”", track.title)),
        many => format!("Genre of {}", count_of(many, "song", "songs")),
    };
    let (rect, _) = ui.allocate_exact_size(vec2(320.0, 26.0), Sense::hover());
    text::line(ui.painter(), rect, &what, fonts::heading(), tokens(ui).text, eframe::egui::Align::Min);
    let field = TextEdit::singleline(&mut local.popup_text)
        .hint_text("Type to choose, or a genre of your own")
        .desired_width(f32::INFINITY)
        .margin(eframe::egui::Margin::symmetric(10, 6));
    let field = ui.add(field);
    if opening {
        field.request_focus();
    }
    ui.add_space(4.0);
    let typed = local.popup_text.trim().to_lowercase();
    let known: Vec<(String, String)> = state
        .derived
        .genres
        .iter()
        .enumerate()
        .filter(|(place, genre)| *place < GENRES.len() || genre.count > 0)
        .map(|(_, genre)| (genre.name.clone(), genre.shown.clone()))
        .filter(|(name, shown)| shown.to_lowercase().contains(&typed) || name.contains(&typed))
        .collect();
    for (index, (name, shown)) in known.iter().enumerate() {
        let first = index == 0 && !typed.is_empty();
        if choice(ui, name, shown, first) {
            actions.push(Action::SetGenre(Some(name.clone())));
        }
    }
    let own = (known.is_empty() && !typed.is_empty()).then(|| local.popup_text.trim().to_owned());
    if let Some(own) = &own
        && choice(ui, own, &format!("Use “{}”", display_name(own)), true)
    {
        actions.push(Action::SetGenre(Some(own.clone())));
    }
    ui.separator();
    let leave = button::text(ui, Weight::Quiet, None, "Leave it to the network", 28.0);
    if leave.on_hover_text("Take a genre set by hand back").clicked() {
        actions.push(Action::SetGenre(None));
    }
    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) && !typed.is_empty() {
        let chosen = known.first().map(|(name, _)| name.clone()).or(own);
        actions.push(Action::SetGenre(chosen));
    }
}

fn choice(ui: &mut Ui, name: &str, shown: &str, first: bool) -> bool {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, shown));
    if first || response.hovered() {
        ui.painter().rect_filled(rect, f32::from(size::RADIUS), tokens.control);
    }
    meter::dot(ui.painter(), pos2(rect.left() + 14.0, rect.center().y), tokens.genre(name));
    let label = eframe::egui::Rect::from_min_max(
        pos2(rect.left() + 28.0, rect.top()),
        pos2(rect.right() - 56.0, rect.bottom()),
    );
    text::line(ui.painter(), label, shown, fonts::body(), tokens.text, eframe::egui::Align::Min);
    if first {
        let place = eframe::egui::Rect::from_min_max(label.right_top(), pos2(rect.right() - 10.0, rect.bottom()));
        text::line(ui.painter(), place, "Enter", fonts::tiny(), tokens.text_muted, eframe::egui::Align::Max);
    }
    button::focus_ring(ui, &response, f32::from(size::RADIUS));
    response.clicked()
}

fn name(
    ui: &mut Ui,
    title: &str,
    verb: &str,
    local: &mut Local,
    opening: bool,
    actions: &mut Vec<Action>,
) -> Option<String> {
    ui.set_width(320.0);
    let label = ui.label(RichText::new(title).font(fonts::heading()));
    let field = TextEdit::singleline(&mut local.popup_text)
        .hint_text("Name")
        .desired_width(f32::INFINITY)
        .margin(eframe::egui::Margin::symmetric(10, 6));
    let field = ui.add(field).labelled_by(label.id);
    if opening {
        field.request_focus();
    }
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let name = local.popup_text.trim().to_owned();
    let mut confirmed = entered;
    ui.horizontal(|ui| {
        ui.add_enabled_ui(!name.is_empty(), |ui| {
            confirmed |= button::text(ui, Weight::Primary, None, verb, 28.0).clicked();
        });
        if button::text(ui, Weight::Quiet, None, "Cancel", 28.0).clicked() {
            actions.push(Action::SetOverlay(None));
        }
    });
    (confirmed && !name.is_empty()).then_some(name)
}
