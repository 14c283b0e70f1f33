# ruff: noqa: RUF009 (the calls make fields, not values)
"""Keys of ``[repo]``, ``[store]`` and ``[old_store]`` (spec configuration 1.9, 1.10)."""

from __future__ import annotations

from pathlib import Path

import attrs

from pictd.config.addresses import DATABASE_URL, ENDPOINT, URL
from pictd.config.keys import key, required, variant
from pictd.config.values import BOOLEAN, PATH, SECRET, TEXT, U32, U64, whole

DATABASE_NAME = "pictd.sqlite3"
"""The database inside the directory that ``repo.type = "sled"`` names (contract D4)."""

_CACHE = 64 * 2**20
_EXPORTS = Path("/mnt/exports")


@attrs.frozen
class SqliteRepo:
    """The embedded database.

    :ivar path: the database file.
    :ivar sled_directory: where the type is ``sled``: the directory that was named, which may hold
        a database of pict-rs.
    """

    path: Path = key(PATH, Path("/mnt") / DATABASE_NAME, "Database file.", short="p")
    cache_capacity: int = key(whole(U64), _CACHE, "Page cache, in bytes.", short="c")
    export_path: Path = key(PATH, _EXPORTS, "Where exports are written.", short="e")
    sled_directory: Path | None = None


@attrs.frozen
class SledRepo:
    """The embedded database under its old name: ``path`` is a directory."""

    path: Path = key(PATH, Path("/mnt/sled-repo"), "Directory of the database.", short="p")
    cache_capacity: int = key(whole(U64), _CACHE, "Page cache, in bytes.", short="c")
    export_path: Path = key(PATH, _EXPORTS, "Where exports are written.", short="e")

    def as_sqlite(self) -> SqliteRepo:
        """What it means for pictd."""
        file = self.path / DATABASE_NAME
        return SqliteRepo(file, self.cache_capacity, self.export_path, self.path)


@attrs.frozen
class PostgresRepo:
    """A PostgreSQL database."""

    url: str = required(DATABASE_URL, "Connection URL.", short="u")
    use_tls: bool = key(BOOLEAN, False, "Connect with TLS.", short="t")
    certificate_file: Path | None = key(
        PATH, None, "PEM file of one more trusted authority; needs use_tls.", short="c"
    )


@attrs.frozen
class FilesystemStore:
    """Bytes in files."""

    path: Path = key(PATH, Path("/mnt/files"), "Directory of the stored files.", short="p")


@attrs.frozen
class ObjectStore:
    """Bytes in a bucket.

    :ivar client_timeout: seconds.
    """

    endpoint: str = required(ENDPOINT, "URL of the S3 service.", short="e")
    use_path_style: bool = key(
        BOOLEAN, False, "The bucket is part of the path, not of the host name.", short="u"
    )
    bucket_name: str = required(TEXT, "Bucket; it must exist.", short="b")
    region: str = required(TEXT, "Region that requests are signed for.", short="r")
    access_key: str = required(SECRET, "Access key id.", short="a")
    secret_key: str = required(SECRET, "Secret key.", short="s")
    session_token: str | None = key(SECRET, None, "Session token.")
    client_timeout: int = key(whole(U32, 1), 30, "Seconds that a request may take.")
    public_endpoint: str | None = key(
        URL, None, "Clients are redirected to this URL, instead of being sent the bytes."
    )


REPOS = {
    "sqlite": variant(SqliteRepo),
    "sled": variant(SledRepo, SledRepo.as_sqlite),
    "postgres": variant(PostgresRepo),
}
STORES = {"filesystem": variant(FilesystemStore), "object_storage": variant(ObjectStore)}
