//! Overviews of songs (outline, loudness), measured in the background and kept on disk, and the gain that follows from them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};

use crate::audio::player::QueueItem;
use crate::audio::{AudioReader, Overview};
use crate::base::fs::write_atomic;
use crate::base::time::clock_text;
use crate::base::{CancelToken, TrackId};
use crate::library::scan::FileStamp;
use crate::library::sound_key;
use crate::library::tags::loudness::{LoudnessTags, loudness_tags};

use super::event::Event;
use super::outbox::Outbox;
use super::settings::ReplayGain;
use super::shared::Shared;
use super::training::promised::promised_secs;

/// The loudness that songs are brought to: the reference of ReplayGain 2.0.
const REFERENCE_LUFS: f64 = -18.0;
/// Today's records are about so much louder than the reference: for songs that nobody has measured yet.
const UNMEASURED_GAIN_DB: f32 = -6.0;
/// No song is made louder than this, whatever a tag says.
const MOST_GAIN_DB: f32 = 18.0;
/// Less sound than this is not missed.
const MISSED_SECS: f64 = 1.0;
/// Requests that may wait; a person does not skip through more songs than that while one is measured.
const WAITING: usize = 64;

/// A song to be measured.
struct Request {
    track: TrackId,
    path: PathBuf,
}

/// The thread that measures, and what asks it. Dropping it stops the thread.
pub(super) struct Overviews {
    requests: Option<Sender<Request>>,
    cancel: CancelToken,
    thread: Option<JoinHandle<()>>,
}

impl Overviews {
    /// Starts the thread; overviews are kept in `folder`.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn spawn(folder: PathBuf, outbox: Outbox) -> std::io::Result<Self> {
        let (requests, inbox) = crossbeam_channel::bounded(WAITING);
        let cancel = CancelToken::default();
        let token = cancel.clone();
        let thread = std::thread::Builder::new()
            .name("timbre-overview".into())
            .spawn(move || serve(&inbox, &folder, &outbox, &token))?;
        Ok(Self { requests: Some(requests), cancel, thread: Some(thread) })
    }

    /// Asks for a song's overview; it arrives as `Event::Overview`.
    pub fn load(&self, track: TrackId, path: PathBuf) {
        if let Some(requests) = &self.requests {
            requests.try_send(Request { track, path }).ok();
        }
    }

    /// What decides the gain of songs that are about to play.
    pub fn gains(shared: Arc<Shared>) -> Gains {
        Gains { folder: shared.data_dir.overviews(), shared }
    }
}

