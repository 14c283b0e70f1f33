"""Reading: straight in the reactor's thread, or in a thread of its own where it may take long."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.interfaces import IReactorThreads
from twisted.internet.threads import deferToThreadPool

from pictd.errors import RepoUnavailable
from pictd.repo.sqlite.connection import open_reader, translated

T = TypeVar("T")
Row = tuple[Any, ...]


def fetch(connection: sqlite3.Connection, sql: str, *parameters: object) -> Sequence[Row]:
    """All rows. Text that is not Unicode can't be in the database: it finds nothing."""
    try:
        return connection.execute(sql, parameters).fetchall()
    except UnicodeEncodeError:
        return ()


class Reader:
    """Sees what was committed before each look-up began.

    A point look-up takes microseconds, where a thread would take a hundred.
    """

    def __init__(self, path: Path, reactor: IReactorThreads) -> None:
        self._path = path
        self._reactor = reactor
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Blocks; a second call does nothing.

        :raise sqlite3.Error: the file can't be read.
        """
        if self._connection is None:
            self._connection = open_reader(self._path)

    def close(self) -> None:
        """A second call does nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def rows(self, sql: str, *parameters: object) -> Sequence[Row]:
        """Look up a few rows by key, at once.

        :raise RepoUnavailable: the database can't be read, or is not open.
        """
        with translated():
            return fetch(self._opened(), sql, *parameters)

    def snapshot(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Several small look-ups that see one state, at once."""
        with translated():
            return _in_transaction(self._opened(), work)

    async def in_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """As ``snapshot``, for what may take longer than the reactor can wait."""
        self._opened()
        return await deferToThreadPool(
            self._reactor, self._reactor.getThreadPool(), self._alone, work
        )

    def _alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with translated(), closing(open_reader(self._path)) as connection:
            return _in_transaction(connection, work)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RepoUnavailable("The database is not open")
        return self._connection


def _in_transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN")
    try:
        return work(connection)
    finally:
        connection.execute("ROLLBACK")
