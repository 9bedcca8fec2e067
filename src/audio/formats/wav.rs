//! RIFF WAVE and its larger relatives RF64, BW64 (EBU Tech 3306, ITU-R BS.2088) and Sony Wave64, whatever their headers say.
//!
//! Sizes are wrong in many real files: recorders crash before they write them, pipes never know them, and 32 bits end at
//! 4 GB. So a size is believed only where what follows it makes sense, and never beyond the end of the file.

use std::io::{Seek as _, SeekFrom};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::common::FourCc;
use symphonia::core::errors::{Error, Result, SeekErrorKind, decode_error, seek_error, unsupported_error};
use symphonia::core::formats::prelude::*;
use symphonia::core::formats::probe::{ProbeDataMatchSpec, ProbeFormatData, ProbeableFormat, Score, Scoreable};
use symphonia::core::io::{MediaSource as _, MediaSourceStream, ReadBytes, ScopedStream};
use symphonia::core::meta::{Metadata, MetadataLog};

use super::mpeg::MpegReader;
use super::wav_format::{Coding, WaveFormat};

/// The first 16 bytes of a Wave64 file.
const W64_RIFF: [u8; 16] = *b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";
/// What follows the name of a chunk in the identifiers of Wave64.
const W64_TAIL: [u8; 12] = *b"\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
/// Chunks that are looked at before the sound; real files have a handful.
pub(super) const MOST_CHUNKS: usize = 512;
/// A `fmt ` chunk has 16 to 40 bytes, with an odd extension a little more.
const MOST_FORMAT_BYTES: u64 = 1024;
/// So much may lie behind the sound without being a chunk: some tags, a few stray bytes.
const STRAY_BYTES: u64 = 4096;

const INFO: FormatInfo =
    FormatInfo { format: FormatId::new(FourCc::new(*b"WAVE")), short_name: "wave", long_name: "RIFF WAVE" };

/// Names of chunks that real files have, to tell whether an odd chunk was padded.
const KNOWN: [&[u8; 4]; 34] = [
    b"fmt ", b"data", b"LIST", b"fact", b"bext", b"cue ", b"smpl", b"inst", b"junk", b"JUNK", b"PAD ", b"FLLR",
    b"id3 ", b"ID3 ", b"PEAK", b"iXML", b"axml", b"chna", b"ds64", b"DISP", b"acid", b"cart", b"COMM", b"SSND",
    b"NAME", b"AUTH", b"ANNO", b"(c) ", b"MARK", b"INST", b"FVER", b"COMT", b"APPL", b"CHAN",
];

/// How the chunks of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// 32-bit sizes.
    Riff,
    /// 32-bit sizes, the large ones in a chunk of their own.
    Rf64,
    /// 32-bit sizes, highest byte first.
    Aiff,
    /// 64-bit sizes that count the header, places divisible by 8.
    W64,
}

/// One chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub name: [u8; 4],
    /// Where its content begins.
    pub start: u64,
    /// Bytes of its content, as it says.
    pub len: u64,
}

/// Where the sound lies, and what it is.
pub(super) struct Found {
    pub format: WaveFormat,
    pub start: u64,
    pub end: u64,
    /// Frames by the `fact` chunk, which matter for block codecs only.
    pub fact_frames: Option<u64>,
}

/// Goes from chunk to chunk.
pub(super) struct Walker<'a, 's> {
    pub source: &'a mut MediaSourceStream<'s>,
    pub form: Form,
    pub file_len: u64,
}

