//! What the network sees of a clip: its exact input, where it looks, and what each of its branches says.

use eframe::egui::{Align, Checkbox, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::base::genre::display_name;
use crate::engine::training::message::RunDetail;
use crate::ml::model::explain::{Explanation, View};
use crate::ml::networks::input::FrontEnd;
use crate::state::training::judge::JudgeAction;
use crate::state::{Action, AppState};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::{meter, text};

use super::clips::{bar, play, top};
use super::picture::is_pixels;
use super::{JudgeLocal, act, title};

pub fn sees(
    ui: &mut Ui,
    state: &AppState,
    detail: &RunDetail,
    clip: &str,
    local: &mut JudgeLocal,
    actions: &mut Vec<Action>,
) {
    let tokens = tokens(ui);
    ui.horizontal(|ui| {
        if button::text(ui, Weight::Quiet, Some(Icon::Previous), "Back to the clips", 28.0).clicked() {
            actions.push(act(JudgeAction::See(None)));
        }
        play(ui, state, detail, clip, actions);
    });
    sound(ui, state, detail, clip, local);
    title(ui, &format!("What the network sees of {clip}"));
    let key = (detail.state.id.clone(), clip.to_owned());
    match state.training.explained.get(&key) {
        None => {
            ui.horizontal(|ui| {
                ui.spinner();
                let sentence = "Covering one part of the input after the other, to see which ones matter…";
                ui.label(RichText::new(sentence).color(tokens.text_muted));
            });
        }
        Some(Err(reason)) => {
            ui.label(RichText::new(format!("It cannot be shown: {reason}")).color(tokens.danger));
        }
        Some(Ok(explanation)) => {
            probabilities(ui, explanation);
            fusion(ui, explanation);
            if !explanation.views.is_empty() {
                let mut on = state.training.judge.saliency;
                let switch = ui.add(Checkbox::new(&mut on, "Where it looks"));
                let help = "Green: covering this part makes the network less sure of its decision. Blue: covering it makes it surer.";
                if switch.on_hover_text(help).changed() {
                    actions.push(act(JudgeAction::Saliency(on)));
                }
            }
            for (place, view) in explanation.views.iter().enumerate() {
                show(ui, &key, place, view, state.training.judge.saliency, local);
            }
            if explanation.views.is_empty() {
                let sentence = "This network takes numbers that do not form a picture.";
                ui.label(RichText::new(sentence).color(tokens.text_muted));
            }
        }
    }
}

/// The clip as Inspect would show it, to be read beside what the network takes.
fn sound(ui: &mut Ui, state: &AppState, detail: &RunDetail, clip: &str, local: &mut JudgeLocal) {
    let tokens = tokens(ui);
    let Some(file) = detail.sounds.get(clip) else { return };
    title(ui, "The clip itself");
    match state.training.pictures.get(file) {
        None => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(RichText::new("Drawing its spectrogram and its scalogram…").color(tokens.text_muted));
            });
        }
        Some(Err(reason)) => {
            ui.label(RichText::new(format!("It cannot be drawn: {reason}")).color(tokens.danger));
        }
        Some(Ok(drawn)) => {
            for (place, (picture, name)) in drawn.iter().zip(["Spectrogram", "Scalogram"]).enumerate() {
                ui.label(RichText::new(name).font(fonts::small()).color(tokens.text_muted));
                let width = ui.available_width().min(picture.width as f32);
                let height = width * picture.height as f32 / picture.width.max(1) as f32;
                let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
                response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name} of {clip}")));
                local.pictures.paint_drawn(ui, drawn, place, rect);
            }
        }
    }
}

fn probabilities(ui: &mut Ui, explanation: &Explanation) {
    for (label, share) in top(&explanation.labels, &explanation.probabilities, 3) {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
        let spoken = format!("{} {}", display_name(label), meter::percent(share));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        bar(ui, rect, label, share);
    }
}

/// The fusion meter: what each branch alone would say, and how sure it is of what all of them decided.
fn fusion(ui: &mut Ui, explanation: &Explanation) {
    if explanation.branches.is_empty() {
        return;
    }
    let tokens = tokens(ui);
    let decision = top_index(&explanation.probabilities);
    let decided = explanation.labels.get(decision).map(String::as_str).unwrap_or_default();
    ui.add_space(4.0);
    let heading = format!("What each branch alone gives to {}", display_name(decided));
    ui.label(RichText::new(heading).font(fonts::small_strong()).color(tokens.text_muted));
    for (name, opinion) in &explanation.branches {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
        let share = opinion.get(decision).copied().unwrap_or(0.0) as f32;
        let own = explanation.labels.get(top_index(opinion)).map(String::as_str).unwrap_or_default();
        let says = if own == decided { "agrees".to_owned() } else { format!("would say {}", display_name(own)) };
        let spoken = format!("Branch {name}: {}, {says}", meter::percent(share));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        let first = Rect::from_min_size(rect.min, vec2(100.0, rect.height()));
        text::line(ui.painter(), first, name, fonts::small(), tokens.text, Align::Min);
        let last = Rect::from_min_max(pos2(rect.right() - 124.0, rect.top()), rect.max);
        text::line(ui.painter(), last, &says, fonts::small(), tokens.text_muted, Align::Min);
        let middle = Rect::from_min_max(pos2(first.right() + 6.0, rect.top()), pos2(last.left() - 8.0, rect.bottom()));
        meter::confidence(ui.painter(), middle, share, tokens.genre(decided), tokens);
    }
    ui.add_space(4.0);
}

fn top_index(shares: &[f64]) -> usize {
    let best = shares.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(index, _)| index)
}

/// What an input is, for a person.
fn describe(front_end: FrontEnd) -> &'static str {
    match front_end {
        FrontEnd::Picture => "The spectrogram picture as it was plotted, margins and colours included",
        FrontEnd::WaveletPicture => "The wavelet picture as it was plotted",
        FrontEnd::LogMel => "Log-mel levels: time across, pitch upwards",
        FrontEnd::Patches => "YAMNet's log-mel levels: time across, pitch upwards",
        FrontEnd::Scalogram => "Morlet scalogram: time across, pitch upwards",
        FrontEnd::Scattering => "Joint time-frequency scattering: time across, coefficients upwards",
        FrontEnd::Tags => "Fifty tags of MusiCNN: time across, tags upwards",
    }
}

fn show(ui: &mut Ui, key: &(String, String), place: usize, view: &View, saliency: bool, local: &mut JudgeLocal) {
    let tokens = tokens(ui);
    let (across, up) = if is_pixels(view) { (view.width / 3, view.frames) } else { (view.frames, view.width) };
    let words = format!("{} · {across} × {up}", describe(view.front_end));
    ui.label(RichText::new(&words).font(fonts::small()).color(tokens.text_muted));
    let width = ui.available_width().min(640.0);
    let height = if is_pixels(view) { width.min(320.0) } else { 176.0 };
    let width = if is_pixels(view) { height } else { width };
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    local.pictures.paint(ui, key, place, view, rect, saliency);
    ui.painter().rect_stroke(
        rect,
        f32::from(size::RADIUS) / 2.0,
        (1.0, tokens.hairline),
        eframe::egui::StrokeKind::Outside,
    );
}
