//! The clips of a cell of the matrix: what the network said about each; to be heard, and to be seen as it sees them.

use std::path::PathBuf;

use eframe::egui::{Align, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::base::genre::display_name;
use crate::engine::training::message::RunDetail;
use crate::ml::Judgement;
use crate::ml::eval::Verdict;
use crate::state::training::judge::JudgeAction;
use crate::state::{Action, AppState};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::train::play;
use crate::ui::widgets::{button, meter, text};

use super::{act, matrix, title};

/// Height of a row without the gap below it.
const ROW: f32 = 84.0;
const NARROWEST: f32 = 240.0;

/// `side` is the height of the matrix beside the list.
pub fn clips(
    ui: &mut Ui,
    state: &AppState,
    detail: &RunDetail,
    found: &Judgement,
    side: f32,
    actions: &mut Vec<Action>,
) {
    let tokens = tokens(ui);
    let Some((truth, decision)) = state.training.judge.cell else {
        title(ui, "Clips");
        let sentence = "Click a cell of the matrix to list its clips, hear them, and see what the network sees. Off the diagonal \
                        are its mistakes.";
        ui.label(RichText::new(sentence).color(tokens.text_muted));
        surest_mistakes(ui, state, detail, actions);
        return;
    };
    let (Some(is), Some(said)) = (found.classes.get(truth), found.classes.get(decision)) else { return };
    title(ui, &matrix::sentence(found, truth, decision));
    let mut listed: Vec<&Verdict> =
        state.training.judge.verdicts().iter().filter(|clip| clip.truth == *is && clip.decision == *said).collect();
    listed.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    if listed.is_empty() {
        let sentence = if found.confusion[truth][decision] == 0 {
            "No clip is here."
        } else {
            "What was said about each clip was not kept with this run."
        };
        ui.label(RichText::new(sentence).color(tokens.text_muted));
        return;
    }
    let (salt, height) = (("clips of a cell", truth, decision), (side - 40.0).max(NARROWEST));
    ScrollArea::vertical().id_salt(salt).auto_shrink([false, true]).max_height(height).show_rows(
        ui,
        ROW,
        listed.len(),
        |ui, range| {
            for verdict in &listed[range] {
                row(ui, state, detail, &found.classes, verdict, actions);
            }
        },
    );
}

/// The mistakes of which the network was surest: where labels are wrong, too, it shows here.
fn surest_mistakes(ui: &mut Ui, state: &AppState, detail: &RunDetail, actions: &mut Vec<Action>) {
    let Some(found) = &detail.judgement else { return };
    let mut wrong: Vec<&Verdict> =
        state.training.judge.verdicts().iter().filter(|clip| clip.truth != clip.decision).collect();
    if wrong.is_empty() {
        return;
    }
    wrong.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    ui.add_space(8.0);
    let heading = "Its surest mistakes (wrong labels in the data show here, too)";
    ui.label(RichText::new(heading).font(fonts::small_strong()).color(tokens(ui).text_muted));
    for verdict in wrong.into_iter().take(4) {
        row(ui, state, detail, &found.classes, verdict, actions);
    }
}

/// One clip: its name, the three most probable genres, and what can be done.
fn row(
    ui: &mut Ui,
    state: &AppState,
    detail: &RunDetail,
    classes: &[String],
    verdict: &Verdict,
    actions: &mut Vec<Action>,
) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let top = top_three(classes, verdict);
    let words: Vec<String> =
        top.iter().map(|(label, share)| format!("{} {}", display_name(label), meter::percent(*share))).collect();
    response
        .widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{}: {}", verdict.clip, words.join(", "))));
    ui.painter().rect_filled(rect, f32::from(size::RADIUS), tokens.panel);
    let inner = rect.shrink2(vec2(10.0, 6.0));
    let buttons = Rect::from_min_max(pos2(inner.right() - 64.0, inner.top()), pos2(inner.right(), inner.top() + 28.0));
    let name = Rect::from_min_max(inner.min, pos2(buttons.left() - 8.0, inner.top() + 18.0));
    let used = text::line(ui.painter(), name, &verdict.clip, fonts::strong(), tokens.text, Align::Min);
    let truth = Rect::from_min_max(pos2(used.right() + 10.0, name.top()), name.max);
    let is = format!("is {}", display_name(&verdict.truth));
    text::line(ui.painter(), truth, &is, fonts::small(), tokens.text_muted, Align::Min);
    for (place, (label, share)) in top.iter().enumerate() {
        let y = inner.top() + 20.0 + place as f32 * 17.0;
        bar(ui, Rect::from_min_size(pos2(inner.left(), y), vec2(inner.width() - 72.0, 17.0)), label, *share);
    }
    // A child, so that the rows below stay where they are.
    let mut beside = ui.new_child(UiBuilder::new().max_rect(buttons).id_salt(("clip", &verdict.clip)));
    beside.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        play(ui, state, detail, &verdict.clip, actions);
        let name = format!("What the network sees of {}", verdict.clip);
        ui.add_enabled_ui(detail.has_model(), |ui| {
            let tip = "What the network sees: its input, and where it looks";
            if button::icon(ui, Icon::Network, 28.0, &name, tip).clicked() {
                actions.push(act(JudgeAction::See(Some(verdict.clip.clone()))));
            }
        });
    });
}

/// The button that plays a clip or holds it.
pub fn play(ui: &mut Ui, state: &AppState, detail: &RunDetail, clip: &str, actions: &mut Vec<Action>) {
    let path = detail.sounds.get(clip).map(PathBuf::as_path);
    if play::play(ui, state, 28.0, clip, path, "Its sound is not there (any more)") {
        actions.push(act(JudgeAction::Play(clip.to_owned())));
    }
}

/// A genre with its hue, its name, and a bar with its probability.
pub fn bar(ui: &Ui, rect: Rect, label: &str, share: f32) {
    let tokens = tokens(ui);
    let hue = tokens.genre(label);
    meter::dot(ui.painter(), pos2(rect.left() + 5.0, rect.center().y), hue);
    let name = Rect::from_min_size(rect.min + vec2(16.0, 0.0), vec2(84.0, rect.height()));
    text::line(ui.painter(), name, &display_name(label), fonts::small(), tokens.text, Align::Min);
    let place = Rect::from_min_max(pos2(name.right() + 6.0, rect.top()), rect.max);
    meter::confidence(ui.painter(), place, share, hue, tokens);
}

/// The three most probable genres.
fn top_three<'a>(classes: &'a [String], verdict: &Verdict) -> Vec<(&'a str, f32)> {
    top(classes, &verdict.probabilities, 3)
}

/// The most probable genres, the first one first.
pub fn top<'a>(classes: &'a [String], probabilities: &[f64], count: usize) -> Vec<(&'a str, f32)> {
    let mut all: Vec<(&str, f32)> =
        classes.iter().zip(probabilities).map(|(label, share)| (label.as_str(), *share as f32)).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(count);
    all
}
