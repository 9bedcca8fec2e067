//! The bar below the form: name, time, Start.

use eframe::egui::{Align, Layout, Margin, RichText, TextEdit, Ui, vec2};

use crate::state::jobs::duration_words;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, tokens};
use crate::ui::widgets::button::{self, Weight};

/// Draws the bar.
pub fn bar(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let training = &state.training;
    let setup = &training.setup;
    let obstacle = setup.obstacle(training);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 40.0), Layout::left_to_right(Align::Center), |ui| {
        let label = ui.label("Name");
        let mut name = setup.name.clone();
        let hint = format!("{} {}", setup.config.architecture.name(), setup.config.preset.name());
        let field = TextEdit::singleline(&mut name)
            .hint_text(RichText::new(hint).color(tokens(ui).text_faint))
            .desired_width(200.0)
            .margin(Margin::symmetric(10, 6));
        if ui.add(field).labelled_by(label.id).on_hover_text("What the run is called in lists").changed() {
            actions.push(Action::Train(TrainAction::Name(name)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_enabled_ui(obstacle.is_none(), |ui| {
                let start = button::text(ui, Weight::Primary, Some(Icon::Play), "Start", 36.0);
                let help = match (&obstacle, state.is_training()) {
                    (Some(obstacle), _) => obstacle.as_str(),
                    (None, true) => "Train when the training that runs now has ended",
                    (None, false) => "Train with these values",
                };
                if start.on_hover_text(help).on_disabled_hover_text(help).clicked() {
                    actions.push(Action::Train(TrainAction::Start));
                }
            });
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(8.0);
                let words = match (&obstacle, setup.estimate_secs(training)) {
                    (Some(obstacle), _) => obstacle.clone(),
                    (None, Some(secs)) => {
                        format!("About {} of training, as fast as it went before.", duration_words(secs))
                    }
                    (None, None) if state.jobs.any(crate::engine::JobKind::Check) => {
                        "How long it takes is told when the clips are counted and an epoch is done.".into()
                    }
                    (None, None) => "How long it takes is not known before the first epoch.".into(),
                };
                let color = if obstacle.is_some() { tokens(ui).warning } else { tokens(ui).text_muted };
                ui.add(eframe::egui::Label::new(RichText::new(words).font(fonts::small()).color(color)).wrap());
            });
        });
    });
}
