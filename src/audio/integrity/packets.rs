//! MP4 and Matroska: packets that lie where nothing was written, and those behind the end of the file.

use std::path::Path;

use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error;

use super::super::container::{self, Container, guarded};
use super::super::error::AudioError;
use super::Checked;
use crate::base::CancelToken;

/// What may be read between two packets, bytes.
const BETWEEN: u64 = 32 << 20;
/// So many zeros in a row no coder writes; files have holes of whole sectors.
const ZEROS: usize = 256;

pub(super) fn check(path: &Path, cancel: &CancelToken) -> Result<Checked, AudioError> {
    let Container { mut format, guard, .. } = container::open(path, cancel)?;
    let mut checked = Checked { links: 1, ..Checked::default() };
    let Ok((track, parameters, decoder)) = container::make_decoder(&*format, false) else { return Ok(checked) };
    // Samples as they are may be zeros for hours.
    if decoder.codec_info().short_name.starts_with("pcm") {
        return Ok(checked);
    }
    let is_opus = parameters.codec == CODEC_ID_OPUS;
    let base = format.tracks().iter().find(|candidate| candidate.id == track).and_then(|track| track.time_base);
    let per_sec = base.map_or_else(
        || f64::from(parameters.sample_rate.unwrap_or(44_100)),
        |base| f64::from(base.denom.get()) / f64::from(base.numer.get()),
    );
    let (mut end, mut in_hole) = (0, false);
    loop {
        guard.allow(BETWEEN);
        match guarded(|| format.next_packet()) {
            Ok(Some(packet)) if packet.track_id == track => {
                let is_hole = is_empty(&packet.data, is_opus);
                if is_hole && !in_hole && !checked.add(packet.pts.get() as f64 / per_sec, "part of it is empty") {
                    break;
                }
                in_hole = is_hole;
                end = packet.pts.get().saturating_add(i64::try_from(packet.dur.get()).unwrap_or(0));
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(_) if guard.is_cancelled() => return Err(AudioError::Cancelled { path: path.to_path_buf() }),
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                checked.add(end as f64 / per_sec, "its end is missing");
                break;
            }
            Err(_) => break,
        }
    }
    Ok(checked)
}

/// Whether a packet is nothing but zeros, or has a long run of them. Opus fills packets of silence up with zeros (RFC 6716,
/// section 3.2.5): there only the former counts.
fn is_empty(data: &[u8], is_opus: bool) -> bool {
    if data.len() >= 16 && data.iter().all(|byte| *byte == 0) {
        return true;
    }
    !is_opus && data.chunks_exact(ZEROS).any(|part| part.iter().all(|byte| *byte == 0))
}
