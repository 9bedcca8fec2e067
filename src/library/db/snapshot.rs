//! The whole library at one moment.

use std::sync::Arc;

use rusqlite::Connection;

use super::values::{Values, damaged_entry};
use super::{
    Library, album_fields, forgetting, history, lookalikes, playlists, predictions, problems, revision, roots, texts,
};
use crate::base::TrackId;
use crate::library::LibraryError;
use crate::library::model::{Prediction, Problem, Snapshot, Track, UserGenre};
use crate::library::name::Names;

impl Library {
    /// Everything, read in one transaction. A damaged value costs its row at most, and *Problems* names the song.
    ///
    /// # Errors
    /// Database failures.
    pub fn snapshot(&mut self) -> Result<Snapshot, LibraryError> {
        let stamp = self.predictions_stamp;
        let (mut snapshot, newer, heard) = self.read_with_names(|connection, names| {
            let revision = revision(connection)?;
            let newer = predictions::since(connection, stamp, names)?;
            let heard = predictions::count(connection)?;
            let mut damaged = Vec::new();
            let tracks = tracks(connection, names, &mut damaged)?;
            let snapshot = Snapshot {
                revision,
                roots: roots::roots(connection)?,
                tracks: Arc::new(tracks),
                playlists: Arc::new(playlists::playlists(connection)?),
                problems: Arc::new(with_damaged(problems::problems(connection)?, damaged)),
                lookalikes: Arc::new(lookalikes::lookalikes(connection)?),
                hidden: forgetting::hidden_loss(connection)?,
                undo: history::next(connection, false)?,
                redo: history::next(connection, true)?,
            };
            Ok((snapshot, newer, heard))
        })?;
        if stamp < 0 {
            // This was the first one.
            self.let_go_of_pages();
        }
        self.predictions_stamp = snapshot.revision as i64;
        self.take_in(newer);
        // Another library may be here now (a copy that was taken back), or songs were forgotten.
        if self.predictions.len() + self.damaged_predictions.len() != heard {
            self.reload_predictions()?;
        }
        let mut damaged = Vec::new();
        if let Some(tracks) = Arc::get_mut(&mut snapshot.tracks) {
            for track in tracks {
                track.prediction = self.predictions.get(&track.id).cloned();
                if self.damaged_predictions.contains(&track.id) {
                    damaged.push(damaged_entry(track.path.clone()));
                }
            }
        }
        if !damaged.is_empty() {
            let problems = std::mem::take(Arc::make_mut(&mut snapshot.problems));
            snapshot.problems = Arc::new(with_damaged(problems, damaged));
        }
        self.names.tidy();
        Ok(snapshot)
    }

    /// The first snapshot reads every page of the file, and few of them again later.
    fn let_go_of_pages(&self) {
        if let Err(error) = self.connection.execute_batch("PRAGMA shrink_memory") {
            tracing::debug!(%error, "the database keeps what it has read");
        }
    }

    /// As [`Library::read`], with the names that songs share.
    fn read_with_names<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Names) -> rusqlite::Result<T>,
    ) -> Result<T, LibraryError> {
        let mut names = std::mem::take(&mut self.names);
        let read = self.read(|connection| work(connection, &mut names));
        self.names = names;
        read
    }

    fn reload_predictions(&mut self) -> Result<(), LibraryError> {
        self.predictions.clear();
        self.damaged_predictions.clear();
        let all = self.read_with_names(|connection, names| predictions::since(connection, i64::MIN, names))?;
        self.take_in(all);
        Ok(())
    }

    /// Keeps predictions in place of those that were known of the same songs; `None` is one that cannot be read.
    fn take_in(&mut self, predictions: Vec<(TrackId, Option<Arc<Prediction>>)>) {
        for (track, prediction) in predictions {
            self.damaged_predictions.remove(&track);
            self.predictions.remove(&track);
            match prediction {
                Some(prediction) => drop(self.predictions.insert(track, prediction)),
                None => drop(self.damaged_predictions.insert(track)),
            }
        }
    }
}

/// The problems of files and those of damaged rows, ordered by path.
fn with_damaged(mut problems: Vec<Problem>, damaged: Vec<Problem>) -> Vec<Problem> {
    problems.extend(damaged);
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    problems.dedup_by(|a, b| a.path == b.path && a.message == b.message);
    problems
}

/// All songs ordered by path, without their predictions. Damaged values take stand-ins.
fn tracks(connection: &Connection, names: &mut Names, damaged: &mut Vec<Problem>) -> rusqlite::Result<Vec<Track>> {
    const NO_PREDICTION: Option<Arc<Prediction>> = None;
    let count: i64 =
        connection.query_row("SELECT count(*) FROM track WHERE removed_at IS NULL", [], |row| row.get(0))?;
    let mut tracks = Vec::with_capacity(count.max(0) as usize);
    let repairs = texts::all(connection)?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT t.id, t.path, t.title, t.artist, t.album, t.track_number, t.year, t.tag_genre, t.duration_secs, \
                t.format, t.playable, t.missing, t.added_at, u.genre, u.set_at, {} \
         FROM track t LEFT JOIN user_genre u ON u.track_id = t.id WHERE t.removed_at IS NULL",
        album_fields::COLUMNS.map(|column| format!("t.{column}")).join(", "),
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut values = Values::of(row);
        let (Some(id), Some(path)) = (values.integer(0), values.path(1)) else {
            damaged.push(damaged_entry(format!("(song {})", row.get::<_, i64>(0).unwrap_or_default()).into()));
            continue;
        };
        let title = values
            .text(2)
            .unwrap_or_else(|| path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned());
        let user_genre =
            values.optional_text(13).map(|genre| UserGenre { genre, set_at: values.integer(14).unwrap_or_default() });
        let mut track = Track {
            id: TrackId(id),
            title,
            artist: values.name(3, names).unwrap_or_default(),
            album: values.name(4, names).unwrap_or_default(),
            track_number: values.optional_integer(5),
            year: values.optional_integer(6),
            tag_genre: values.optional_name(7, names),
            duration_secs: values.number(8).unwrap_or_default(),
            format: values.name(9, names).unwrap_or_default(),
            playable: values.flag(10).unwrap_or(true),
            missing: values.flag(11).unwrap_or_default(),
            added_at: values.integer(12).unwrap_or_default(),
            more: album_fields::read(&mut values, 15),
            in_file: None,
            user_genre,
            prediction: NO_PREDICTION,
            path,
        };
        texts::show(&mut track, repairs.get(&id));
        if values.are_damaged() {
            damaged.push(damaged_entry(track.path.clone()));
        }
        tracks.push(track);
    }
    // `Path` compares component by component, SQLite byte by byte. Row order is path order up to the few runs that
    // single scans have added, which the sort makes use of.
    // A song that is gone comes behind the one that is at its path now.
    tracks.sort_by(|a, b| a.path.cmp(&b.path).then(a.missing.cmp(&b.missing)));
    Ok(tracks)
}
