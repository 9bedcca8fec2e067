//! What a person gave the library goes into an export, and comes out of one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Library;
use super::genres::counted;
use super::history::record;
use super::steps::Step;
use super::texts::{self, Repair};
use super::values::Values;
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;
use crate::library::model::TextField;
use crate::library::portable::{
    Candidate, Document, FORMAT, Found, Genre, PathMap, Playlist, Repaired, Song, TextRepair, Texts, VERSION, hex,
    mapped, pair, path_of, to_text,
};
use crate::library::tags::clean;

/// Lines of a list in a text, at most.
const MOST_LINES: usize = 64;

/// Fields that this version does not know, by what they are about: `""` is the file, `song 7`, `genre 7`, `texts 7`,
/// `list Train`.
pub(super) const KEPT_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS kept (about TEXT PRIMARY KEY, fields TEXT NOT NULL) WITHOUT ROWID";

/// A song of an export that is not in the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotFound {
    /// Where it would be on this machine.
    pub path: PathBuf,
    /// Its title.
    pub title: String,
    /// Its artist.
    pub artist: String,
    /// The genre that a person gave it.
    pub genre: Option<String>,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Songs that were found, and how.
    pub found: Found,
    /// Songs that are not in this library.
    pub not_found: Vec<NotFound>,
    /// Genres that are set.
    pub genres: usize,
    /// Genres that stay because they were set here later.
    pub genres_kept: usize,
    /// Songs whose texts are repaired.
    pub texts: usize,
    /// Playlists that are made.
    pub playlists_made: Vec<String>,
    /// Playlists that get further songs.
    pub playlists_changed: Vec<String>,
    /// Folders that are added.
    pub folders: Vec<PathBuf>,
    /// Folders that are not there on this machine.
    pub folders_missing: Vec<PathBuf>,
    /// Settings that change, by name.
    pub settings: Vec<String>,
}

impl ImportReport {
    /// Whether the library stays as it is.
    pub fn changes_nothing(&self) -> bool {
        self.genres == 0
            && self.texts == 0
            && self.playlists_made.is_empty()
            && self.playlists_changed.is_empty()
            && self.folders.is_empty()
            && self.settings.is_empty()
    }
}

impl Library {
    /// What a person gave this library: genres, playlists, folders. The settings are the caller's.
    ///
    /// # Errors
    /// Database failures.
    pub fn portable(&self) -> Result<Document, LibraryError> {
        self.read(document)
    }

    /// Gives this library what stands in an export, in one transaction, which can be undone as one. With `dry_run` it is
    /// only said what would happen. Twice is once.
    ///
    /// A genre replaces one that was set earlier, never one that was set later. A playlist of the same name gets the songs
    /// that it lacks. Nothing is taken away.
    ///
    /// # Errors
    /// Database failures; then nothing is imported.
    pub fn import(
        &mut self,
        document: &Document,
        maps: &[PathMap],
        what: &str,
        dry_run: bool,
    ) -> Result<ImportReport, LibraryError> {
        let plan = self.read(|connection| plan(connection, document, maps))?;
        if dry_run || (plan.steps.is_empty() && plan.kept.is_empty()) {
            return Ok(plan.report);
        }
        self.write(|transaction| {
            // Somebody may have changed something in the meantime.
            let Plan { steps, kept, report } = self::plan(transaction, document, maps)?;
            if !steps.is_empty() {
                record(transaction, &format!("imported {} from {what}", described(&report)), Step::Many(steps))?;
            }
            keep(transaction, &kept)?;
            Ok(report)
        })
    }
}

