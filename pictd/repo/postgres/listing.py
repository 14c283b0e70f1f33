"""The listing: originals, newest first, page by page.

An entry's place is (created_at, hash). A page begins at a place and goes down from it. Hashes are
compared as the bytes that their texts stand for; the index leads to the moment, and the few of one
moment are sorted by hash as they come.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from pictd.model.alias import Alias
from pictd.model.hashes import Hash
from pictd.model.records import Listed, Page
from pictd.repo.postgres import rows
from pictd.repo.postgres.sessions import Row, Step
from pictd.repo.postgres.values import LATEST, stamp_up

_KEY = "decode(h.hash, 'base64')"
ENTRIES = f"""
    SELECT {rows.RECORD}, d.json, ARRAY(SELECT a.alias FROM aliases AS a WHERE a.hash = h.hash)
    FROM hashes AS h LEFT JOIN details AS d ON d.identifier = h.identifier
    WHERE h.created_at <= %s AND (h.created_at < %s OR {_KEY} <= %s)
    ORDER BY h.created_at DESC, {_KEY} DESC LIMIT %s
"""
"""Takes a moment twice, a key and a limit."""
_NEWER = f"""
    SELECT h.hash FROM hashes AS h
    WHERE h.created_at >= %s AND (h.created_at > %s OR {_KEY} > %s)
    ORDER BY h.created_at, {_KEY} LIMIT %s
"""


@attrs.frozen
class Place:
    """:ivar key: a hash's bytes, or none to stand below every entry of that moment."""

    created_at: datetime
    key: bytes

    @classmethod
    def before(cls, moment: int) -> Place:
        """Below everything created at that moment or later."""
        return cls(stamp_up(moment), b"")


_TOP = Place(LATEST, b"\xff" * 40)


async def page_from(step: Step, start: Hash | None, limit: int) -> Page:
    """See ``IHashes.page``."""
    return await page_at(step, await _place_of(step, start), limit)


async def page_at(step: Step, place: Place, limit: int) -> Page:
    """The page whose first entry is the one at the place, or else the next below it."""
    at = (place.created_at, place.created_at, place.key)
    found = await step.rows(ENTRIES, *at, limit + 1)
    newer = await step.rows(_NEWER, *at, limit)
    return Page(
        [_listed(row) for row in found[:limit]],
        Hash.from_text(found[limit][0]) if len(found) > limit else None,
        Hash.from_text(newer[-1][0]) if newer else None,
    )


async def _place_of(step: Step, start: Hash | None) -> Place:
    if start is None:
        return _TOP
    found = await step.rows("SELECT created_at FROM hashes WHERE hash = %s", start.text)
    return Place(found[0][0], start.to_bytes()) if found else _TOP


def _listed(row: Row) -> Listed:
    *record, details, aliases = row
    names = [Alias.parse(text) for text in aliases]
    return Listed(rows.record(record), names, rows.details(details))
