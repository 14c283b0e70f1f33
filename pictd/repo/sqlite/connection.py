"""Connections to the database file, and SQLite's errors in our words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pictd.errors import RepoUnavailable

_WRITER_PATIENCE = 5000
"""Milliseconds to wait for a write lock that another process holds."""
_READER_PATIENCE = 10
"""Milliseconds; readers never wait for writers in WAL mode, and must not hold up the reactor."""
_CACHE = 32 * 1024
"""Kibibytes of pages that a connection keeps."""
_FILLER_CACHE = 64 * 1024
"""Kibibytes: keys arrive in an order of their own, and pages that leave the cache come back."""
_STATEMENTS = 256
"""Compiled statements that a connection keeps: more than there are."""


@contextmanager
def translated() -> Iterator[None]:
    """:raise RepoUnavailable: for any error of SQLite's, with its text."""
    try:
        yield
    except sqlite3.Error as error:
        raise unavailable(error) from error


def unavailable(error: BaseException) -> RepoUnavailable:
    """What callers see of a failure of the database."""
    return RepoUnavailable(f"{RepoUnavailable.text}: {error}")


def create_file(path: Path) -> None:
    """Make an empty database where there is none, readable by its owner only; the files that
    SQLite puts beside it take the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def open_writer(path: Path) -> sqlite3.Connection:
    """In autocommit mode; a commit is on the disk when it returns.

    :raise RepoUnavailable: the filesystem can't do write-ahead logging.
    """
    connection = _connect(path, _WRITER_PATIENCE)
    ((mode,),) = connection.execute("PRAGMA journal_mode = WAL").fetchall()
    if mode != "wal":
        raise RepoUnavailable(f"{path}: SQLite can't keep a write-ahead log on this filesystem")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


def open_filler(path: Path) -> sqlite3.Connection:
    """As ``open_writer``, for what is synced as a whole when all of it is written."""
    connection = _connect(path, _WRITER_PATIENCE)
    connection.execute("PRAGMA journal_mode = PERSIST").fetchall()
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_FILLER_CACHE}")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Can't write."""
    connection = _connect(path, _READER_PATIENCE)
    connection.execute("PRAGMA query_only = ON")
    return connection


def open_plain(path: Path) -> sqlite3.Connection:
    """With the file's own settings, in autocommit mode."""
    return _connect(path, _WRITER_PATIENCE)


def _connect(path: Path, patience: int) -> sqlite3.Connection:
    """Opened in one thread, used in another: never in two at a time."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",  # a file that vanished is an error, not a new file
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )
    connection.execute(f"PRAGMA busy_timeout = {patience}")
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")
    return connection
