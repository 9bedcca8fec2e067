//! What an empty list says: what it is for, and the next step.

use eframe::egui::{RichText, Sense, Ui, Vec2};

use crate::state::Action;
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{fonts, tokens};

use super::button::{self, Weight};

/// An icon, a headline, a sentence, and perhaps buttons below each other; the first stands out.
pub fn empty(
    ui: &mut Ui,
    icon: Icon,
    headline: &str,
    sentence: &str,
    buttons: &[(&str, Action)],
    actions: &mut Vec<Action>,
) {
    let tokens = tokens(ui);
    let height = if buttons.is_empty() { 136.0 } else { 184.0 };
    ui.add_space(((ui.available_height() - height) * 0.4).max(8.0));
    ui.vertical_centered(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(48.0), Sense::hover());
        icons::paint(ui.painter(), icon, rect, tokens.text_faint);
        ui.add_space(8.0);
        ui.spacing_mut().item_spacing.y = 8.0;
        ui.label(RichText::new(headline).font(fonts::heading()));
        ui.scope(|ui| {
            ui.set_max_width(440.0);
            ui.label(RichText::new(sentence).color(tokens.text_muted));
        });
        ui.add_space(8.0);
        for (index, (label, action)) in buttons.iter().enumerate() {
            let weight = if index == 0 { Weight::Primary } else { Weight::Quiet };
            if button::text(ui, weight, None, label, 32.0).clicked() {
                actions.push(action.clone());
            }
        }
    });
}
