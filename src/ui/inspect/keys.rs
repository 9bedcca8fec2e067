//! The keys of the cursor, while the pictures have the keyboard.

use eframe::egui::{Event as Input, Id, Key, Modifiers, Ui};

use crate::state::{Action, AppState, InspectAction, Place};

/// The identity of the pictures, which take the keyboard as one thing.
pub fn picture_id() -> Id {
    Id::unique("pictures of sound")
}

/// Reads and consumes the arrow keys and Enter of this frame.
pub fn keys(ui: &Ui, state: &AppState, actions: &mut Vec<Action>) {
    if state.place != Place::Inspect {
        return;
    }
    let mut take = |modifiers: Modifiers, far: bool| {
        let count = |key| ui.input_mut(|input| input.count_and_consume_key(modifiers, key)) as i32;
        let time = count(Key::ArrowRight) - count(Key::ArrowLeft);
        let pitch = count(Key::ArrowUp) - count(Key::ArrowDown);
        if time != 0 || pitch != 0 {
            actions.push(Action::Inspect(InspectAction::StepCursor { time, pitch, far }));
        }
    };
    take(Modifiers::SHIFT, true);
    if !ui.input(|input| input.modifiers.any()) {
        take(Modifiers::NONE, false);
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter)) {
            actions.push(Action::Inspect(InspectAction::SeekCursor));
        }
    }
}

/// Whether a sign was typed, wherever it lies on the keyboard.
pub fn typed(ui: &Ui, sign: char) -> bool {
    ui.input(|input| input.events.iter().any(|event| matches!(event, Input::Text(text) if text.chars().eq([sign]))))
}
