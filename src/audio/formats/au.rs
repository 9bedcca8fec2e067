//! Sun/NeXT audio files (`.au`, `.snd`), the form of the GTZAN collection.
//!
//! The header is six big-endian 32-bit words (magic `.snd`, offset of the sound, its size in bytes, encoding, frames a
//! second, channels), then a free text up to the offset. DEC wrote the same words little-endian with the magic `dns.`,
//! samples too.

use std::io::{Seek as _, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::audio::layouts::{CHANNEL_LAYOUT_MONO, CHANNEL_LAYOUT_STEREO};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE,
    CODEC_ID_PCM_MULAW, CODEC_ID_PCM_S8, CODEC_ID_PCM_S16BE, CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S24BE,
    CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32BE, CODEC_ID_PCM_S32LE,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::common::FourCc;
use symphonia::core::errors::{Error, Result, SeekErrorKind, decode_error, seek_error, unsupported_error};
use symphonia::core::formats::prelude::*;
use symphonia::core::formats::probe::{ProbeDataMatchSpec, ProbeFormatData, ProbeableFormat, Score, Scoreable};
use symphonia::core::io::{MediaSource as _, MediaSourceStream, ReadBytes, ScopedStream};
use symphonia::core::meta::{Metadata, MetadataLog};

const MAGIC_BIG: [u8; 4] = *b".snd";
const MAGIC_LITTLE: [u8; 4] = *b"dns.";
/// Bytes of the six words.
const HEADER_LEN: u64 = 24;
/// The size field when the writer did not know it.
const UNKNOWN_SIZE: u32 = u32::MAX;
/// More channels than any real file has; a header that promises more is not believed.
const MAX_CHANNELS: u32 = 64;
/// Frames of one packet.
const FRAMES_PER_PACKET: u64 = 2048;

const INFO: FormatInfo =
    FormatInfo { format: FormatId::new(FourCc::new(*b".snd")), short_name: "au", long_name: "Sun/NeXT Audio" };

/// What the header says, checked.
struct Header {
    codec: AudioCodecId,
    bytes_per_sample: u32,
    sample_rate_hz: u32,
    channels: u32,
    data_offset: u64,
    data_len: Option<u64>,
}

impl Header {
    fn read(source: &mut impl ReadBytes) -> Result<Self> {
        let magic = source.read_quad_bytes()?;
        let little = match magic {
            MAGIC_BIG => false,
            MAGIC_LITTLE => true,
            _ => return unsupported_error("au: no magic"),
        };
        let mut word = || -> Result<u32> { Ok(if little { source.read_u32()? } else { source.read_be_u32()? }) };
        let data_offset = u64::from(word()?);
        let data_size = word()?;
        let encoding = word()?;
        let sample_rate_hz = word()?;
        let channels = word()?;

        if data_offset < HEADER_LEN {
            return decode_error("au: the sound would start inside the header");
        }
        if sample_rate_hz == 0 {
            return decode_error("au: sample rate is 0");
        }
        if channels == 0 || channels > MAX_CHANNELS {
            return decode_error("au: impossible number of channels");
        }
        let either = |big: AudioCodecId, small: AudioCodecId| if little { small } else { big };
        let (codec, bytes_per_sample) = match encoding {
            1 => (CODEC_ID_PCM_MULAW, 1),
            2 => (CODEC_ID_PCM_S8, 1),
            3 => (either(CODEC_ID_PCM_S16BE, CODEC_ID_PCM_S16LE), 2),
            4 => (either(CODEC_ID_PCM_S24BE, CODEC_ID_PCM_S24LE), 3),
            5 => (either(CODEC_ID_PCM_S32BE, CODEC_ID_PCM_S32LE), 4),
            6 => (either(CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE), 4),
            7 => (either(CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE), 8),
            27 => (CODEC_ID_PCM_ALAW, 1),
            _ => return unsupported_error("au: encoding is neither PCM, float, mu-law nor A-law"),
        };
        // A recorder that never came to its end leaves 0.
        let data_len = (data_size != UNKNOWN_SIZE && data_size != 0).then_some(u64::from(data_size));
        Ok(Self { codec, bytes_per_sample, sample_rate_hz, channels, data_offset, data_len })
    }
}

/// Demuxer for Sun/NeXT audio files.
pub(crate) struct AuReader<'s> {
    source: MediaSourceStream<'s>,
    tracks: Vec<Track>,
    media_info: MediaInfo,
    metadata: MetadataLog,
    bytes_per_frame: u64,
    data_start: u64,
    /// One past the last byte of whole frames, `u64::MAX` when only the end of the stream will tell.
    data_end: u64,
}

