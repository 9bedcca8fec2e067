//! Sound: decoding any file to samples, and playing it.

pub mod decode;
pub mod downmix;
pub mod error;
pub mod integrity;
pub mod overview;
pub mod player;
pub mod reader;
pub mod resample;
pub mod spec;
pub mod windows;

mod container;
mod foreign;
mod formats;
mod source;

pub use decode::{MonoSound, decode_mono};
pub use downmix::Downmix;
pub use error::AudioError;
pub use integrity::{Checked, Damage, check, note_of_whole};
pub use overview::Overview;
pub use reader::AudioReader;
pub use spec::{AudioSpec, probe};
pub use windows::{DecodedWindows, WindowPlan, decode_windows};
