"""The levels that name a database or a store."""

from __future__ import annotations

from pictd.config.levels import HELP, Level


class Sqlite(Level):
    """``sqlite``."""

    scope = "repo.sqlite"
    chooses = ("repo.type", "sqlite")


class Sled(Level):
    """``sled``, the old name of the embedded database, and pict-rs's own."""

    scope = "repo.sled"
    chooses = ("repo.type", "sled")


class Postgres(Level):
    """``postgres``."""

    scope = "repo.postgres"
    chooses = ("repo.type", "postgres")


REPOS = [
    ("sqlite", None, Sqlite, "Keep facts in an embedded database."),
    ("sled", None, Sled, "The same, named by its directory."),
    ("postgres", None, Postgres, "Keep facts in PostgreSQL."),
    HELP,
]


class Filesystem(Level):
    """``filesystem``."""

    scope = "store.filesystem"
    chooses = ("store.type", "filesystem")
    subCommands = REPOS


class ObjectStorage(Level):
    """``object-storage``."""

    scope = "store.object_storage"
    chooses = ("store.type", "object_storage")
    subCommands = REPOS


STORES = [
    ("filesystem", None, Filesystem, "Keep bytes in files."),
    ("object-storage", None, ObjectStorage, "Keep bytes in a bucket."),
    HELP,
]
