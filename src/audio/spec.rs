//! What a file holds, without decoding it.

use std::ops::RangeInclusive;
use std::path::Path;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_AC3, CODEC_ID_AC4, CODEC_ID_DCA, CODEC_ID_EAC3, CODEC_ID_MONKEYS_AUDIO, CODEC_ID_MUSEPACK,
    CODEC_ID_OPUS, CODEC_ID_SPEEX, CODEC_ID_TTA, CODEC_ID_WAVPACK, CODEC_ID_WMA,
};
use symphonia::core::formats::well_known::FORMAT_ID_OGG;
use symphonia::core::formats::{FormatReader, TrackType};

use super::error::AudioError;
use super::reader::AudioReader;

/// Sample rates that are believed.
pub(crate) const RATES_HZ: RangeInclusive<u32> = 1_000..=768_000;
/// The most channels that are believed.
pub(crate) const MAX_CHANNELS: usize = 64;

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioSpec {
    /// Frames a second.
    pub sample_rate_hz: u32,
    /// Channels of a frame.
    pub channels: usize,
    /// Playing time if the container tells it (an MP3 without a Xing header only lets it be estimated).
    pub duration_secs: Option<f64>,
    /// Short name of the codec, for example `mp3`, `pcm_s16le`.
    pub codec: String,
    /// Short name of the container, for example `ogg`, `au`.
    pub container: String,
}

/// What the file holds; decodes its first packet to be sure. Where the file does not say how long it is, it is walked
/// through.
///
/// # Errors
/// As [`AudioReader::open`].
pub fn probe(path: &Path) -> Result<AudioSpec, AudioError> {
    let reader = AudioReader::open(path)?;
    let mut spec = reader.spec().clone();
    if spec.duration_secs.is_none() {
        spec.duration_secs = Some(reader.measure()?).filter(|secs| *secs > 0.0);
    }
    Ok(spec)
}

/// Bytes of sound from which on a WAV header may only mean "until the end", written by a program that did not know.
const UNKNOWN_BYTES: f64 = 2_147_000_000.0;

/// The shorter one of what the container claims and what the file can hold, where samples are stored as they are; and the
/// claim itself, if it is one.
pub(crate) fn held_secs(claimed_secs: f64, spec: &AudioSpec, file_len: u64) -> (f64, Option<f64>) {
    let Some(bytes) = bytes_per_sample(&spec.codec) else { return (claimed_secs, Some(claimed_secs)) };
    let bytes_per_sec = (bytes * spec.channels.max(1)) as f64 * f64::from(spec.sample_rate_hz);
    let claim = (claimed_secs * bytes_per_sec < UNKNOWN_BYTES).then_some(claimed_secs);
    (claimed_secs.min(file_len as f64 / bytes_per_sec), claim)
}

/// Playing time as the container claims it.
pub(crate) fn claimed_secs(
    format: &dyn FormatReader,
    track: u32,
    parameters: &AudioCodecParameters,
    spec: &AudioSpec,
    origin: i64,
) -> Option<f64> {
    let rate = f64::from(spec.sample_rate_hz);
    let track = format.tracks().iter().find(|candidate| candidate.id == track)?;
    let ticks_secs = |ticks: u64, base: symphonia::core::units::TimeBase| {
        ticks as f64 * f64::from(base.numer.get()) / f64::from(base.denom.get())
    };
    let media = format.media_info();
    let by_track = track.duration.zip(track.time_base).map(|(ticks, base)| ticks_secs(ticks.get(), base));
    let by_frames =
        || track.num_frames.map(|frames| frames as f64 / f64::from(parameters.sample_rate.unwrap_or(1).max(1)));
    let by_media = || media.duration.zip(media.time_base).map(|(ticks, base)| ticks_secs(ticks.get(), base));
    let mut secs = by_track.or_else(by_frames).or_else(by_media)?;
    if format.format_info().format == FORMAT_ID_OGG {
        // What Ogg tells is the time stamp of the end, not a length.
        secs -= origin as f64 / rate;
    }
    (secs.is_finite() && secs > 0.0).then_some(secs)
}

/// Bytes of one sample of a PCM codec by its short name (`pcm_s24le`, `pcm_mulaw`).
fn bytes_per_sample(codec: &str) -> Option<usize> {
    let kind = codec.strip_prefix("pcm_")?;
    if kind.contains("law") {
        return Some(1);
    }
    let bits: String = kind.chars().filter(char::is_ascii_digit).collect();
    Some(bits.parse::<usize>().ok()?.div_ceil(8).max(1))
}

/// Channels by the configuration of AAC (ISO/IEC 14496-3, 1.6.2.1), or by the container.
fn channels_of_aac(parameters: &AudioCodecParameters) -> Option<usize> {
    let told = parameters.channels.as_ref().map(symphonia::core::audio::Channels::count);
    let Some(&[first, second]) = parameters.extra_data.as_deref().and_then(|data| data.first_chunk()) else {
        return told;
    };
    let rate_index = (first & 7) << 1 | second >> 7;
    let channels = usize::from(second >> 3 & 15);
    let is_plain = first >> 3 != 31 && rate_index != 15 && channels > 0;
    if is_plain { Some(if channels == 7 { 8 } else { channels }) } else { told }
}

/// The name of a codec for which there is no decoder; `otherwise` when even the container does not know it.
pub(crate) fn codec_name(format: &dyn FormatReader, otherwise: &str) -> String {
    let parameters = format.default_track(TrackType::Audio).and_then(|track| track.codec_params.as_ref());
    let Some(CodecParameters::Audio(parameters)) = parameters else {
        return otherwise.to_owned();
    };
    let name = match parameters.codec {
        CODEC_ID_OPUS => "Opus with an unusual arrangement of channels",
        CODEC_ID_AAC if channels_of_aac(parameters).is_some_and(|channels| channels > 2) => {
            "AAC with more than two channels"
        }
        CODEC_ID_AAC => "HE-AAC or another kind of AAC than AAC-LC",
        CODEC_ID_AC3 | CODEC_ID_EAC3 | CODEC_ID_AC4 => "Dolby Digital",
        CODEC_ID_DCA => "DTS",
        CODEC_ID_WMA => "Windows Media (WMA)",
        CODEC_ID_SPEEX => "Speex",
        CODEC_ID_MUSEPACK => "Musepack",
        CODEC_ID_WAVPACK => "WavPack",
        CODEC_ID_MONKEYS_AUDIO => "Monkey's Audio",
        CODEC_ID_TTA => "True Audio",
        _ => otherwise,
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::bytes_per_sample;

    #[test]
    fn pcm_names_tell_the_size_of_a_sample() {
        assert_eq!(bytes_per_sample("pcm_s24le"), Some(3));
        assert_eq!(bytes_per_sample("pcm_mulaw"), Some(1));
        assert_eq!(bytes_per_sample("pcm_f64be"), Some(8));
        assert_eq!(bytes_per_sample("mp3"), None);
    }
}