impl Drop for Overviews {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Songs in the order in which they are asked for, each answered once.
fn serve(inbox: &Receiver<Request>, folder: &Path, outbox: &Outbox, cancel: &CancelToken) {
    while let Ok(request) = inbox.recv() {
        let overview = overview_of(&request.path, folder, cancel);
        if cancel.is_cancelled() {
            return;
        }
        outbox.send(Event::Overview(request.track, overview.map(Arc::new)));
    }
}

/// From the folder if the file has not changed since, else measured and put there: the sound key that names it looks at a part
/// of the sound only, and damage may be elsewhere. A song that cannot be decoded has none; the player says why.
fn overview_of(path: &Path, folder: &Path, cancel: &CancelToken) -> Option<Overview> {
    let file = stored_file(path, folder)?;
    let stamp = FileStamp::of(path).ok()?;
    if let Some((of, known)) = read_stored(&file)
        && of == stamp
    {
        return Some(known);
    }
    let mut overview =
        Overview::measure(path, cancel).inspect_err(|error| tracing::debug!(%error, "no overview of a song")).ok()?;
    if overview.damage.is_none() {
        overview.damage = missing_end(path, overview.duration_secs, cancel);
    }
    let bytes = [&stamp.size.to_le_bytes()[..], &stamp.mtime_ns.to_le_bytes(), &overview.to_bytes()].concat();
    let stored = std::fs::create_dir_all(folder).and_then(|()| write_atomic(&file, &bytes));
    if let Err(error) = stored {
        tracing::warn!(%error, ?folder, "an overview could not be kept");
    }
    Some(overview)
}

/// What is said of a file whose headers promise more sound than there is: only of some formats does decoding itself notice.
fn missing_end(path: &Path, decoded_secs: f64, cancel: &CancelToken) -> Option<String> {
    let reader = AudioReader::open_with(path, cancel).ok()?;
    let promised = promised_secs(path, reader.spec())?;
    (promised - decoded_secs >= MISSED_SECS)
        .then(|| format!("damaged at {}: its end is missing", clock_text(decoded_secs)))
}

/// An overview, and the stamp of the file that was measured.
fn read_stored(file: &Path) -> Option<(FileStamp, Overview)> {
    let bytes = std::fs::read(file).ok()?;
    let (size, rest) = bytes.split_first_chunk::<8>()?;
    let (mtime_ns, rest) = rest.split_first_chunk::<8>()?;
    let stamp = FileStamp { size: i64::from_le_bytes(*size), mtime_ns: i64::from_le_bytes(*mtime_ns) };
    Some((stamp, Overview::from_bytes(rest)?))
}

/// Named by content, so that a moved file is known again and a changed one is not mistaken.
fn stored_file(path: &Path, folder: &Path) -> Option<PathBuf> {
    let hash = sound_key(path).ok()?;
    Some(folder.join(format!("{:032x}", u128::from_le_bytes(hash))))
}

/// Decides by how much songs are turned up or down.
pub(super) struct Gains {
    shared: Arc<Shared>,
    folder: PathBuf,
}

impl Gains {
    /// The gain for a song that is about to play, dB; `None` leaves it as it is. Peaks stay below full scale.
    pub fn of(&self, item: &QueueItem) -> Option<f32> {
        let mode = self.shared.settings().replay_gain;
        if mode == ReplayGain::Off {
            return None;
        }
        let tags = loudness_tags(&item.path).unwrap_or_default();
        if let Some((gain_db, peak)) = from_tags(&tags, mode) {
            return Some(limited(gain_db, peak));
        }
        match stored_file(&item.path, &self.folder).and_then(|file| read_stored(&file)) {
            Some((_, known)) => Some(from_overview(&known)),
            None => Some(UNMEASURED_GAIN_DB),
        }
    }
}

fn from_tags(tags: &LoudnessTags, mode: ReplayGain) -> Option<(f32, Option<f32>)> {
    let track = tags.track_gain_db.map(|gain| (gain, tags.track_peak));
    let album = tags.album_gain_db.map(|gain| (gain, tags.album_peak.or(tags.track_peak)));
    match mode {
        ReplayGain::Off => None,
        ReplayGain::Track => track.or(album),
        ReplayGain::Album => album.or(track),
    }
}

fn from_overview(overview: &Overview) -> f32 {
    let gain_db = overview.loudness_lufs.map_or(0.0, |lufs| (REFERENCE_LUFS - lufs) as f32);
    limited(gain_db, Some(overview.peak))
}

/// The gain, but not so much that the peak would be clipped.
fn limited(gain_db: f32, peak: Option<f32>) -> f32 {
    let room_db = peak.filter(|peak| *peak > 0.0).map_or(0.0, |peak| (-20.0 * peak.log10()).max(0.0));
    gain_db.min(if peak.is_some() { room_db } else { MOST_GAIN_DB }).min(MOST_GAIN_DB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_bring_songs_to_the_reference_without_clipping() {
        let overview =
            |lufs, peak| Overview { duration_secs: 1.0, loudness_lufs: lufs, peak, outline: Vec::new(), damage: None };
        assert_eq!(from_overview(&overview(Some(-8.0), 1.0)), -10.0);
        assert!((from_overview(&overview(Some(-30.0), 0.5)) - 6.02).abs() < 0.01);
        assert_eq!(from_overview(&overview(None, 0.0)), 0.0);
        assert_eq!(limited(40.0, None), MOST_GAIN_DB);
        assert_eq!(limited(3.0, Some(1.5)), 0.0);
        assert_eq!(limited(-9.0, Some(1.5)), -9.0);
    }

    #[test]
    fn album_and_track_stand_in_for_each_other() {
        let tags = LoudnessTags { track_gain_db: Some(-5.0), track_peak: Some(0.9), ..LoudnessTags::default() };
        assert_eq!(from_tags(&tags, ReplayGain::Album), Some((-5.0, Some(0.9))));
        let both = LoudnessTags { album_gain_db: Some(-7.0), ..tags };
        assert_eq!(from_tags(&both, ReplayGain::Album), Some((-7.0, Some(0.9))));
        assert_eq!(from_tags(&both, ReplayGain::Track), Some((-5.0, Some(0.9))));
        assert_eq!(from_tags(&both, ReplayGain::Off), None);
        assert_eq!(from_tags(&LoudnessTags::default(), ReplayGain::Track), None);
    }
}
