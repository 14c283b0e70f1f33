"""Lays the records of a tree ready to be asked for in any order.

They lie in a database without a name, which the system takes away when it is closed, in whatever
folder it has for temporary files: a large installation's would not fit into memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from pictd.migration.pict_rs_sled.failures import NoRoom
from pictd.migration.pict_rs_sled.trees import Item

_MEMORY = 8_192  # KiB, of each
_MOST_KEYS = 1000
"""Named in one query; SQLite's own limit is 32,766."""
_SETTINGS = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = FILE",
    f"PRAGMA cache_size = -{_MEMORY}",
)
_TEXT = "What is read can't be laid ready in the folder for temporary files: {}"
_TABLE = "CREATE TABLE items (key BLOB, value BLOB, PRIMARY KEY (key, value)) WITHOUT ROWID"


class Shelf:
    """Values by key; a key may have several."""

    def __init__(self, records: Iterable[Item]) -> None:
        """
        :param records: one that comes twice counts once.
        :raise NoRoom: the folder for temporary files is full.
        """
        # who reads in threads is in another one each time, though never in two at once
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        try:
            self.count = self._fill(records)
        except BaseException as error:
            self.close()
            if isinstance(error, sqlite3.Error):
                raise NoRoom(_TEXT.format(error)) from error
            raise

    def of(self, key: bytes) -> list[bytes]:
        """The values of a key, ascending.

        :raise NoRoom: the folder for temporary files fails.
        """
        try:
            found = self._database.execute("SELECT value FROM items WHERE key = ?", (key,))
            return [value for (value,) in found]
        except sqlite3.Error as error:
            raise NoRoom(_TEXT.format(error)) from error

    def fetch(self, keys: Sequence[bytes]) -> Mapping[bytes, Sequence[bytes]]:
        """The values of many keys, ascending, by key; keys without any are left out. One query for
        many costs a fraction of one for each.

        :raise NoRoom: the folder for temporary files fails.
        """
        found: dict[bytes, list[bytes]] = {}
        for at in range(0, len(keys), _MOST_KEYS):
            for key, value in self._rows(keys[at : at + _MOST_KEYS]):
                found.setdefault(key, []).append(value)
        return found

    def _rows(self, keys: Sequence[bytes]) -> Sequence[Item]:
        sql = f"SELECT key, value FROM items WHERE key IN ({','.join('?' * len(keys))})"
        try:
            return self._database.execute(sql, keys).fetchall()
        except sqlite3.Error as error:
            raise NoRoom(_TEXT.format(error)) from error

    def close(self) -> None:
        """Let it be taken away."""
        self._database.close()

    def _fill(self, records: Iterable[Item]) -> int:
        for statement in (*_SETTINGS, _TABLE, "BEGIN"):
            self._database.execute(statement)
        laid = self._database.executemany("INSERT OR IGNORE INTO items VALUES (?, ?)", records)
        self._database.execute("COMMIT")
        return laid.rowcount
