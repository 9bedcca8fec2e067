-- Version 4: texts of songs that were read in the wrong encoding, as a person had them read again.

CREATE TABLE text_repair (
    track_id INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
    fields TEXT NOT NULL,                             -- JSON: {"title": {"in_file": …, "repaired": …}, …}; a field whose text in the file is another one by now is not repaired any more
    set_at INTEGER NOT NULL                           -- Unix seconds
);
