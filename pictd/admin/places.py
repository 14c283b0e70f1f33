"""Whether files and folders of the configuration can be used. Looks only: nothing is made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pictd.config.backends import FilesystemStore, SqliteRepo
from pictd.config.schema import Config
from pictd.tools.scratch import NAME

_LOOK = os.R_OK | os.X_OK
_CHANGE = _LOOK | os.W_OK


def unusable(config: Config) -> Iterator[str]:
    """One line for each place that this user can't use as the server must."""
    server, repo, store, old = config.server, config.repo, config.store, config.old_store
    found = [("server.temporary_directory", folder_trouble(server.temporary_directory / NAME))]
    if isinstance(repo, SqliteRepo):
        found.append(("repo.path", file_trouble(repo.path)))
    if isinstance(store, FilesystemStore):
        found.append(("store.path", folder_trouble(store.path, not server.read_only)))
    if isinstance(old, FilesystemStore):
        found.append(("old_store.path", old_folder_trouble(old.path, not server.read_only)))
    return (f"{key}: {trouble}" for key, trouble in found if trouble)


def folder_trouble(path: Path, changes: bool = True) -> str | None:
    """Why a folder can't be used, or be made; None where it can.

    :param changes: whether something is to change in a folder that is there.
    """
    try:
        if _exists(path):
            return _trouble(path, _CHANGE if changes else _LOOK)
        above = next(filter(_exists, path.absolute().parents))
    except OSError as error:
        return f"{path}: {error.strerror}"
    trouble = _trouble(above, _CHANGE)
    return trouble and f"{path} is not there, and can't be made: {trouble}"


def old_folder_trouble(path: Path, changes: bool) -> str | None:
    """Why a folder that must be there can't be used; None where it can."""
    trouble = folder_trouble(path, changes)
    return trouble if trouble or _exists(path) else f"{path} is not there"


def file_trouble(path: Path) -> str | None:
    """Why a database can't be used, or be made; None where it can. SQLite keeps more files beside
    it: its folder has to be writable as well."""
    trouble = folder_trouble(path.parent)
    if trouble is not None or not _exists(path):
        return trouble
    if not path.is_file():
        return f"{path} is not a file"
    return None if _may(path, os.R_OK | os.W_OK) else f"{path} can't be written by this user"


def _trouble(folder: Path, rights: int) -> str | None:
    if not folder.is_dir():
        return f"{folder} is not a directory"
    if _may(folder, rights):
        return None
    return f"{folder} can't be {'written' if rights & os.W_OK else 'read'} by this user"


def _exists(path: Path) -> bool:
    """:raise OSError: this user can't see whether it does."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _may(path: Path, rights: int) -> bool:
    return os.access(path, rights, effective_ids=True)
