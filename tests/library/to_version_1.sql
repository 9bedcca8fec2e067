-- Turns a library back into one of version 1; the hashes of files are left for the test to write.
DROP TABLE text_repair;
PRAGMA foreign_keys = OFF;
CREATE TABLE track_1 (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    content_hash BLOB NOT NULL, title TEXT NOT NULL, artist TEXT NOT NULL, album TEXT NOT NULL, track_number INTEGER,
    year INTEGER, tag_genre TEXT, duration_secs REAL NOT NULL, format TEXT NOT NULL, playable INTEGER NOT NULL,
    missing INTEGER NOT NULL DEFAULT 0, added_at INTEGER NOT NULL
);
INSERT INTO track_1 SELECT id, path, size, mtime_ns, x'00', title, artist, album, track_number, year, tag_genre,
    duration_secs, format, playable, missing, added_at FROM track WHERE NOT missing;
CREATE TABLE prediction_1 (
    track_id INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE, stamp INTEGER NOT NULL,
    model_name TEXT NOT NULL, model_hash TEXT NOT NULL, content_hash BLOB NOT NULL, top TEXT NOT NULL,
    tags TEXT NOT NULL, heard_secs REAL NOT NULL, note TEXT, decided_at INTEGER NOT NULL
);
INSERT INTO prediction_1 SELECT track_id, stamp, model_name, model_hash, x'00', top, tags, heard_secs, note, decided_at
    FROM prediction;
DROP TABLE lookalike;
DROP TABLE change;
DROP TABLE prediction;
DROP TABLE track;
ALTER TABLE track_1 RENAME TO track;
ALTER TABLE prediction_1 RENAME TO prediction;
CREATE INDEX prediction_stamp ON prediction (stamp);
PRAGMA user_version = 1;
