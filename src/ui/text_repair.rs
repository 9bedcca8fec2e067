//! The dialog that reads texts of songs in another encoding: the readings at the left, what comes of the chosen one at the right.

use eframe::egui::{
    Align, EventFilter, Key, Layout, Modifiers, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::library::misread::Reading;
use crate::state::Action;
use crate::state::jobs::count_of;
use crate::state::text_repair::{TextChange, TextRepair};

use super::theme::{fonts, size, tokens};
use super::widgets::button::{self, Weight};
use super::widgets::text;

const WIDTH: f32 = 920.0;
const HEIGHT: f32 = 400.0;
/// Of the list of readings.
const READINGS: f32 = 248.0;
/// Of the names of fields.
const FIELD: f32 = 96.0;

/// Draws it.
pub fn text_repair(ui: &mut Ui, repair: &TextRepair, opening: bool, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let room = ui.ctx().content_rect();
    ui.set_width(WIDTH.min(room.width() - 80.0));
    let height = HEIGHT.min(room.height() - 260.0).max(120.0);
    ui.label(RichText::new("Repair text").font(fonts::heading()));
    let sentence = if repair.readings.is_empty() {
        "Nothing in the texts of these songs can be read in another way.".to_owned()
    } else {
        let songs = count_of(repair.tracks.len(), "song", "songs");
        format!("Titles and names of {songs} as other encodings read them. Only the library changes, not the files.")
    };
    ui.label(RichText::new(sentence).color(tokens.text_muted));
    ui.add_space(8.0);
    ui.horizontal_top(|ui| {
        let down = Layout::top_down(Align::Min);
        ui.allocate_ui_with_layout(vec2(READINGS, height), down, |ui| {
            ui.set_width(READINGS);
            ui.spacing_mut().item_spacing.y = 2.0;
            ScrollArea::vertical().id_salt("readings").max_height(height).min_scrolled_height(height).show(ui, |ui| {
                for reading in repair.readings.iter().copied().map(Some).chain([None]) {
                    choice(ui, repair, reading, actions);
                }
            });
        });
        ui.add_space(8.0);
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), down, |ui| {
            ui.set_width(ui.available_width());
            outcome(ui, repair, height);
        });
    });
    ui.add_space(8.0);
    buttons(ui, repair, opening, actions);
}

/// One reading. The arrow keys go from one to the next.
fn choice(ui: &mut Ui, repair: &TextRepair, reading: Option<Reading>, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let chosen = repair.chosen == reading;
    let name = reading.map_or("As in the file", Reading::name);
    let is_guess = repair.guess == reading && !repair.readings.is_empty();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
    response.widget_info(|| {
        let label = if is_guess { format!("{name}, most likely") } else { name.to_owned() };
        WidgetInfo::selected(Role::RadioButton, true, chosen, label)
    });
    if chosen {
        ui.painter().rect_filled(rect, f32::from(size::RADIUS), tokens.row_selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, f32::from(size::RADIUS), tokens.row_hover);
    }
    let inner = rect.shrink2(vec2(10.0, 0.0));
    let used = text::line(ui.painter(), inner, name, fonts::body(), tokens.text, Align::Min);
    if is_guess {
        let rest = eframe::egui::Rect::from_min_max(pos2(used.right() + 6.0, inner.top()), inner.max);
        text::line(ui.painter(), rest, "likely", fonts::tiny(), tokens.accent, Align::Max);
    }
    button::focus_ring(ui, &response, f32::from(size::RADIUS));
    let tip = match reading {
        Some(_) => "Show what the texts are in this encoding",
        None => "Show the texts as they stand in the files",
    };
    if response.on_hover_text(tip).clicked() {
        actions.push(Action::ChooseReading(reading));
    }
}

/// The texts before and after.
fn outcome(ui: &mut Ui, repair: &TextRepair, height: f32) {
    let tokens = tokens(ui);
    if repair.texts.is_empty() {
        let sentence = match repair.chosen {
            None => "The texts stay as they are in the files.",
            Some(_) => "No text of these songs is another one in this encoding.",
        };
        ui.label(RichText::new(sentence).color(tokens.text_faint));
        return;
    }
    let columns = |ui: &mut Ui, height: f32| {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let text = (rect.width() - FIELD) / 2.0;
        let column = |from: f32, width: f32| {
            eframe::egui::Rect::from_min_size(pos2(rect.left() + from, rect.top()), vec2(width - 12.0, height))
        };
        (response, [column(0.0, FIELD), column(FIELD, text), column(FIELD + text, text)])
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    let (_, [_, before, after]) = columns(ui, size::TABLE_HEAD);
    for (rect, head) in [(before, "In the file"), (after, "Read like this")] {
        text::line(ui.painter(), rect, head, fonts::small_strong(), tokens.text_muted, Align::Min);
    }
    let room = height - size::TABLE_HEAD;
    ScrollArea::vertical().id_salt("texts").max_height(room).min_scrolled_height(room).auto_shrink(false).show(
        ui,
        |ui| {
            for TextChange { field, in_file, after: shown, songs } in &repair.texts {
                let (response, [name, before, after]) = columns(ui, size::ROW_COMPACT);
                text::line(ui.painter(), name, field.name(), fonts::small(), tokens.text_faint, Align::Min);
                text::line(ui.painter(), before, in_file, fonts::body(), tokens.text_muted, Align::Min);
                text::line(ui.painter(), after, shown, fonts::body(), tokens.text, Align::Min);
                let spoken = format!("{}: {in_file} becomes {shown}", field.name());
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
                response.on_hover_text(format!("{in_file}\n{shown}\n{}", count_of(*songs, "song", "songs")));
            }
            if repair.more > 0 {
                let more = format!("… and {}", count_of(repair.more, "more text", "more texts"));
                ui.label(RichText::new(more).color(tokens.text_faint));
            }
        },
    );
}

fn buttons(ui: &mut Ui, repair: &TextRepair, opening: bool, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = match repair.changed_songs {
            0 => "Nothing to change".to_owned(),
            songs => format!("Apply to {}", count_of(songs, "song", "songs")),
        };
        ui.add_enabled_ui(repair.changed_songs > 0, |ui| {
            let apply = button::text(ui, Weight::Primary, None, &label, 28.0);
            if opening {
                apply.request_focus();
            }
            if apply.has_focus() {
                let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
                ui.memory_mut(|memory| memory.set_focus_lock_filter(apply.id, filter));
            }
            let tip = "Show these texts from now on, everywhere in Timbre. Undo takes it back.";
            if apply.on_hover_text(tip).clicked() {
                actions.push(Action::RepairText(repair.chosen));
            }
        });
        if repair.repaired > 0 {
            let back = button::text(ui, Weight::Normal, None, "As in the file", 28.0);
            if back.on_hover_text("Show the texts as they stand in the files again").clicked() {
                actions.push(Action::RepairText(None));
            }
        }
        if button::text(ui, Weight::Quiet, None, "Cancel", 28.0).on_hover_text("Change nothing (Esc)").clicked() {
            actions.push(Action::SetOverlay(None));
        }
    });
    let step = ui.input_mut(|input| {
        let down = input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown) as isize;
        down - input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp) as isize
    });
    let choices: Vec<Option<Reading>> = repair.readings.iter().copied().map(Some).chain([None]).collect();
    if step != 0
        && let Some(now) = choices.iter().position(|reading| *reading == repair.chosen)
        && let Some(next) = choices.get(now.saturating_add_signed(step).min(choices.len() - 1))
        && *next != repair.chosen
    {
        actions.push(Action::ChooseReading(*next));
    }
}
