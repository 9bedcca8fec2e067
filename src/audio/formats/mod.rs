//! Containers that are read here, because Symphonia does not know them or believes too much of what they say.

pub(crate) mod aiff;
pub(crate) mod au;
pub(crate) mod mp4;
pub(crate) mod mpeg;
pub(crate) mod mpeg_count;
pub(crate) mod mpeg_frames;
pub(crate) mod mpeg_info;
pub(crate) mod opus;
pub(crate) mod wav;
pub(crate) mod wav_format;
pub(crate) mod window;
