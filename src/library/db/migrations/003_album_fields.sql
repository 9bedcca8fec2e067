-- Version 3: what an album needs, and what else tags say. Lists have one value a line.

ALTER TABLE track ADD COLUMN tags_version INTEGER NOT NULL DEFAULT 0; -- the tag reader that read the row; an older one: the tags are read again at the next scan
ALTER TABLE track ADD COLUMN album_artist TEXT;
ALTER TABLE track ADD COLUMN artists TEXT;            -- list; NULL: the artist alone
ALTER TABLE track ADD COLUMN tag_genres TEXT;         -- list; NULL: the genre alone
ALTER TABLE track ADD COLUMN disc INTEGER;
ALTER TABLE track ADD COLUMN disc_total INTEGER;
ALTER TABLE track ADD COLUMN track_total INTEGER;
ALTER TABLE track ADD COLUMN compilation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE track ADD COLUMN original_year INTEGER;
ALTER TABLE track ADD COLUMN composer TEXT;
ALTER TABLE track ADD COLUMN comment TEXT;
ALTER TABLE track ADD COLUMN title_sort TEXT;
ALTER TABLE track ADD COLUMN artist_sort TEXT;
ALTER TABLE track ADD COLUMN album_sort TEXT;
ALTER TABLE track ADD COLUMN album_artist_sort TEXT;
ALTER TABLE track ADD COLUMN bpm INTEGER;
ALTER TABLE track ADD COLUMN musical_key TEXT;
ALTER TABLE track ADD COLUMN rating INTEGER;          -- 0 to 100
ALTER TABLE track ADD COLUMN musicbrainz TEXT;        -- list: recording, release, artist; an unknown one is an empty line
ALTER TABLE track ADD COLUMN tag_note TEXT;           -- a sentence on items that could not be read
