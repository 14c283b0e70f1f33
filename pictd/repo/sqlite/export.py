"""Copies of the database that are consistent while it is in use (spec storage §12)."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from errno import EEXIST
from pathlib import Path

from pictd.errors import RepoUnavailable
from pictd.repo.sqlite.connection import open_reader
from pictd.repo.sqlite.files import sync

_PARTIAL = ".partial"


def export(database: Path, folder: Path) -> Path:
    """Copy the database as it is at one moment into a new folder. Blocks, for as long as the copy
    takes; who reads or writes meanwhile is not held up. A crash leaves a folder whose name says
    that it is partial.

    :param folder: that must not be there yet.
    :return: the copied file, which survives power loss from now on.
    :raise RepoUnavailable: the database can't be read, or the copy can't be written.
    """
    partial = folder.with_name(folder.name + _PARTIAL)
    try:
        partial.mkdir(parents=True)  # where it is there, another export is at work, or has crashed
    except OSError as error:
        raise _failed(database, folder, error) from error
    try:
        _fill(database, partial, folder)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise _failed(database, folder, error) from error
    return folder / database.name


def _failed(database: Path, folder: Path, error: Exception) -> RepoUnavailable:
    return RepoUnavailable(f"The database {database} can't be exported to {folder}: {error}")


def _fill(database: Path, partial: Path, folder: Path) -> None:
    if folder.exists():  # renaming would replace it, if it is empty
        raise FileExistsError(EEXIST, os.strerror(EEXIST), str(folder))
    _copy(database, partial / database.name)
    sync(partial)
    partial.rename(folder)
    sync(folder.parent)


def _copy(database: Path, target: Path) -> None:
    with closing(open_reader(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_schema").fetchall()  # from here on nothing changes
        source.backup(copy)
    target.chmod(0o600)
    sync(target)
