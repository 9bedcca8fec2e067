//! Keys become actions, unless a text field, a popup or a focused control wants them.

use eframe::egui::{self, Key as EguiKey, KeyboardShortcut, Modifiers, Ui};

use crate::state::shortcut::{Key, Shortcut};
use crate::state::{Action, AppState, Verb};

use super::inspect::{self, picture_id};
use super::table::table_id;
use super::{queue, review, top_bar};

/// Reads the keys of this frame.
pub fn keys(ui: &Ui, state: &AppState, actions: &mut Vec<Action>) {
    let typing = ui.ctx().text_edit_focused();
    let focused = ui.memory(|memory| memory.focused());
    let on_control = focused.is_some_and(|id| id != table_id() && id != picture_id()) && !typing;
    if state.overlay.is_some() || egui::Popup::is_any_open(ui.ctx()) {
        return;
    }
    if focused == Some(picture_id()) {
        inspect::keys(ui, state, actions);
    }
    if focused == Some(queue::queue_id()) {
        queue::keys(ui, state, actions);
    }
    if state.review.is_some() && !typing && !on_control {
        review::keys(ui, state, actions);
    }
    if typing && focused == Some(top_bar::search_id()) {
        let to_table = ui.input_mut(|input| {
            input.consume_key(Modifiers::NONE, EguiKey::ArrowDown) || input.consume_key(Modifiers::NONE, EguiKey::Enter)
        });
        if to_table {
            ui.memory_mut(|memory| memory.request_focus(table_id()));
            if state.selection.is_empty() || state.lead().is_none_or(|track| state.row_of(track.id).is_none()) {
                actions.push(Action::Do(Verb::SelectFirst));
            }
        }
    }
    for &verb in Verb::ALL {
        for &shortcut in verb.shortcuts() {
            // A field keeps what types or moves in it, a focused control keeps what operates it.
            let taken = (typing && (shortcut.types_text() || is_editing(shortcut)))
                || (on_control && operates_controls(shortcut));
            if !taken && pressed(ui, shortcut) {
                actions.push(Action::Do(verb));
            }
        }
    }
}

fn is_editing(shortcut: Shortcut) -> bool {
    matches!(shortcut.key, Key::Left | Key::Right | Key::Up | Key::Down | Key::Home | Key::End | Key::Enter)
        || matches!(shortcut.key, Key::Char('A' | 'Z'))
}

fn operates_controls(shortcut: Shortcut) -> bool {
    !shortcut.ctrl && matches!(shortcut.key, Key::Space | Key::Enter | Key::Left | Key::Right | Key::Up | Key::Down)
}

fn pressed(ui: &Ui, shortcut: Shortcut) -> bool {
    if let Key::Char(sign @ ('?' | '+' | '-')) = shortcut.key {
        // Where these signs lie depends on the keyboard, so their text is what counts.
        return inspect::typed(ui, sign);
    }
    if shortcut == Shortcut::ctrl(Key::Char('C')) {
        // The window turns this key into a wish before it is seen as a key.
        return ui.input(|input| input.events.contains(&egui::Event::Copy));
    }
    let Some(logical_key) = egui_key(shortcut.key) else { return false };
    let mut modifiers = Modifiers::NONE;
    if shortcut.ctrl {
        modifiers |= Modifiers::COMMAND;
    }
    if shortcut.shift {
        modifiers |= Modifiers::SHIFT;
    }
    ui.input_mut(|input| {
        // egui ignores a surplus Shift, which here means another verb.
        input.modifiers.shift == shortcut.shift && input.consume_shortcut(&KeyboardShortcut { modifiers, logical_key })
    })
}

fn egui_key(key: Key) -> Option<EguiKey> {
    Some(match key {
        Key::Space => EguiKey::Space,
        Key::Enter => EguiKey::Enter,
        Key::Escape => EguiKey::Escape,
        Key::Left => EguiKey::ArrowLeft,
        Key::Right => EguiKey::ArrowRight,
        Key::Up => EguiKey::ArrowUp,
        Key::Down => EguiKey::ArrowDown,
        Key::PageUp => EguiKey::PageUp,
        Key::PageDown => EguiKey::PageDown,
        Key::Home => EguiKey::Home,
        Key::End => EguiKey::End,
        Key::Delete => EguiKey::Delete,
        Key::Function(number) => EguiKey::from_name(&format!("F{number}"))?,
        Key::Char('[') => EguiKey::OpenBracket,
        Key::Char(']') => EguiKey::CloseBracket,
        Key::Char('\\') => EguiKey::Backslash,
        Key::Char('/') => EguiKey::Slash,
        Key::Char(',') => EguiKey::Comma,
        Key::Char('.') => EguiKey::Period,
        Key::Char(sign) => EguiKey::from_name(&sign.to_string())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shortcut_has_a_key() {
        for &verb in Verb::ALL {
            for &shortcut in verb.shortcuts() {
                let by_sign = matches!(shortcut.key, Key::Char('?' | '+' | '-'));
                assert!(by_sign || egui_key(shortcut.key).is_some(), "{shortcut}");
            }
        }
    }
}
