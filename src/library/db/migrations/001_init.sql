-- Version 1 of the library database.

-- Grows with every change, so that any process can see whether it has the newest state.
CREATE TABLE state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    revision INTEGER NOT NULL
);
INSERT INTO state VALUES (1, 0);

-- The folders that are scanned.
CREATE TABLE root (
    path TEXT PRIMARY KEY
) WITHOUT ROWID;

-- One row for each song file ever seen below a root, until the root is removed.
-- AUTOINCREMENT: an identifier is never given twice, also after a deletion.
CREATE TABLE track (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    path          TEXT    NOT NULL UNIQUE,
    size          INTEGER NOT NULL,            -- bytes
    mtime_ns      INTEGER NOT NULL,            -- modification time, ns since 1970; -1: open again at the next scan
    content_hash  BLOB    NOT NULL,            -- 16 bytes, see library/scan/hash.rs
    title         TEXT    NOT NULL,
    artist        TEXT    NOT NULL,
    album         TEXT    NOT NULL,
    track_number  INTEGER,
    year          INTEGER,
    tag_genre     TEXT,
    duration_secs REAL    NOT NULL,            -- 0: unknown
    format        TEXT    NOT NULL,
    playable      INTEGER NOT NULL,
    missing       INTEGER NOT NULL DEFAULT 0,
    added_at      INTEGER NOT NULL             -- Unix seconds
);

-- What a person decided; no job ever changes it.
CREATE TABLE user_genre (
    track_id INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
    genre    TEXT    NOT NULL,
    set_at   INTEGER NOT NULL
);

-- What a network heard. It is due again when the model differs or the song's content does.
CREATE TABLE prediction (
    track_id     INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
    stamp        INTEGER NOT NULL,             -- the revision that wrote it: readers fetch only what is new
    model_name   TEXT    NOT NULL,
    model_hash   TEXT    NOT NULL,
    content_hash BLOB    NOT NULL,             -- the track's at that time
    top          TEXT    NOT NULL,             -- JSON: [[genre, probability], ...], best first
    tags         TEXT    NOT NULL,             -- JSON: [[tag, score], ...], strongest first
    heard_secs   REAL    NOT NULL,
    note         TEXT,
    decided_at   INTEGER NOT NULL
);
CREATE INDEX prediction_stamp ON prediction (stamp);

-- Files that could not be used. Size and time are the file's when that was seen:
-- while they stay the same it is not opened again. Both are NULL when the file has none.
CREATE TABLE problem (
    path     TEXT PRIMARY KEY,
    kind     TEXT    NOT NULL,
    message  TEXT    NOT NULL,
    seen_at  INTEGER NOT NULL,
    decoding INTEGER NOT NULL,                 -- 1: seen while decoding, 0: seen by a scan
    size     INTEGER,
    mtime_ns INTEGER
) WITHOUT ROWID;

CREATE TABLE playlist (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE playlist_entry (
    playlist_id INTEGER NOT NULL REFERENCES playlist (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    track_id    INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    PRIMARY KEY (playlist_id, position)
) WITHOUT ROWID;
CREATE INDEX playlist_entry_track ON playlist_entry (track_id);
