//! Finding out what a file is: the containers and codecs that are known, and the one in a given file.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, CODEC_ID_NULL_AUDIO};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::{Hint, Probe, ProbeOptions};
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::formats;

use super::error::AudioError;
use super::foreign;
use super::formats::aiff::AiffReader;
use super::formats::au::AuReader;
use super::formats::mp4::{self, Heard};
use super::formats::mpeg::MpegReader;
use super::formats::opus::SurroundOpus;
use super::formats::wav::WavReader;
use super::source::{GuardedFile, ReadGuard};
use crate::base::CancelToken;

/// How far into a file the first sign of a known container may be, bytes. Junk in front of MP3 frames is common, much is not.
const PROBE_DEPTH: u32 = 512 * 1024;
/// What may be read until the container is understood. Indexes of long films take megabytes.
const OPENING_BUDGET: u64 = 64 << 20;
/// The six bytes of an ID3v2 tag before its size, and those of the size.
const ID3_HEADER_LEN: usize = 10;
/// More tags than this in a row are not skipped.
const MAX_LEADING_TAGS: usize = 8;

/// Containers: Symphonia's and our own. Tag readers are left out: tags are read elsewhere, and a decoder should not
/// load cover art (see [`skip_leading_tags`]).
static CONTAINERS: LazyLock<Probe> = LazyLock::new(|| {
    let mut probe = Probe::new_with_options(&ProbeOptions { max_probe_depth: PROBE_DEPTH, ..ProbeOptions::default() });
    probe.register_format::<formats::AdtsReader<'_>>();
    probe.register_format::<formats::CafReader<'_>>();
    probe.register_format::<formats::FlacReader<'_>>();
    probe.register_format::<formats::IsoMp4Reader<'_>>();
    probe.register_format::<MpegReader<'_>>();
    probe.register_format::<AiffReader<'_>>();
    probe.register_format::<WavReader<'_>>();
    probe.register_format::<formats::OggReader<'_>>();
    probe.register_format::<formats::MkvReader<'_>>();
    probe.register_format::<AuReader<'_>>();
    probe
});

/// Codecs: all of Symphonia's and Opus by libopus.
static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<SurroundOpus>();
    codecs
});

/// An open container.
pub(crate) struct Container {
    pub(crate) format: Box<dyn FormatReader>,
    pub(crate) guard: Arc<ReadGuard>,
    /// Size of the file, bytes.
    pub(crate) file_len: u64,
}

/// Opens `path` and finds its container.
pub(crate) fn open(path: &Path, cancel: &CancelToken) -> Result<Container, AudioError> {
    let (mut file, guard) = GuardedFile::open(path, cancel)?;
    guard.allow(OPENING_BUDGET);
    let read_error = |error| {
        if guard.is_cancelled() {
            AudioError::Cancelled { path: path.to_path_buf() }
        } else {
            AudioError::from_io(path, error)
        }
    };
    let file_len = file.seek(SeekFrom::End(0)).map_err(read_error)?;
    // An index or a count may have to be read through, but nothing twice.
    guard.allow(OPENING_BUDGET.max(file_len));
    let start = skip_leading_tags(&mut file, file_len).map_err(read_error)?;
    let mut head = [0; 64];
    file.seek(SeekFrom::Start(start)).map_err(read_error)?;
    let head_len = read_up_to(&mut file, &mut head).map_err(read_error)?;
    let head = &head[..head_len];
    // What is known not to be decoded is not offered to any decoder: each finds its own sync words in it.
    if let Some(name) = foreign::name_of(head) {
        return Err(AudioError::Unsupported { path: path.to_path_buf(), codec: name.to_owned() });
    }
    if foreign::is_no_audio(head) {
        return Err(AudioError::NotAudio { path: path.to_path_buf() });
    }

    let mut stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    stream.seek(SeekFrom::Start(start)).map_err(read_error)?;
    let probed =
        guarded(|| CONTAINERS.probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default()));
    match probed {
        Ok(format) => Ok(Container { format, guard, file_len }),
        Err(_) if guard.is_cancelled() => Err(AudioError::Cancelled { path: path.to_path_buf() }),
        Err(error) => Err(match error {
            Error::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof && !guard.is_exhausted() => {
                AudioError::from_io(path, error)
            }
            // The container was recognised and is broken; a container that was not found is `Unsupported`.
            Error::DecodeError(reason) => AudioError::Damaged { path: path.to_path_buf(), reason: reason.to_owned() },
            // A WAV of a kind that is known by name.
            Error::Unsupported(what) if what.starts_with("an AIFF") || what.contains(" WAV") => {
                AudioError::Unsupported { path: path.to_path_buf(), codec: what.to_owned() }
            }
            _ => AudioError::NotAudio { path: path.to_path_buf() },
        }),
    }
}

