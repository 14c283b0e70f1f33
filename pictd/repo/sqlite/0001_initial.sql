-- Hashes are their 39 bytes, so that blobs compare as the listing orders them. Moments are whole
-- nanoseconds since the epoch, UTC. Foreign keys are checks, never cascades: steps delete in order.

CREATE TABLE hashes (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 39),
    identifier TEXT NOT NULL UNIQUE,
    motion TEXT UNIQUE,
    blurhash TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX hashes_created ON hashes (created_at, hash);

CREATE TABLE aliases (
    alias TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    hash BLOB NOT NULL REFERENCES hashes (hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_hash ON aliases (hash);

CREATE TABLE proxies (
    url TEXT PRIMARY KEY,
    alias TEXT NOT NULL REFERENCES aliases (alias),
    accessed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proxies_alias ON proxies (alias);
CREATE INDEX proxies_accessed ON proxies (accessed);

CREATE TABLE variants (
    hash BLOB NOT NULL REFERENCES hashes (hash),
    variant TEXT NOT NULL,
    identifier TEXT NOT NULL,
    accessed INTEGER NOT NULL,
    PRIMARY KEY (hash, variant)
) STRICT, WITHOUT ROWID;
CREATE INDEX variants_identifier ON variants (identifier);
CREATE INDEX variants_accessed ON variants (accessed);

CREATE TABLE details (
    identifier TEXT PRIMARY KEY,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    frames INTEGER,
    format INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- "due" is when a job may first run; a worker that holds it does so until "leased_until".
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    payload TEXT NOT NULL,
    unique_key TEXT UNIQUE,
    worker TEXT,
    due INTEGER NOT NULL,
    leased_until INTEGER NOT NULL DEFAULT 0,
    attempts_left INTEGER NOT NULL DEFAULT 5
) STRICT;
CREATE INDEX jobs_due ON jobs (queue, due, id);
