CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event_counter (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;

INSERT INTO event_counter (one, last) VALUES (1, 0);

CREATE TABLE event (
    number INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    registry_id INTEGER,
    krate_id INTEGER,
    version_id INTEGER,
    subject INTEGER
) STRICT;

CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    happened_at INTEGER NOT NULL,
    who TEXT NOT NULL CHECK (who IN ('nobody', 'user', 'operator', 'system')),
    account_id INTEGER,
    token_id INTEGER,
    address TEXT,
    action TEXT NOT NULL,
    registry TEXT,
    krate TEXT,
    version TEXT,
    refusal TEXT,
    before_json TEXT,
    after_json TEXT,
    event_number INTEGER
) STRICT;

CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    email TEXT,
    is_admin INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT account_folded_key UNIQUE (folded)
) STRICT;

CREATE TABLE token (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    label TEXT NOT NULL,
    hash BLOB NOT NULL,
    scopes TEXT NOT NULL,
    crates TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    CONSTRAINT token_hash_key UNIQUE (hash)
) STRICT;

CREATE INDEX token_by_account ON token (account_id, id);

CREATE TABLE registry (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    access TEXT NOT NULL,
    stands_for_crates_io INTEGER NOT NULL,
    unknown_dependencies TEXT NOT NULL,
    upload_rules TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT registry_name_key UNIQUE (name)
) STRICT;

CREATE UNIQUE INDEX registry_default_key ON registry (is_default) WHERE is_default;

CREATE TABLE krate (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    registry_id INTEGER NOT NULL REFERENCES registry (id),
    name TEXT NOT NULL,
    canon TEXT NOT NULL,
    index_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    index_fold BLOB NOT NULL,
    index_length INTEGER NOT NULL,
    index_etag TEXT NOT NULL,
    event_number INTEGER NOT NULL,
    description TEXT,
    CONSTRAINT krate_canon_key UNIQUE (registry_id, canon)
) STRICT;

CREATE TABLE version (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    krate_id INTEGER NOT NULL REFERENCES krate (id),
    num TEXT NOT NULL,
    num_bare TEXT NOT NULL,
    checksum BLOB NOT NULL,
    size INTEGER NOT NULL,
    yanked INTEGER NOT NULL,
    line TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    published_by INTEGER REFERENCES account (id),
    yank_message TEXT,
    metadata TEXT NOT NULL,
    CONSTRAINT version_num_key UNIQUE (krate_id, num_bare)
) STRICT;

CREATE INDEX version_by_checksum ON version (checksum);

CREATE TABLE dependency (
    version_id INTEGER NOT NULL REFERENCES version (id),
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_in_toml TEXT NOT NULL,
    req TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT,
    optional INTEGER NOT NULL,
    default_features INTEGER NOT NULL,
    features TEXT NOT NULL,
    public INTEGER NOT NULL,
    registry_id INTEGER REFERENCES registry (id),
    index_url TEXT,
    PRIMARY KEY (version_id, place),
    CHECK ((registry_id IS NULL) <> (index_url IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE owner (
    krate_id INTEGER NOT NULL REFERENCES krate (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    added_at INTEGER NOT NULL,
    added_by INTEGER REFERENCES account (id),
    PRIMARY KEY (krate_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstone (
    registry_id INTEGER NOT NULL REFERENCES registry (id),
    canon TEXT NOT NULL,
    num_bare TEXT NOT NULL,
    num TEXT NOT NULL,
    checksum BLOB NOT NULL,
    deleted_at INTEGER NOT NULL,
    reason TEXT,
    CONSTRAINT tombstone_pkey PRIMARY KEY (registry_id, canon, num_bare)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
    class TEXT NOT NULL,
    checksum BLOB NOT NULL,
    size INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intent', 'live', 'doomed', 'deleting')),
    touched_at INTEGER NOT NULL,
    PRIMARY KEY (class, checksum)
) STRICT, WITHOUT ROWID;

CREATE INDEX blob_unsettled ON blob (class, state, touched_at) WHERE state <> 'live';

CREATE TABLE job (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    dedup TEXT,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    error TEXT,
    dead INTEGER NOT NULL,
    CONSTRAINT job_dedup_key UNIQUE (kind, dedup)
) STRICT;

CREATE INDEX job_by_due ON job (dead, due_at, id);
