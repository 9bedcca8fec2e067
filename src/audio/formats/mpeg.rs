//! MP3, MP2 and MP1 as they come: with wrong or missing counts, streams joined to each other, and other bytes between.

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};
use symphonia::core::errors::{Error, Result, SeekErrorKind, reset_error, unsupported_error};
use symphonia::core::formats::prelude::*;
use symphonia::core::formats::probe::{ProbeDataMatchSpec, ProbeFormatData, ProbeableFormat, Score, Scoreable};
use symphonia::core::formats::well_known::{FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3};
use symphonia::core::io::{MediaSource as _, MediaSourceStream, ReadBytes, ScopedStream};
use symphonia::core::meta::{Metadata, MetadataLog};

use super::mpeg_count::{Count, count};
use super::mpeg_frames::{Frames, HEADER_LEN, Header, Kind};
use super::mpeg_info::{INFO_HEAD, Info, is_info_frame};

const MP1: FormatInfo = FormatInfo { format: FORMAT_ID_MP1, short_name: "mp1", long_name: "MPEG Audio Layer I" };
const MP2: FormatInfo = FormatInfo { format: FORMAT_ID_MP2, short_name: "mp2", long_name: "MPEG Audio Layer II" };
const MP3: FormatInfo = FormatInfo { format: FORMAT_ID_MP3, short_name: "mp3", long_name: "MPEG Audio Layer III" };

/// Frames in a row that make a stream believable.
const PROOF: usize = 4;
/// Every this many frames their place is noted, for going back.
const NOTE_EVERY: u64 = 32;
/// A frame builds on up to this many before it.
const REFERENCES: usize = 4;

/// Demuxer for MPEG audio. All time stamps count in the rate of the first frame.
pub(crate) struct MpegReader<'s> {
    frames: Frames<MediaSourceStream<'s>>,
    tracks: Vec<Track>,
    media_info: MediaInfo,
    metadata: MetadataLog,
    /// The kind of the frames that the track now describes.
    kind: Kind,
    base_rate_hz: u32,
    /// The time stamp of the next frame.
    clock: i64,
    /// Where sound ends for sure.
    end: Option<Timestamp>,
    /// Frames on the way, in order: time stamp, place, kind.
    noted: Vec<(i64, u64, Kind)>,
    passed: u64,
}

impl<'s> MpegReader<'s> {
    /// Opens a stream that begins about here and ends at `end` or with the file.
    pub(crate) fn open(source: MediaSourceStream<'s>, options: FormatOptions, end: Option<u64>) -> Result<Self> {
        let start = source.pos();
        let file_len = source.byte_len().unwrap_or(u64::MAX);
        let mut frames = Frames::new(source, start, end.unwrap_or(file_len).min(file_len));
        let Some(first) = frames.peek()? else { return unsupported_error("mpeg: there are no frames") };
        let kind = first.header.kind;
        let bytes = frames.bytes(&first)?;
        let info = Info::read(&bytes, &first.header);
        if info.is_some() {
            frames.pass(&first);
        }
        let start = frames.at;
        let Count { samples, is_exact } = count(&mut frames, &first.header, first.at, info.as_ref())?;
        let (delay, padding) = info.as_ref().map_or((0, 0), |info| (info.delay, info.padding));
        let sound = samples.map(|samples| samples.saturating_sub(u64::from(delay) + u64::from(padding)));
        frames.go_to(start, Some(kind));
        let mut track = Track::new(0);
        track.with_codec_params(CodecParameters::Audio(parameters(kind)));
        if info.is_some() {
            track.with_delay(delay).with_padding(padding);
        }
        if let Some(sound) = sound {
            track.with_num_frames(sound).with_duration(Duration::new(sound));
        }
        Ok(Self {
            media_info: MediaInfo::from_track(&track),
            tracks: vec![track],
            metadata: options.external_data.metadata.unwrap_or_default(),
            kind,
            base_rate_hz: kind.rate_hz,
            clock: -i64::from(delay),
            end: sound.filter(|_| is_exact).and_then(|sound| Timestamp::try_from(sound).ok()),
            noted: vec![(-i64::from(delay), start, kind)],
            passed: 0,
            frames,
        })
    }

    /// How long a frame lasts in the rate of the first.
    fn ticks(&self, header: &Header) -> i64 {
        let samples = u64::from(header.samples);
        let (base, rate) = (u64::from(self.base_rate_hz), u64::from(header.kind.rate_hz));
        // 1152 samples times 48000: far from overflowing.
        (samples * base).div_ceil(rate) as i64
    }
}

fn parameters(kind: Kind) -> AudioCodecParameters {
    use symphonia::core::audio::layouts::{CHANNEL_LAYOUT_MONO, CHANNEL_LAYOUT_STEREO};
    let mut parameters = AudioCodecParameters::new();
    let codec = match kind.layer {
        1 => CODEC_ID_MP1,
        2 => CODEC_ID_MP2,
        _ => CODEC_ID_MP3,
    };
    let channels = if kind.channels == 1 { CHANNEL_LAYOUT_MONO } else { CHANNEL_LAYOUT_STEREO };
    parameters.for_codec(codec).with_sample_rate(kind.rate_hz).with_channels(channels);
    parameters
}

