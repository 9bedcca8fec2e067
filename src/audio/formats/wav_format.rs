//! The `fmt ` chunk of a WAVE file: what its samples are (Microsoft, mmreg.h and ksmedia.h).

use symphonia::core::audio::Channels;
use symphonia::core::audio::layouts::{CHANNEL_LAYOUT_MONO, CHANNEL_LAYOUT_STEREO};
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64LE,
    CODEC_ID_PCM_MULAW, CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32LE, CODEC_ID_PCM_U8,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::{Result, decode_error, unsupported_error};

use crate::audio::spec::MAX_CHANNELS;

/// Frames of a packet of samples that are stored one by one.
const FRAMES_PER_PACKET: u64 = 1152;
/// The identifiers of the extensible form are the short numbers with this behind them.
const GUID_TAIL: [u8; 14] = *b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// One by one.
    Plain { codec: AudioCodecId, frame_bytes: u64, bits: u32 },
    /// In blocks.
    Blocks { codec: AudioCodecId, block_bytes: u64, frames: u64 },
    /// A stream of MPEG frames.
    Mpeg,
}

impl Coding {
    /// Bytes of a block, at least 1.
    pub fn block_bytes(self) -> u64 {
        match self {
            Self::Plain { frame_bytes, .. } => frame_bytes,
            Self::Blocks { block_bytes, .. } => block_bytes,
            Self::Mpeg => 1,
        }
    }

    /// Frames of a block, at least 1.
    pub fn frames_per_block(self) -> u64 {
        if let Self::Blocks { frames, .. } = self { frames } else { 1 }
    }

    /// Blocks of a packet, at least 1.
    pub fn blocks_per_packet(self) -> u64 {
        (FRAMES_PER_PACKET / self.frames_per_block()).max(1)
    }
}

/// What a `fmt ` chunk says, checked.
#[derive(Clone, Debug)]
pub(super) struct WaveFormat {
    pub coding: Coding,
    channels: u16,
    rate_hz: u32,
}

impl WaveFormat {
    pub fn of(coding: Coding, channels: u16, rate_hz: u32) -> Self {
        Self { coding, channels, rate_hz }
    }

    pub fn read(bytes: &[u8]) -> Result<Self> {
        let word = |at: usize| bytes.get(at..at + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
        if bytes.len() < 16 {
            return decode_error("wav: its format is cut off");
        }
        let (channels, block_align, bits) = (word(2), word(12), word(14));
        let rate_hz = u32::from(word(4)) | u32::from(word(6)) << 16;
        if channels == 0 || usize::from(channels) > MAX_CHANNELS {
            return decode_error("wav: impossible number of channels");
        }
        if rate_hz == 0 {
            return decode_error("wav: sample rate is 0");
        }
        let mut tag = word(0);
        // In the extensible form the number stands at the beginning of an identifier.
        let mut valid_bits = 0;
        if tag == 0xfffe {
            match bytes.get(24..40) {
                Some(guid) if guid[2..] == GUID_TAIL => tag = word(24),
                Some(guid) if guid[4..] == *b"\x21\x07\xd3\x11\x86\x44\xc8\xc1\xca\0\0\0" => tag = word(24),
                Some(_) => return unsupported_error("a WAV of an unknown kind"),
                None => return decode_error("wav: its format is cut off"),
            }
            valid_bits = word(18);
        }
        let plain =
            |codec, bytes: u64, bits: u32| Coding::Plain { codec, frame_bytes: bytes * u64::from(channels), bits };
        let blocks = |codec, head: u16, extra: u64| {
            let heads = head * channels;
            if bits != 4 || block_align <= heads || channels > 2 {
                return decode_error("wav: impossible blocks");
            }
            let frames = 2 * u64::from(block_align - heads) / u64::from(channels) + extra;
            Ok(Coding::Blocks { codec, block_bytes: u64::from(block_align), frames })
        };
        let coding = match tag {
            1 => {
                // Fewer bits than their bytes hold stand at the top, so what counts are the bytes.
                let by_align = (block_align % channels == 0).then_some(block_align / channels);
                let size = by_align.filter(|size| (1..=4).contains(size) && size * 8 >= bits && bits > 0);
                let size = size.unwrap_or(bits.div_ceil(8));
                let bits = if (1..size * 8).contains(&valid_bits) { valid_bits } else { size * 8 };
                let codec = match size {
                    1 => CODEC_ID_PCM_U8,
                    2 => CODEC_ID_PCM_S16LE,
                    3 => CODEC_ID_PCM_S24LE,
                    4 => CODEC_ID_PCM_S32LE,
                    _ => return decode_error("wav: impossible size of samples"),
                };
                plain(codec, u64::from(size), u32::from(bits))
            }
            3 if bits == 64 => plain(CODEC_ID_PCM_F64LE, 8, 0),
            3 if bits == 32 => plain(CODEC_ID_PCM_F32LE, 4, 0),
            3 => return decode_error("wav: impossible size of samples"),
            6 => plain(CODEC_ID_PCM_ALAW, 1, 0),
            7 => plain(CODEC_ID_PCM_MULAW, 1, 0),
            2 => blocks(CODEC_ID_ADPCM_MS, 7, 2)?,
            0x11 => blocks(CODEC_ID_ADPCM_IMA_WAV, 4, 1)?,
            0x50 | 0x55 => Coding::Mpeg,
            other => return unsupported_error(name_of(other)),
        };
        Ok(Self { coding, channels, rate_hz })
    }

    pub fn describe(&self, parameters: &mut AudioCodecParameters) {
        let channels = match self.channels {
            1 => CHANNEL_LAYOUT_MONO,
            2 => CHANNEL_LAYOUT_STEREO,
            count => Channels::Discrete(count),
        };
        let frames = self.coding.frames_per_block() * self.coding.blocks_per_packet();
        parameters.with_sample_rate(self.rate_hz).with_channels(channels).with_max_frames_per_packet(frames);
        match self.coding {
            Coding::Plain { codec, bits, .. } => {
                parameters.for_codec(codec);
                if bits > 0 {
                    parameters.with_bits_per_coded_sample(bits).with_bits_per_sample(bits);
                }
            }
            Coding::Blocks { codec, frames, .. } => {
                parameters.for_codec(codec).with_frames_per_block(frames);
            }
            Coding::Mpeg => {}
        }
    }
}

/// What people call the codings that are not decoded.
fn name_of(tag: u16) -> &'static str {
    match tag {
        0x20 => "Yamaha ADPCM in a WAV",
        0x22 | 0x38..=0x3b => "a WAV of compressed speech",
        0x31 | 0x32 => "GSM in a WAV",
        0x40 | 0x45 | 0x64 | 0x65 | 0x14 => "G.726 in a WAV",
        0x42 => "G.723.1 in a WAV",
        0x61 | 0x62 => "Duck ADPCM in a WAV",
        0x92 | 0x2000 => "Dolby Digital in a WAV",
        0x2001 => "DTS in a WAV",
        0xff | 0x1600..=0x1602 | 0xa106 => "AAC in a WAV",
        0x160..=0x163 => "Windows Media in a WAV",
        0x270 => "ATRAC3 in a WAV",
        0x674f..=0x6751 | 0x676f..=0x6771 | 0x566f => "Ogg Vorbis in a WAV",
        0xf1ac => "FLAC in a WAV",
        0x5756 => "WavPack in a WAV",
        _ => "a WAV of an unknown kind",
    }
}
