"""The schema: numbered files, applied once each, in order.

``PRAGMA user_version`` is the number of the newest file that was applied.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from pictd.errors import RepoUnusable

Script = tuple[int, str]


def scripts() -> Sequence[Script]:
    """(number, SQL) of every schema file, in order."""
    files = sorted(Path(__file__).parent.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [(int(file.name[:4]), file.read_text()) for file in files]


def check_own(connection: sqlite3.Connection) -> None:
    """:raise RepoUnusable: pictd has never opened this database."""
    if version(connection) == 0:
        raise RepoUnusable("The database is empty, or not one of pictd")


def upgrade(connection: sqlite3.Connection, steps: Sequence[Script]) -> None:
    """Apply what is missing, all in one transaction: a crash leaves the schema as it was.

    :param connection: in autocommit mode.
    :raise RepoUnusable: the database was made by a newer program.
    """
    connection.execute("BEGIN IMMEDIATE")  # of two processes that start, one waits here
    try:
        _apply(connection, steps)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def version(connection: sqlite3.Connection) -> int:
    """Of the schema; 0: there is none."""
    ((found,),) = connection.execute("PRAGMA user_version").fetchall()
    return int(found)


def refuse_newer(found: int, steps: Sequence[Script]) -> None:
    """:raise RepoUnusable: a database with this version was made by a newer program."""
    newest = steps[-1][0]
    if found > newest:
        raise RepoUnusable(
            f"The database has schema version {found}, made by a newer pictd; "
            f"this one knows versions up to {newest}"
        )


def require_current(connection: sqlite3.Connection, steps: Sequence[Script]) -> None:
    """:raise RepoUnusable: something would have to be applied, or the database is newer."""
    found = version(connection)
    refuse_newer(found, steps)
    if found < steps[-1][0]:
        raise RepoUnusable(
            f"The database has schema version {found} of {steps[-1][0]}: "
            "it is brought up to date when the server starts on it"
        )


def _apply(connection: sqlite3.Connection, steps: Sequence[Script]) -> None:
    found = version(connection)
    refuse_newer(found, steps)
    for number, sql in steps:
        if number > found:
            for statement in _statements(sql):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def _statements(sql: str) -> Iterator[str]:
    """One by one, because ``executescript`` would commit the transaction first."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending
