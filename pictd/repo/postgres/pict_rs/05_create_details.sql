CREATE TABLE details (
    identifier TEXT PRIMARY KEY NOT NULL,
    json JSONB NOT NULL
);
