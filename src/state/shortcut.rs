//! Key combinations, named without any window library.

use std::fmt;

/// The keys that shortcuts use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The space bar.
    Space,
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Arrow to the left.
    Left,
    /// Arrow to the right.
    Right,
    /// Arrow upwards.
    Up,
    /// Arrow downwards.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    Home,
    /// To the last.
    End,
    /// Delete.
    Delete,
    /// A function key, 1..=12.
    Function(u8),
    /// A letter, digit or sign, upper case.
    Char(char),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Space => f.write_str("Space"),
            Self::Enter => f.write_str("Enter"),
            Self::Escape => f.write_str("Esc"),
            Self::Left => f.write_str("←"),
            Self::Right => f.write_str("→"),
            Self::Up => f.write_str("↑"),
            Self::Down => f.write_str("↓"),
            Self::PageUp => f.write_str("Page up"),
            Self::PageDown => f.write_str("Page down"),
            Self::Home => f.write_str("Home"),
            Self::End => f.write_str("End"),
            Self::Delete => f.write_str("Del"),
            Self::Function(number) => write!(f, "F{number}"),
            Self::Char(sign) => write!(f, "{sign}"),
        }
    }
}

/// A key with its modifiers. `ctrl` is the command key on a Mac.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shortcut {
    /// Control (Command on a Mac).
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
    /// The key.
    pub key: Key,
}

impl Shortcut {
    /// The key alone.
    pub const fn plain(key: Key) -> Self {
        Self { ctrl: false, shift: false, key }
    }

    /// With Control.
    pub const fn ctrl(key: Key) -> Self {
        Self { ctrl: true, shift: false, key }
    }

    /// With Shift.
    pub const fn shift(key: Key) -> Self {
        Self { ctrl: false, shift: true, key }
    }

    /// With both.
    pub const fn ctrl_shift(key: Key) -> Self {
        Self { ctrl: true, shift: true, key }
    }

    /// Whether it would type into a text field, so that a focused one keeps it.
    pub fn types_text(&self) -> bool {
        !self.ctrl && !matches!(self.key, Key::Function(_) | Key::Escape)
    }
}

impl fmt::Display for Shortcut {
    /// As menus write it: `Ctrl+Shift+Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str(if cfg!(target_os = "macos") { "Cmd+" } else { "Ctrl+" })?;
        }
        if self.shift {
            f.write_str("Shift+")?;
        }
        self.key.fmt(f)
    }
}
