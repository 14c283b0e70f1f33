"""The listing: originals, newest first, page by page.

An entry's place is (created_at, hash). A page begins at a place and goes down from it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import attrs

from pictd.model.alias import Alias
from pictd.model.hashes import Hash
from pictd.model.records import Listed, Page
from pictd.repo.sqlite import rows
from pictd.repo.sqlite.reader import fetch

LATEST = 2**63 - 1
"""The last moment that a column can hold."""
_ENTRIES = f"""
    SELECT {rows.RECORD}, {rows.DETAILS},
        (SELECT json_group_array(a.alias) FROM aliases AS a WHERE a.hash = h.hash)
    FROM hashes AS h LEFT JOIN details AS d ON d.identifier = h.identifier
    WHERE (h.created_at, h.hash) <= (?, ?)
    ORDER BY h.created_at DESC, h.hash DESC LIMIT ?
"""
_NEWER = """
    SELECT hash FROM hashes WHERE (created_at, hash) > (?, ?)
    ORDER BY created_at, hash LIMIT ?
"""


@attrs.frozen
class Place:
    """:ivar key: a hash's bytes, or none to stand below every entry of that moment."""

    created_at: int
    key: bytes

    @classmethod
    def before(cls, moment: int) -> Place:
        """Below everything created at that moment, which need not fit into the column."""
        return cls(max(-LATEST, min(LATEST, moment)), b"")


_TOP = Place(LATEST, b"\xff" * 40)


def page_from(db: sqlite3.Connection, start: Hash | None, limit: int) -> Page:
    """See ``IHashes.page``."""
    return page_at(db, _place_of(db, start), limit)


def page_at(db: sqlite3.Connection, place: Place, limit: int) -> Page:
    """The page whose first entry is the one at the place, or else the next below it."""
    found = fetch(db, _ENTRIES, place.created_at, place.key, limit + 1)
    newer = fetch(db, _NEWER, place.created_at, place.key, limit)
    return Page(
        [_listed(row) for row in found[:limit]],
        rows.hash_of(found[limit][0]) if len(found) > limit else None,
        rows.hash_of(newer[-1][0]) if newer else None,
    )


def _place_of(db: sqlite3.Connection, start: Hash | None) -> Place:
    if start is None:
        return _TOP
    key = start.to_bytes()
    found = fetch(db, "SELECT created_at FROM hashes WHERE hash = ?", key)
    return Place(found[0][0], key) if found else _TOP


def _listed(row: Sequence[Any]) -> Listed:
    record = rows.record(row[: rows.WIDTH])
    details = rows.details(row[rows.WIDTH : 2 * rows.WIDTH])
    return Listed(record, [Alias.parse(text) for text in json.loads(row[-1])], details)
