//! The player bar: what plays, the transport, the time, the loudness, and what it looks like.

use eframe::egui::{Align, Rect, Role, Sense, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2};

use crate::audio::player::OutputState;
use crate::base::time::clock_text;
use crate::state::{Action, AppState, Verb};

use super::icons::{self, Icon};
use super::local::Local;
use super::play_order;
use super::theme::{fonts, size, tokens};
use super::waveform;
use super::widgets::{button, slider, text};

/// Columns of the live spectrogram that the strip shows.
const STRIP_COLUMNS: usize = 240;

/// Draws the bar.
pub fn player_bar(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    let whole = ui.available_rect_before_wrap();
    let left = (whole.width() * 0.24).clamp(200.0, 380.0);
    let right = (whole.width() * 0.30).clamp(300.0, 520.0);
    let song = Rect::from_min_max(whole.min, pos2(whole.left() + left, whole.bottom()));
    let sound = Rect::from_min_max(pos2(whole.right() - right, whole.top()), whole.max);
    let middle = Rect::from_min_max(pos2(song.right(), whole.top()), pos2(sound.left(), whole.bottom()));
    at(ui, "song", song, |ui| song_ui(ui, state, local, actions));
    at(ui, "transport", middle, |ui| transport_ui(ui, state, local, actions));
    at(ui, "sound", sound, |ui| sound_ui(ui, state, local, actions));
}

fn at(ui: &mut Ui, id: &str, rect: Rect, content: impl FnOnce(&mut Ui)) {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(id), content);
}

fn song_ui(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let rect = ui.max_rect().shrink2(vec2(12.0, 12.0));
    let Some(track) = state.playing() else {
        let cover = Rect::from_min_size(rect.min, Vec2::splat(rect.height()));
        ui.painter().rect_filled(cover, 4.0, tokens.control);
        icons::paint(ui.painter(), Icon::Note, cover.shrink(16.0), tokens.text_faint);
        let rest = Rect::from_min_max(pos2(cover.right() + 12.0, rect.top()), rect.max);
        if let Some(file) = state.player.current.and_then(|id| state.played_file(id)) {
            let (upper, lower) = rest.shrink2(vec2(0.0, 6.0)).split_top_bottom_at_fraction(0.5);
            text::line(ui.painter(), upper, &file.title, fonts::strong(), tokens.text, Align::Min);
            text::line(ui.painter(), lower, "Not in the library", fonts::small(), tokens.text_muted, Align::Min);
            return;
        }
        text::line(ui.painter(), rest, "Nothing is playing", fonts::body(), tokens.text_faint, Align::Min);
        return;
    };
    let response = ui.interact(rect, ui.scope_id().with("playing song"), Sense::click());
    let spoken = format!("Playing song: {}", track.title);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    let cover = Rect::from_min_size(rect.min, Vec2::splat(rect.height()));
    local.covers.paint(ui.painter(), state, Some(track.id), cover);
    let lines =
        Rect::from_min_max(pos2(cover.right() + 12.0, rect.top() + 6.0), pos2(rect.right(), rect.bottom() - 6.0));
    let (upper, mut lower) = lines.split_top_bottom_at_fraction(0.5);
    let damage = state.damage_of(track.id);
    if damage.is_some() {
        lower.max.x -= 20.0;
    }
    let color = if response.hovered() { tokens.accent } else { tokens.text };
    text::line(ui.painter(), upper, &track.title, fonts::strong(), color, Align::Min);
    let by = if track.artist.is_empty() { &track.album } else { &track.artist };
    text::line(ui.painter(), lower, by, fonts::small(), tokens.text_muted, Align::Min);
    button::focus_ring(ui, &response, 4.0);
    if response.clicked() {
        actions.push(Action::Do(Verb::ShowPlaying));
    }
    response.on_hover_text(Verb::ShowPlaying.tooltip());
    if let Some(damage) = damage {
        let mark = Rect::from_center_size(pos2(lower.right() + 10.0, lower.center().y), Vec2::splat(14.0));
        icons::paint(ui.painter(), Icon::Warning, mark, tokens.warning);
        let response = ui.interact(mark.expand(3.0), ui.scope_id().with("damage"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &damage));
        response.on_hover_text(damage);
    }
}

