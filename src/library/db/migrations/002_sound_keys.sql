-- Version 2: a song is its sound. Rows outlive the folder they came from, and what a person does can be undone.
-- Foreign keys are off while this runs.

CREATE TABLE track_2 (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    path          NOT NULL,                    -- TEXT; a BLOB where the name is not valid UTF-8
    size          INTEGER NOT NULL,            -- bytes
    mtime_ns      INTEGER NOT NULL,            -- modification time, ns since 1970; -1: open again at the next scan
    inode         INTEGER NOT NULL DEFAULT 0,  -- tells files of one size and time apart; 0: unknown
    sound_key     BLOB,                        -- 16 bytes, see library/sound_key; NULL: not read yet (from version 1)
    v1_hash       BLOB,                        -- what version 1 knew a file by, until it has a sound key
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
    removed_at    INTEGER,                     -- Unix seconds; its folder was taken out of the library, the row is kept
    added_at      INTEGER NOT NULL             -- Unix seconds
);
INSERT INTO track_2 (id, path, size, mtime_ns, v1_hash, title, artist, album, track_number, year, tag_genre,
                     duration_secs, format, playable, missing, added_at)
    SELECT id, path, size, mtime_ns, content_hash, title, artist, album, track_number, year, tag_genre,
           duration_secs, format, playable, missing, added_at
    FROM track;
-- An identifier is never given twice, also after this.
DELETE FROM sqlite_sequence WHERE name = 'track_2';
INSERT INTO sqlite_sequence (name, seq) SELECT 'track_2', seq FROM sqlite_sequence WHERE name = 'track';

CREATE TABLE prediction_2 (
    track_id     INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
    stamp        INTEGER NOT NULL,             -- the revision that wrote it: readers fetch only what is new
    model_name   TEXT    NOT NULL,
    model_hash   TEXT    NOT NULL,
    sound_key    BLOB,                         -- the track's at that time
    top          TEXT    NOT NULL,             -- JSON: [[genre, probability], ...], best first
    tags         TEXT    NOT NULL,             -- JSON: [[tag, score], ...], strongest first
    heard_secs   REAL    NOT NULL,
    note         TEXT,
    decided_at   INTEGER NOT NULL
);
-- A prediction that was due again already gets a key that no song has.
INSERT INTO prediction_2
    SELECT p.track_id, p.stamp, p.model_name, p.model_hash, iif(p.content_hash = t.content_hash, NULL, x'00'),
           p.top, p.tags, p.heard_secs, p.note, p.decided_at
    FROM prediction p JOIN track t ON t.id = p.track_id;

DROP TABLE prediction;
DROP TABLE track;
ALTER TABLE track_2 RENAME TO track;
ALTER TABLE prediction_2 RENAME TO prediction;
CREATE INDEX prediction_stamp ON prediction (stamp);
-- A song that went away keeps its path, where another one may be now.
CREATE UNIQUE INDEX track_place ON track (path) WHERE missing = 0 AND removed_at IS NULL;

-- New songs that look like one which is gone, by title, artist and length: a person is asked.
CREATE TABLE lookalike (
    track_id  INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
    former_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    seen_at   INTEGER NOT NULL
);
CREATE INDEX lookalike_former ON lookalike (former_id);

-- What a person did, in order. A change that is in force holds the step that takes it back, one that was taken back
-- holds the step that makes it again.
CREATE TABLE change (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,                   -- Unix seconds
    what   TEXT    NOT NULL,                   -- "renamed playlist ‘A’ to ‘B’"
    step   BLOB    NOT NULL,                   -- JSON, compressed by Zstandard
    undone INTEGER NOT NULL DEFAULT 0
);
