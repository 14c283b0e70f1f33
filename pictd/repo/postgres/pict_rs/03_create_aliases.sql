CREATE TABLE aliases (
    alias TEXT PRIMARY KEY NOT NULL,
    hash TEXT NOT NULL REFERENCES hashes (hash),
    token TEXT NOT NULL
);
CREATE INDEX aliases_hash_index ON aliases (hash);
