//! Inspect: sound as pictures, with scales on all sides, a cursor that reads them, and whatever a student needs beside.

mod axes;
mod cone;
pub mod controls;
mod curve;
mod explain;
mod keys;
mod marks;
mod paint;
mod pane;
mod popover;
mod toolbar;

pub mod textures;

use eframe::egui::{Align, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::state::inspect::{Canvas, Kind, Mode, Side, View};
use crate::state::{Action, AppState, InspectAction, Place, Verb};

use super::icons::Icon;
use super::local::Local;
use super::theme::{fonts, size, tokens};
use super::widgets::empty::empty;
use super::widgets::text;

pub use keys::{keys, picture_id, typed};

/// Height of each row of tools.
const TOOLS: f32 = 32.0;
/// Height of the time scale.
const TIME_SCALE: f32 = 22.0;
/// Height of the read-out.
const READ_OUT: f32 = 28.0;
/// Height of the spectrum curve.
const CURVE: f32 = 168.0;
/// Width of the page that explains.
const EXPLAIN: f32 = 400.0;
/// Space between pictures.
const GAP: f32 = 8.0;

/// What Inspect keeps between frames on the screen's side.
#[derive(Default)]
pub struct InspectLocal {
    /// Pictures on the graphics card.
    pub textures: textures::Textures,
    /// The drag that runs selects a loop and began here, seconds.
    pub loop_from: Option<f64>,
    /// Give the keyboard to the pictures in the next frame.
    pub focus: bool,
}

/// Draws the place.
pub fn inspect(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    debug_assert!(state.place == Place::Inspect);
    local.inspect.textures.begin_frame();
    if state.inspected().is_none() && state.inspect.live.now_secs().is_none() {
        nothing(ui, state, actions);
        return;
    }
    let full = state.inspect.full_screen;
    let mut whole = ui.available_rect_before_wrap().shrink(if full { 8.0 } else { 12.0 });
    if state.inspect.explain && !full {
        let page = Rect::from_min_max(pos2(whole.right() - EXPLAIN, whole.top()), whole.max);
        whole.max.x = page.left() - 16.0;
        explain::explain(ui, state, local, page, actions);
    }
    let mut top = whole.top();
    if !full {
        let tools = Rect::from_min_size(whole.min, vec2(whole.width(), 2.0 * TOOLS + 8.0));
        toolbar::toolbar(ui, state, tools, actions);
        top = tools.bottom() + 8.0;
    }
    let mut bottom = whole.bottom() - READ_OUT;
    let line = Rect::from_min_max(pos2(whole.left() + axes::LEFT, bottom), whole.max);
    if state.inspect.curve && !full {
        let place = Rect::from_min_max(pos2(whole.left(), bottom - CURVE), pos2(whole.right(), bottom));
        curve::curve(ui, state, place);
        bottom = place.top() - 8.0;
    }
    let area = Rect::from_min_max(pos2(whole.left(), top), pos2(whole.right(), bottom - TIME_SCALE));
    pictures(ui, state, local, area, actions);
    read_out(ui, state, line);
}

/// The places of all pictures, each with its scales: rows by kind, columns by side.
fn pictures(ui: &mut Ui, state: &AppState, local: &mut Local, area: Rect, actions: &mut Vec<Action>) {
    let views = state.inspect_views();
    let columns = if state.inspect.compare.is_some() { 2 } else { 1 };
    let rows = state.inspect.panes.kinds().len().max(1);
    let cell = vec2(
        (area.width() - GAP * (columns - 1) as f32) / columns as f32,
        (area.height() - GAP * (rows - 1) as f32) / rows as f32,
    );
    focus(ui, state, local, area);
    let scale = ui.ctx().pixels_per_point();
    // As sharp as the highest picture needs.
    let highest = if views.iter().all(|view| view.lane.is_some()) { lane_of(cell.y) } else { cell.y };
    let size = axes::picture_of(Rect::from_min_size(area.min, vec2(cell.x, highest))).size() * scale;
    let canvas = Canvas { width_px: size.x.round().max(1.0), height_px: size.y.round().max(1.0) };
    if state.inspect.canvas != Some(canvas) {
        actions.push(Action::Inspect(InspectAction::Canvas(canvas)));
    }
    let mut pointed = false;
    for view in &views {
        let column = if view.side == Side::A { 0 } else { 1 };
        let row = state.inspect.panes.kinds().iter().position(|kind| *kind == view.kind).unwrap_or(0);
        let min = area.min + vec2(column as f32 * (cell.x + GAP), row as f32 * (cell.y + GAP));
        let mut place = Rect::from_min_size(min, cell);
        match view.lane {
            Some(_) if view.leads() => place.max.y = place.top() + lane_of(cell.y),
            Some(_) => place.min.y = place.bottom() - lane_of(cell.y),
            None => {}
        }
        let lowest = row + 1 == rows && (view.lane.is_none() || !view.leads());
        pointed |= pane::pane(ui, state, local, view, place, lowest, actions);
    }
    let cursor = state.inspect.cursor;
    if !pointed && cursor.is_some_and(|cursor| !cursor.held) {
        actions.push(Action::Inspect(InspectAction::Point(None)));
    }
}

/// Height of each of two pictures, left above right, in the place of one.
fn lane_of(height: f32) -> f32 {
    ((height - GAP / 2.0) / 2.0).max(1.0)
}

/// The pictures take the keyboard as one thing, whose value is the read-out.
fn focus(ui: &Ui, state: &AppState, local: &mut Local, area: Rect) {
    let response = ui.interact(area, picture_id(), Sense::focusable_noninteractive());
    let spoken = state.read_out().map(|read_out| read_out.text());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, "Pictures of sound"));
    ui.ctx().accesskit_node_builder(picture_id(), |node| {
        node.set_live(eframe::egui::accesskit::Live::Polite);
        node.set_value(spoken.unwrap_or_else(|| "No place chosen; the arrow keys move a cursor.".to_owned()));
    });
    if std::mem::take(&mut local.inspect.focus) {
        response.request_focus();
    }
    if response.has_focus() {
        let filter = eframe::egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(picture_id(), filter));
        let stroke = Stroke::new(1.5, tokens(ui).accent);
        ui.painter().rect_stroke(area.expand(3.0), f32::from(size::RADIUS), stroke, StrokeKind::Inside);
    }
}

