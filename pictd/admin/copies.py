"""Copies of the embedded database: ``pictd export`` makes one, ``pictd import`` takes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.threads import deferToThreadPool

from pictd.config.backends import SqliteRepo
from pictd.config.schema import Config
from pictd.errors import PictdError, RepoUnavailable
from pictd.model.times import from_seconds, to_rfc3339
from pictd.repo.sqlite.export import export
from pictd.repo.sqlite.restore import DatabaseThere, Restore


class NotEmbedded(PictdError):
    """The database is PostgreSQL's, which has tools of its own for that."""

    text = (
        "repo.type is postgres: use PostgreSQL's own tools. pg_dump copies a database while it is "
        "in use, and psql or pg_restore puts the copy into a new one"
    )


async def export_database(config: Config, folder: Path | None, reactor: Any) -> Path:
    """Copy the database, whether or not it is in use, into a new folder that is named by the
    moment.

    :param folder: which gets the new folder; None: ``repo.export_path``.
    :return: the copy.
    :raise NotEmbedded: nothing was done.
    :raise RepoUnavailable: there is no database, or no room for a copy; nothing is left.
    """
    repo = _embedded(config)
    target = (folder or repo.export_path) / _now(reactor)
    pool = reactor.getThreadPool()
    copy: Path = await deferToThreadPool(reactor, pool, export, repo.path, target)
    return copy


async def import_database(
    config: Config,
    source: Path,
    replace: bool,
    reactor: Any,
    say: Callable[[str], None] = print,
) -> None:
    """Put an export in the place of the database, which is kept under a dated name.

    :param replace: there may be a database.
    :raise NotEmbedded: nothing was done.
    :raise RepoUnavailable: the database is in use, or not to be replaced, or the export can't be
        used; nothing was changed.
    :raise CancelledError: nothing was changed, unless it was done just then.
    """
    place = _embedded(config).path.resolve()  # a link stays one
    kept = place.with_name(f"{place.name}.{_now(reactor)}")
    restore = Restore(source, place, kept if replace else None)
    try:
        replaced = await _finished(restore, reactor)
    except DatabaseThere as error:
        raise RepoUnavailable(f"{error}; --replace replaces it, and keeps it as well") from error
    if replaced:
        say(f"the database that was there is now {kept}")
    say(f"{place} is the database of {source}")


async def _finished(restore: Restore, reactor: Any) -> bool:
    """What it returned. It goes on in its thread where nobody waits any more, but then changes
    nothing."""
    wanted = True
    try:
        pool = reactor.getThreadPool()
        kept: bool = await deferToThreadPool(reactor, pool, restore.run, lambda: wanted)
    except CancelledError:
        wanted = False
        raise
    return kept


def _embedded(config: Config) -> SqliteRepo:
    if not isinstance(config.repo, SqliteRepo):
        raise NotEmbedded
    return config.repo


def _now(reactor: Any) -> str:
    return to_rfc3339(from_seconds(reactor.seconds()))
