//! The confusion matrix: which genres are taken for which. Each cell opens its clips.

use eframe::egui::{
    Align, EventFilter, Id, Key, Modifiers, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

use crate::base::genre::{display_name, index_of};
use crate::ml::Judgement;
use crate::state::training::judge::{JudgeAction, Numbers};
use crate::state::{Action, AppState};
use crate::ui::theme::{fonts, matrix, size, tokens};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::{meter, text};

use super::{JudgeLocal, act, title};

/// Room for the names at the left, and above.
const NAMES: f32 = 92.0;
const HEADS: f32 = 78.0;
/// The largest side of a cell.
const LARGEST: f32 = 56.0;
/// The smallest side of a cell with a number in it.
const SMALLEST_WITH_NUMBER: f32 = 22.0;

/// A genre within a sentence.
fn in_words(label: &str) -> String {
    if index_of(label).is_some() { display_name(label).to_lowercase() } else { label.to_owned() }
}

/// What a cell says: “12 of 20 rock clips were called metal”.
pub fn sentence(found: &Judgement, truth: usize, decision: usize) -> String {
    let name = |index: usize| found.classes.get(index).map(|label| in_words(label)).unwrap_or_default();
    let count = found.confusion[truth][decision];
    let all: u32 = found.confusion[truth].iter().sum();
    let clips = if all == 1 { "clip was" } else { "clips were" };
    format!("{count} of {all} {} {clips} called {}", name(truth), name(decision))
}

/// Share of the row, and of the column.
fn shares(found: &Judgement, truth: usize, decision: usize) -> (f64, f64) {
    let count = f64::from(found.confusion[truth][decision]);
    let column: u32 = found.confusion.iter().map(|row| row[decision]).sum();
    let row: u32 = found.confusion[truth].iter().sum();
    (count / f64::from(row.max(1)), count / f64::from(column.max(1)))
}

pub fn matrix(ui: &mut Ui, state: &AppState, found: &Judgement, local: &mut JudgeLocal, actions: &mut Vec<Action>) {
    head(ui, state, found, actions);
    let count = found.classes.len();
    if count == 0 {
        return;
    }
    let side = ((ui.available_width() - NAMES) / count as f32).clamp(10.0, LARGEST).floor();
    let wanted = vec2(NAMES + side * count as f32, HEADS + side * count as f32 + 26.0);
    let (whole, _) = ui.allocate_exact_size(wanted, Sense::hover());
    let origin = whole.min + vec2(NAMES, HEADS);
    names(ui, found, origin, side);
    keys(ui, local, count);
    local.cursor = (local.cursor.0.min(count - 1), local.cursor.1.min(count - 1));
    for truth in 0..count {
        for decision in 0..count {
            let rect =
                Rect::from_min_size(origin + vec2(side * decision as f32, side * truth as f32), Vec2::splat(side));
            cell(ui, state, found, local, (truth, decision), rect, actions);
        }
    }
    let below = Rect::from_min_size(pos2(origin.x, whole.bottom() - 24.0), vec2(side * count as f32, 20.0));
    let tokens = tokens(ui);
    let axis = "across: what the network said · down: what it is";
    text::line(ui.painter(), below, axis, fonts::tiny(), tokens.text_muted, Align::Center);
}

fn head(ui: &mut Ui, state: &AppState, found: &Judgement, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        title(ui, "What is taken for what");
        ui.spacing_mut().item_spacing.x = 2.0;
        for numbers in Numbers::ALL {
            let on = state.training.judge.numbers == numbers;
            let response = ui.selectable_label(on, RichText::new(numbers.name()).font(fonts::small()));
            if response.on_hover_text(numbers.explanation()).clicked() {
                actions.push(act(JudgeAction::Show(numbers)));
            }
        }
        let copy = button::text(ui, Weight::Quiet, None, "Copy CSV", 24.0);
        if copy.on_hover_text("Put the matrix on the clipboard as a table").clicked() {
            actions.push(Action::Copy(found.confusion_csv()));
        }
    });
}