fn transport_ui(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    let rect = ui.max_rect();
    let center = rect.center().x;
    let y = rect.top() + 28.0;
    let side = 32.0;
    let place = |ui: &mut Ui, x: f32, side: f32, add: &mut dyn FnMut(&mut Ui)| {
        let rect = Rect::from_center_size(pos2(center + x, y), Vec2::splat(side));
        let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
        add(&mut child);
    };
    place(ui, -52.0, side, &mut |ui| {
        button::verb(ui, Icon::Previous, side, Verb::Previous, actions);
    });
    place(ui, 0.0, 40.0, &mut |ui| play_button(ui, state, actions));
    place(ui, 52.0, side, &mut |ui| {
        button::verb(ui, Icon::Next, side, Verb::Next, actions);
    });
    place(ui, 92.0, side, &mut |ui| {
        button::verb(ui, Icon::Stop, side, Verb::Stop, actions);
    });
    place(ui, -126.0, 28.0, &mut |ui| play_order::repeat(ui, state, actions));
    place(ui, -94.0, 28.0, &mut |ui| play_order::shuffle(ui, state, actions));
    place(ui, 128.0, 28.0, &mut |ui| play_order::speed(ui, state, actions));
    let bar = Rect::from_min_max(
        pos2(rect.left() + 16.0, rect.bottom() - 28.0),
        pos2(rect.right() - 16.0, rect.bottom() - 8.0),
    );
    at(ui, "seek", bar, |ui| seek_bar(ui, state, local, actions));
}

/// The one round button: the accent, because it is what people look for.
fn play_button(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(40.0), Sense::click());
    let name = if state.is_playing() { "Pause" } else { "Play" };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let fill = if response.hovered() { tokens.accent_hover } else { tokens.accent };
    ui.painter().circle_filled(rect.center(), 18.0, fill);
    let icon = if state.is_playing() { Icon::Pause } else { Icon::Play };
    icons::paint(ui.painter(), icon, rect.shrink(10.0), tokens.on_accent);
    if response.has_focus() {
        ui.painter().circle_stroke(rect.center(), 19.5, (1.5, tokens.text));
    }
    if response.clicked() {
        actions.push(Action::Do(Verb::PlayPause));
    }
    response.on_hover_text(Verb::PlayPause.tooltip());
}

fn seek_bar(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let whole = ui.max_rect();
    let player = &state.player;
    let duration = player.duration_secs.max(0.0);
    let can_seek = state.has_song() && duration > 0.0;
    let times = 56.0;
    let trough =
        Rect::from_min_max(pos2(whole.left() + times, whole.top()), pos2(whole.right() - times, whole.bottom()));
    let sense = if can_seek { Sense::click_and_drag() } else { Sense::hover() };
    let response = ui.interact(trough, ui.scope_id().with("seek"), sense);
    response.widget_info(|| WidgetInfo {
        value: Some(player.position_secs),
        ..WidgetInfo::labeled(Role::Slider, can_seek, "Position in the song")
    });
    let share_at = |x: f32| f64::from(((x - trough.left()) / trough.width()).clamp(0.0, 1.0));
    if can_seek && let Some(pointer) = response.interact_pointer_pos() {
        let target = share_at(pointer.x) * duration;
        if response.drag_stopped() || response.clicked() {
            local.seeking = None;
            actions.push(Action::SeekTo(target));
        } else if response.dragged() || response.is_pointer_button_down_on() {
            local.seeking = Some(target);
        }
    } else if !response.dragged() {
        local.seeking = None;
    }
    let position = local.seeking.unwrap_or(player.position_secs);
    let share = if duration > 0.0 { (position / duration).clamp(0.0, 1.0) as f32 } else { 0.0 };
    paint_trough(ui, state, trough, can_seek.then_some(share), response.hovered() || response.dragged());
    let (now, end) = if can_seek || player.current.is_some() {
        (clock_text(position), clock_text(duration))
    } else {
        ("–:––".to_owned(), "–:––".to_owned())
    };
    let side = |from: f32| Rect::from_min_size(pos2(from, whole.top()), vec2(times - 8.0, whole.height()));
    text::line(ui.painter(), side(whole.left()), &now, fonts::small(), tokens.text_muted, Align::Max);
    text::line(ui.painter(), side(trough.right() + 8.0), &end, fonts::small(), tokens.text_muted, Align::Min);
    button::focus_ring(ui, &response, 4.0);
    if can_seek && let Some(pointer) = response.hover_pos() {
        let under = clock_text(share_at(pointer.x) * duration);
        response.on_hover_text_at_pointer(format!("{under} (←/→ 5 seconds, with Shift 1 second)"));
    }
}