fn described(report: &ImportReport) -> String {
    let lists = report.playlists_made.len() + report.playlists_changed.len();
    let count = |number: usize, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {many}")),
    };
    let parts = [
        count(report.genres, "genre", "genres"),
        count(report.texts, "repaired text", "repaired texts"),
        count(lists, "playlist", "playlists"),
        count(report.folders.len(), "folder", "folders"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { counted(0) } else { parts.join(", ") }
}

fn document(connection: &Connection) -> rusqlite::Result<Document> {
    let kept = kept(connection)?;
    let rest = |about: &str| kept.get(about).cloned().unwrap_or_default();
    let mut repairs = texts::all(connection)?;
    let mut places = HashMap::new();
    let mut songs = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT t.id, t.path, t.sound_key, t.title, t.artist, t.album, t.duration_secs, u.genre, u.set_at \
         FROM track t LEFT JOIN user_genre u ON u.track_id = t.id \
         WHERE u.track_id IS NOT NULL OR EXISTS (SELECT 1 FROM playlist_entry e WHERE e.track_id = t.id) \
             OR EXISTS (SELECT 1 FROM text_repair r WHERE r.track_id = t.id) \
         ORDER BY t.path, t.id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut values = Values::of(row);
        let id: i64 = row.get(0)?;
        let (path, path_hex) = to_text(&values.path(1).unwrap_or_default());
        let key: Option<[u8; 16]> = row.get(2).unwrap_or_default();
        let genre = values.optional_text(7).map(|name| Genre {
            name,
            set_at: values.integer(8).unwrap_or_default(),
            rest: rest(&format!("genre {id}")),
        });
        places.insert(id, songs.len() as u32);
        songs.push(Song {
            sound: key.map(|key| hex(&key)),
            path,
            path_hex,
            title: values.text(3).unwrap_or_default(),
            artist: values.text(4).unwrap_or_default(),
            album: values.text(5).unwrap_or_default(),
            duration_secs: values.number(6).unwrap_or_default(),
            genre,
            repaired: repairs.remove(&id).map(|Repair { fields, set_at }| Repaired {
                texts: fields,
                set_at,
                rest: rest(&format!("texts {id}")),
            }),
            rest: rest(&format!("song {id}")),
        });
    }
    let mut playlists = Vec::new();
    for (id, name) in lists(connection)? {
        let songs = entries(connection, id)?.iter().filter_map(|track| places.get(track).copied()).collect();
        let rest = rest(&format!("list {name}"));
        playlists.push(Playlist { name, songs, rest });
    }
    let now = jiff::Timestamp::from_second(unix_now_secs()).unwrap_or_default();
    Ok(Document {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: Some(concat!("timbre ", env!("CARGO_PKG_VERSION")).to_owned()),
        exported_at: Some(now.to_string()),
        folders: super::roots::roots(connection)?.iter().map(|root| root.to_string_lossy().into_owned()).collect(),
        songs,
        playlists,
        settings: Map::new(),
        rest: rest(""),
    })
}

/// Identifiers and names of all playlists, ordered by name.
fn lists(connection: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare_cached("SELECT id, name FROM playlist ORDER BY name, id")?;
    statement
        .query_map([], |row| {
            let id: i64 = row.get(0)?;
            Ok((id, Values::of(row).text(1).unwrap_or_else(|| format!("Playlist {id}"))))
        })?
        .collect()
}

fn entries(connection: &Connection, playlist: i64) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT track_id FROM playlist_entry WHERE playlist_id = ?1 AND typeof(track_id) = 'integer' ORDER BY position",
    )?;
    statement.query_map([playlist], |row| row.get(0))?.collect()
}

/// What an import changes.
struct Plan {
    steps: Vec<Step>,
    /// Unknown fields to keep, by what they are about.
    kept: BTreeMap<String, Map<String, Value>>,
    report: ImportReport,
}

