//! AIFF and AIFC (Apple, 1989 and 1991), whatever sizes their chunks claim.

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F64BE, CODEC_ID_PCM_MULAW, CODEC_ID_PCM_S8, CODEC_ID_PCM_S16BE,
    CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S24BE, CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32BE, CODEC_ID_PCM_S32LE,
    CODEC_ID_PCM_U8,
};
use symphonia::core::errors::{Result, decode_error, unsupported_error};
use symphonia::core::formats::prelude::*;
use symphonia::core::formats::probe::{ProbeDataMatchSpec, ProbeFormatData, ProbeableFormat, Score, Scoreable};
use symphonia::core::formats::well_known::FORMAT_ID_AIFF;
use symphonia::core::io::{MediaSource as _, MediaSourceStream, ReadBytes, ScopedStream};
use symphonia::core::meta::Metadata;

use super::wav::{Form, Found, MOST_CHUNKS, Walker, WavReader};
use super::wav_format::{Coding, WaveFormat};
use crate::audio::spec::MAX_CHANNELS;

pub(super) const INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_AIFF, short_name: "aiff", long_name: "Audio Interchange File Format" };

/// Bytes of the `COMM` chunk that count.
const COMMON_BYTES: usize = 22;

/// Only opens; what it opens is read as WAVE is.
pub(crate) struct AiffReader<'s>(WavReader<'s>);

/// What the `COMM` chunk says: the samples, and how many frames there are.
fn common(bytes: &[u8]) -> Result<(WaveFormat, u64)> {
    let Some(&[c1, c0, f3, f2, f1, f0, b1, b0]) = bytes.first_chunk() else {
        return decode_error("aiff: its format is cut off");
    };
    let (channels, bits) = (u16::from_be_bytes([c1, c0]), u16::from_be_bytes([b1, b0]));
    let Some(rate) = bytes.get(8..18) else { return decode_error("aiff: its format is cut off") };
    if channels == 0 || usize::from(channels) > MAX_CHANNELS {
        return decode_error("aiff: impossible number of channels");
    }
    // A number of 80 bits; real rates are whole or nearly so.
    let exponent = i32::from(u16::from_be_bytes([rate[0], rate[1]]) & 0x7fff) - 16_383;
    let mantissa = rate[2..10].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let rate_hz = if (0..31).contains(&exponent) { (mantissa >> (63 - exponent)) as u32 } else { 0 };
    if rate_hz == 0 {
        return decode_error("aiff: impossible sample rate");
    }
    let size = u64::from(bits.div_ceil(8));
    let kind = bytes.get(18..22).unwrap_or(b"NONE");
    let integer = |codecs: [_; 4]| match size {
        1..=4 => Ok((codecs[size as usize - 1], size)),
        _ => decode_error("aiff: impossible size of samples"),
    };
    let big = [CODEC_ID_PCM_S8, CODEC_ID_PCM_S16BE, CODEC_ID_PCM_S24BE, CODEC_ID_PCM_S32BE];
    let little = [CODEC_ID_PCM_S8, CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32LE];
    let (codec, size) = match kind {
        b"NONE" | b"twos" | b"in24" | b"in32" => integer(big)?,
        b"sowt" | b"42ni" | b"23ni" => integer(little)?,
        b"fl32" | b"FL32" => (CODEC_ID_PCM_F32BE, 4),
        b"fl64" | b"FL64" => (CODEC_ID_PCM_F64BE, 8),
        b"alaw" | b"ALAW" => (CODEC_ID_PCM_ALAW, 1),
        b"ulaw" | b"ULAW" => (CODEC_ID_PCM_MULAW, 1),
        b"raw " => (CODEC_ID_PCM_U8, 1),
        b"ima4" => return unsupported_error("an AIFF of IMA ADPCM"),
        b"MAC3" | b"MAC6" => return unsupported_error("an AIFF of MACE"),
        _ => return unsupported_error("an AIFF of an unknown kind"),
    };
    let coding = Coding::Plain { codec, frame_bytes: size * u64::from(channels), bits: 0 };
    Ok((WaveFormat::of(coding, channels, rate_hz), u64::from(u32::from_be_bytes([f3, f2, f1, f0]))))
}

fn find(walker: &mut Walker<'_, '_>, first_chunk: u64) -> Result<Found> {
    let (mut at, mut format, mut sound) = (first_chunk, None, None);
    for _ in 0..MOST_CHUNKS {
        let Some(chunk) = walker.chunk(at)? else { break };
        match &chunk.name {
            b"COMM" => format = Some(common(&walker.bytes(chunk.start, (chunk.len as usize).min(COMMON_BYTES))?)?),
            b"SSND" => {
                let head = walker.bytes(chunk.start, 4)?;
                let skipped = 8 + head.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
                let end = walker.end_of_sound(chunk, None)?;
                let start = chunk.start.saturating_add(skipped);
                if start > end {
                    return decode_error("aiff: its sound begins behind its end");
                }
                sound = Some((start, end));
                if format.is_some() {
                    break;
                }
            }
            _ => {}
        }
        at = walker.behind(chunk)?;
    }
    match (format, sound) {
        (Some((format, frames)), Some((start, end))) => {
            // Tags behind sound whose size is not known are left out.
            let told = frames.saturating_mul(format.coding.block_bytes());
            let end = if frames > 0 { end.min(start.saturating_add(told)) } else { end };
            Ok(Found { format, start, end, fact_frames: None })
        }
        (None, _) => unsupported_error("aiff: no format chunk"),
        _ => decode_error("aiff: there is no sound in it"),
    }
}

impl Scoreable for AiffReader<'_> {
    fn score(mut source: ScopedStream<&mut MediaSourceStream<'_>>) -> Result<Score> {
        let is_form = source.read_quad_bytes()? == *b"FORM";
        let _size = source.read_quad_bytes()?;
        let kind = source.read_quad_bytes()?;
        let is_aiff = is_form && matches!(&kind, b"AIFF" | b"AIFC");
        Ok(if is_aiff { Score::Supported(255) } else { Score::Unsupported })
    }
}

impl ProbeableFormat<'_> for AiffReader<'_> {
    fn try_probe_new(mut source: MediaSourceStream<'_>, options: FormatOptions) -> Result<Box<dyn FormatReader + '_>> {
        let start = source.pos();
        let file_len = source.byte_len().unwrap_or(u64::MAX);
        let found = find(&mut Walker { source: &mut source, form: Form::Aiff, file_len }, start + 12)?;
        Ok(Box::new(WavReader::of_found(source, options, &found, &INFO)?))
    }

    fn probe_data() -> &'static [ProbeFormatData] {
        &[ProbeFormatData {
            spec: ProbeDataMatchSpec {
                extensions: &["aiff", "aif", "aifc"],
                mime_types: &["audio/aiff"],
                markers: &[b"FORM"],
            },
            info: INFO,
        }]
    }
}

impl FormatReader for AiffReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        &INFO
    }

    fn media_info(&self) -> &MediaInfo {
        self.0.media_info()
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.0.metadata()
    }

    fn tracks(&self) -> &[Track] {
        self.0.tracks()
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        self.0.next_packet()
    }

    fn seek(&mut self, mode: SeekMode, to: SeekTo) -> Result<SeekedTo> {
        self.0.seek(mode, to)
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        Box::new(self.0).into_inner()
    }
}
