//! One picture with everything around it: colours, scales, marks, and what a pointer can do with it.

use eframe::egui::{Align, CursorIcon, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::state::inspect::{Cursor, Mode, View};
use crate::state::{Action, AppState, InspectAction};
use crate::ui::local::Local;
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::text;

use super::paint::Window;
use super::{TIME_SCALE, at, axes, cone, index_of, marks, name_of, paint, popover};

/// Points of the wheel that make the view e times as long.
const WHEEL: f32 = 240.0;

/// Draws a picture into its place; whether the pointer reads it.
pub fn pane(
    ui: &mut Ui,
    state: &AppState,
    local: &mut Local,
    view: &View,
    place: Rect,
    lowest: bool,
    actions: &mut Vec<Action>,
) -> bool {
    let tokens = tokens(ui);
    let picture = axes::picture_of(place);
    let (span, band) = (state.inspect_span(), state.inspect.band);
    let axis = view.settings.spec.axis;
    let loudest = loudest(state, view);
    let kind = index_of(view.kind);
    let look = local.inspect.textures.look((kind, view.side, view.lane), &view.settings, loudest);
    let (line, ink) = tokens.on_picture(view.settings.inverted);
    ui.painter().rect_filled(picture, f32::from(size::RADIUS), look.shade.ground());
    let window = Window { picture, span, band };
    let painter = ui.painter().with_clip_rect(picture);
    let textures = &mut local.inspect.textures;
    match state.inspect.mode {
        Mode::Live => {
            if let Some(ring) = state.inspect.live.ring(&view.settings.spec) {
                let texture = textures.live(ui.ctx(), kind, view.side, ring, &look);
                paint::live(&painter, texture, ring, &window);
            }
        }
        Mode::Whole => {
            let store = &state.inspect.tiles;
            if let (Some(track), Some(spec)) = (view.track, store.known_spec(&view.settings.spec)) {
                let of = (track, spec, view.side);
                paint::tiles(&painter, textures, store, of, state.inspect_sharpness(), &look, &window);
            }
        }
    }
    axes::frequencies(ui, picture, axis, band, line);
    axes::times(ui, picture, span, state.inspect.mode, lowest, line);
    axes::levels(ui, picture, &view.settings, loudest, &look.shade);
    cone::cone(&painter, (tokens.screen_veil, ink), state, view, &window);
    marks::marks(&painter, tokens, ink, state, view, &window);
    let response =
        ui.interact(picture, ui.scope_id().with(("picture", kind, view.side, view.lane)), Sense::CLICK | Sense::DRAG);
    let name = name_of(state, view);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    caption(ui, state, view, picture, actions);
    if lowest {
        scale_drag(ui, state, local, picture, actions);
    }
    pointer(ui, state, local, view, &response, &window, actions)
}

/// The highest level, for automatic levels; in whole dB, so that the colours do not change all the time. Both sides of a song
/// have the same, so that they can be compared.
fn loudest(state: &AppState, view: &View) -> Option<i16> {
    let exact = match state.inspect.mode {
        Mode::Live => state.inspect.live.ring(&view.settings.spec)?.loudest(),
        Mode::Whole => {
            let (tiles, track) = (&state.inspect.tiles, view.track?);
            let lanes = state.picture_lanes(view.kind, view.side);
            lanes.iter().filter_map(|lane| tiles.loudest(track, tiles.known_spec(&lane.spec)?)).max()
        }
    }?;
    Some((i32::from(exact).div_euclid(100) * 100 + 100).min(32_000) as i16)
}

/// The name of the picture and the button of its settings, over its upper edge.
fn caption(ui: &mut Ui, state: &AppState, view: &View, picture: Rect, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    if state.inspect.full_screen {
        return;
    }
    let button = Rect::from_min_size(pos2(picture.right() - 34.0, picture.top() + 6.0), vec2(28.0, 28.0));
    let line = Rect::from_min_max(
        pos2(picture.left() + 12.0, picture.top() + 8.0),
        pos2(button.left() - 8.0, picture.top() + 26.0),
    );
    let words = popover::summary(state, view);
    let galley = ui.painter().layout_no_wrap(words.clone(), fonts::small(), tokens.screen_text);
    let ground =
        Rect::from_min_size(line.min, vec2(galley.size().x.min(line.width()), line.height())).expand2(vec2(6.0, 1.0));
    ui.painter().rect_filled(ground, 4.0, tokens.screen_veil);
    text::line(ui.painter(), line, &words, fonts::small(), tokens.screen_text, Align::Min);
    // One button for both sides of a song: they have the same settings.
    if !view.leads() {
        return;
    }
    ui.painter().rect_filled(button, f32::from(size::RADIUS), tokens.screen_veil);
    at(ui, ("settings", view.kind, view.side), button, |ui| popover::button(ui, state, view, actions));
}

/// Dragging along the time scale selects a loop.
fn scale_drag(ui: &Ui, state: &AppState, local: &mut Local, picture: Rect, actions: &mut Vec<Action>) {
    if state.inspect.mode == Mode::Live {
        return;
    }
    let place = Rect::from_min_max(picture.left_bottom(), pos2(picture.right(), picture.bottom() + TIME_SCALE));
    let response =
        ui.interact(place, ui.scope_id().with(("time scale", picture.left() as i32)), Sense::CLICK | Sense::DRAG);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Time; drag to select a loop"));
    let span = state.inspect_span();
    if response.drag_started() {
        let origin = ui.input(|input| input.pointer.press_origin());
        local.inspect.loop_from = origin.map(|origin| axes::secs_at(picture, span, origin.x));
    }
    loop_drag(state, local, &response, picture, actions);
    if response.clicked()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        actions.push(Action::Inspect(InspectAction::SeekTo(axes::secs_at(picture, span, pointer.x))));
    }
    response.on_hover_cursor(CursorIcon::ResizeHorizontal);
}

