//! Reading any audio file as blocks of interleaved samples.

use std::path::{Path, PathBuf};

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::errors::Error;
use symphonia::core::formats::FormatReader;
use symphonia::core::formats::well_known::{FORMAT_ID_ADTS, FORMAT_ID_ISOMP4, FORMAT_ID_OGG};
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

mod seek;

use super::container::{self, Container, guarded};
use super::error::AudioError;
use super::resample::{ResampleError, StreamResampler};
use super::spec::{self, AudioSpec};
use crate::base::CancelToken;

/// Bytes that may pass without a single sample coming out.
const SILENT_BUDGET: u64 = 32 << 20;
/// What a seek may read besides: a stream without an index is walked frame by frame, at most this many bytes a second.
const SEEK_BYTES_PER_SEC: u64 = 64 << 10;
/// Damaged packets in a row after which a stream is given up.
const MAX_DAMAGED_IN_A_ROW: u32 = 2000;
/// Sound decoded before the place that was asked for and thrown away: lossy codecs build on what came before
/// (Opus asks for 80 ms, RFC 7845 section 4.6).
const PRE_ROLL_SECS: f64 = 0.1;
/// Frames that every encoder of AAC puts in front at least.
const AAC_PRIMING: i64 = 1024;
/// MP3 frames take up to 511 bytes from the frames before them, which in quiet variable-bit-rate passages is ten frames.
const MP3_PRE_ROLL_SECS: f64 = 0.27;

/// A song that ends so much before its end has broken off.
const MISSED_SECS: f64 = 1.0;
/// Containers that tell the exact length of the sound by their short names.
const EXACT_CONTAINERS: [&str; 5] = ["wave", "aiff", "flac", "caf", "au"];

/// Reads one audio file from start to end, or from wherever it is told to go.
pub struct AudioReader {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    guard: std::sync::Arc<super::source::ReadGuard>,
    file_len: u64,
    cancel: CancelToken,
    track: u32,
    decoder: Box<dyn AudioDecoder>,
    spec: AudioSpec,
    time_base: TimeBase,
    /// The time stamp of the first sample that is heard.
    origin: i64,
    /// Frame number of the next sample that the decoder gives; unknown until the first packet after opening or seeking.
    position: Option<i64>,
    /// Frames before this one are dropped.
    drop_until: i64,
    /// Frames from this one on are not heard: they are what the encoder added at the end.
    end: Option<i64>,
    /// Brings a later part of the file to the rate of its beginning.
    converter: Option<StreamResampler>,
    /// Streams that began inside of the file so far (chained Ogg).
    links: u32,
    /// Samples that were no numbers.
    not_numbers: u64,
    /// Where the first damage was met, frames.
    first_damage: Option<i64>,
    /// What the first packet gave while opening, until it is asked for.
    pending: Vec<f32>,
    scratch: Vec<f32>,
    damaged_packets: u32,
    damaged_in_a_row: u32,
    ended: bool,
    /// Playing time as the container claims it, where that is to be believed.
    claimed_secs: Option<f64>,
    /// What the demuxer said when it could not go on.
    cut_off: Option<String>,
    /// The decoder has kept account of all sound since the start.
    verifies: bool,
}

