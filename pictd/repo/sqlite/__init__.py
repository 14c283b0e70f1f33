"""The embedded repo: one SQLite database in WAL mode, one writer thread with group commit."""
