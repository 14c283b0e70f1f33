-- Queued uploads. "identifier" is that of the raw bytes, until there is a result. A result is JSON:
-- {"Success":{"alias":"…","token":"…"}} or {"Failure":{"message":"…","code":"…"}}.

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    identifier TEXT UNIQUE,
    created INTEGER NOT NULL,
    result TEXT,
    CHECK (identifier IS NULL OR result IS NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_created ON uploads (created, id);
