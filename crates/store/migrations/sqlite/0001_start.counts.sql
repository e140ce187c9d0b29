CREATE TABLE download_day (
    version_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    krate_id INTEGER NOT NULL,
    downloads INTEGER NOT NULL,
    PRIMARY KEY (version_id, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX download_day_by_krate ON download_day (krate_id, day);

CREATE TABLE download_total (
    version_id INTEGER NOT NULL PRIMARY KEY,
    krate_id INTEGER NOT NULL,
    downloads INTEGER NOT NULL
) STRICT;

CREATE INDEX download_total_by_krate ON download_total (krate_id);

CREATE TABLE token_use (
    token_id INTEGER NOT NULL PRIMARY KEY,
    used_at INTEGER NOT NULL
) STRICT;

CREATE TABLE node (
    id TEXT NOT NULL PRIMARY KEY,
    seen_event INTEGER NOT NULL,
    beat_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
