"""The files that a database consists of."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from pictd.errors import RepoUnavailable
from pictd.repo.sqlite.connection import open_plain

LOGS = ("-wal", "-journal")
"""Files beside a database that belong to it."""
INDEX = "-shm"
"""A file beside a database that is made anew."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class DatabaseInUse(RepoUnavailable):
    """Another program has the database open."""


def beside(database: Path, suffix: str) -> Path:
    """The file of that suffix."""
    return database.with_name(database.name + suffix)


def holds_something(file: Path) -> bool:
    """Whether it is there, and not empty."""
    return file.exists() and file.stat().st_size > 0


def is_there(database: Path) -> bool:
    """Whether there is one: an empty file is none yet, unless a log belongs to it."""
    return any(holds_something(beside(database, suffix)) for suffix in ("", *LOGS))


def close_cleanly(database: Path) -> None:
    """Bring what the log holds into the database. One that is too damaged for that is left as it
    is, with its log.

    :raise DatabaseInUse: another program has it open, which holds no lease.
    """
    try:
        with closing(open_plain(database)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.DatabaseError as error:  # also where there is none
        if error.sqlite_errorcode & 0xFF in _BUSY:
            raise DatabaseInUse(f"{database} is in use by another program") from error


def remove(database: Path) -> None:
    """With all that belongs to it; nothing, where there is none."""
    for suffix in ("", *LOGS, INDEX):
        beside(database, suffix).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
