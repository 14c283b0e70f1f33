CREATE TABLE store_migrations (
    old_identifier TEXT PRIMARY KEY NOT NULL,
    new_identifier TEXT UNIQUE NOT NULL
);
