CREATE TABLE variants (
    id UUID PRIMARY KEY NOT NULL DEFAULT gen_random_uuid(),
    hash TEXT NOT NULL REFERENCES hashes (hash),
    variant TEXT NOT NULL,
    identifier TEXT NOT NULL,
    accessed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX hash_variant_index ON variants (hash, variant);