/// What lies inside of the seek bar: the song's outline where it is known, how much of it was heard (`share`, 0..1), and
/// the loop.
fn paint_trough(ui: &Ui, state: &AppState, trough: Rect, share: Option<f32>, active: bool) {
    let tokens = tokens(ui);
    if let (Some((from, to)), true) = (state.player.loop_secs, state.player.duration_secs > 0.0) {
        let at =
            |secs: f64| trough.left() + trough.width() * (secs / state.player.duration_secs).clamp(0.0, 1.0) as f32;
        let range = Rect::from_min_max(pos2(at(from), trough.top() + 2.0), pos2(at(to), trough.bottom() - 2.0));
        ui.painter().rect_filled(range, 2.0, tokens.accent_soft);
    }
    let Some(share) = share else {
        let line = Rect::from_center_size(trough.center(), vec2(trough.width(), 4.0));
        ui.painter().rect_filled(line, 2.0, tokens.control);
        return;
    };
    let overview = state.player.current.and_then(|id| state.overviews.ready(id));
    match overview.filter(|overview| !overview.outline.is_empty()) {
        Some(overview) => {
            let rect = trough.expand2(vec2(0.0, 2.0));
            waveform::paint(ui.painter(), rect, &overview.outline, share, tokens.accent, tokens.text_faint);
            let x = trough.left() + trough.width() * share;
            let width = if active { 3.0 } else { 1.5 };
            ui.painter().vline(x, rect.y_range(), (width, tokens.text));
        }
        None => slider::paint(ui, trough, share, active),
    }
}

fn sound_ui(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    let rect = ui.max_rect().shrink2(vec2(12.0, 12.0));
    let loudness = 180.0;
    let strip = Rect::from_min_max(rect.min, pos2(rect.right() - loudness - 8.0, rect.bottom()));
    live_strip(ui, state, local, strip, actions);
    let side = Rect::from_min_max(pos2(rect.right() - loudness, rect.top()), rect.max);
    let upper = Rect::from_min_size(side.min, vec2(side.width(), 32.0));
    at(ui, "loudness", upper, |ui| volume_ui(ui, state, actions));
    let device = match &state.player.output {
        OutputState::Device(name) if name.is_empty() => String::new(),
        OutputState::Device(name) => name.clone(),
        OutputState::Gone(name) => format!("{name} is gone"),
        OutputState::Silent(_) => "No sound output".to_owned(),
    };
    let lower = Rect::from_min_max(pos2(side.left() + 4.0, upper.bottom()), side.max);
    text::line(ui.painter(), lower, &device, fonts::tiny(), tokens(ui).text_faint, Align::Min);
}

fn volume_ui(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let muted = state.player.volume <= 0.0;
        button::verb(ui, if muted { Icon::Muted } else { Icon::Volume }, 28.0, Verb::Mute, actions);
        let mut volume = state.player.volume;
        let response = slider::slider(ui, &mut volume, ui.available_width() - 32.0, "Volume");
        let shown = super::widgets::meter::percent(volume);
        if response.changed() {
            actions.push(Action::SetVolume(volume));
        }
        if response.drag_stopped() || (response.changed() && !response.dragged()) {
            actions.push(Action::KeepVolume);
        }
        response.on_hover_text(format!("Volume {shown} (Ctrl+↑/↓)"));
        play_order::queue(ui, state, actions);
    });
}

fn live_strip(ui: &mut Ui, state: &AppState, local: &mut Local, rect: Rect, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with("live strip"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Live spectrogram"));
    let radius = f32::from(size::RADIUS);
    ui.painter().rect_filled(rect, radius, tokens.screen);
    local.live.update(ui.ctx(), &state.live);
    local.live.paint(&ui.painter().with_clip_rect(rect.shrink(1.0)), rect.shrink(3.0), STRIP_COLUMNS);
    if state.live.is_empty() {
        text::line(ui.painter(), rect.shrink(8.0), "Live sound", fonts::tiny(), tokens.screen_text, Align::Center);
    }
    let edge = if response.hovered() { tokens.accent } else { tokens.hairline };
    ui.painter().rect_stroke(rect, radius, (1.0, edge), eframe::egui::StrokeKind::Inside);
    button::focus_ring(ui, &response, radius);
    if response.clicked() {
        actions.push(Action::Do(Verb::GoInspect));
    }
    response.on_hover_text(Verb::GoInspect.tooltip());
}
