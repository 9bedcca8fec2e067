//! Sound files for data sets.

use std::path::Path;

use crate::audio::decode_mono;
use crate::base::{CancelToken, Report};
use crate::library::tags;
use crate::ml::data::Media;

/// Sound files on disk, decoded by this program.
#[derive(Clone, Debug, Default)]
pub struct SoundFiles {
    cancel: CancelToken,
}

impl SoundFiles {
    /// Decoding stops when `cancel` is set.
    pub fn new(cancel: &CancelToken) -> Self {
        Self { cancel: cancel.clone() }
    }
}

impl Media for SoundFiles {
    fn decode(&self, path: &Path, rate_hz: u32) -> Result<Vec<f32>, String> {
        let sound = decode_mono(path, rate_hz, &self.cancel).map_err(|error| {
            let text = Report::from_error(&error).to_string();
            // The file is named where the reason is shown.
            text.strip_prefix(&format!("{} ", path.display())).map_or(text.clone(), |reason| format!("it {reason}"))
        })?;
        if sound.samples.is_empty() {
            return Err("there is no sound in it".into());
        }
        Ok(sound.samples)
    }

    fn artist(&self, path: &Path) -> Option<String> {
        tags::artist(path)
    }
}
