//! Opus with more than two channels: several streams of one or two channels in each packet (RFC 7845, section 5.1.1).

use std::collections::VecDeque;

use symphonia::core::audio::layouts::{CHANNEL_LAYOUT_MONO, CHANNEL_LAYOUT_STEREO};
use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Result, decode_error, unsupported_error};
use symphonia::core::packet::{Packet, PacketRef};
use symphonia_adapter_libopus::OpusDecoder;

/// The rate at which Opus is decoded, frames a second.
const RATE_HZ: u32 = 48_000;
/// The most channels of the surround layouts.
const MOST_CHANNELS: usize = 8;
/// A channel that is silent.
const SILENT: u8 = 255;

/// The channels of WAVE, each by its place in the order of Vorbis (Vorbis I specification, section 4.3.9).
fn wave_order(channels: usize) -> &'static [usize] {
    match channels {
        3 => &[0, 2, 1],
        5 => &[0, 2, 1, 3, 4],
        6 => &[0, 2, 1, 5, 3, 4],
        7 => &[0, 2, 1, 6, 5, 3, 4],
        8 => &[0, 2, 1, 7, 5, 6, 3, 4],
        _ => &[0, 1, 2, 3, 4, 5, 6, 7],
    }
}

/// Decodes all streams of a packet. With one or two channels it is libopus's own decoder that comes out.
pub(crate) struct SurroundOpus {
    parameters: AudioCodecParameters,
    streams: Vec<Box<dyn AudioDecoder>>,
    /// Streams of two channels, the first ones.
    coupled: usize,
    /// Of each channel in the order of WAVE: its place among all decoded channels, or [`SILENT`].
    mapping: Vec<u8>,
    buffer: AudioBuffer<f32>,
    frames: usize,
}

impl SurroundOpus {
    fn new(parameters: &AudioCodecParameters, options: &AudioDecoderOptions, channels: usize) -> Result<Self> {
        let head = parameters.extra_data.as_deref().unwrap_or_default();
        let Some((&[family, streams, coupled], table)) = head.get(18..).and_then(|rest| rest.split_first_chunk::<3>())
        else {
            return unsupported_error("opus: no channel mapping");
        };
        let (streams, coupled) = (usize::from(streams), usize::from(coupled));
        let decoded = streams + coupled;
        let table = table.get(..channels);
        let is_possible = head.starts_with(b"OpusHead")
            && (1..=MOST_CHANNELS).contains(&streams)
            && coupled <= streams
            && channels <= MOST_CHANNELS
            && table.is_some_and(|table| table.iter().all(|at| *at == SILENT || usize::from(*at) < decoded));
        let Some(table) = table.filter(|_| is_possible) else {
            return unsupported_error("opus: a channel mapping that is not known");
        };
        let mapping = match family {
            1 => wave_order(channels)[..channels].iter().map(|at| table[*at]).collect(),
            _ => table.to_vec(),
        };
        let decoder = |stream: usize| {
            let mut parameters = AudioCodecParameters::new();
            let layout = if stream < coupled { CHANNEL_LAYOUT_STEREO } else { CHANNEL_LAYOUT_MONO };
            parameters.for_codec(CODEC_ID_OPUS).with_sample_rate(RATE_HZ).with_channels(layout);
            OpusDecoder::try_registry_new(&parameters, options)
        };
        let streams: Result<Vec<_>> = (0..streams).map(decoder).collect();
        let buffer = new_buffer(channels, 960);
        Ok(Self { parameters: parameters.clone(), streams: streams?, coupled, mapping, buffer, frames: 960 })
    }

    fn decode_all(&mut self, packet: &PacketRef<'_>) -> Result<()> {
        let mut rest = packet.data;
        let count = self.streams.len();
        let (mut decoded, mut frames) = (Vec::with_capacity(count), usize::MAX);
        for (index, stream) in self.streams.iter_mut().enumerate() {
            let data = if index + 1 < count { split(&mut rest)? } else { rest.to_vec() };
            let buffer = stream.decode(&Packet::new(0, packet.pts, packet.dur, data))?;
            frames = frames.min(buffer.frames());
            let mut samples = Vec::new();
            buffer.copy_to_vec_interleaved::<f32>(&mut samples);
            decoded.push(samples);
        }
        let sample = |frame: usize, at: u8| {
            let at = usize::from(at);
            let (stream, of, channel) =
                if at < 2 * self.coupled { (at / 2, 2, at % 2) } else { (at - self.coupled, 1, 0) };
            decoded.get(stream).and_then(|samples| samples.get(frame * of + channel)).copied().unwrap_or(0.0)
        };
        let samples: Vec<f32> = (0..frames)
            .flat_map(|frame| self.mapping.iter().map(move |at| (frame, *at)))
            .map(|(frame, at)| if at == SILENT { 0.0 } else { sample(frame, at) })
            .collect();
        if frames != self.frames {
            self.buffer = new_buffer(self.mapping.len(), frames);
            self.frames = frames;
        }
        self.buffer.clear();
        self.buffer.render_uninit(None);
        self.buffer.copy_from_slice_interleaved(&samples);
        self.buffer.trim(packet.trim_start.get() as usize, packet.trim_end.get() as usize);
        Ok(())
    }
}

