"""Which folder is the database, of those that operators may name."""

from __future__ import annotations

from pathlib import Path

from pictd.sled.failures import NotADatabase, OldDatabase
from pictd.sled.files import Folder

CURRENT = "v0.5.0"
"""Where pict-rs 0.5 has its database, below ``repo.path``."""

OLD = "v0.4.0-alpha.1"
"""Where pict-rs 0.4 had its own."""

_LOG = "db"


def database_folder(path: Path) -> Folder:
    """The database itself: ``path``, or the folder of the current version in it. To be closed.

    :raise NotADatabase: neither is one.
    :raise OldDatabase: there is none but that of pict-rs 0.4.
    :raise SledFailure: a folder can't be read.
    """
    names = _names(path)
    if _LOG in names and path.resolve().name != OLD:
        return Folder(path)
    if CURRENT in names and _LOG in _names(path / CURRENT):
        return Folder(path / CURRENT)
    if CURRENT not in names and (OLD in names or _LOG in names):
        raise OldDatabase(path)
    raise NotADatabase(f"{path} holds no database of pict-rs 0.5: neither {_LOG}, nor {CURRENT}")


def is_named(path: Path) -> bool:
    """Whether anything in the folder has a name that pict-rs gives to its databases: then nobody
    should take the folder for an empty one.

    :raise SledFailure: the folder is there, and can't be read.
    """
    return path.is_dir() and not {_LOG, CURRENT, OLD}.isdisjoint(_names(path))


def _names(path: Path) -> list[str]:
    folder = Folder(path)
    try:
        return folder.names()
    finally:
        folder.close()