impl AudioReader {
    /// Opens a file and decodes its first packet, so that what [`AudioReader::spec`] says is what comes out.
    ///
    /// # Errors
    /// All of [`AudioError`] but `TooLong` and `Cancelled`.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        Self::open_with(path, &CancelToken::default())
    }

    /// [`AudioReader::open`]; reading stops with [`AudioError::Cancelled`] once `cancel` is set.
    ///
    /// # Errors
    /// As [`AudioReader::open`], and `Cancelled`.
    pub fn open_with(path: &Path, cancel: &CancelToken) -> Result<Self, AudioError> {
        Self::open_as(path, cancel, false)
    }

    /// [`AudioReader::open_with`] for a file that is read from start to end: then [`AudioReader::sum_is_wrong`] tells whether
    /// its sound is what it promises. Decoding takes a little longer.
    ///
    /// # Errors
    /// As [`AudioReader::open_with`].
    pub fn open_verified(path: &Path, cancel: &CancelToken) -> Result<Self, AudioError> {
        Self::open_as(path, cancel, true)
    }

    fn open_as(path: &Path, cancel: &CancelToken, verifies: bool) -> Result<Self, AudioError> {
        let Container { format, guard, file_len } = container::open(path, cancel)?;
        let (track, parameters, decoder) =
            container::make_decoder(&*format, verifies).map_err(|error| match error {
                Error::Unsupported(what) => {
                    AudioError::Unsupported { path: path.to_path_buf(), codec: spec::codec_name(&*format, what) }
                }
                other => AudioError::Damaged { path: path.to_path_buf(), reason: other.to_string() },
            })?;
        let rate_hint = parameters.sample_rate.unwrap_or(44_100).max(1);
        let time_base = format
            .tracks()
            .iter()
            .find(|candidate| candidate.id == track)
            .and_then(|track| track.time_base)
            .or_else(|| TimeBase::try_from_recip(rate_hint))
            .ok_or_else(|| AudioError::NotAudio { path: path.to_path_buf() })?;
        let is_mp4 = format.format_info().format == FORMAT_ID_ISOMP4;
        let heard = is_mp4.then(|| container::heard_of_mp4(path, track, file_len, cancel)).flatten();
        let is_aac = parameters.codec == CODEC_ID_AAC;
        let is_primed = heard.is_none() && is_aac && (is_mp4 || format.format_info().format == FORMAT_ID_ADTS);
        let origin = match heard {
            Some(heard) => i64::try_from(heard.start).unwrap_or(0),
            // The first block of AAC is never more than half a sound, whatever encoder made it.
            None if is_primed => ticks_of(AAC_PRIMING, rate_hint, time_base),
            None => origin_of(&*format, track, parameters.codec == CODEC_ID_OPUS),
        };
        let mut reader = Self {
            path: path.to_path_buf(),
            origin,
            spec: AudioSpec {
                sample_rate_hz: rate_hint,
                channels: 0,
                duration_secs: None,
                codec: decoder.codec_info().short_name.to_owned(),
                container: format.format_info().short_name.to_owned(),
            },
            format,
            guard,
            file_len,
            cancel: cancel.clone(),
            track,
            decoder,
            time_base,
            position: None,
            drop_until: 0,
            end: None,
            converter: None,
            links: 0,
            not_numbers: 0,
            first_damage: None,
            pending: Vec::new(),
            scratch: Vec::new(),
            damaged_packets: 0,
            damaged_in_a_row: 0,
            ended: false,
            claimed_secs: None,
            cut_off: None,
            verifies,
        };
        let mut first = Vec::new();
        if reader.decode_block(&mut first)? == 0 {
            return Err(if reader.damaged_packets > 0 {
                AudioError::Damaged { path: reader.path, reason: "none of it could be decoded".to_owned() }
            } else {
                AudioError::Empty { path: reader.path }
            });
        }
        reader.pending = first;
        let claimed = spec::claimed_secs(&*reader.format, reader.track, &parameters, &reader.spec, reader.origin);
        let held = claimed.map(|claimed| spec::held_secs(claimed, &reader.spec, reader.file_len));
        reader.spec.duration_secs = held.map(|(secs, _)| secs);
        reader.claimed_secs = held.and_then(|(_, claim)| claim);
        if let Some(length) = heard.and_then(|heard| heard.length) {
            let ticks = reader.origin.saturating_add(i64::try_from(length).unwrap_or(i64::MAX));
            let end = reader.frame_of(ticks).max(0);
            let rate = f64::from(reader.spec.sample_rate_hz);
            // It may say more than there is, but what it leaves out is no sound.
            let stored = reader.spec.duration_secs.map(|secs| secs - reader.origin_secs());
            reader.end = Some(end);
            reader.spec.duration_secs = Some(stored.map_or(end as f64 / rate, |stored| stored.min(end as f64 / rate)));
            reader.claimed_secs = None;
        } else if heard.is_some() || is_primed {
            let heard_secs = reader.spec.duration_secs.map(|secs| secs - reader.origin_secs());
            reader.spec.duration_secs = heard_secs;
            reader.claimed_secs = None;
        }
        reader.spec.duration_secs = reader.spec.duration_secs.filter(|secs| *secs > 0.0);
        Ok(reader)
    }

    /// What comes out of the file. Rate and channels never change while it is read.
    pub fn spec(&self) -> &AudioSpec {
        &self.spec
    }

    /// Packets that could not be decoded so far; each was replaced by silence of its length.
    pub fn damaged_packets(&self) -> u32 {
        self.damaged_packets
    }

    /// After the end: why it came before the end that the container tells, if it did. Less than a second is not counted
    /// (encoders and taggers leave broken last packets behind), and a length that is only estimated is not believed.
    pub fn broken(&self) -> Option<AudioError> {
        let expected = self.claimed_secs.or(self.spec.duration_secs)?;
        let reached = self.position.unwrap_or(0).max(self.drop_until) as f64 / f64::from(self.spec.sample_rate_hz);
        if !self.ended || expected - reached < MISSED_SECS {
            return None;
        }
        let is_exact = EXACT_CONTAINERS.contains(&self.spec.container.as_str());
        let shrank = || std::fs::metadata(&self.path).is_ok_and(|now| now.len() < self.file_len);
        let reason = match &self.cut_off {
            Some(reason) => reason.clone(),
            None if is_exact || shrank() => "the file ends in the middle of the sound".to_owned(),
            None => return None,
        };
        Some(AudioError::Damaged { path: self.path.clone(), reason })
    }

    /// After the end of a file that was opened by [`AudioReader::open_verified`] and read from its start: whether the sound is
    /// another one than the checksum of all samples in its header promises (FLAC's MD5). False for files without one. The
    /// question is answered once.
    pub fn sum_is_wrong(&mut self) -> bool {
        if !std::mem::take(&mut self.verifies) || !self.ended {
            return false;
        }
        let decoder = &mut self.decoder;
        guarded(|| Ok(decoder.finalize())).is_ok_and(|end| end.verify_ok == Some(false))
    }

    /// Samples so far that were no numbers (NaN or infinite); each was replaced by silence.
    pub fn not_numbers(&self) -> u64 {
        self.not_numbers
    }

    /// Where the first packet that could not be decoded stands, seconds.
    pub fn first_damage_secs(&self) -> Option<f64> {
        self.first_damage.map(|frame| frame.max(0) as f64 / f64::from(self.spec.sample_rate_hz))
    }

    /// After the end: where the sound ended too early, or could not be decoded first, seconds, and what was wrong there. As in
    /// [`AudioReader::broken`] the last second does not count.
    pub(super) fn met(&self) -> Option<(f64, &'static str)> {
        let reached = self.position.unwrap_or(0).max(0) as f64 / f64::from(self.spec.sample_rate_hz);
        if self.broken().is_some() {
            return Some((reached, "its end is missing"));
        }
        self.first_damage_secs()
            .filter(|secs| reached - secs >= MISSED_SECS)
            .map(|secs| (secs, "part of it cannot be decoded"))
    }

    fn origin_secs(&self) -> f64 {
        self.origin as f64 * f64::from(self.time_base.numer.get()) / f64::from(self.time_base.denom.get())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the next block of interleaved samples, nominally -1 to 1, to `out` and returns its number of frames; 0 is
    /// the end.
    ///
    /// # Errors
    /// [`AudioError::Cancelled`], [`AudioError::Io`], or [`AudioError::Damaged`] when nothing more can be decoded.
    pub fn next_block(&mut self, out: &mut Vec<f32>) -> Result<usize, AudioError> {
        if !self.pending.is_empty() {
            let frames = self.pending.len() / self.spec.channels;
            out.append(&mut self.pending);
            return Ok(frames);
        }
        self.decode_block(out)
    }

    fn timestamp_of(&self, frame: i64) -> i64 {
        let (numer, denom) = (i128::from(self.time_base.numer.get()), i128::from(self.time_base.denom.get()));
        let ticks = i128::from(frame) * denom / (numer * i128::from(self.spec.sample_rate_hz));
        self.origin.saturating_add(i64::try_from(ticks).unwrap_or(i64::MAX))
    }

    fn frame_of(&self, timestamp: i64) -> i64 {
        let (numer, denom) = (i128::from(self.time_base.numer.get()), i128::from(self.time_base.denom.get()));
        let scaled = (i128::from(timestamp) - i128::from(self.origin)) * numer * i128::from(self.spec.sample_rate_hz);
        // To the nearest frame.
        i64::try_from((2 * scaled + denom).div_euclid(2 * denom)).unwrap_or(i64::MAX)
    }

    /// Decodes packets until one gives sound at or behind `drop_until`.
    fn decode_block(&mut self, out: &mut Vec<f32>) -> Result<usize, AudioError> {
        self.guard.allow(SILENT_BUDGET);
        loop {
            if self.ended {
                return self.flush(out);
            }
            if self.guard.is_cancelled() {
                return Err(AudioError::Cancelled { path: self.path.clone() });
            }
            let packet = match guarded(|| self.format.next_packet()) {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => {
                    self.ended = true;
                    continue;
                }
                Err(Error::ResetRequired) => {
                    if let Err(failure) = self.start_chained_stream() {
                        // What came before has been heard.
                        self.ended = true;
                        if self.position.is_none() {
                            return Err(failure);
                        }
                        tracing::debug!("{failure}");
                        self.note_damage();
                    }
                    continue;
                }
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    // Cut off: what was there has been heard.
                    self.note_damage();
                    self.ended = true;
                    self.cut_off = Some("the file ends in the middle of the sound".to_owned());
                    continue;
                }
                Err(error) => {
                    self.ended = true;
                    let failure = self.failure(error);
                    // A stream that breaks after some sound has ended early; one that never gave any is an error.
                    if self.position.is_none() || !matches!(failure, AudioError::Damaged { .. }) {
                        return Err(failure);
                    }
                    tracing::debug!("{failure}");
                    if let AudioError::Damaged { reason, .. } = failure {
                        self.cut_off = Some(reason);
                    }
                    self.note_damage();
                    continue;
                }
            };
            let frames = self.decode_packet(&packet, out)?;
            if frames > 0 {
                return Ok(frames);
            }
        }
    }

    fn decode_packet(&mut self, packet: &Packet, out: &mut Vec<f32>) -> Result<usize, AudioError> {
        let start = packet.pts.get().saturating_add(i64::try_from(packet.trim_start.get()).unwrap_or(0));
        self.scratch.clear();
        let decoder = &mut self.decoder;
        let scratch = &mut self.scratch;
        let decoded = guarded(|| {
            let buffer = decoder.decode(packet)?;
            let shape = Shape::of(&buffer);
            shape.check()?;
            buffer.copy_to_vec_interleaved(scratch);
            Ok(shape)
        });
        let frames = match decoded {
            Ok(shape) => {
                self.damaged_in_a_row = 0;
                self.fit(shape)?;
                self.scratch.len() / self.spec.channels.max(1)
            }
            Err(Error::Unsupported(what)) if self.spec.channels == 0 => {
                return Err(AudioError::Unsupported { path: self.path.clone(), codec: what.to_owned() });
            }
            Err(error) => self.replace_by_silence(packet, &error)?,
        };
        let first = self.position.unwrap_or_else(|| self.frame_of(start));
        if frames == 0 {
            // What the converter holds back begins here.
            self.position = self.position.or(self.converter.is_some().then_some(first));
            return Ok(0);
        }
        Ok(self.give(first, frames, out))
    }

    /// Gives what of the frames in `scratch` is heard. The first of them is frame `first`.
    fn give(&mut self, first: i64, frames: usize, out: &mut Vec<f32>) -> usize {
        let drop = usize::try_from(self.drop_until.saturating_sub(first)).unwrap_or(0).min(frames);
        let until = self.end.map_or(frames, |end| usize::try_from(end.saturating_sub(first)).unwrap_or(0).min(frames));
        self.ended |= until < frames;
        self.position = Some(first.saturating_add(frames as i64));
        if until <= drop {
            return 0;
        }
        let heard = &self.scratch[drop * self.spec.channels..until * self.spec.channels];
        let before = out.len();
        out.extend(heard.iter().map(|sample| clean(*sample)));
        // Rare, so they are counted only where there are any.
        if heard.iter().any(|sample| !sample.is_finite()) {
            self.not_numbers += heard.iter().filter(|sample| !sample.is_finite()).count() as u64;
        }
        (out.len() - before) / self.spec.channels.max(1)
    }

    /// What is still inside of the converter at the end.
    fn flush(&mut self, out: &mut Vec<f32>) -> Result<usize, AudioError> {
        let Some(mut converter) = self.converter.take() else { return Ok(0) };
        self.scratch.clear();
        converter.finish(&mut self.scratch).map_err(|error| self.unconverted(&error))?;
        let frames = self.scratch.len() / self.spec.channels.max(1);
        Ok(self.give(self.position.unwrap_or(0), frames, out))
    }

    fn unconverted(&self, error: &ResampleError) -> AudioError {
        AudioError::Damaged { path: self.path.clone(), reason: error.to_string() }
    }

    fn note_damage(&mut self) {
        self.damaged_packets += 1;
        self.first_damage = self.first_damage.or(Some(self.position.unwrap_or(0)));
    }

    /// Makes the samples in `scratch` have the channels and the rate that the file started with.
    fn fit(&mut self, shape: Shape) -> Result<(), AudioError> {
        if self.spec.channels == 0 {
            self.spec.channels = shape.channels;
            self.spec.sample_rate_hz = shape.rate_hz;
            return Ok(());
        }
        if shape.channels != self.spec.channels {
            let channels = self.spec.channels;
            self.scratch = self
                .scratch
                .chunks_exact(shape.channels)
                .flat_map(|frame| {
                    let mean = frame.iter().sum::<f32>() / shape.channels as f32;
                    std::iter::repeat_n(mean, channels)
                })
                .collect();
        }
        let is_own = shape.rate_hz == self.spec.sample_rate_hz;
        if is_own && self.converter.is_none() {
            return Ok(());
        }
        let sound = std::mem::take(&mut self.scratch);
        let is_same = |converter: &StreamResampler| converter.from_hz() == shape.rate_hz;
        if let Some(mut old) = self.converter.take_if(|converter| !is_same(converter)) {
            old.finish(&mut self.scratch).map_err(|error| self.unconverted(&error))?;
        }
        if is_own {
            self.scratch.extend(sound);
            return Ok(());
        }
        let mut converter = match self.converter.take() {
            Some(converter) => converter,
            None => StreamResampler::new(shape.rate_hz, self.spec.sample_rate_hz, self.spec.channels)
                .map_err(|error| self.unconverted(&error))?,
        };
        converter.push(&sound, &mut self.scratch).map_err(|error| self.unconverted(&error))?;
        self.converter = Some(converter);
        Ok(())
    }

    /// Keeps time across a packet that cannot be decoded; the frames of silence are left in `scratch`.
    fn replace_by_silence(&mut self, packet: &Packet, error: &Error) -> Result<usize, AudioError> {
        tracing::debug!("damaged packet in {}: {error}", self.path.display());
        self.scratch.clear();
        self.note_damage();
        self.damaged_in_a_row += 1;
        if self.damaged_in_a_row > MAX_DAMAGED_IN_A_ROW {
            self.ended = true;
            return Err(AudioError::Damaged { path: self.path.clone(), reason: error.to_string() });
        }
        // Before the first sound nothing is missed, and rate and channels are not known.
        if self.position.is_none() {
            return Ok(0);
        }
        let rate = self.spec.sample_rate_hz;
        let ticks = i64::try_from(packet.dur.get()).unwrap_or(0);
        let frames = (self.frame_of(self.origin.saturating_add(ticks))).clamp(0, i64::from(rate)) as usize;
        self.scratch.resize(frames * self.spec.channels, 0.0);
        Ok(frames)
    }

    /// A new stream starts inside the file (chained Ogg, joined MP3): time goes on where it was.
    fn start_chained_stream(&mut self) -> Result<(), AudioError> {
        let unsupported = |error: Error| AudioError::Damaged { path: self.path.clone(), reason: error.to_string() };
        let (track, parameters, decoder) = container::make_decoder(&*self.format, false).map_err(unsupported)?;
        self.track = track;
        self.decoder = decoder;
        self.verifies = false;
        if self.format.format_info().format == FORMAT_ID_OGG {
            self.links += 1;
            let described = self.format.tracks().iter().find(|candidate| candidate.id == track);
            self.time_base = described.and_then(|track| track.time_base).unwrap_or(self.time_base);
            if parameters.codec == CODEC_ID_OPUS
                && let Some(position) = self.position
            {
                // The encoder's delay of the new stream is not heard either.
                let delay = origin_of(&*self.format, track, true);
                self.drop_until = position;
                self.position = Some(position - delay);
            }
        }
        Ok(())
    }

    fn failure(&self, error: Error) -> AudioError {
        let path = self.path.clone();
        if self.guard.is_cancelled() {
            return AudioError::Cancelled { path };
        }
        if self.guard.is_exhausted() {
            return AudioError::Damaged { path, reason: "there is no sound in a large part of it".to_owned() };
        }
        match error {
            Error::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                AudioError::from_io(&path, error)
            }
            other => AudioError::Damaged { path, reason: other.to_string() },
        }
    }
}