fn read_out(ui: &mut Ui, state: &AppState, line: Rect) {
    let tokens = tokens(ui);
    let Some(read_out) = state.read_out() else {
        let hint = match state.inspect.mode {
            Mode::Whole => {
                "Click plays from there, dragging moves the view, with Shift it selects a loop; the wheel zooms time, \
                 with Ctrl frequency."
            }
            Mode::Live => "Point at the pictures to read them; F holds them while the sound goes on.",
        };
        text::line(ui.painter(), line, hint, fonts::small(), tokens.text_faint, Align::Min);
        return;
    };
    let mut x = line.left();
    let mut write = |value: &str, width: f32, font, color| {
        // Eight levels (two settings, both sides) need a wide window; the spoken value has them all.
        if x + width > line.right() + 24.0 {
            return;
        }
        let place = Rect::from_min_size(pos2(x, line.top()), vec2(width.min(line.right() - x), line.height()));
        text::line(ui.painter(), place, value, font, color, Align::Min);
        x += width;
    };
    write(&read_out.time, 104.0, fonts::strong(), tokens.text);
    write(&read_out.frequency, 104.0, fonts::strong(), tokens.text);
    write(&read_out.note, 112.0, fonts::strong(), tokens.text);
    for (name, level) in &read_out.levels {
        write(name, 12.0 + 7.0 * name.len() as f32, fonts::small(), tokens.text_muted);
        write(level, 84.0, fonts::strong(), tokens.text);
    }
    let spoken = read_out.text();
    let response = ui.interact(line, ui.scope_id().with("read-out"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Read-out: {spoken}")));
    response.on_hover_text(Verb::CopyReadOut.tooltip());
}

fn nothing(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let buttons = [("Go to the library", Action::Do(Verb::GoLibrary)), ("Play", Action::Do(Verb::PlayPause))];
    let shown = if state.snapshot.tracks.is_empty() { &buttons[..1] } else { &buttons[..] };
    let sentence = "Play a song, or select one in the library, to see it: time from left to right, pitch upwards, \
                    loudness as light.";
    empty(ui, Icon::Inspect, "See the sound", sentence, shown, actions);
}

/// What a picture is called on the screen and by screen readers.
fn name_of(state: &AppState, view: &View) -> String {
    let title = view.track.and_then(|id| state.track(id)).map_or("live sound", |track| track.title.as_str());
    let side = match (state.inspect.compare.is_some(), view.side) {
        (false, _) => "",
        (true, Side::A) => " A",
        (true, Side::B) => " B",
    };
    format!("{}{side}{} of {title}", view.kind.name(), view.lane_name())
}

/// A part of the place with a layout of its own.
fn at(ui: &mut Ui, id: impl std::hash::Hash + std::fmt::Debug, rect: Rect, content: impl FnOnce(&mut Ui)) {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(eframe::egui::Id::unique(format!("{id:?}"))), content);
}

/// The kinds by their place from the top.
fn index_of(kind: Kind) -> usize {
    match kind {
        Kind::Spectrogram => 0,
        Kind::Scalogram => 1,
    }
}