impl Walker<'_, '_> {
    /// What is at that place, as far as the file goes.
    pub fn bytes(&mut self, at: u64, len: usize) -> Result<Vec<u8>> {
        let len = (self.file_len.saturating_sub(at)).min(len as u64) as usize;
        let mut bytes = vec![0; len];
        self.source.seek(SeekFrom::Start(at))?;
        self.source.read_buf_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub fn chunk(&mut self, at: u64) -> Result<Option<Chunk>> {
        let header_len = if self.form == Form::W64 { 24 } else { 8 };
        let header = self.bytes(at, header_len)?;
        if header.len() < header_len {
            return Ok(None);
        }
        let name = [header[0], header[1], header[2], header[3]];
        let start = at + header_len as u64;
        let len = if self.form == Form::W64 {
            let size = le64(&header[16..24]);
            if size < 24 {
                return Ok(None);
            }
            size - 24
        } else if self.form == Form::Aiff {
            u64::from(le32(&header[4..8]).swap_bytes())
        } else {
            u64::from(le32(&header[4..8]))
        };
        Ok(Some(Chunk { name, start, len }))
    }

    /// Whether a chunk of a known name, or at least a whole one of a possible name, is there.
    fn is_chunk(&mut self, at: u64) -> Result<Option<bool>> {
        let file_len = self.file_len;
        let chunk = self.chunk(at)?;
        Ok(chunk.and_then(|chunk| {
            let known = KNOWN.contains(&&chunk.name);
            let possible = chunk.name.iter().all(|byte| (b' '..=b'~').contains(byte))
                && chunk.start.saturating_add(chunk.len) <= file_len + 1;
            (known || possible).then_some(known)
        }))
    }

    /// Where the chunk after one begins: padded to an even place as it should be, or not.
    pub fn behind(&mut self, chunk: Chunk) -> Result<u64> {
        let end = chunk.start.saturating_add(chunk.len);
        if self.form == Form::W64 {
            return Ok(end.saturating_add(7) & !7);
        }
        if chunk.len.is_multiple_of(2) {
            return Ok(end);
        }
        let padded = end.saturating_add(1);
        let is_known = |found: Option<bool>| found == Some(true);
        let without = self.is_chunk(end)?;
        Ok(if !is_known(self.is_chunk(padded)?) && is_known(without) { end } else { padded })
    }

    /// Where sound that is said to have this many bytes ends.
    pub fn end_of_sound(&mut self, chunk: Chunk, long: Option<u64>) -> Result<u64> {
        let said = match chunk.len {
            0xffff_ffff if self.form != Form::W64 => long.filter(|len| *len > 0 && *len != u64::MAX),
            len => Some(len),
        };
        let Some(said) = said else { return Ok(self.file_len) };
        let end = chunk.start.saturating_add(said);
        if end >= self.file_len {
            return Ok(self.file_len);
        }
        let behind = self.behind(Chunk { len: said, ..chunk })?;
        if self.file_len - end <= STRAY_BYTES && said > 0 {
            return Ok(end);
        }
        let tagged = self.bytes(end, 8)?;
        let is_tag = [&b"TAG"[..], b"ID3", b"APETAGEX"].iter().any(|name| tagged.starts_with(name));
        if is_tag || self.is_chunk(behind)?.is_some() || self.is_chunk(end)?.is_some() {
            return Ok(end);
        }
        // More sound than the size says: it was never filled in, or it does not fit into 32 bits.
        Ok(self.file_len)
    }

    fn find(&mut self, first_chunk: u64) -> Result<Found> {
        let (mut at, mut format, mut fact_frames, mut long) = (first_chunk, None, None, None);
        for _ in 0..MOST_CHUNKS {
            let Some(chunk) = self.chunk(at)? else { break };
            match &chunk.name {
                b"ds64" if self.form == Form::Rf64 => {
                    let sizes = self.bytes(chunk.start, 24)?;
                    long = (sizes.len() == 24).then(|| le64(&sizes[8..16]));
                    fact_frames = (sizes.len() == 24).then(|| le64(&sizes[16..24])).filter(|frames| *frames > 0);
                }
                b"fmt " => {
                    let bytes = self.bytes(chunk.start, chunk.len.min(MOST_FORMAT_BYTES) as usize)?;
                    format = Some(WaveFormat::read(&bytes)?);
                }
                b"fact" if chunk.len >= 4 && chunk.len <= 64 => {
                    let bytes = self.bytes(chunk.start, 4)?;
                    let frames = if bytes.len() == 4 { u64::from(le32(&bytes)) } else { 0 };
                    fact_frames = Some(frames).filter(|frames| (1..0xffff_ffff).contains(frames)).or(fact_frames);
                }
                b"data" => {
                    let Some(format) = format else { return decode_error("wav: the sound comes before its format") };
                    let end = self.end_of_sound(chunk, long)?;
                    return Ok(Found { format, start: chunk.start, end, fact_frames });
                }
                _ => {}
            }
            at = self.behind(chunk)?;
        }
        if format.is_none() {
            return unsupported_error("wav: no format chunk");
        }
        decode_error("wav: there is no sound in it")
    }
}

fn le32(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_le_bytes)
}

fn le64(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

/// Demuxer for WAVE files whose sound is stored in blocks of equal size.
pub(crate) struct WavReader<'s> {
    source: MediaSourceStream<'s>,
    tracks: Vec<Track>,
    media_info: MediaInfo,
    metadata: MetadataLog,
    info: &'static FormatInfo,
    coding: Coding,
    data_start: u64,
    data_end: u64,
}