fn plan(connection: &Connection, document: &Document, maps: &[PathMap]) -> rusqlite::Result<Plan> {
    let library = candidates(connection)?;
    let (pairs, found) = pair(&document.songs, maps, &library);
    let mut report = ImportReport { found, ..ImportReport::default() };
    let mut kept = BTreeMap::new();
    let mut steps = Vec::new();
    add_folders(connection, document, maps, &mut steps, &mut report)?;

    // Two songs of the export may be one here: the later decision holds.
    let mut genres: BTreeMap<i64, &Genre> = BTreeMap::new();
    let mut texts: BTreeMap<i64, &Repaired> = BTreeMap::new();
    for (song, id) in document.songs.iter().zip(&pairs) {
        let Some(id) = id else {
            report.not_found.push(NotFound {
                path: path_of(song, maps),
                title: song.title.clone(),
                artist: song.artist.clone(),
                genre: song.genre.as_ref().map(|genre| genre.name.clone()),
            });
            continue;
        };
        kept.insert(format!("song {id}"), song.rest.clone());
        if let Some(genre) = song.genre.as_ref().filter(|genre| !genre.name.trim().is_empty()) {
            kept.insert(format!("genre {id}"), genre.rest.clone());
            let later = genres.get(id).is_none_or(|other| other.set_at < genre.set_at);
            if later {
                genres.insert(*id, genre);
            }
        }
        if let Some(repaired) = song.repaired.as_ref().filter(|repaired| !repaired.texts.is_empty()) {
            kept.insert(format!("texts {id}"), repaired.rest.clone());
            if texts.get(id).is_none_or(|other| other.set_at < repaired.set_at) {
                texts.insert(*id, repaired);
            }
        }
    }
    let mut set = Vec::new();
    for (id, genre) in genres {
        let name = genre.name.trim();
        let here: Option<(Option<String>, i64)> = connection
            .prepare_cached("SELECT genre, set_at FROM user_genre WHERE track_id = ?1")?
            .query_row([id], |row| {
                let mut values = Values::of(row);
                Ok((values.text(0), values.integer(1).unwrap_or_default()))
            })
            .optional()?;
        match here {
            Some((Some(there), _)) if there == name => {}
            Some((Some(_), set_at)) if set_at >= genre.set_at => report.genres_kept += 1,
            _ => set.push((id, Some((name.to_owned(), genre.set_at)))),
        }
    }
    report.genres = set.len();
    if !set.is_empty() {
        steps.push(Step::Genres(set));
    }

    let mut repairs = Vec::new();
    for (id, repaired) in texts {
        let fields = within_bounds(repaired);
        let here = texts::of_song(connection, id)?;
        if !fields.is_empty() && here.is_none_or(|here| here.fields != fields && here.set_at < repaired.set_at) {
            repairs.push((id, Some(Repair { fields, set_at: repaired.set_at })));
        }
    }
    report.texts = repairs.len();
    if !repairs.is_empty() {
        steps.push(Step::Texts(repairs));
    }

    let mut here: HashMap<String, i64> = lists(connection)?.into_iter().map(|(id, name)| (name, id)).collect();
    let mut made: HashSet<&str> = HashSet::new();
    for playlist in &document.playlists {
        let name = playlist.name.trim();
        let songs: Vec<i64> = playlist.songs.iter().filter_map(|song| pairs.get(*song as usize).copied()?).collect();
        if name.is_empty() {
            continue;
        }
        match here.remove(name) {
            Some(id) => {
                kept.insert(format!("list {name}"), playlist.rest.clone());
                let before = entries(connection, id)?;
                if let Some(merged) = merged(&before, &songs) {
                    report.playlists_changed.push(name.to_owned());
                    steps.push(Step::FillPlaylist(id, merged));
                }
            }
            // Without any of its songs it waits for the next import.
            None if songs.is_empty() && !playlist.songs.is_empty() => {}
            None if made.insert(name) => {
                kept.insert(format!("list {name}"), playlist.rest.clone());
                report.playlists_made.push(name.to_owned());
                steps.push(Step::MakePlaylist { id: None, name: name.to_owned(), tracks: songs });
            }
            // The same name twice in one file.
            None => {}
        }
    }
    if !document.rest.is_empty() {
        kept.insert(String::new(), document.rest.clone());
    }
    let known = self::kept(connection)?;
    kept.retain(|about, fields| !fields.is_empty() && known.get(about) != Some(fields));
    Ok(Plan { steps, kept, report })
}

/// Texts as a scan and a person could have made them: of fields that are known, without characters that steer, not too long.
fn within_bounds(repaired: &Repaired) -> Texts {
    let known = |field: &str| TextField::ALL.iter().any(|known| known.key() == field);
    let lines = |text: &str| text.lines().take(MOST_LINES).filter_map(clean).collect::<Vec<_>>().join("\n");
    let texts = repaired.texts.iter().filter(|(field, _)| known(field));
    texts
        .map(|(field, text)| {
            let in_file = text.in_file.chars().take(MOST_LINES * 500).collect();
            (field.clone(), TextRepair { in_file, repaired: lines(&text.repaired) })
        })
        .filter(|(_, text)| !text.repaired.is_empty())
        .collect()
}

