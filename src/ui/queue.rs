//! The queue: what plays, what comes next, in which order.

use eframe::egui::{
    Align, EventFilter, Id, Key, Modifiers, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use crate::base::time::clock_text;
use crate::state::jobs::count_of;
use crate::state::queue::QueueAction;
use crate::state::{Action, AppState, Verb};

use super::icons::{self, Icon};
use super::local::Local;
use super::theme::{fonts, size, tokens};
use super::widgets::empty::empty;
use super::widgets::{button, text};

/// Height of a row: two lines.
const ROW: f32 = 44.0;

/// What the panel keeps between frames.
#[derive(Debug, Default)]
pub struct QueueView {
    /// The row that is being dragged.
    dragged: Option<usize>,
    /// The current song when its row was brought into view last.
    shown: Option<usize>,
}

/// The list, which takes the keyboard as one thing.
pub fn queue_id() -> Id {
    Id::unique("queue of songs")
}

/// Reads the keys that belong to the list while it has the keyboard.
pub fn keys(ui: &Ui, state: &AppState, actions: &mut Vec<Action>) {
    let Some(last) = state.player.queue.len().checked_sub(1) else { return };
    let place = state.queue_panel.selected.unwrap_or(state.player.queue_index).min(last);
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let mut act = |action| actions.push(Action::Queue(action));
    // With Alt first: egui takes a key without modifiers for the same key with some.
    if pressed(Modifiers::ALT, Key::ArrowUp) && place > 0 {
        act(QueueAction::Move { from: place, to: place - 1 });
    } else if pressed(Modifiers::ALT, Key::ArrowDown) && place < last {
        act(QueueAction::Move { from: place, to: place + 1 });
    } else if pressed(Modifiers::NONE, Key::ArrowUp) {
        act(QueueAction::Select(place.saturating_sub(1)));
    } else if pressed(Modifiers::NONE, Key::ArrowDown) {
        act(QueueAction::Select(place + 1));
    } else if pressed(Modifiers::NONE, Key::Home) {
        act(QueueAction::Select(0));
    } else if pressed(Modifiers::NONE, Key::End) {
        act(QueueAction::Select(last));
    } else if pressed(Modifiers::NONE, Key::Enter) {
        act(QueueAction::Play(place));
    } else if pressed(Modifiers::NONE, Key::Delete) {
        act(QueueAction::Remove(place));
    }
}

/// Draws the panel.
pub fn queue(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    head(ui, state, actions);
    if state.player.queue.is_empty() {
        let sentence = "Play a song and what follows it stands here. Ctrl+Enter in the table adds what is selected.";
        empty(ui, Icon::Playlist, "The queue is empty", sentence, &[], actions);
        return;
    }
    list(ui, state, local, actions);
}

fn head(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::TOP_BAR), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, "Queue"));
    let inner = rect.shrink2(vec2(size::MARGIN, 8.0));
    let (upper, lower) = inner.split_top_bottom_at_fraction(0.55);
    text::line(ui.painter(), upper, "Queue", fonts::heading(), tokens.text, Align::Min);
    let songs = count_of(state.player.queue.len(), "song", "songs");
    text::line(ui.painter(), lower, &songs, fonts::small(), tokens.text_muted, Align::Min);
    let mut buttons =
        ui.new_child(UiBuilder::new().max_rect(inner).layout(eframe::egui::Layout::right_to_left(Align::Center)));
    buttons.spacing_mut().item_spacing.x = 2.0;
    button::verb(&mut buttons, Icon::Close, 28.0, Verb::Queue, actions);
    if !state.player.queue.is_empty() {
        let clear = "Take all songs but the current one out of the queue";
        if button::icon(&mut buttons, Icon::Clear, 28.0, "Clear the queue", clear).clicked() {
            actions.push(Action::Queue(QueueAction::Clear));
        }
        let save = "Make a playlist of these songs";
        if button::icon(&mut buttons, Icon::Playlist, 28.0, "Save as playlist", save).clicked() {
            actions.push(Action::Queue(QueueAction::Save));
        }
    }
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, tokens.hairline));
}

fn list(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    let count = state.player.queue.len();
    let body = ui.available_rect_before_wrap();
    let focus = ui.interact(body, queue_id(), Sense::focusable_noninteractive());
    focus.widget_info(|| WidgetInfo::labeled(Role::List, true, format!("Queue, {}", count_of(count, "song", "songs"))));
    if focus.has_focus() {
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(queue_id(), filter));
    }
    let mut area = ScrollArea::vertical().id_salt("queue").auto_shrink(false);
    let wanted = state.queue_panel.selected.or(Some(state.player.queue_index));
    if local.queue.dragged.is_none() && wanted != local.queue.shown {
        local.queue.shown = wanted;
        // Something of what was played stays in view above what is chosen.
        let place = wanted.unwrap_or(0) as f32;
        let (offset, height) = local.queue_scroll;
        let top = place * ROW;
        if top < offset || top + ROW > offset + height || height <= 0.0 {
            area = area.vertical_scroll_offset((top - ROW * 2.0).max(0.0));
        }
    }
    let output = area.show_rows(ui, ROW, count, |ui, range| {
        let origin = ui.max_rect().left_top();
        let width = ui.available_width();
        for (index, place) in range.clone().enumerate() {
            let rect = Rect::from_min_size(pos2(origin.x, origin.y + index as f32 * ROW), vec2(width, ROW));
            row(ui, state, local, place, rect, actions);
        }
        ui.allocate_space(vec2(width, range.len() as f32 * ROW));
    });
    let offset = output.state.clamped_offset().y;
    local.queue_scroll = (offset, output.inner_rect.height());
    drop_dragged(ui, local, output.inner_rect, offset, count, actions);
    if focus.has_focus() {
        let stroke = Stroke::new(1.5, tokens(ui).accent);
        ui.painter().rect_stroke(body.shrink(1.0), 2.0, stroke, StrokeKind::Inside);
    }
}

