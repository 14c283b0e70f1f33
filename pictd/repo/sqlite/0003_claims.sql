-- Who does what only one process at a time should do. "heard" is when the holder was last heard of.

CREATE TABLE claims (
    key TEXT PRIMARY KEY,
    heard INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
