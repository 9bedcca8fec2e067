//! What an empty list says: what it is for, and the next step.

use eframe::egui::{Align2, RichText, Sense, Ui, Vec2, vec2};

use crate::state::Action;
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{fonts, tokens};

use super::button::{self, Weight};

/// An icon, a headline, a sentence, and perhaps buttons; the first stands out.
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
        ui.label(RichText::new(headline).font(fonts::heading()));
        ui.scope(|ui| {
            ui.set_max_width(440.0);
            ui.label(RichText::new(sentence).color(tokens.text_muted));
        });
        ui.add_space(8.0);
        let widths = buttons.len() as f32 * 176.0;
        let place = Align2::CENTER_TOP.align_size_within_rect(vec2(widths, 32.0), ui.available_rect_before_wrap());
        ui.scope_builder(eframe::egui::UiBuilder::new().max_rect(place), |ui| {
            ui.horizontal(|ui| {
                ui.with_layout(
                    eframe::egui::Layout::left_to_right(eframe::egui::Align::Center)
                        .with_main_align(eframe::egui::Align::Center),
                    |ui| {
                        for (index, (label, action)) in buttons.iter().enumerate() {
                            let weight = if index == 0 { Weight::Primary } else { Weight::Normal };
                            if button::text(ui, weight, None, label, 32.0).clicked() {
                                actions.push(action.clone());
                            }
                        }
                    },
                );
            });
        });
    });
}