/// Shows where a dragged song would go, and moves it there when it is let go.
fn drop_dragged(ui: &Ui, local: &mut Local, view: Rect, offset: f32, count: usize, actions: &mut Vec<Action>) {
    let Some(from) = local.queue.dragged else { return };
    let Some(pointer) = ui.input(|input| input.pointer.interact_pos()) else { return };
    let gap = (((pointer.y - view.top() + offset) / ROW).round().max(0.0) as usize).min(count);
    let y = (view.top() + gap as f32 * ROW - offset).clamp(view.top(), view.bottom());
    ui.painter().hline(view.x_range(), y, Stroke::new(2.0, tokens(ui).accent));
    if ui.input(|input| input.pointer.any_released()) {
        local.queue.dragged = None;
        // The gap behind the song itself is the one before the next.
        let to = if gap > from { gap - 1 } else { gap };
        if to != from {
            actions.push(Action::Queue(QueueAction::Move { from, to }));
        }
    }
}

fn row(ui: &mut Ui, state: &AppState, local: &mut Local, place: usize, rect: Rect, actions: &mut Vec<Action>) {
    let Some(id) = state.player.queue.get(place).copied() else { return };
    let tokens = tokens(ui);
    let track = state.track(id);
    let (title, artist) = match (track, state.played_file(id)) {
        (Some(track), _) => (&*track.title, &*track.artist),
        (None, Some(file)) => (&*file.title, "Not in the library"),
        (None, None) => ("Not in the library any more", ""),
    };
    let current = place == state.player.queue_index;
    let selected = state.queue_panel.selected == Some(place);
    let response = ui.interact(rect, queue_id().with(place), Sense::click_and_drag());
    let spoken = format!("{}{title}, {artist}", if current { "Current song: " } else { "" });
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, &spoken));
    let tile = rect.shrink2(vec2(4.0, 1.0));
    if selected {
        ui.painter().rect_filled(tile, 4.0, tokens.row_selected);
    } else if response.hovered() {
        ui.painter().rect_filled(tile, 4.0, tokens.row_hover);
    }
    let mark = Rect::from_min_size(rect.min + vec2(8.0, 0.0), vec2(28.0, ROW));
    if current {
        let icon = if state.is_playing() { Icon::Play } else { Icon::Pause };
        icons::paint(ui.painter(), icon, Rect::from_center_size(mark.center(), vec2(14.0, 14.0)), tokens.accent);
    } else if place > state.player.queue_index {
        let ahead = (place - state.player.queue_index).to_string();
        text::line(ui.painter(), mark, &ahead, fonts::tiny(), tokens.text_faint, Align::Center);
    }
    let length = Rect::from_min_max(pos2(rect.right() - 60.0, rect.top()), pos2(rect.right() - 16.0, rect.bottom()));
    let words =
        Rect::from_min_max(pos2(mark.right() + 6.0, rect.top() + 4.0), pos2(length.left(), rect.bottom() - 4.0));
    let (upper, lower) = words.split_top_bottom_at_fraction(0.5);
    let color = if current {
        tokens.accent
    } else if place < state.player.queue_index {
        tokens.text_muted
    } else {
        tokens.text
    };
    text::line(ui.painter(), upper, title, fonts::body(), color, Align::Min);
    text::line(ui.painter(), lower, artist, fonts::small(), tokens.text_muted, Align::Min);
    if let Some(track) = track.filter(|track| track.duration_secs > 0.0) {
        let shown = clock_text(track.duration_secs);
        text::line(ui.painter(), length, &shown, fonts::small(), tokens.text_muted, Align::Max);
    }
    used(ui, &response, local, place, actions);
    response.context_menu(|ui| menu(ui, place, actions));
}

fn used(ui: &Ui, response: &Response, local: &mut Local, place: usize, actions: &mut Vec<Action>) {
    if response.drag_started() {
        local.queue.dragged = Some(place);
    }
    if response.double_clicked() {
        actions.push(Action::Queue(QueueAction::Play(place)));
    } else if response.clicked() || response.secondary_clicked() || response.drag_started() {
        actions.push(Action::Queue(QueueAction::Select(place)));
        ui.memory_mut(|memory| memory.request_focus(queue_id()));
    }
}

fn menu(ui: &mut Ui, place: usize, actions: &mut Vec<Action>) {
    for (label, action) in [
        ("Play", QueueAction::Play(place)),
        ("Move up", QueueAction::Move { from: place, to: place.saturating_sub(1) }),
        ("Move down", QueueAction::Move { from: place, to: place + 1 }),
        ("Remove from the queue", QueueAction::Remove(place)),
    ] {
        if ui.button(label).clicked() {
            actions.push(Action::Queue(action));
        }
    }
}
