"""A database of sled, open for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from pictd.sled import lock
from pictd.sled.conf import DEFAULT, segment_size
from pictd.sled.damage import Finding, Report
from pictd.sled.failures import Malformed, NotADatabase
from pictd.sled.files import File, Folder
from pictd.sled.ledger import Ledger
from pictd.sled.pages import Pages
from pictd.sled.places import database_folder
from pictd.sled.recovery import recover
from pictd.sled.segments import Log, Segment
from pictd.sled.table import PageTable
from pictd.sled.trees import Tree

_LOG = "db"


class Database:
    """A context manager; pict-rs can't start on the database before it has ended."""

    def __init__(self, pages: Pages, roots: Mapping[bytes, int], opened: ExitStack) -> None:
        """:param opened: what to close."""
        self._pages = pages
        self._roots = roots
        self._opened = opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the lock. No tree can be read any more."""
        self._opened.close()

    @property
    def damage(self) -> Report:
        """What was found wrong so far: part of it shows only where trees are read."""
        return self._pages.ledger.report

    def trees(self) -> Sequence[bytes]:
        """Their names, ascending."""
        return sorted(self._roots)

    def tree(self, name: bytes) -> Tree:
        """One that is not there is empty."""
        return Tree(name, self._roots.get(name), self._pages)

    def check(self) -> Report:
        """Read all that there is, for nothing but the report.

        :raise DatabaseDamaged: unless forced.
        :raise SledFailure: the files can't be read.
        """
        for name in self._roots:
            self.tree(name).check()
        return self.damage


def open_database(path: Path, forced: bool = False) -> Database:
    """Open for reading: nothing in the folder changes, not even the times of access. Blocks, as do
    trees that are read.

    :param path: the folder of the database, or what pict-rs calls ``repo.path``.
    :param forced: go on without what is damaged, to be found in ``damage``.
    :raise DatabaseInUse: pict-rs runs.
    :raise NotADatabase: there is none.
    :raise OldDatabase: there is only one of pict-rs 0.4.
    :raise UnsupportedDatabase: of another version of sled, or compressed.
    :raise DatabaseDamaged: something is, and nothing is forced.
    :raise SledFailure: the files can't be read.
    """
    ledger = Ledger(forced)
    with ExitStack() as opened:
        folder = database_folder(path)
        opened.callback(folder.close)
        file = _log(folder)
        opened.callback(file.close)
        lock.share(file)
        log = _cut(folder, file, ledger)
        pages = _pages(folder, log, ledger)
        return Database(pages, _roots(pages), opened.pop_all())


def _log(folder: Folder) -> File:
    file = folder.file(_LOG)
    if file is None:
        raise NotADatabase(f"{folder.path} has no file {_LOG}")
    return file


def _cut(folder: Folder, file: File, ledger: Ledger) -> Log:
    """:raise NotADatabase: neither ``conf`` nor the log itself says that it is one."""
    size = segment_size(folder, ledger)
    log = Log(file, size or DEFAULT)
    if size is None and not any(isinstance(each, Segment) for each in log.slots()):
        raise NotADatabase(f"{folder.path} is not of sled")
    return log


def _pages(folder: Folder, log: Log, ledger: Ledger) -> Pages:
    recovery = recover(folder, log, ledger)
    table, broken = recovery.table()
    if not broken:
        _count_lost(table, ledger)
    ledger.settle()
    found = Pages(log, recovery.blobs, table, ledger)
    if broken:
        more = Pages(log, recovery.blobs, recovery.thorough_table(), ledger)
        found = more if _is_whole(more) else found
        _count_lost(found.table, ledger)
    return found


def _is_whole(pages: Pages) -> bool:
    """Whether every tree can be read from end to end."""
    trial = Pages(pages.log, pages.blobs, pages.table, Ledger(forced=True))
    roots = _roots(trial)
    for name, root in roots.items():
        Tree(name, root, trial).check()
    return bool(roots) and not trial.ledger.report.damaged


def _count_lost(table: PageTable, ledger: Ledger) -> None:
    """A page that was ever there has a state, be it that it is free (spec sled §10)."""
    lost = table.lost()
    if lost:
        ledger.add(Finding.PAGE_LOST, f"{lost}, the first is {next(table.lost_pages())}")


def _roots(pages: Pages) -> dict[bytes, int]:
    """The trees; sled takes a database without any for a new one, but a new one has some."""
    try:
        return pages.roots()
    except Malformed as error:
        pages.ledger.add(Finding.EMPTY, str(error))
        pages.ledger.settle()
        return {}