impl<'s> WavReader<'s> {
    fn open(mut source: MediaSourceStream<'s>, options: FormatOptions) -> Result<Box<dyn FormatReader + 's>> {
        let start = source.pos();
        let file_len = source.byte_len().unwrap_or(u64::MAX);
        let magic = source.read_quad_bytes()?;
        let (form, first_chunk) = match &magic {
            b"RIFF" => (Form::Riff, start + 12),
            b"RF64" | b"BW64" => (Form::Rf64, start + 12),
            b"riff" => (Form::W64, start + 40),
            _ => return unsupported_error("wav: no magic"),
        };
        let found = Walker { source: &mut source, form, file_len }.find(first_chunk)?;
        if found.format.coding == Coding::Mpeg {
            source.seek(SeekFrom::Start(found.start))?;
            return Ok(Box::new(MpegReader::open(source, options, Some(found.end))?));
        }
        Ok(Box::new(Self::of_found(source, options, &found, &INFO)?))
    }

    pub(super) fn of_found(
        mut source: MediaSourceStream<'s>,
        options: FormatOptions,
        found: &Found,
        info: &'static FormatInfo,
    ) -> Result<Self> {
        let coding = found.format.coding;
        source.seek(SeekFrom::Start(found.start))?;
        let block_bytes = coding.block_bytes();
        let blocks = found.end.saturating_sub(found.start) / block_bytes;
        let stored = blocks.saturating_mul(coding.frames_per_block());
        // A block codec fills its last block up.
        let frames = match found.fact_frames {
            Some(frames) if coding.frames_per_block() > 1 && frames <= stored => frames,
            _ => stored,
        };
        let mut parameters = AudioCodecParameters::new();
        found.format.describe(&mut parameters);
        let mut track = Track::new(0);
        track.with_codec_params(CodecParameters::Audio(parameters));
        track.with_num_frames(frames).with_duration(Duration::new(frames));
        Ok(Self {
            info,
            media_info: MediaInfo::from_track(&track),
            tracks: vec![track],
            metadata: options.external_data.metadata.unwrap_or_default(),
            coding,
            data_start: found.start,
            data_end: found.start + blocks * block_bytes,
            source,
        })
    }
}

impl Scoreable for WavReader<'_> {
    fn score(mut source: ScopedStream<&mut MediaSourceStream<'_>>) -> Result<Score> {
        let magic = source.read_quad_bytes()?;
        let _size = source.read_quad_bytes()?;
        let known = match &magic {
            b"RIFF" | b"RF64" | b"BW64" => source.read_quad_bytes()? == *b"WAVE",
            b"riff" => {
                let mut rest = [0; 32];
                source.read_buf_exact(&mut rest)?;
                rest[..8] == W64_RIFF[8..] && rest[16..20] == *b"wave" && rest[20..] == W64_TAIL
            }
            _ => false,
        };
        Ok(if known { Score::Supported(255) } else { Score::Unsupported })
    }
}

impl ProbeableFormat<'_> for WavReader<'_> {
    fn try_probe_new(source: MediaSourceStream<'_>, options: FormatOptions) -> Result<Box<dyn FormatReader + '_>> {
        WavReader::open(source, options)
    }

    fn probe_data() -> &'static [ProbeFormatData] {
        &[ProbeFormatData {
            spec: ProbeDataMatchSpec {
                extensions: &["wav", "wave", "w64"],
                mime_types: &["audio/wav"],
                markers: &[b"RIFF", b"RF64", b"BW64", b"riff"],
            },
            info: INFO,
        }]
    }
}

impl FormatReader for WavReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        self.info
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
        let block_bytes = self.coding.block_bytes();
        let blocks = (self.data_end.saturating_sub(position) / block_bytes).min(self.coding.blocks_per_packet());
        if blocks == 0 {
            return Ok(None);
        }
        // At most 1152 frames of 64 channels, or some blocks of 64 kB.
        let mut data = vec![0; (blocks * block_bytes) as usize];
        let read = match self.source.read_buf(&mut data) {
            Ok(read) => read as u64,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(error.into()),
        };
        let blocks = read / block_bytes;
        if blocks == 0 {
            return Ok(None);
        }
        data.truncate((blocks * block_bytes) as usize);
        let first = (position - self.data_start) / block_bytes * self.coding.frames_per_block();
        let Ok(timestamp) = Timestamp::try_from(first) else { return Ok(None) };
        Ok(Some(Packet::new(0, timestamp, Duration::new(blocks * self.coding.frames_per_block()), data)))
    }

    fn seek(&mut self, _mode: SeekMode, to: SeekTo) -> Result<SeekedTo> {
        let out_of_range = || Error::SeekError(SeekErrorKind::OutOfRange);
        let wanted = match to {
            SeekTo::Timestamp { ts, .. } => ts,
            SeekTo::Time { time, .. } => {
                self.tracks[0].time_base.and_then(|base| base.calc_timestamp(time)).ok_or_else(out_of_range)?
            }
        };
        let frame = u64::try_from(wanted.get()).map_err(|_| out_of_range())?;
        let per_packet = self.coding.frames_per_block() * self.coding.blocks_per_packet();
        let packet = frame / per_packet;
        let bytes = packet.checked_mul(self.coding.blocks_per_packet() * self.coding.block_bytes());
        let offset = bytes
            .and_then(|bytes| bytes.checked_add(self.data_start))
            .filter(|offset| *offset <= self.data_end)
            .ok_or_else(out_of_range)?;
        if !self.source.is_seekable() {
            return seek_error(SeekErrorKind::Unseekable);
        }
        self.source.seek(SeekFrom::Start(offset))?;
        let actual = Timestamp::try_from(packet * per_packet).map_err(|_| out_of_range())?;
        Ok(SeekedTo { track_id: 0, required_ts: wanted, actual_ts: actual })
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.source
    }
}
