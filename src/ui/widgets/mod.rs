//! Small things that several panels draw alike.

pub mod button;
pub mod empty;
pub mod meter;
pub mod modal;
pub mod slider;
pub mod text;
