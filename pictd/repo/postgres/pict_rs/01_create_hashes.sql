CREATE TABLE hashes (
    hash TEXT PRIMARY KEY NOT NULL,
    identifier TEXT UNIQUE NOT NULL,
    motion_identifier TEXT UNIQUE,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX ordered_hash_index ON hashes (created_at, hash);