fn new_buffer(channels: usize, frames: usize) -> AudioBuffer<f32> {
    AudioBuffer::new(AudioSpec::new(RATE_HZ, Channels::Discrete(channels as u16)), frames)
}

/// Takes the packet of one stream off the front: its lengths are all written (RFC 6716, appendix B). What comes out has the
/// usual form.
fn split(rest: &mut &[u8]) -> Result<Vec<u8>> {
    let cut = || decode_error("opus: a packet is cut off");
    let mut bytes = *rest;
    let take = |bytes: &mut &[u8], len: usize| -> Option<Vec<u8>> {
        let (taken, left) = bytes.split_at_checked(len)?;
        *bytes = left;
        Some(taken.to_vec())
    };
    let Some(head) = take(&mut bytes, 1) else { return cut() };
    let mut packet = head;
    let mut body = 0;
    let mut padding = 0;
    match packet[0] & 3 {
        0 => match length(&mut bytes) {
            Some((len, _)) => body += len,
            None => return cut(),
        },
        1 => match length(&mut bytes) {
            Some((len, _)) => body += 2 * len,
            None => return cut(),
        },
        2 => match (length(&mut bytes), length(&mut bytes)) {
            (Some((first, written)), Some((second, _))) => {
                packet.extend(written);
                body += first + second;
            }
            _ => return cut(),
        },
        _ => {
            let Some(count) = take(&mut bytes, 1) else { return cut() };
            let (is_variable, is_padded, frames) = (count[0] & 0x80 != 0, count[0] & 0x40 != 0, count[0] & 0x3f);
            packet.extend(count);
            // 255 means 254 bytes, and that another number follows.
            let mut more = is_padded;
            while more {
                let Some(byte) = take(&mut bytes, 1) else { return cut() };
                more = byte[0] == 255;
                padding += usize::from(byte[0]) - usize::from(more);
                packet.extend(&byte);
            }
            let mut lengths = VecDeque::new();
            for _ in 0..if is_variable { frames } else { 1 } {
                let Some(one) = length(&mut bytes) else { return cut() };
                lengths.push_back(one);
            }
            if is_variable {
                body += lengths.iter().map(|(len, _)| len).sum::<usize>();
                lengths.pop_back();
                packet.extend(lengths.into_iter().flat_map(|(_, written)| written));
            } else {
                body += lengths.front().map_or(0, |(len, _)| len * usize::from(frames));
            }
        }
    }
    let Some(body) = take(&mut bytes, body + padding) else { return cut() };
    packet.extend(body);
    *rest = bytes;
    Ok(packet)
}

/// A length of one or two bytes, and how it is written (RFC 6716, section 3.2.1).
fn length(bytes: &mut &[u8]) -> Option<(usize, Vec<u8>)> {
    let first = *bytes.first()?;
    let written = if first < 252 { 1 } else { 2 };
    let (taken, left) = bytes.split_at_checked(written)?;
    *bytes = left;
    let len = usize::from(first) + taken.get(1).map_or(0, |second| 4 * usize::from(*second));
    Some((len, taken.to_vec()))
}

impl AudioDecoder for SurroundOpus {
    fn codec_info(&self) -> &CodecInfo {
        &Self::supported_codecs()[0].info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.parameters
    }

    fn reset(&mut self) {
        self.streams.iter_mut().for_each(|stream| stream.reset());
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        if let Err(error) = self.decode_all(packet) {
            self.buffer.clear();
            return Err(error);
        }
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}

impl RegisterableAudioDecoder for SurroundOpus {
    fn try_registry_new(
        parameters: &AudioCodecParameters,
        options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        match parameters.channels.as_ref().map_or(0, Channels::count) {
            channels @ 3.. => Ok(Box::new(Self::new(parameters, options, channels)?)),
            _ => OpusDecoder::try_registry_new(parameters, options),
        }
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        OpusDecoder::supported_codecs()
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn packets_are_taken_apart_and_written_as_usual() {
        // (self-delimited, usual): one frame, two equal ones, two others, three of any size, two equal ones with padding.
        let cases: &[(&[u8], &[u8])] = &[
            (&[0xfc, 3, 1, 2, 3], &[0xfc, 1, 2, 3]),
            (&[0xfd, 2, 1, 2, 3, 4], &[0xfd, 1, 2, 3, 4]),
            (&[0xfe, 1, 2, 9, 8, 7], &[0xfe, 1, 9, 8, 7]),
            (&[0xff, 0x83, 1, 0, 2, 5, 6, 7], &[0xff, 0x83, 1, 0, 5, 6, 7]),
            (&[0xff, 0x42, 2, 1, 5, 6, 0, 0], &[0xff, 0x42, 2, 5, 6, 0, 0]),
        ];
        for (long, usual) in cases {
            let bytes = [long, &[0xaa, 0xbb][..]].concat();
            let mut rest = &bytes[..];
            assert_eq!(split(&mut rest).unwrap(), *usual);
            assert_eq!(rest, [0xaa, 0xbb]);
            for len in 0..long.len() {
                assert!(split(&mut &long[..len]).is_err());
            }
        }
        // A length of two bytes.
        let bytes = [&[0xfc, 252, 1][..], &[7; 256]].concat();
        assert_eq!(split(&mut &bytes[..]).unwrap().len(), 257);
    }
}