impl Scoreable for MpegReader<'_> {
    /// Some frames of one kind in a row; sync words alone are found in any file.
    fn score(mut source: ScopedStream<&mut MediaSourceStream<'_>>) -> Result<Score> {
        let mut kind = None;
        for found in 0..PROOF {
            let mut head = [0; HEADER_LEN];
            if source.read_buf_exact(&mut head).is_err() {
                // A very short stream ends with its last frame.
                return Ok(if found > 0 { Score::Supported(127) } else { Score::Unsupported });
            }
            let header = Header::read(&head).filter(|header| kind.is_none_or(|kind| kind == header.kind));
            let Some(header) = header else {
                let is_tag = found > 0 && (head.starts_with(b"TAG") || head.starts_with(b"ID3") || head == *b"APET");
                return Ok(if is_tag { Score::Supported(127) } else { Score::Unsupported });
            };
            kind = Some(header.kind);
            if source.ignore_bytes((header.len - HEADER_LEN) as u64).is_err() {
                return Ok(if found > 1 { Score::Supported(127) } else { Score::Unsupported });
            }
        }
        Ok(Score::Supported(255))
    }
}

impl ProbeableFormat<'_> for MpegReader<'_> {
    fn try_probe_new(source: MediaSourceStream<'_>, options: FormatOptions) -> Result<Box<dyn FormatReader + '_>> {
        Ok(Box::new(MpegReader::open(source, options, None)?))
    }

    fn probe_data() -> &'static [ProbeFormatData] {
        const MARKERS: &[&[u8]] = &[
            &[0xff, 0xe2],
            &[0xff, 0xe3],
            &[0xff, 0xe4],
            &[0xff, 0xe5],
            &[0xff, 0xe6],
            &[0xff, 0xe7],
            &[0xff, 0xf2],
            &[0xff, 0xf3],
            &[0xff, 0xf4],
            &[0xff, 0xf5],
            &[0xff, 0xf6],
            &[0xff, 0xf7],
            &[0xff, 0xfa],
            &[0xff, 0xfb],
            &[0xff, 0xfc],
            &[0xff, 0xfd],
            &[0xff, 0xfe],
            &[0xff, 0xff],
        ];
        &[ProbeFormatData {
            spec: ProbeDataMatchSpec {
                extensions: &["mp3", "mp2", "mp1"],
                mime_types: &["audio/mpeg"],
                markers: MARKERS,
            },
            info: MP3,
        }]
    }
}

impl FormatReader for MpegReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        match self.kind.layer {
            1 => &MP1,
            2 => &MP2,
            _ => &MP3,
        }
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media_info
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        loop {
            let Some(frame) = self.frames.peek()? else { return Ok(None) };
            let header = frame.header;
            let bytes = self.frames.bytes(&frame)?;
            if is_info_frame(&bytes, &header) {
                // The count of a stream that was joined to this one.
                self.frames.pass(&frame);
                continue;
            }
            if header.kind != self.kind {
                self.kind = header.kind;
                self.tracks[0].with_codec_params(CodecParameters::Audio(parameters(header.kind)));
                return reset_error();
            }
            if self.passed.is_multiple_of(NOTE_EVERY) && self.noted.last().is_some_and(|last| last.0 < self.clock) {
                self.noted.push((self.clock, frame.at, header.kind));
            }
            self.passed += 1;
            self.frames.pass(&frame);
            let pts = Timestamp::new(self.clock);
            self.clock = self.clock.saturating_add(self.ticks(&header));
            let end = self.end.filter(|_| header.kind.rate_hz == self.base_rate_hz);
            let duration = Duration::new(u64::from(header.samples));
            return Ok(Some(PacketBuilder::new().track_id(0).pts(pts).trimmed_dur(duration, end).data(bytes).build()));
        }
    }

    fn seek(&mut self, _mode: SeekMode, to: SeekTo) -> Result<SeekedTo> {
        let out_of_range = || Error::SeekError(SeekErrorKind::OutOfRange);
        let wanted = match to {
            SeekTo::Timestamp { ts, .. } => ts,
            SeekTo::Time { time, .. } => TimeBase::try_from_recip(self.base_rate_hz)
                .and_then(|base| base.calc_timestamp(time))
                .ok_or_else(out_of_range)?,
        };
        let first = self.noted[0].0;
        if wanted.get() < first {
            return Err(out_of_range());
        }
        // From the last noted place that is early enough, frame by frame.
        let known = self.noted.partition_point(|noted| noted.0 <= wanted.get()).saturating_sub(1);
        let (mut clock, at, kind) = self.noted[known];
        self.frames.go_to(at, Some(kind));
        let mut recent: std::collections::VecDeque<(i64, u64, Kind)> = std::collections::VecDeque::new();
        let mut passed = 0;
        loop {
            let Some(frame) = self.frames.peek()? else { return Err(out_of_range()) };
            let header = frame.header;
            let ahead = self.frames.window.look(frame.at, INFO_HEAD)?;
            if is_info_frame(ahead, &header) {
                self.frames.pass(&frame);
                continue;
            }
            if recent.len() > REFERENCES {
                recent.pop_front();
            }
            recent.push_back((clock, frame.at, header.kind));
            let next = clock.saturating_add(self.ticks(&header));
            if next > wanted.get() {
                break;
            }
            passed += 1;
            if passed % NOTE_EVERY == 0 && self.noted.last().is_some_and(|last| last.0 < clock) {
                self.noted.push((clock, frame.at, header.kind));
            }
            clock = next;
            self.frames.pass(&frame);
        }
        let (clock, at, kind) = recent.front().copied().ok_or_else(out_of_range)?;
        self.frames.go_to(at, Some(kind));
        (self.clock, self.passed) = (clock, 1);
        Ok(SeekedTo { track_id: 0, required_ts: wanted, actual_ts: Timestamp::new(clock) })
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.frames.window.into_inner()
    }
}