fn add_folders(
    connection: &Connection,
    document: &Document,
    maps: &[PathMap],
    steps: &mut Vec<Step>,
    report: &mut ImportReport,
) -> rusqlite::Result<()> {
    let mut known: HashSet<PathBuf> = super::roots::roots(connection)?.into_iter().collect();
    for folder in &document.folders {
        let folder = mapped(folder, maps);
        // A folder of another system is none here.
        let is_here = folder.is_absolute() && folder.is_dir();
        if folder.as_os_str().is_empty() || known.contains(&folder) {
            continue;
        }
        match folder.to_str().filter(|_| is_here) {
            Some(text) => {
                steps.push(Step::AddRoot(text.to_owned()));
                known.insert(folder.clone());
                report.folders.push(folder);
            }
            None => report.folders_missing.push(folder),
        }
    }
    Ok(())
}

/// All songs, the hidden ones included.
fn candidates(connection: &Connection) -> rusqlite::Result<Vec<Candidate>> {
    let mut statement = connection
        .prepare_cached("SELECT id, path, sound_key, title, artist, duration_secs, missing, removed_at FROM track")?;
    let mut rows = statement.query([])?;
    let mut candidates = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Values::of(row);
        let Some(path) = values.path(1) else { continue };
        candidates.push(Candidate {
            id: row.get(0)?,
            path,
            sound_key: row.get(2).unwrap_or_default(),
            title: values.text(3).unwrap_or_default(),
            artist: values.text(4).unwrap_or_default(),
            duration_secs: values.number(5).unwrap_or_default(),
            is_here: !values.flag(6).unwrap_or_default() && values.optional_integer::<i64>(7).is_none(),
        });
    }
    Ok(candidates)
}

/// A playlist that has `before` and gets `imported`: the imported order where everything that is there is in it, else what
/// is lacking comes behind. `None`: nothing is lacking.
fn merged(before: &[i64], imported: &[i64]) -> Option<Vec<i64>> {
    let mut rest = before.iter();
    let mut next = rest.next();
    for song in imported {
        if next == Some(song) {
            next = rest.next();
        }
    }
    let is_part = next.is_none();
    if is_part && before.len() == imported.len() {
        return None;
    }
    if is_part {
        return Some(imported.to_vec());
    }
    let mut there: HashMap<i64, usize> = HashMap::new();
    before.iter().for_each(|song| *there.entry(*song).or_default() += 1);
    let mut all = before.to_vec();
    for song in imported {
        match there.get_mut(song) {
            Some(count) if *count > 0 => *count -= 1,
            _ => all.push(*song),
        }
    }
    (all.len() > before.len()).then_some(all)
}

/// The unknown fields of earlier imports.
fn kept(connection: &Connection) -> rusqlite::Result<HashMap<String, Map<String, Value>>> {
    let there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'kept')";
    let mut kept = HashMap::new();
    if !connection.query_row(there, [], |row| row.get::<_, bool>(0))? {
        return Ok(kept);
    }
    let mut statement = connection.prepare("SELECT about, fields FROM kept")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut values = Values::of(row);
        let (Some(about), Some(fields)) = (values.text(0), values.text(1)) else { continue };
        if let Ok(Value::Object(fields)) = serde_json::from_str(&fields) {
            kept.insert(about, fields);
        }
    }
    Ok(kept)
}

fn keep(transaction: &Transaction<'_>, kept: &BTreeMap<String, Map<String, Value>>) -> rusqlite::Result<()> {
    if kept.is_empty() {
        return Ok(());
    }
    transaction.execute(KEPT_TABLE, [])?;
    for (about, fields) in kept {
        let fields =
            serde_json::to_string(fields).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        transaction.execute("INSERT OR REPLACE INTO kept VALUES (?1, ?2)", params![about, fields])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn playlists_grow_and_never_shrink() {
        assert_eq!(merged(&[1, 2, 2], &[1, 2, 2]), None);
        assert_eq!(merged(&[1, 3], &[1, 2, 3]), Some(vec![1, 2, 3]), "the imported order");
        assert_eq!(merged(&[], &[4, 4]), Some(vec![4, 4]));
        assert_eq!(merged(&[1, 2, 3], &[3, 1]), None);
        assert_eq!(merged(&[9, 1], &[1, 2, 2]), Some(vec![9, 1, 2, 2]));
        let once = merged(&[9, 1], &[1, 2, 2]).unwrap();
        assert_eq!(merged(&once, &[1, 2, 2]), None, "twice is once");
    }
}