/// The track to listen to and a decoder for it; `verify`: one that can tell at the end whether the sound was what the
/// file's checksum promises.
pub(crate) fn make_decoder(
    format: &dyn FormatReader,
    verify: bool,
) -> Result<(u32, AudioCodecParameters, Box<dyn AudioDecoder>), Error> {
    let Some(track) = format.default_track(TrackType::Audio) else {
        return Err(Error::Unsupported("a container without sound"));
    };
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(Error::Unsupported("sound of an unknown kind"));
    };
    if parameters.codec == CODEC_ID_NULL_AUDIO {
        return Err(Error::Unsupported("sound of an unknown kind"));
    }
    let mut parameters = parameters.clone();
    let channels = parameters.channels.as_ref().map_or(0, Channels::count);
    if parameters.codec == CODEC_ID_OPUS && channels <= 2 {
        // The adapter would drop the encoder's delay from whatever packet comes first, also after a seek; the reader
        // drops it by time stamps, so the header that names the delay is kept from it.
        parameters.extra_data = None;
    }
    // What is outside of the valid sound is trimmed by the decoder.
    let options = AudioDecoderOptions::default().gapless(true).verify(verify);
    let decoder = guarded(|| CODECS.make_audio_decoder(&parameters, &options))?;
    Ok((track.id, parameters, decoder))
}

/// What of an MP4 file's track is heard, if the file says so.
pub(crate) fn heard_of_mp4(path: &Path, track: u32, file_len: u64, cancel: &CancelToken) -> Option<Heard> {
    let (file, guard) = GuardedFile::open(path, cancel).ok()?;
    guard.allow(OPENING_BUDGET);
    mp4::heard(file, file_len, track).ok().flatten()
}

/// Calls a demuxer or decoder; a panic inside (they parse hostile bytes) is a damaged stream.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // A demuxer that panicked is not asked again (the stream ends); a decoder's next packet starts from its own state,
    // which safe code leaves valid, if perhaps wrong for a moment.
    crate::base::log::guarded(work).unwrap_or(Err(Error::DecodeError("the decoder failed on impossible data")))
}

fn read_up_to(file: &mut GuardedFile, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Where the sound starts behind ID3v2 tags (they stand in front of MP3, and wrongly of AAC and FLAC), by their stated sizes.
///
/// A tag may be 256 MB; it is skipped without being read.
pub(super) fn skip_leading_tags(file: &mut GuardedFile, file_len: u64) -> std::io::Result<u64> {
    let mut start = 0;
    for _ in 0..MAX_LEADING_TAGS {
        let mut header = [0; ID3_HEADER_LEN];
        file.seek(SeekFrom::Start(start))?;
        if read_up_to(file, &mut header)? < ID3_HEADER_LEN || &header[..3] != b"ID3" {
            break;
        }
        // Seven bits a byte; bit 4 of the flags announces a footer of the header's size.
        let size = header[6..10].iter().fold(0u64, |size, byte| (size << 7) | u64::from(byte & 0x7f));
        let footer = if header[5] & 0x10 != 0 { ID3_HEADER_LEN as u64 } else { 0 };
        let end = start + ID3_HEADER_LEN as u64 + size + footer;
        if end >= file_len {
            break;
        }
        start = end;
    }
    Ok(start)
}
