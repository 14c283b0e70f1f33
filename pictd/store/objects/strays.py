"""Markers: empty objects under a prefix of pictd's own, one for each identifier that is stray.

The time when an identifier was saved is in the identifier itself: its first digits.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from xml.etree.ElementTree import Element

from pictd.store.objects.answers import document, text, texts
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Call
from pictd.store.objects.uploads import abort
from pictd.store.paths import PRIVATE

MARKERS = f"{PRIVATE}/strays/"
_IDENTIFIER = re.compile(r"((?:[0-9a-f]{2}/){10}[0-9a-f]{12})(\.[0-9A-Za-z]+)*")
_MILLISECOND = 1_000_000
_PAGE = 1000
"""Keys; services give no more at a time."""
_MOST_PAGES = 1000


async def mark(service: Service, identifier: str) -> None:
    """Before the object is there, so that no crash leaves it without a marker."""
    await service.ask(Call("PUT", MARKERS + identifier))


async def unmark(service: Service, identifier: str) -> None:
    """Idempotent."""
    await service.ask(Call("DELETE", MARKERS + identifier))


async def marked(service: Service, before: int, page: int = _PAGE) -> list[str]:
    """Identifiers that were saved before a moment and are marked.

    :param page: how many to ask for at a time.
    """
    found: list[str] = []
    async for listing in _listings(service, page):
        names = (key.removeprefix(MARKERS) for key in texts(listing, "Contents/Key"))
        found.extend(name for name in names if _is_older(name, before))
    return found


async def abort_uploads(service: Service, before: int) -> None:
    """End uploads in parts that were begun before a moment, and that nobody ended. Those of others
    than pictd and pict-rs are let alone; what is beyond one listing is left to the next sweep."""
    listing = document(await service.ask(Call("GET", query={"uploads": ""})))
    keys, uploads = texts(listing, "Upload/Key"), texts(listing, "Upload/UploadId")
    for key, upload in zip(keys, uploads, strict=True):
        if _is_older(key, before):
            await abort(service, key, upload)


async def _listings(service: Service, page: int) -> AsyncIterator[Element]:
    query = {"list-type": "2", "prefix": MARKERS, "max-keys": str(page)}
    for _ in range(_MOST_PAGES):
        listing = document(await service.ask(Call("GET", query=query)))
        yield listing
        onward = text(listing, "NextContinuationToken")
        if not onward:
            return
        query = {**query, "continuation-token": onward}


def _is_older(identifier: str, moment: int) -> bool:
    match = _IDENTIFIER.fullmatch(identifier)
    if match is None:
        return False
    return int(match[1].replace("/", "")[:12], 16) * _MILLISECOND < moment