fn names(ui: &Ui, found: &Judgement, origin: eframe::egui::Pos2, side: f32) {
    let tokens = tokens(ui);
    for (index, label) in found.classes.iter().enumerate() {
        let middle = side * (index as f32 + 0.5);
        let hue = tokens.genre(label);
        let name = display_name(label);
        meter::dot(ui.painter(), pos2(origin.x - 12.0, origin.y + middle), hue);
        let place = Rect::from_min_max(
            pos2(origin.x - NAMES, origin.y + middle - 10.0),
            pos2(origin.x - 20.0, origin.y + middle + 10.0),
        );
        text::line(ui.painter(), place, &name, fonts::small(), tokens.text, Align::Max);
        meter::dot(ui.painter(), pos2(origin.x + middle, origin.y - 10.0), hue);
        upwards(ui, pos2(origin.x + middle, origin.y - 18.0), &name);
    }
}

/// A name that is read from below, ending above the point.
fn upwards(ui: &Ui, foot: eframe::egui::Pos2, name: &str) {
    let short: String =
        if name.chars().count() > 12 { name.chars().take(11).chain(['…']).collect() } else { name.into() };
    let galley = ui.painter().layout_no_wrap(short, fonts::small(), tokens(ui).text);
    let shape =
        eframe::egui::epaint::TextShape::new(pos2(foot.x - galley.size().y / 2.0, foot.y), galley, tokens(ui).text)
            .with_angle(-std::f32::consts::FRAC_PI_2);
    ui.painter().add(shape);
}

fn cell_id(truth: usize, decision: usize) -> Id {
    Id::unique(("confusion cell", truth, decision))
}

/// Arrow keys go from cell to cell; only the cell under the cursor is a stop of the Tab key.
fn keys(ui: &Ui, local: &mut JudgeLocal, count: usize) {
    let id = cell_id(local.cursor.0, local.cursor.1);
    if !ui.memory(|memory| memory.has_focus(id)) {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let steps = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
    let go = |at: usize, back, on| (at + steps(on)).saturating_sub(steps(back)).min(count - 1);
    let (truth, decision) = local.cursor;
    let next = (go(truth, Key::ArrowUp, Key::ArrowDown), go(decision, Key::ArrowLeft, Key::ArrowRight));
    if next != local.cursor {
        local.cursor = next;
        ui.memory_mut(|memory| memory.request_focus(cell_id(next.0, next.1)));
    }
}

fn cell(
    ui: &mut Ui,
    state: &AppState,
    found: &Judgement,
    local: &mut JudgeLocal,
    (truth, decision): (usize, usize),
    rect: Rect,
    actions: &mut Vec<Action>,
) {
    let tokens = tokens(ui);
    let sense = if local.cursor == (truth, decision) { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, cell_id(truth, decision), sense);
    let chosen = state.training.judge.cell == Some((truth, decision));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, sentence(found, truth, decision)));
    if response.clicked() {
        local.cursor = (truth, decision);
        actions.push(act(JudgeAction::Cell(truth, decision)));
    }
    if !ui.is_rect_visible(rect) {
        return;
    }
    let (of_row, of_column) = shares(found, truth, decision);
    let count = found.confusion[truth][decision];
    let (share, shown) = match state.training.judge.numbers {
        Numbers::Counts => (of_row, count.to_string()),
        Numbers::Rows => (of_row, format!("{:.0}", of_row * 100.0)),
        Numbers::Columns => (of_column, format!("{:.0}", of_column * 100.0)),
    };
    let (fill, ink) = matrix::cell(tokens, share);
    ui.painter().rect_filled(rect.shrink(0.75), 2.0, fill);
    if count > 0 && rect.width() >= SMALLEST_WITH_NUMBER {
        let font = if truth == decision { fonts::strong() } else { fonts::body() };
        text::line(ui.painter(), rect, &shown, font, ink, Align::Center);
    }
    if chosen || response.hovered() {
        let stroke = if chosen { Stroke::new(2.0, tokens.accent) } else { Stroke::new(1.0, tokens.text_muted) };
        ui.painter().rect_stroke(rect.shrink(0.75), 2.0, stroke, StrokeKind::Inside);
    }
    button::focus_ring(ui, &response, f32::from(size::RADIUS) / 2.0);
    response.on_hover_ui(|ui| {
        ui.label(sentence(found, truth, decision));
        let percent = format!("{:.0} % of the row, {:.0} % of the column", of_row * 100.0, of_column * 100.0);
        ui.label(RichText::new(percent).font(fonts::small()).color(tokens.text_muted));
    });
}
