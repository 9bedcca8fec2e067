//! The settings of one picture, one click away from it.

use eframe::egui::{Frame, Margin, Popup, PopupCloseBehavior, RichText, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo};

use crate::dsp::picture::{Part, PictureSettings, Transform, Wavelet};
use crate::state::inspect::{Compare, Kind, Side, View};
use crate::state::{Action, AppState, InspectAction};
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::button;

use super::controls;

/// The button and, when it is open, the settings.
pub fn button(ui: &mut Ui, state: &AppState, view: &View, actions: &mut Vec<Action>) {
    let side = match (state.inspect.compare.is_some(), view.side) {
        (false, _) => "",
        (true, Side::A) => " A",
        (true, Side::B) => " B",
    };
    let name = format!("{} settings{side}", view.kind.name());
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(28.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let tokens = tokens(ui);
    let color = if response.hovered() { tokens.screen_accent } else { tokens.screen_text };
    icons::paint(ui.painter(), Icon::Settings, rect.shrink(6.0), color);
    button::focus_ring(ui, &response, f32::from(size::RADIUS));
    let response = response.on_hover_text("How this picture is made and coloured");
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(16));
    Popup::from_toggle_button_response(&response)
        .frame(frame)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .width(470.0)
        .show(|ui| {
            ui.set_width(470.0);
            ui.label(RichText::new(&name).font(fonts::heading()));
            let height = (ui.ctx().content_rect().height() - 160.0).max(200.0);
            ScrollArea::vertical().max_height(height).show(ui, |ui| {
                let settings = state.picture_settings(view.kind, view.side);
                if let Some(changed) = controls::controls(ui, (view.kind, view.side), &settings) {
                    actions.push(Action::Inspect(InspectAction::SetPicture(view.kind, view.side, changed)));
                }
            });
        });
}

/// What a picture is, in a few words over it.
pub fn summary(state: &AppState, view: &View) -> String {
    let mut words = String::new();
    match (state.inspect.compare, view.side) {
        (None, _) => {}
        (Some(_), Side::A) => words.push_str("A · "),
        (Some(_), Side::B) => words.push_str("B · "),
    }
    words.push_str(view.kind.name());
    words.push_str(view.lane_name());
    words.push_str(&transform_words(&view.settings));
    if let (Some(Compare::Track(_)), Some(track)) = (state.inspect.compare, view.track.and_then(|id| state.track(id))) {
        words.push_str(&format!(" · {}", track.title));
    }
    words
}

fn transform_words(settings: &PictureSettings) -> String {
    match settings.spec.transform {
        Transform::Spectrogram(settings) => {
            let window = controls::window_name(settings.window);
            let reassigned = if settings.reassigned { " · reassigned" } else { "" };
            format!(" · {window} {} · {:.0} % overlap{reassigned}", settings.window_len, settings.overlap_percent)
        }
        Transform::Scalogram(settings) => {
            let wavelet = match settings.wavelet {
                Wavelet::Morlet { cycles } => format!("Morlet, {cycles:.0} cycles"),
                Wavelet::Dog { order: 2 } => "Mexican hat".to_owned(),
                Wavelet::Dog { order } => format!("DOG {order}"),
                Wavelet::Paul { order } => format!("Paul {order}"),
                Wavelet::Haar => "Haar".to_owned(),
            };
            let part = match settings.part {
                Part::Magnitude => "",
                Part::Power => " · power",
                Part::Phase => " · phase",
            };
            format!(" · {wavelet} · {} voices{part}", settings.voices_per_octave)
        }
    }
}

/// The settings that a kind has at first.
pub fn default_of(kind: Kind) -> PictureSettings {
    match kind {
        Kind::Spectrogram => PictureSettings::spectrogram(),
        Kind::Scalogram => PictureSettings::scalogram(),
    }
}
