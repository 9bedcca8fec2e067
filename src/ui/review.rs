//! Review: one unsure song at a time, large, decided with a key.

use eframe::egui::{
    Align, Align2, Key, Layout, Modifiers, Rect, RichText, Role, Sense, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use crate::state::genre::display_name;
use crate::state::{Action, AppState, Verb};

use super::local::Local;
use super::theme::{fonts, size, tokens};
use super::widgets::button::{self, Weight};
use super::widgets::{meter, text};

/// The keys of the three best guesses.
const KEYS: [Key; 3] = [Key::Num1, Key::Num2, Key::Num3];

/// Takes the keys of the review, before anything else does.
pub fn keys(ui: &Ui, state: &AppState, actions: &mut Vec<Action>) {
    let Some(track) = state.review.as_ref().and_then(|review| state.track(review.current()?)) else { return };
    let top = track.prediction.as_ref().map_or(&[][..], |prediction| &prediction.top);
    ui.input_mut(|input| {
        for (key, guess) in KEYS.into_iter().zip(top) {
            if input.consume_key(Modifiers::NONE, key) {
                actions.push(Action::ReviewChoose(guess.genre.to_string()));
            }
        }
        if input.consume_key(Modifiers::NONE, Key::Enter) || input.consume_key(Modifiers::NONE, Key::ArrowDown) {
            actions.push(Action::ReviewSkip);
        }
        if input.consume_key(Modifiers::NONE, Key::ArrowUp) {
            actions.push(Action::ReviewBack);
        }
    });
}

/// Draws the song on show.
pub fn review(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    let Some(review) = &state.review else { return };
    let tokens = tokens(ui);
    let whole = ui.available_rect_before_wrap();
    ui.painter().rect_filled(whole, 0.0, tokens.background);
    ui.add_space(((whole.height() - 440.0) * 0.4).max(16.0));
    ui.vertical_centered(|ui| {
        let progress = format!("Song {} of {}", review.at + 1, review.songs.len());
        ui.label(RichText::new(progress).font(fonts::small()).color(tokens.text_muted));
        ui.add_space(4.0);
        let Some(track) = review.current().and_then(|id| state.track(id)) else {
            ui.label("This song is no longer in the library.");
            return;
        };
        let (cover, _) = ui.allocate_exact_size(Vec2::splat(144.0), Sense::hover());
        local.covers.paint(ui.painter(), state, Some(track.id), cover);
        let line = |ui: &mut Ui, words: &str, font, color, height| {
            let (rect, _) = ui.allocate_exact_size(vec2(480.0, height), Sense::hover());
            text::line(ui.painter(), rect, words, font, color, Align::Center);
        };
        line(ui, &track.title, fonts::heading(), tokens.text, 24.0);
        let by = if track.artist.is_empty() { "Unknown artist" } else { &track.artist };
        line(ui, by, fonts::body(), tokens.text_muted, 18.0);
        ui.add_space(8.0);
        let top = track.prediction.as_ref().map_or(&[][..], |prediction| &prediction.top);
        for (number, guess) in top.iter().take(3).enumerate() {
            choice(ui, number + 1, &guess.genre, guess.probability, actions);
        }
        ui.add_space(8.0);
        let place = Align2::CENTER_TOP.align_size_within_rect(vec2(400.0, 32.0), ui.available_rect_before_wrap());
        ui.scope_builder(UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center)), |ui| {
            let mut offer = |weight, label: &str, tooltip: &str, action: Action| {
                if button::text(ui, weight, None, label, 32.0).on_hover_text(tooltip).clicked() {
                    actions.push(action);
                }
            };
            offer(Weight::Normal, "Another genre…", &Verb::SetGenre.tooltip(), Action::Do(Verb::SetGenre));
            offer(Weight::Normal, "Skip", "No decision, the next song (Enter or ↓)", Action::ReviewSkip);
            offer(Weight::Normal, "Undo", &Verb::Undo.tooltip(), Action::Do(Verb::Undo));
            offer(Weight::Normal, "Done", "End the review (Esc)", Action::Do(Verb::Escape));
        });
        ui.add_space(8.0);
        let keys = "Keys 1, 2, 3 decide · Enter skips · ↑ goes back · Ctrl+Z takes back";
        ui.label(RichText::new(keys).font(fonts::small()).color(tokens.text_faint));
    });
}

fn choice(ui: &mut Ui, number: usize, genre: &str, probability: f32, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(400.0, 40.0), Sense::click());
    let name = display_name(genre);
    response
        .widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name}, {}", meter::percent(probability))));
    let fill = if response.hovered() { tokens.control_hover } else { tokens.control };
    let radius = f32::from(size::RADIUS);
    ui.painter().rect_filled(rect, radius, fill);
    let key = Rect::from_center_size(pos2(rect.left() + 22.0, rect.center().y), Vec2::splat(22.0));
    ui.painter().rect_filled(key, 4.0, tokens.field);
    text::line(ui.painter(), key, &number.to_string(), fonts::small_strong(), tokens.text, Align::Center);
    let hue = tokens.genre(genre);
    meter::dot(ui.painter(), pos2(rect.left() + 50.0, rect.center().y), hue);
    let label = Rect::from_min_max(pos2(rect.left() + 64.0, rect.top()), pos2(rect.left() + 200.0, rect.bottom()));
    text::line(ui.painter(), label, &name, fonts::strong(), tokens.text, Align::Min);
    let bar = Rect::from_min_max(pos2(label.right(), rect.top()), pos2(rect.right() - 12.0, rect.bottom()));
    meter::confidence(ui.painter(), bar, probability, hue, tokens);
    button::focus_ring(ui, &response, radius);
    if response.clicked() {
        actions.push(Action::ReviewChoose(genre.to_owned()));
    }
    response.on_hover_text(format!("File this song under {name} (key {number})"));
}
