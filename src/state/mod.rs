//! What the window shows, without any egui: pure data, pure changes.
