//! Writes playlists.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::base::{Report, TrackId};
use crate::engine::command::ExportSelection;
use crate::engine::event::JobOutcome;
use crate::engine::job::{JobContext, JobError};
use crate::library::Articles;
use crate::library::m3u::{self, PlaylistFile, PlaylistKind};
use crate::library::model::{Track, same_genre};
use crate::library::playlist::auto_playlists;

use super::classify::inside;
use crate::engine::shared::Shared;

pub(super) fn run(
    shared: &Shared,
    folder: &Path,
    selection: &ExportSelection,
    within: &[PathBuf],
    context: &mut JobContext,
) -> Result<JobOutcome, JobError> {
    let snapshot = shared.open_library()?.snapshot()?;
    let model = shared.model_in_use()?;
    let settings = shared.settings();
    let rule = crate::engine::shared::decision_rule(&settings, model.genres);
    let wanted = |track: &&Track| inside(&track.path, within);
    // Songs whose drive is away stay; but where another song has taken the place, the entry would lead to that one.
    let is_there: HashSet<&Path> =
        snapshot.tracks.iter().filter(|track| !track.missing).map(|track| track.path.as_path()).collect();
    let leads_elsewhere = |track: &Track| track.missing && is_there.contains(track.path.as_path());
    let tracks: Vec<Track> =
        snapshot.tracks.iter().filter(wanted).filter(|track| !leads_elsewhere(track)).cloned().collect();
    let by_id: HashMap<TrackId, &Track> = tracks.iter().map(|track| (track.id, track)).collect();
    let lists = auto_playlists(&tracks, &rule, Articles::ignored(settings.ignore_articles));

    // The same text from run to run, so that files change only when their songs do.
    let provenance = format!("decided by people and {}, threshold {:.2}", model.name, settings.threshold);
    let songs = |indices: &[usize]| indices.iter().map(|&index| &tracks[index]).collect();
    let genres = lists.genres.iter().map(|list| PlaylistFile {
        kind: PlaylistKind::Genre,
        name: &list.genre,
        tracks: songs(&list.tracks),
        provenance: &provenance,
    });
    let unsure = PlaylistFile {
        kind: PlaylistKind::Unsure,
        name: "Unsure",
        tracks: songs(&lists.unsure),
        provenance: &provenance,
    };
    let manual = snapshot.playlists.iter().map(|playlist| PlaylistFile {
        kind: PlaylistKind::Manual,
        name: &playlist.name,
        tracks: playlist.tracks.iter().filter_map(|id| by_id.get(id).copied()).collect(),
        provenance: "",
    });
    let files: Vec<PlaylistFile> = match selection {
        ExportSelection::All => genres.chain([unsure]).chain(manual).collect(),
        ExportSelection::Genre(genre) => genres.filter(|list| same_genre(list.name, genre)).collect(),
        ExportSelection::Unsure => vec![unsure],
        ExportSelection::Playlist(id) => {
            let wanted = snapshot.playlists.iter().position(|playlist| playlist.id == *id);
            wanted.and_then(|index| manual.into_iter().nth(index)).into_iter().collect()
        }
    };
    if let (ExportSelection::Genre(name), []) = (selection, files.as_slice()) {
        let report = Report::new(format!("No song is filed under {name}"));
        return Err(JobError::Failed(report.with_hint("`timbre list` shows the genres that have songs")));
    }
    let mut entries: Vec<&Track> = files.iter().flat_map(|file| file.tracks.iter().copied()).collect();
    entries.retain(|track| track.missing);
    entries.sort_unstable_by_key(|track| track.id);
    entries.dedup_by_key(|track| track.id);
    let missing = entries.len();
    context.progress(0, Some(files.len() as u64), || folder.display().to_string());
    let all = *selection == ExportSelection::All && within.is_empty();
    let files = m3u::export(folder, &files, all)?;
    Ok(JobOutcome::Export { files, missing })
}
