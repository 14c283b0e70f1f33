"""Reads trees side by side whose keys begin with a hash."""

from __future__ import annotations

from collections.abc import Iterator

from pictd.migration.pict_rs_sled.forms import HASH
from pictd.migration.pict_rs_sled.skips import Reason, Skips
from pictd.migration.pict_rs_sled.trees import Item


class Alongside:
    """The records of one tree, asked for by ascending hashes."""

    def __init__(self, records: Iterator[Item], skips: Skips) -> None:
        """:param records: by ascending keys. Those of hashes that nobody asks for are skipped."""
        self._records = records
        self._skips = skips
        self._next = next(records, None)

    def of(self, hash: bytes) -> list[Item]:
        """What follows the hash in each key, and the value.

        :param hash: the 39 bytes; more than any before.
        """
        found = []
        while self._next is not None and (owner := self._next[0][:HASH]) <= hash:
            key, value = self._next
            if owner == hash:
                found.append((key[HASH:], value))
            else:
                self._skips.add(Reason.LEFT_OVER, key)
            self._next = next(self._records, None)
        return found

    def value(self, hash: bytes) -> bytes | None:
        """Where there is at most one, and its key is the hash."""
        found = [value for rest, value in self.of(hash) if not rest]
        return found[0] if found else None

    def end(self) -> None:
        """No more hashes come."""
        while self._next is not None:
            self._skips.add(Reason.LEFT_OVER, self._next[0])
            self._next = next(self._records, None)
