"""Lays the records of a tree ready to be asked for in any order.

They lie in a database without a name, which the system takes away when it is closed, in whatever
folder it has for temporary files: a large installation's would not fit into memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pictd.migration.pict_rs_sled.failures import NoRoom
from pictd.migration.pict_rs_sled.trees import Item

_MEMORY = 16_384  # KiB, of each
_SETTINGS = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = FILE",
    f"PRAGMA cache_size = -{_MEMORY}",
)
_TABLE = "CREATE TABLE items (key BLOB, value BLOB, PRIMARY KEY (key, value)) WITHOUT ROWID"


class Shelf:
    """Values by key; a key may have several."""

    def __init__(self, records: Iterable[Item]) -> None:
        """Not twice the same record.

        :raise NoRoom: the folder for temporary files is full.
        """
        with _room():
            self._database = sqlite3.connect("", isolation_level=None)
            for setting in _SETTINGS:
                self._database.execute(setting)
            self._database.execute(_TABLE)
            self._database.execute("BEGIN")
            laid = self._database.executemany("INSERT OR IGNORE INTO items VALUES (?, ?)", records)
            self._database.execute("COMMIT")
        self.count = laid.rowcount

    def of(self, key: bytes) -> list[bytes]:
        """The values of a key, ascending.

        :raise NoRoom: the folder for temporary files fails.
        """
        with _room():
            found = self._database.execute("SELECT value FROM items WHERE key = ?", (key,))
            return [value for (value,) in found]

    def close(self) -> None:
        """Let it be taken away."""
        self._database.close()


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise NoRoom(f"What is read can't be sorted in the temporary folder: {error}") from error
