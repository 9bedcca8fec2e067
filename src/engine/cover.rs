//! Cover pictures, read and scaled away from everybody's way.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::imageops::FilterType;
use image::{ImageReader, Limits};

use crate::base::TrackId;
use crate::library::cover::cover;

use super::event::{CoverImage, Event};
use super::outbox::Outbox;

/// Longest side of a cover that is handed out.
const SIDE_PIXELS: u32 = 512;
/// A picture that would need more memory than this to decode is not shown.
const MEMORY_LIMIT_BYTES: u64 = 256 << 20;

/// Reads the cover on a thread of its own and sends `Event::Cover`.
pub(super) fn load_in_background(track: TrackId, path: PathBuf, outbox: Outbox) {
    let on_thread = outbox.clone();
    let load = move || on_thread.send(Event::Cover(track, load(&path).map(Arc::new)));
    if std::thread::Builder::new().name("timbre-cover".into()).spawn(load).is_err() {
        outbox.send(Event::Cover(track, None));
    }
}

/// The song's cover; `None` when there is none that can be read. A broken picture is not worth a person's attention.
fn load(path: &Path) -> Option<CoverImage> {
    let bytes = match cover(path) {
        Ok(bytes) => bytes?,
        Err(error) => {
            tracing::debug!(%error, ?path, "no cover");
            return None;
        }
    };
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_LIMIT_BYTES);
    reader.limits(limits);
    let picture = reader.decode().inspect_err(|error| tracing::debug!(%error, ?path, "cover cannot be read")).ok()?;
    let picture = if picture.width().max(picture.height()) > SIDE_PIXELS {
        picture.resize(SIDE_PIXELS, SIDE_PIXELS, FilterType::CatmullRom)
    } else {
        picture
    };
    let rgba = picture.into_rgba8();
    Some(CoverImage { width: rgba.width() as usize, height: rgba.height() as usize, rgba: rgba.into_raw() })
}
