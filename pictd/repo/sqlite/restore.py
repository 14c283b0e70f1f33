"""Putting an exported database in the place of the one in use.

How it works: the export is copied beside the place and checked there. The present database is
closed (its log goes into it) and linked to a dated name; then the copy takes the place by renaming.
A failure or crash leaves either the present database or the new one, never none and never a mix:
no log of the one is left beside the other.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from errno import EEXIST
from pathlib import Path

import attrs

from pictd.errors import RepoUnavailable, RepoUnusable
from pictd.repo.sqlite import lease, schema
from pictd.repo.sqlite.connection import open_plain
from pictd.repo.sqlite.files import (
    INDEX,
    LOGS,
    DatabaseInUse,
    beside,
    close_cleanly,
    holds_something,
    is_there,
    remove,
    sync,
)

_PARTIAL = ".partial"
_SHAPE = "SELECT 1 FROM hashes, aliases, proxies, variants, details, settings, jobs LIMIT 0"


class DatabaseThere(RepoUnavailable):
    """It was not asked for that one is replaced."""


@attrs.frozen
class Restore:
    """What is put where.

    :ivar source: an export, which stays as it is.
    :ivar place: of the database; no symbolic link.
    :ivar kept: the name that a present database gets; None: there must be none.
    """

    source: Path
    place: Path
    kept: Path | None

    def run(self, is_wanted: Callable[[], bool] = lambda: True) -> bool:
        """Do it. Blocks, for as long as reading and writing all of it takes.

        :param is_wanted: asked last, before the present database is touched.
        :return: whether there was a database that was kept under the other name.
        :raise DatabaseInUse: nothing was changed.
        :raise DatabaseThere: likewise.
        :raise RepoUnavailable: the export can't be used, or something can't be written; nothing
            was changed.
        """
        try:
            self.source.stat()
            self.place.parent.mkdir(parents=True, exist_ok=True)
            with lease.alone(self.place):
                return self._run(is_wanted)
        except BlockingIOError as error:
            raise DatabaseInUse(
                f"{self.place} is in use: stop pictd, and whatever else has the database open"
            ) from error
        except (OSError, sqlite3.Error) as error:
            raise RepoUnavailable(f"{self.source} can't be imported: {error}") from error

    def _run(self, is_wanted: Callable[[], bool]) -> bool:
        present = is_there(self.place)
        if present and self.kept is None:
            raise DatabaseThere(f"{self.place} is there already")
        if self.kept is not None and self.kept.exists():
            raise FileExistsError(EEXIST, os.strerror(EEXIST), str(self.kept))
        partial = self.place.with_name(self.place.name + _PARTIAL)
        remove(partial)  # of an import that crashed: nobody else holds the lease
        try:
            self._fill(partial)
            if is_wanted():
                self._keep()
                partial.rename(self.place)
                sync(self.place.parent)
        finally:
            remove(partial)
        return present

    def _fill(self, partial: Path) -> None:
        """With a checked copy, which is on the disk from now on."""
        for suffix in LOGS:
            log = beside(self.source, suffix)
            if holds_something(log):
                raise RepoUnusable(
                    f"{self.source} is no export: there is {log.name} beside it, as of a database "
                    "in use. `pictd export` makes whole copies"
                )
        shutil.copyfile(self.source, partial)
        partial.chmod(0o600)
        lease.leave_to_owner(partial, self.place)
        _examine(partial, self.source)
        sync(partial)

    def _keep(self) -> None:
        """Give what is present its other name; until the new database comes it has both."""
        close_cleanly(self.place)
        if self.kept is not None:
            with suppress(FileNotFoundError):
                os.link(self.place, self.kept)
            for suffix in LOGS:  # a damaged database may have been left with its log
                with suppress(FileNotFoundError):
                    beside(self.place, suffix).rename(beside(self.kept, suffix))
        for suffix in (*LOGS, INDEX):
            beside(self.place, suffix).unlink(missing_ok=True)
        sync(self.place.parent)


def _examine(copy: Path, source: Path) -> None:
    """:raise RepoUnusable: it is damaged, newer, or no database of pictd."""
    try:
        with closing(open_plain(copy)) as connection:
            version = schema.version(connection)
            told = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
            if told == ["ok"]:
                connection.execute(_SHAPE)
    except sqlite3.DatabaseError as error:
        raise RepoUnusable(f"{source} is no database of pictd: {error}") from error
    if told != ["ok"]:
        raise RepoUnusable(f"{source} is damaged: {'; '.join(told)}")
    schema.refuse_newer(version, schema.scripts())
