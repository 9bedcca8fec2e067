//! Sound files for data sets.

use std::path::Path;

use super::promised::promised_secs;
use crate::audio::{AudioError, AudioReader, WindowPlan, decode_mono, decode_windows};
use crate::base::{CancelToken, Report};
use crate::library::tags;
use crate::ml::dataset::{Levels, Media};
use crate::ml::model::classifier::{MOST_WINDOWS, WINDOW_SECS};

/// Sound files on disk, decoded by this program. Of a song that is longer than the windows that the library's classifier hears,
/// networks hear just these.
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

/// What is wrong, without the file: that is named where the reason is shown.
fn sentence(path: &Path, error: &AudioError) -> String {
    let text = Report::from_error(error).to_string();
    text.strip_prefix(&format!("{} ", path.display())).map_or(text.clone(), |reason| format!("it {reason}"))
}

impl Media for SoundFiles {
    fn decode(&self, path: &Path, rate_hz: u32) -> Result<Vec<f32>, String> {
        let sound = decode_mono(path, rate_hz, &self.cancel).map_err(|error| sentence(path, &error))?;
        if sound.samples.is_empty() {
            return Err("there is no sound in it".into());
        }
        Ok(sound.samples)
    }

    fn excerpt(&self, path: &Path, rate_hz: u32) -> Result<Vec<f32>, String> {
        let windows = MOST_WINDOWS as f64 * f64::from(WINDOW_SECS);
        let said = AudioReader::open_with(path, &self.cancel).ok().and_then(|reader| reader.spec().duration_secs);
        if said.is_none_or(|secs| secs <= windows) {
            return self.decode(path, rate_hz);
        }
        let plan =
            WindowPlan { rate_hz, second_rate_hz: None, window_secs: WINDOW_SECS.into(), max_windows: MOST_WINDOWS };
        let found = decode_windows(path, &plan, &self.cancel).map_err(|error| error.to_string())?;
        Ok(found.windows.concat())
    }

    fn levels(&self, path: &Path) -> Result<Levels, String> {
        let mut reader = AudioReader::open_with(path, &self.cancel).map_err(|error| sentence(path, &error))?;
        let spec = reader.spec().clone();
        let mut levels = Levels::new(spec.sample_rate_hz, spec.channels);
        levels.promise(promised_secs(path, &spec));
        let mut block = Vec::new();
        while reader.next_block(&mut block).map_err(|error| sentence(path, &error))? > 0 {
            levels.push(&block);
            block.clear();
        }
        levels.damaged(reader.damaged_packets());
        levels.replaced(reader.not_numbers());
        Ok(levels)
    }

    fn artist(&self, path: &Path) -> Option<String> {
        tags::artist(path)
    }
}
