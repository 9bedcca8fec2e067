//! The three architectures as cards, and the two presets.

use eframe::egui::{Align, Frame, Layout, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::ml::model::config::{Architecture, Config, Preset};
use crate::state::jobs::grouped;
use crate::state::training::DataPart;
use crate::state::training::setup::short;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::train::form::{note, warning};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::text;

use super::drawing;

const HEIGHT: f32 = 196.0;

/// Its name for a person.
pub fn name(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Cnn => "Convolutions",
        Architecture::Mobilenet => "MobileNet",
        Architecture::Multimodal => "Several views",
    }
}

/// What it is, in a sentence.
fn sentence(architecture: Architecture, preset: Preset) -> &'static str {
    match (architecture, preset) {
        (Architecture::Cnn, Preset::Article) => {
            "Learns from nothing but the spectrogram pictures: three layers of filters, then two dense ones."
        }
        (Architecture::Cnn, Preset::Best) => {
            "Learns from nothing but the spectrogram: five small layers of filters, eleven seconds at a time."
        }
        (Architecture::Mobilenet, Preset::Article) => {
            "Sees with layers that learnt everyday photos and stay as they are; only the last one learns music."
        }
        (Architecture::Mobilenet, Preset::Best) => {
            "Begins with layers that learnt two million sounds, and goes on learning with all of them."
        }
        (Architecture::Multimodal, Preset::Article) => {
            "Looks at spectrogram and wavelet picture side by side and joins what it finds in both."
        }
        (Architecture::Multimodal, Preset::Best) => {
            "Spectrogram, wavelets, two pre-trained listeners and a tagger: five opinions, averaged."
        }
    }
}

/// Numbers in the network for ten genres, and how many of them learn.
fn parameters(architecture: Architecture, preset: Preset) -> (usize, usize) {
    match (architecture, preset) {
        (Architecture::Cnn, Preset::Article) => (8_418_666, 8_418_666),
        (Architecture::Cnn, Preset::Best) => (193_322, 192_650),
        (Architecture::Mobilenet, Preset::Article) => (2_219_627, 12_810),
        (Architecture::Mobilenet, Preset::Best) => (6_411_434, 6_411_412),
        (Architecture::Multimodal, Preset::Article) => (67_156_458, 67_156_458),
        (Architecture::Multimodal, Preset::Best) => (6_847_646, 6_844_966),
    }
}

/// Draws cards, presets and, where one is needed, the file of weights.
pub fn network(ui: &mut Ui, state: &AppState, config: &mut Config, actions: &mut Vec<Action>) {
    let (architecture, preset) = (config.architecture, config.preset);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Network").font(fonts::heading()));
        ui.add_space(8.0);
        let how = button::text(ui, Weight::Quiet, Some(Icon::Info), "How it works", 28.0);
        if how.on_hover_text("What goes in, what the layers do, and how good it is").clicked() {
            actions.push(Action::Train(TrainAction::Explain(architecture, preset)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let presets = [
                (Preset::Best, "Best", "What judged unknown artists best, in minutes on two cores"),
                (Preset::Article, "Article", "The article's own network and values: 500 epochs, slow"),
            ];
            for (choice, label, help) in presets {
                let response = ui.selectable_label(preset == choice, label).on_hover_text(help);
                response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, preset == choice, label));
                if response.clicked() && preset != choice {
                    actions.push(Action::Train(TrainAction::Choose(architecture, choice)));
                }
            }
            note(ui, "Values:");
        });
    });
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        let width = (ui.available_width() - 24.0) / 3.0;
        for choice in Architecture::ALL {
            if card(ui, width, choice, preset, architecture == choice) && architecture != choice {
                actions.push(Action::Train(TrainAction::Choose(choice, preset)));
            }
        }
    });
    base(ui, state, config, actions);
}

