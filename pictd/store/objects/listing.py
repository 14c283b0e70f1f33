"""Objects of a bucket, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import attrs

from pictd.model.times import from_rfc3339
from pictd.store.objects.answers import document, text, texts
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Call

PAGE = 1000
"""Keys; services give no more at a time."""
_MOST_PAGES = 1000


@attrs.frozen
class Listed:
    """:ivar written: the moment, by the clock of the service.
    :ivar size: bytes.
    """

    key: str
    written: int
    size: int


async def listed(service: Service, prefix: str = "", page: int = PAGE) -> AsyncIterator[Listed]:
    """All objects whose keys begin so.

    :param page: how many to ask for at a time.
    """
    query = {"list-type": "2", "prefix": prefix, "max-keys": str(page)}
    for _ in range(_MOST_PAGES):
        listing = document(await service.ask(Call("GET", query=query)))
        columns = (texts(listing, f"Contents/{name}") for name in ("Key", "LastModified", "Size"))
        for key, time, size in zip(*columns, strict=True):
            yield Listed(key, moment(time), int(size))
        onward = text(listing, "NextContinuationToken")
        if not onward:
            return
        query = {**query, "continuation-token": onward}


def moment(told: str) -> int:
    """Of a time as services tell it; one that can't be read is after all others."""
    try:
        return from_rfc3339(told)
    except ValueError:
        return 2**63
