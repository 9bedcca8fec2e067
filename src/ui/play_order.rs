//! Small controls of the player bar: repeat, shuffle, speed, queue.

use eframe::egui::{Popup, PopupCloseBehavior, RichText, Role, Sense, Ui, Vec2, WidgetInfo, vec2};

use crate::audio::player::{Repeat, SPEEDS};
use crate::state::queue::speed_text;
use crate::state::{Action, AppState, Verb};

use super::icons::{self, Icon};
use super::theme::{fonts, size, tokens};
use super::widgets::button::{self, Weight};
use super::widgets::slider;

/// Side of the buttons.
const SIDE: f32 = 28.0;

/// What comes after the end of a song or of the queue.
pub fn repeat(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let (icon, now) = match state.player.repeat {
        Repeat::Off => (Icon::Repeat, "off"),
        Repeat::All => (Icon::Repeat, "whole queue"),
        Repeat::One => (Icon::RepeatOne, "one song"),
    };
    let name = format!("Repeat: {now}");
    switch(ui, icon, &name, state.player.repeat != Repeat::Off, Verb::Repeat, actions);
}

/// Random order.
pub fn shuffle(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let name = if state.player.shuffle { "Shuffle: on" } else { "Shuffle: off" };
    switch(ui, Icon::Shuffle, name, state.player.shuffle, Verb::Shuffle, actions);
}

/// Shows or hides the queue.
pub fn queue(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    switch(ui, Icon::Playlist, Verb::Queue.name(), state.queue_panel.open, Verb::Queue, actions);
}

/// A button that is on or off: the accent and a dot say on.
fn switch(ui: &mut Ui, icon: Icon, name: &str, on: bool, verb: Verb, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(SIDE), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, name));
    if response.hovered() {
        ui.painter().rect_filled(rect, f32::from(size::RADIUS), tokens.control);
    }
    let color = match (on, response.hovered()) {
        (true, _) => tokens.accent,
        (false, true) => tokens.text,
        (false, false) => tokens.text_muted,
    };
    icons::paint(ui.painter(), icon, rect.shrink(SIDE * 0.22), color);
    if on {
        ui.painter().circle_filled(rect.center_bottom() - vec2(0.0, 2.0), 1.5, tokens.accent);
    }
    button::focus_ring(ui, &response, f32::from(size::RADIUS));
    if response.clicked() {
        actions.push(Action::Do(verb));
    }
    response.on_hover_text(format!("{name}. {}", verb.tooltip()));
}

/// The speed, and a popup in which it is set.
pub fn speed(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let shown = speed_text(state.player.speed);
    let (rect, response) = ui.allocate_exact_size(vec2(44.0, SIDE), Sense::click());
    let name = format!("Speed: {shown}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.hovered() {
        ui.painter().rect_filled(rect, f32::from(size::RADIUS), tokens.control);
    }
    let is_own = (state.player.speed - 1.0).abs() < 1e-4;
    let color = if is_own { tokens.text_muted } else { tokens.accent };
    super::widgets::text::line(ui.painter(), rect, &shown, fonts::small_strong(), color, eframe::egui::Align::Center);
    button::focus_ring(ui, &response, f32::from(size::RADIUS));
    let keys: Vec<String> =
        [Verb::Slower, Verb::Faster].iter().filter_map(|verb| Some(verb.shortcut()?.to_string())).collect();
    let tooltip = format!("Play slower or faster at the same pitch ({})", keys.join(" / "));
    Popup::menu(&response).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_width(240.0);
        ui.label(RichText::new(&name).font(fonts::body()));
        let (low, high) = (*SPEEDS.start(), *SPEEDS.end());
        // Twice as fast is as far from 1 as half as fast.
        let mut share = (state.player.speed / low).log2() / (high / low).log2();
        if slider::slider(ui, &mut share, 240.0, "Speed").changed() {
            let speed = low * (high / low).powf(share);
            actions.push(Action::SetSpeed(if (speed - 1.0).abs() < 0.015 { 1.0 } else { speed }));
        }
        if button::text(ui, Weight::Quiet, None, Verb::OwnSpeed.name(), SIDE)
            .on_hover_text(Verb::OwnSpeed.tooltip())
            .clicked()
        {
            actions.push(Action::Do(Verb::OwnSpeed));
        }
    });
    response.on_hover_text(tooltip);
}
