//! YAMNet's log-mel spectrogram of sound. A picture has a tenth of its frames: nothing useful can be made of that.

use std::sync::LazyLock;

use crate::ml::features::Features;
use crate::ml::networks::mobilenet::{BANDS, FrontEnd, PATCH_SAMPLES};

static FRONT_END: LazyLock<FrontEnd> = LazyLock::new(FrontEnd::new);

/// Of samples at 16 kHz, which are repeated to fill a patch.
pub(in crate::ml) fn of_sound(samples: &[f32]) -> Features {
    let mel = if samples.len() >= PATCH_SAMPLES {
        FRONT_END.log_mel(samples)
    } else {
        FRONT_END.log_mel(&samples.iter().copied().cycle().take(PATCH_SAMPLES).collect::<Vec<_>>())
    };
    Features::from_f32(&[mel.len() / BANDS, BANDS], &mel)
}
