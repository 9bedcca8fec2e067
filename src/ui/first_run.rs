//! The first screen of a new library: one sentence, one big button, a second one.

use eframe::egui::{Rect, RichText, Sense, Ui, Vec2, pos2, vec2};

use crate::state::genre::GENRES;
use crate::state::{Action, Verb};

use super::icons::Icon;
use super::theme::{fonts, tokens};
use super::widgets::button::{self, Weight};

/// Draws the screen.
pub fn first_run(ui: &mut Ui, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let whole = ui.available_rect_before_wrap();
    ui.painter().rect_filled(whole, 0.0, tokens.background);
    ui.add_space(((whole.height() - 400.0) * 0.42).max(16.0));
    ui.vertical_centered(|ui| {
        mark(ui);
        ui.add_space(16.0);
        ui.label(RichText::new("Timbre").font(fonts::title()));
        ui.add_space(4.0);
        let sentence = "Timbre listens to your music and sorts it by how it sounds.";
        ui.label(RichText::new(sentence).font(fonts::lead()).color(tokens.text_muted));
        ui.add_space(24.0);
        let choose = button::text(ui, Weight::Primary, Some(Icon::Folder), "Choose your music folder", 48.0);
        if choose.on_hover_text(Verb::AddFolder.tooltip()).clicked() {
            actions.push(Action::Do(Verb::AddFolder));
        }
        ui.add_space(4.0);
        let demo = button::text(ui, Weight::Normal, None, "Try the demo collection", 36.0);
        if demo.on_hover_text("A few short pieces that Timbre makes itself").clicked() {
            actions.push(Action::AddDemo);
        }
        ui.add_space(24.0);
        let small = |words: &str| RichText::new(words.to_owned()).font(fonts::small()).color(tokens.text_faint);
        ui.label(small("Or drop a folder anywhere on this window."));
        ui.label(small("Your files are only read. Nothing leaves this computer."));
    });
}

/// The ten hues as the bars of a sound.
fn mark(ui: &mut Ui) {
    const HEIGHTS: [f32; GENRES.len()] = [0.30, 0.55, 0.42, 0.80, 1.00, 0.66, 0.88, 0.48, 0.60, 0.28];
    let tokens = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(172.0, 88.0), Sense::hover());
    let step = rect.width() / GENRES.len() as f32;
    for (index, (genre, height)) in GENRES.iter().zip(HEIGHTS).enumerate() {
        let center = pos2(rect.left() + (index as f32 + 0.5) * step, rect.center().y);
        let bar = Rect::from_center_size(center, Vec2::new(8.0, rect.height() * height));
        ui.painter().rect_filled(bar, 4.0, tokens.genre(genre));
    }
}