fn card(ui: &mut Ui, width: f32, architecture: Architecture, preset: Preset, chosen: bool) -> bool {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click());
    let label = name(architecture);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, label));
    let fill = if response.hovered() && !chosen { tokens.row_hover } else { tokens.panel };
    ui.painter().rect_filled(rect, f32::from(size::RADIUS_LARGE), fill);
    let edge = if chosen { Stroke::new(2.0, tokens.accent) } else { Stroke::new(1.0, tokens.hairline) };
    ui.painter().rect_stroke(rect, f32::from(size::RADIUS_LARGE), edge, StrokeKind::Inside);
    let inner = rect.shrink(14.0);
    let head = Rect::from_min_max(inner.min, pos2(inner.right(), inner.top() + 20.0));
    text::line(ui.painter(), head, label, fonts::strong(), tokens.text, Align::Min);
    text::line(ui.painter(), head, architecture.name(), fonts::tiny(), tokens.text_muted, Align::Max);
    let picture = Rect::from_min_size(pos2(inner.left(), head.bottom() + 4.0), vec2(inner.width(), 62.0));
    drawing::paint(&ui.painter().with_clip_rect(rect.intersect(ui.clip_rect())), picture, architecture, preset, tokens);
    let words = ui.painter().layout(
        sentence(architecture, preset).to_owned(),
        fonts::small(),
        tokens.text_muted,
        inner.width(),
    );
    ui.painter().galley(pos2(inner.left(), picture.bottom() + 8.0), words, tokens.text_muted);
    let (all, trained) = parameters(architecture, preset);
    let learn = match trained {
        _ if trained == all => "all learn".to_owned(),
        _ if trained * 100 >= all * 99 => "nearly all learn".to_owned(),
        _ => format!("{} learn", grouped(trained)),
    };
    let numbers = format!("{} numbers, {learn}", grouped(all));
    let foot = Rect::from_min_max(pos2(inner.left(), inner.bottom() - 16.0), inner.max);
    text::line(ui.painter(), foot, &numbers, fonts::tiny(), tokens.text, Align::Min);
    button::focus_ring(ui, &response, f32::from(size::RADIUS_LARGE));
    let clicked = response.clicked();
    response.on_hover_text(format!("{}\n{numbers} (for ten genres).", sentence(architecture, preset)));
    clicked
}

/// The file of pre-trained weights, where the network wants one.
fn base(ui: &mut Ui, state: &AppState, config: &mut Config, actions: &mut Vec<Action>) {
    if config.network.base().is_none() {
        return;
    }
    Frame::NONE.show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            match &config.base {
                Some(path) => {
                    ui.label(format!("Starts from {}", short(path))).on_hover_text(path.display().to_string());
                    let help = "Do not start from this file";
                    if button::icon(ui, Icon::Close, 24.0, "Take the weights out", help).clicked() {
                        config.base = None;
                    }
                }
                None if state.training.setup.lacks_base() => {
                    warning(ui, "The article's MobileNet needs a file of ImageNet's MobileNetV2 weights (safetensors), which is not built in.");
                }
                None => {
                    note(ui, "Starts from the weights that are built in.");
                }
            }
            let help = "Start from pre-trained weights of your own (safetensors)";
            if button::text(ui, Weight::Normal, None, "Weights…", 28.0).on_hover_text(help).clicked() {
                actions.push(Action::Train(TrainAction::Ask(DataPart::Base)));
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::Device;
    use crate::ml::nn::rng::Rng;

    #[test]
    fn the_numbers_on_the_cards_are_those_of_the_networks() {
        let labels: Vec<String> = (0..10).map(|label| format!("genre {label}")).collect();
        let all = Architecture::ALL.into_iter().flat_map(|a| [(a, Preset::Article), (a, Preset::Best)]);
        let counted = |(architecture, preset)| {
            let network =
                Config::preset(architecture, preset).network.build(&labels, None, &mut Rng::new(1), &Device::Cpu);
            network.unwrap().variables().count()
        };
        let shown: Vec<_> = all.clone().map(|(architecture, preset)| parameters(architecture, preset)).collect();
        assert_eq!(all.map(counted).collect::<Vec<_>>(), shown);
    }
}