/// Rate and channels of decoded sound.
#[derive(Clone, Copy, Debug)]
struct Shape {
    rate_hz: u32,
    channels: usize,
}

impl Shape {
    fn of(buffer: &GenericAudioBufferRef<'_>) -> Self {
        Self { rate_hz: buffer.spec().rate(), channels: buffer.num_planes() }
    }

    /// Refuses what no recording is and what would take absurd amounts of memory to resample.
    fn check(self) -> Result<(), Error> {
        if !spec::RATES_HZ.contains(&self.rate_hz) || !(1..=spec::MAX_CHANNELS).contains(&self.channels) {
            return Err(Error::Unsupported("sound with an impossible sample rate or number of channels"));
        }
        Ok(())
    }
}

/// Frames in units of a time base.
fn ticks_of(frames: i64, rate_hz: u32, base: TimeBase) -> i64 {
    let scaled = i128::from(frames) * i128::from(base.denom.get());
    i64::try_from(scaled / (i128::from(base.numer.get()) * i128::from(rate_hz.max(1)))).unwrap_or(0)
}

/// The time stamp of the first sample that is heard.
fn origin_of(format: &dyn FormatReader, track: u32, is_opus: bool) -> i64 {
    let Some(track) = format.tracks().iter().find(|candidate| candidate.id == track) else { return 0 };
    let start = track.start_ts.get().max(0);
    // In Ogg the time stamps of Opus count the encoder's delay (RFC 7845 section 4.3); other containers take it off.
    let delay = if is_opus && format.format_info().format == FORMAT_ID_OGG { track.delay.unwrap_or(0) } else { 0 };
    start.saturating_add(i64::from(delay))
}

/// Float formats may hold anything: not-a-number and infinity become silence, so that nothing below has to care.
fn clean(sample: f32) -> f32 {
    if sample.is_finite() { sample } else { 0.0 }
}
