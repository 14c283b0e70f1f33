-- What pict-rs's schema lacks. It names its columns and knows nothing of this, so it can be started
-- on the database again; rows that it deletes take ours along.

CREATE TABLE pictd_uploads (
    id UUID PRIMARY KEY REFERENCES uploads (id) ON DELETE CASCADE,
    identifier TEXT NOT NULL
);
CREATE INDEX pictd_uploads_identifier ON pictd_uploads (identifier);
CREATE INDEX pictd_uploads_created ON uploads (created_at, id);

CREATE INDEX pictd_proxies_alias ON proxies (alias);
CREATE INDEX pictd_proxies_accessed ON proxies (accessed);
CREATE INDEX pictd_variants_identifier ON variants (identifier);
CREATE INDEX pictd_variants_accessed ON variants (accessed);
