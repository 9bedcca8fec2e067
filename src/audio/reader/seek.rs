//! Going to a place of a file, and finding out how long it is.

use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error;
use symphonia::core::formats::well_known::FORMAT_ID_OGG;
use symphonia::core::formats::{SeekMode, SeekTo};
use symphonia::core::units::Timestamp;

use super::super::container::{self, Container, guarded};
use super::super::error::AudioError;
use super::{AudioReader, MP3_PRE_ROLL_SECS, PRE_ROLL_SECS, SEEK_BYTES_PER_SEC, SILENT_BUDGET, origin_of};

impl AudioReader {
    /// Goes to `secs` from the start (sample-accurate where the container's time stamps are; clamped to 0 below) and
    /// returns where the next sample stands. Where the container cannot jump, what comes before is decoded and dropped.
    /// Past the end there is no next sample.
    ///
    /// # Errors
    /// As [`AudioReader::open_with`].
    pub fn seek(&mut self, secs: f64) -> Result<f64, AudioError> {
        let rate = f64::from(self.spec.sample_rate_hz);
        let target = (if secs.is_finite() { secs.max(0.0) } else { 0.0 } * rate).round() as i64;
        self.seek_to_frame(target)?;
        Ok(target as f64 / rate)
    }

    /// [`AudioReader::seek`] by frame number; false when the place will be reached by decoding from the start.
    pub(crate) fn seek_to_frame(&mut self, target: i64) -> Result<bool, AudioError> {
        let pre_roll_secs = if self.spec.codec == "mp3" { MP3_PRE_ROLL_SECS } else { PRE_ROLL_SECS };
        let pre_roll = (pre_roll_secs * f64::from(self.spec.sample_rate_hz)) as i64;
        let start = if matches!(self.spec.container.as_str(), "isomp4" | "aac") {
            // What the encoder put in front is decoded as well.
            self.timestamp_of(target - pre_roll).max(0)
        } else {
            self.timestamp_of((target - pre_roll).max(0))
        };
        // Demuxers that reached the end, and Matroska's when it shall go back, do not find their way any more; in a later
        // stream of a chain time has begun anew.
        let goes_back = self.spec.container == "matroska" && self.position.is_none_or(|position| target < position);
        if self.ended || goes_back || self.links > 0 {
            self.reopen()?;
        }
        let seconds = target.unsigned_abs() / u64::from(self.spec.sample_rate_hz);
        self.guard.allow(SILENT_BUDGET.saturating_add(seconds.saturating_mul(SEEK_BYTES_PER_SEC)));
        let track_id = self.track;
        let sought =
            guarded(|| self.format.seek(SeekMode::Accurate, SeekTo::Timestamp { ts: Timestamp::new(start), track_id }));
        // A demuxer that overshoots has not done what it was asked for either.
        let jumped = match sought {
            Ok(landed) => landed.actual_ts.get() <= self.timestamp_of(target),
            Err(error) => match self.failure(error) {
                AudioError::Damaged { reason, .. } => {
                    tracing::debug!("seeking in {}: {reason}", self.path.display());
                    false
                }
                other => {
                    self.ended = true;
                    return Err(other);
                }
            },
        };
        if !jumped {
            self.reopen()?;
        }
        self.decoder.reset();
        self.verifies = false;
        self.converter = None;
        self.pending.clear();
        self.position = None;
        self.drop_until = target;
        self.damaged_in_a_row = 0;
        self.ended = false;
        self.cut_off = None;
        Ok(jumped)
    }

    fn reopen(&mut self) -> Result<(), AudioError> {
        let Container { format, guard, file_len } = container::open(&self.path, &self.cancel)?;
        self.format = format;
        self.guard = guard;
        self.file_len = file_len;
        let (track, _, decoder) = container::make_decoder(&*self.format, false).map_err(|error| self.failure(error))?;
        self.track = track;
        self.decoder = decoder;
        self.links = 0;
        Ok(())
    }

    /// Playing time, seconds, by walking the packets to the end without decoding them.
    pub(crate) fn measure(mut self) -> Result<f64, AudioError> {
        let (mut end, mut before_secs) = (i64::MIN, 0.0);
        loop {
            self.guard.allow(SILENT_BUDGET);
            match guarded(|| self.format.next_packet()) {
                Ok(Some(packet)) if packet.track_id == self.track => {
                    let ticks = i64::try_from(packet.dur.get()).unwrap_or(0);
                    end = end.max(packet.pts.get().saturating_add(ticks));
                }
                Ok(Some(_)) => {}
                Err(_) if self.guard.is_cancelled() => return Err(AudioError::Cancelled { path: self.path }),
                Err(Error::ResetRequired) if self.format.format_info().format == FORMAT_ID_OGG => {
                    before_secs += self.measured_secs(end);
                    let Ok(()) = self.start_chained_stream() else { break };
                    self.origin = origin_of(&*self.format, self.track, self.decoder_is_opus());
                    (end, self.position) = (i64::MIN, None);
                }
                Err(Error::ResetRequired) => {}
                // The end, or as far as it can be read.
                Ok(None) | Err(_) => break,
            }
        }
        Ok(before_secs + self.measured_secs(end))
    }

    /// Seconds from the start of a stream to that time stamp, or as far as was decoded.
    fn measured_secs(&self, end: i64) -> f64 {
        let opened = self.position.unwrap_or(0);
        let frames = opened.max(self.frame_of(end)).max(0);
        frames.min(self.end.unwrap_or(i64::MAX)) as f64 / f64::from(self.spec.sample_rate_hz)
    }

    fn decoder_is_opus(&self) -> bool {
        self.decoder.codec_params().codec == CODEC_ID_OPUS
    }
}
