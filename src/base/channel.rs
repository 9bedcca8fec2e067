//! Which signal of a song's channels is looked at.

use serde::{Deserialize, Serialize};

/// Which signal of a file is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The mean of left and right; where that cancels both, the louder of them.
    #[default]
    Mid,
    /// Half of the difference between left and right: silent for mono.
    Side,
    /// The left side.
    Left,
    /// The right side.
    Right,
}

impl Channel {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mid => "mid",
            Self::Side => "side",
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}
