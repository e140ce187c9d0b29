-- account: persons and services, and whether they are locked out
ALTER TABLE account ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';
ALTER TABLE account ADD COLUMN display_name TEXT;
ALTER TABLE account ADD COLUMN email_verified_at INTEGER;
ALTER TABLE account ADD COLUMN publish_mail INTEGER NOT NULL DEFAULT 1;
ALTER TABLE account ADD COLUMN locked_at INTEGER;
ALTER TABLE account ADD COLUMN locked_until INTEGER;
ALTER TABLE account ADD COLUMN lock_reason TEXT;
ALTER TABLE account ADD COLUMN crates_max INTEGER;
ALTER TABLE account ADD COLUMN bytes_max INTEGER;

CREATE TABLE password (
    account_id INTEGER NOT NULL PRIMARY KEY REFERENCES account (id),
    hash TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE identity (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    login TEXT NOT NULL,
    sealed_token BLOB,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    CONSTRAINT identity_subject_key UNIQUE (provider, subject)
) STRICT;

CREATE INDEX identity_by_account ON identity (account_id, id);

CREATE TABLE passkey (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    credential BLOB NOT NULL,
    label TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    CONSTRAINT passkey_credential_key UNIQUE (credential)
) STRICT;

CREATE INDEX passkey_by_account ON passkey (account_id, id);

CREATE TABLE session (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    hash BLOB NOT NULL,
    method TEXT NOT NULL,
    form_key TEXT NOT NULL,
    address TEXT,
    agent TEXT,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    CONSTRAINT session_hash_key UNIQUE (hash)
) STRICT;

CREATE INDEX session_by_account ON session (account_id, id);

CREATE TABLE ticket (
    hash BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ticket_by_account ON ticket (account_id, purpose);

CREATE TABLE vault_key (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    bytes BLOB,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;

CREATE TABLE team (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    login TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    external_id TEXT,
    organization_id TEXT,
    avatar TEXT,
    created_at INTEGER NOT NULL,
    CONSTRAINT team_login_key UNIQUE (login)
) STRICT;

CREATE TABLE team_member (
    team_id INTEGER NOT NULL REFERENCES team (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    source TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    added_by INTEGER REFERENCES account (id),
    PRIMARY KEY (team_id, account_id, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX team_member_by_account ON team_member (account_id, team_id);

-- roles that groups of a provider give; direct ones stand in account.is_admin and registry_member
CREATE TABLE group_role (
    account_id INTEGER NOT NULL REFERENCES account (id),
    provider TEXT NOT NULL,
    role TEXT NOT NULL,
    registry_id INTEGER NOT NULL,
    PRIMARY KEY (account_id, provider, role, registry_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE registry_member (
    registry_id INTEGER NOT NULL REFERENCES registry (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    added_by INTEGER REFERENCES account (id),
    PRIMARY KEY (registry_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX registry_member_by_account ON registry_member (account_id, registry_id);

CREATE TABLE registry_team (
    registry_id INTEGER NOT NULL REFERENCES registry (id),
    team_id INTEGER NOT NULL REFERENCES team (id),
    role TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    added_by INTEGER REFERENCES account (id),
    PRIMARY KEY (registry_id, team_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE registry ADD COLUMN new_crates TEXT NOT NULL DEFAULT 'anyone';
ALTER TABLE registry ADD COLUMN crates_max INTEGER;
ALTER TABLE registry ADD COLUMN bytes_max INTEGER;

ALTER TABLE krate ADD COLUMN limited INTEGER NOT NULL DEFAULT 0;
ALTER TABLE krate ADD COLUMN trustpub_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE krate ADD COLUMN upload_bytes_max INTEGER;
ALTER TABLE krate ADD COLUMN features_max INTEGER;

ALTER TABLE version ADD COLUMN built_by TEXT;

CREATE TABLE krate_reader (
    krate_id INTEGER NOT NULL REFERENCES krate (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    added_at INTEGER NOT NULL,
    PRIMARY KEY (krate_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE krate_team_reader (
    krate_id INTEGER NOT NULL REFERENCES krate (id),
    team_id INTEGER NOT NULL REFERENCES team (id),
    added_at INTEGER NOT NULL,
    PRIMARY KEY (krate_id, team_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE team_owner (
    krate_id INTEGER NOT NULL REFERENCES krate (id),
    team_id INTEGER NOT NULL REFERENCES team (id),
    added_at INTEGER NOT NULL,
    added_by INTEGER REFERENCES account (id),
    PRIMARY KEY (krate_id, team_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX team_owner_by_team ON team_owner (team_id, krate_id);

CREATE TABLE invitation (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    krate_id INTEGER NOT NULL REFERENCES krate (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    invited_by INTEGER REFERENCES account (id),
    hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT invitation_krate_key UNIQUE (krate_id, account_id),
    CONSTRAINT invitation_hash_key UNIQUE (hash)
) STRICT;

CREATE INDEX invitation_by_account ON invitation (account_id, id);

CREATE TABLE reserved_name (
    registry_id INTEGER NOT NULL REFERENCES registry (id),
    pattern TEXT NOT NULL,
    team_id INTEGER REFERENCES team (id),
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by INTEGER REFERENCES account (id),
    PRIMARY KEY (registry_id, pattern)
) STRICT, WITHOUT ROWID;

-- asks for names where new crates need approval
CREATE TABLE name_request (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    registry_id INTEGER NOT NULL REFERENCES registry (id),
    canon TEXT NOT NULL,
    name TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id),
    state TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    decided_at INTEGER,
    reason TEXT,
    CONSTRAINT name_request_key UNIQUE (registry_id, canon, account_id)
) STRICT;

-- crates that were deleted: their names stay with their last owners until released
CREATE TABLE deleted_krate (
    registry_id INTEGER NOT NULL REFERENCES registry (id),
    canon TEXT NOT NULL,
    name TEXT NOT NULL,
    owners TEXT NOT NULL,
    message TEXT,
    deleted_at INTEGER NOT NULL,
    available_at INTEGER NOT NULL,
    PRIMARY KEY (registry_id, canon)
) STRICT, WITHOUT ROWID;

CREATE TABLE rate_bucket (
    subject TEXT NOT NULL,
    action TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    refilled_at INTEGER NOT NULL,
    PRIMARY KEY (subject, action)
) STRICT, WITHOUT ROWID;

CREATE TABLE rate_override (
    account_id INTEGER NOT NULL REFERENCES account (id),
    action TEXT NOT NULL,
    burst INTEGER NOT NULL,
    refill_secs INTEGER,
    expires_at INTEGER,
    PRIMARY KEY (account_id, action)
) STRICT, WITHOUT ROWID;

ALTER TABLE token ADD COLUMN registries TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN addresses TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN is_legacy INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN session_id INTEGER REFERENCES session (id);
ALTER TABLE token ADD COLUMN warned_at INTEGER;

CREATE TABLE trust_issuer (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    audience TEXT NOT NULL,
    required TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT trust_issuer_name_key UNIQUE (name),
    CONSTRAINT trust_issuer_url_key UNIQUE (url)
) STRICT;

CREATE TABLE trusted_publisher (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    krate_id INTEGER NOT NULL REFERENCES krate (id),
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    fields TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by INTEGER REFERENCES account (id)
) STRICT;

CREATE INDEX trusted_publisher_by_krate ON trusted_publisher (krate_id, id);
CREATE INDEX trusted_publisher_by_subject ON trusted_publisher (provider, subject, id);

CREATE TABLE trust_token (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL,
    registry_id INTEGER NOT NULL REFERENCES registry (id),
    krates TEXT NOT NULL,
    build TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT trust_token_hash_key UNIQUE (hash)
) STRICT;

CREATE INDEX trust_token_by_expiry ON trust_token (expires_at);

CREATE TABLE used_jwt (
    issuer TEXT NOT NULL,
    jti TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT used_jwt_pkey PRIMARY KEY (issuer, jti)
) STRICT, WITHOUT ROWID;

CREATE INDEX used_jwt_by_expiry ON used_jwt (expires_at);

-- the check of the column `who` grew: SQLite changes one only by making the table anew
CREATE TABLE audit_grown (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    happened_at INTEGER NOT NULL,
    who TEXT NOT NULL CHECK (who IN ('nobody', 'user', 'operator', 'system', 'workflow')),
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
    event_number INTEGER,
    credential TEXT
) STRICT;

INSERT INTO audit_grown (id, happened_at, who, account_id, token_id, address, action, registry, krate, version,
    refusal, before_json, after_json, event_number)
SELECT id, happened_at, who, account_id, token_id, address, action, registry, krate, version, refusal, before_json,
    after_json, event_number
FROM audit
ORDER BY id;

DROP TABLE audit;

ALTER TABLE audit_grown RENAME TO audit;

CREATE INDEX audit_by_time ON audit (happened_at);
CREATE INDEX audit_by_account ON audit (account_id, id);
CREATE INDEX audit_by_krate ON audit (krate, id);

-- what was called closed let in every holder of a token: that is called internal now
UPDATE registry SET access = 'internal' WHERE access = 'closed';
