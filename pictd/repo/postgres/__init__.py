"""The repo on pict-rs's own PostgreSQL schema, which any number of nodes may share."""
