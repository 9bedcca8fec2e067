//! Pieces of the place's forms.

use eframe::egui::{Align, Layout, Response, RichText, Ui, vec2};

use crate::ui::theme::{fonts, tokens};

/// Width of a field's name.
const NAME_WIDTH: f32 = 148.0;

/// The head of a part of the form.
pub fn heading(ui: &mut Ui, words: &str) {
    ui.add_space(4.0);
    ui.label(RichText::new(words).font(fonts::heading()));
}

/// A field: its name, its control, and below what is wrong with its value. `help` says what it does, under the pointer.
pub fn field(
    ui: &mut Ui,
    width: f32,
    name: &str,
    help: &str,
    trouble: Option<&str>,
    control: impl FnOnce(&mut Ui) -> Response,
) {
    ui.vertical(|ui| {
        ui.set_width(width);
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal(|ui| {
            let layout = Layout::left_to_right(Align::Center);
            let name_width = NAME_WIDTH.min(width * 0.5);
            let label = ui.allocate_ui_with_layout(vec2(name_width, 28.0), layout, |ui| {
                ui.set_width(name_width);
                ui.label(name).on_hover_text(help)
            });
            control(ui).labelled_by(label.inner.id).on_hover_text(help);
        });
        if let Some(trouble) = trouble {
            ui.label(RichText::new(format!("must be {trouble}")).font(fonts::small()).color(tokens(ui).danger));
        }
    });
}

/// A sentence in a quiet colour.
pub fn note(ui: &mut Ui, words: impl Into<String>) -> Response {
    let color = tokens(ui).text_muted;
    ui.label(RichText::new(words).font(fonts::small()).color(color))
}

/// A sentence that is to be heeded.
pub fn warning(ui: &mut Ui, words: impl Into<String>) -> Response {
    let color = tokens(ui).warning;
    ui.label(RichText::new(words).font(fonts::small()).color(color))
}