fn loop_drag(state: &AppState, local: &mut Local, response: &Response, picture: Rect, actions: &mut Vec<Action>) {
    let Some(from) = local.inspect.loop_from else { return };
    if response.dragged()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let to = axes::secs_at(picture, state.inspect_span(), pointer.x);
        actions.push(Action::Inspect(InspectAction::DraftLoop(from, to)));
    }
    if response.drag_stopped() {
        local.inspect.loop_from = None;
        actions.push(Action::Inspect(InspectAction::KeepLoop));
    }
}

fn pointer(
    ui: &Ui,
    state: &AppState,
    local: &mut Local,
    view: &View,
    response: &Response,
    window: &Window,
    actions: &mut Vec<Action>,
) -> bool {
    let Window { picture, span, band } = *window;
    let whole = state.inspect.mode == Mode::Whole;
    if response.drag_started() && whole && ui.input(|input| input.modifiers.shift) {
        let origin = ui.input(|input| input.pointer.press_origin());
        local.inspect.loop_from = origin.map(|origin| axes::secs_at(picture, span, origin.x));
    }
    if local.inspect.loop_from.is_some() {
        loop_drag(state, local, response, picture, actions);
    } else if response.dragged() && response.drag_delta() != eframe::egui::Vec2::ZERO {
        let delta = response.drag_delta();
        let secs = -f64::from(delta.x / picture.width()) * span.len();
        let share = f64::from(delta.y / picture.height()) * band.len();
        actions.push(Action::Inspect(InspectAction::Pan { secs, band: share }));
    }
    if response.clicked()
        && whole
        && let Some(pointer) = response.interact_pointer_pos()
    {
        actions.push(Action::Inspect(InspectAction::SeekTo(axes::secs_at(picture, span, pointer.x))));
    }
    let Some(pointer) = response.hover_pos() else { return false };
    let secs = axes::secs_at(picture, span, pointer.x);
    let hz = axes::hz_at(picture, view.settings.spec.axis, band, pointer.y);
    wheel(ui, state, picture, secs, band.at(f64::from((picture.bottom() - pointer.y) / picture.height())), actions);
    let moved = ui.input(|input| input.pointer.is_moving());
    let cursor = Cursor { secs, hz, held: false };
    // A cursor that the keyboard placed stays until the pointer really moves.
    if state.inspect.cursor != Some(cursor) && (moved || state.inspect.cursor.is_none_or(|cursor| !cursor.held)) {
        actions.push(Action::Inspect(InspectAction::Point(Some(cursor))));
    }
    true
}

/// The wheel zooms time at the pointer, with Ctrl frequency; sideways or with Shift it moves the view.
fn wheel(ui: &Ui, state: &AppState, picture: Rect, secs: f64, place: f64, actions: &mut Vec<Action>) {
    let (scroll, zoom, ctrl) =
        ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta(), input.modifiers.command));
    if zoom != 1.0 {
        let factor = f64::from(1.0 / zoom);
        actions.push(Action::Inspect(if ctrl {
            InspectAction::ZoomBand { factor, anchor: place }
        } else {
            InspectAction::ZoomTime { factor, anchor_secs: secs }
        }));
    }
    if scroll.y != 0.0 {
        let follows = state.inspect.follow && state.is_playing();
        let anchor = state.inspect_playhead().filter(|_| follows && state.inspect.span.is_some());
        let factor = f64::from((-scroll.y / WHEEL).exp());
        actions.push(Action::Inspect(InspectAction::ZoomTime { factor, anchor_secs: anchor.unwrap_or(secs) }));
    }
    if scroll.x != 0.0 {
        let by = -f64::from(scroll.x / picture.width()) * state.inspect_span().len();
        actions.push(Action::Inspect(InspectAction::Pan { secs: by, band: 0.0 }));
    }
}
