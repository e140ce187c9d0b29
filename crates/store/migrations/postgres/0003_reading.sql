-- sorts as semver does, so that the version to show first is one look into an index; the program fills it in
ALTER TABLE version ADD COLUMN semver_order TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE version ADD COLUMN is_prerelease BOOLEAN NOT NULL DEFAULT FALSE;

-- what a look into its archive told, as JSON; the program fills it in
ALTER TABLE version ADD COLUMN facts TEXT;

CREATE INDEX version_by_order ON version (krate_id, yanked, is_prerelease, semver_order, id);
CREATE INDEX version_unordered ON version (id) WHERE semver_order = '';

ALTER TABLE dependency ADD COLUMN canon TEXT COLLATE "C" NOT NULL DEFAULT '';

UPDATE dependency SET canon = REPLACE(LOWER(name), '_', '-');

CREATE INDEX dependency_by_target ON dependency (canon, registry_id, version_id);

-- of the version published last
CREATE TABLE krate_keyword (
    krate_id BIGINT NOT NULL REFERENCES krate (id),
    keyword TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (krate_id, keyword)
);

CREATE INDEX krate_keyword_by_keyword ON krate_keyword (keyword, krate_id);

INSERT INTO krate_keyword (krate_id, keyword)
SELECT DISTINCT krate.id, LOWER(item.value)
FROM krate
JOIN version ON version.id = (SELECT MAX(last.id) FROM version AS last WHERE last.krate_id = krate.id)
CROSS JOIN LATERAL jsonb_array_elements_text(version.metadata::JSONB -> 'keywords') AS item (value);

CREATE TABLE krate_category (
    krate_id BIGINT NOT NULL REFERENCES krate (id),
    slug TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (krate_id, slug)
);

CREATE INDEX krate_category_by_slug ON krate_category (slug, krate_id);

INSERT INTO krate_category (krate_id, slug)
SELECT DISTINCT krate.id, LOWER(item.value)
FROM krate
JOIN version ON version.id = (SELECT MAX(last.id) FROM version AS last WHERE last.krate_id = krate.id)
CROSS JOIN LATERAL jsonb_array_elements_text(version.metadata::JSONB -> 'categories') AS item (value);

-- kept beside what they are counted from, so that a list in one of these orders is a walk along an index; the daily
-- roll-up writes them anew
ALTER TABLE krate ADD COLUMN downloads BIGINT NOT NULL DEFAULT 0;
ALTER TABLE krate ADD COLUMN recent_downloads BIGINT NOT NULL DEFAULT 0;
ALTER TABLE krate ADD COLUMN all_yanked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE registry ADD COLUMN krates BIGINT NOT NULL DEFAULT 0;

UPDATE krate SET all_yanked = NOT EXISTS (SELECT 1 FROM version WHERE version.krate_id = krate.id AND NOT yanked);
UPDATE registry SET krates = (SELECT COUNT(*) FROM krate WHERE krate.registry_id = registry.id);

CREATE INDEX krate_by_downloads ON krate (registry_id, downloads, id);
CREATE INDEX krate_by_recent_downloads ON krate (registry_id, recent_downloads, id);
CREATE INDEX krate_by_update ON krate (registry_id, updated_at, id);
CREATE INDEX krate_by_start ON krate (registry_id, created_at, id);
CREATE INDEX krate_limited ON krate (registry_id, id) WHERE limited;
CREATE INDEX krate_all_yanked ON krate (registry_id, id) WHERE all_yanked;
CREATE INDEX owner_by_account ON owner (account_id, krate_id);

-- of crates that everybody sees who reads the registry
CREATE TABLE registry_download (
    registry_id BIGINT NOT NULL REFERENCES registry (id),
    day BIGINT NOT NULL,
    downloads BIGINT NOT NULL,
    PRIMARY KEY (registry_id, day)
);

CREATE TABLE followed_krate (
    account_id BIGINT NOT NULL REFERENCES account (id),
    krate_id BIGINT NOT NULL REFERENCES krate (id),
    followed_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, krate_id)
);

CREATE INDEX followed_krate_by_krate ON followed_krate (krate_id, account_id);