impl<'s> AuReader<'s> {
    fn try_new(mut source: MediaSourceStream<'s>, options: FormatOptions) -> Result<Self> {
        let start = source.pos();
        let header = Header::read(&mut source)?;
        let data_start = start + header.data_offset;
        let available = source.byte_len().map(|len| len.saturating_sub(data_start));
        if available == Some(0) {
            return decode_error("au: the file ends before its sound starts");
        }
        source.ignore_bytes(header.data_offset - HEADER_LEN)?;

        // A size that is unknown or larger than the file is replaced by what is there.
        let data_len = match (header.data_len, available) {
            (Some(stated), Some(available)) => Some(stated.min(available)),
            (stated, available) => stated.or(available),
        };
        let bytes_per_frame = u64::from(header.bytes_per_sample * header.channels);
        let frames = data_len.map(|len| len / bytes_per_frame);

        let mut parameters = AudioCodecParameters::new();
        parameters
            .for_codec(header.codec)
            .with_sample_rate(header.sample_rate_hz)
            .with_channels(match header.channels {
                1 => CHANNEL_LAYOUT_MONO,
                2 => CHANNEL_LAYOUT_STEREO,
                // At most MAX_CHANNELS, so it fits.
                count => Channels::Discrete(count as u16),
            })
            .with_max_frames_per_packet(FRAMES_PER_PACKET);
        let mut track = Track::new(0);
        track.with_codec_params(CodecParameters::Audio(parameters));
        if let Some(frames) = frames {
            track.with_num_frames(frames).with_duration(Duration::new(frames));
        }
        Ok(Self {
            media_info: MediaInfo::from_track(&track),
            tracks: vec![track],
            metadata: options.external_data.metadata.unwrap_or_default(),
            bytes_per_frame,
            data_start,
            data_end: frames.map_or(u64::MAX, |frames| data_start + frames * bytes_per_frame),
            source,
        })
    }
}

impl Scoreable for AuReader<'_> {
    fn score(mut source: ScopedStream<&mut MediaSourceStream<'_>>) -> Result<Score> {
        Ok(Header::read(&mut source).map_or(Score::Unsupported, |_| Score::Supported(255)))
    }
}

impl ProbeableFormat<'_> for AuReader<'_> {
    fn try_probe_new(source: MediaSourceStream<'_>, options: FormatOptions) -> Result<Box<dyn FormatReader + '_>> {
        Ok(Box::new(AuReader::try_new(source, options)?))
    }

    fn probe_data() -> &'static [ProbeFormatData] {
        &[ProbeFormatData {
            spec: ProbeDataMatchSpec {
                extensions: &["au", "snd"],
                mime_types: &["audio/basic"],
                markers: &[&MAGIC_BIG, &MAGIC_LITTLE],
            },
            info: INFO,
        }]
    }
}

impl FormatReader for AuReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        &INFO
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
        let position = self.source.pos();
        let frames_left = self.data_end.saturating_sub(position) / self.bytes_per_frame;
        let wanted = frames_left.min(FRAMES_PER_PACKET) * self.bytes_per_frame;
        if wanted == 0 {
            return Ok(None);
        }
        // At most 2048 * 64 * 8 bytes, whatever the header says.
        let mut data = vec![0; wanted as usize];
        let read = match self.source.read_buf(&mut data) {
            Ok(read) => read as u64,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(error.into()),
        };
        let frames = read / self.bytes_per_frame;
        if frames == 0 {
            return Ok(None);
        }
        data.truncate((frames * self.bytes_per_frame) as usize);
        let first = position.saturating_sub(self.data_start) / self.bytes_per_frame;
        let Ok(timestamp) = Timestamp::try_from(first) else { return Ok(None) };
        Ok(Some(Packet::new(0, timestamp, Duration::new(frames), data)))
    }

    fn seek(&mut self, _mode: SeekMode, to: SeekTo) -> Result<SeekedTo> {
        let wanted = match to {
            SeekTo::Timestamp { ts, .. } => ts,
            SeekTo::Time { time, .. } => self.tracks[0]
                .time_base
                .and_then(|base| base.calc_timestamp(time))
                .ok_or(Error::SeekError(SeekErrorKind::OutOfRange))?,
        };
        let out_of_range = || Error::SeekError(SeekErrorKind::OutOfRange);
        let frame = u64::try_from(wanted.get()).map_err(|_| out_of_range())?;
        let offset = frame
            .checked_mul(self.bytes_per_frame)
            .and_then(|bytes| bytes.checked_add(self.data_start))
            .filter(|offset| *offset <= self.data_end)
            .ok_or_else(out_of_range)?;
        if self.source.is_seekable() {
            self.source.seek(SeekFrom::Start(offset))?;
        } else if offset >= self.source.pos() {
            self.source.ignore_bytes(offset - self.source.pos())?;
        } else {
            return seek_error(SeekErrorKind::ForwardOnly);
        }
        Ok(SeekedTo { track_id: 0, required_ts: wanted, actual_ts: wanted })
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.source
    }
}
