"""What crashes may have left in the bucket: by the markers of spans, by markers of single
identifiers that are suspected, and by uploads in parts that nobody ended."""

from __future__ import annotations

import re

from pictd.store.objects.answers import document, texts
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Call
from pictd.store.objects.listing import PAGE, listed, moment
from pictd.store.objects.spans import SPANS, Spans, end_of
from pictd.store.objects.uploads import abort
from pictd.store.paths import PRIVATE

SUSPECTS = f"{PRIVATE}/strays/"
"""Prefix of markers of single identifiers."""
_NEW = r"(?:[0-9a-f]{2}/){10}[0-9a-f]{12}"
_OLD = r"(?:[0-9a-f]{1,2}/)+[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IDENTIFIER = re.compile(rf"(?:{_NEW}|{_OLD})(?:\.[0-9A-Za-z]+)*")
_SPAN = re.compile(r"(?:[0-9a-f]{2}/){4}[0-9a-f]{32}-\d+")
_MILLISECOND = 1_000_000


class Strays:
    """Finds them, and forgets the markers of those that somebody has decided on."""

    def __init__(self, service: Service, spans: Spans, page: int = PAGE) -> None:
        """:param page: how many to list at a time."""
        self._service, self._spans, self._page = service, spans, page
        self._suspects: set[str] = set()
        self._undecided: dict[str, set[str]] = {}

    async def suspect(self, identifier: str) -> None:
        """From now on."""
        self._suspects.add(identifier)
        await self._service.ask(Call("PUT", SUSPECTS + identifier))

    async def find(self, before: int) -> list[str]:
        """Identifiers that were saved before a moment, or suspected, and not decided on. Of what
        another process left, some may have been kept."""
        found = await self._suspected(before)
        markers = [each.key async for each in listed(self._service, SPANS, self._page)]
        for marker in markers:
            unkept = self._spans.unkept(marker)
            if unkept is not None:
                found.update(name for name in unkept if _is_older(name, before))
            elif _is_over(marker, before):
                found.update(await self._left(marker))
        return sorted(found)

    async def decided(self, identifier: str) -> None:
        """It is kept, or removed."""
        await self._spans.end(identifier)
        if identifier in self._suspects:
            await self._delete(SUSPECTS + identifier)
            self._suspects.discard(identifier)
        for marker, undecided in [*self._undecided.items()]:
            undecided.discard(identifier)
            if not undecided:
                await self._forget(marker)

    async def _suspected(self, before: int) -> set[str]:
        names = {
            each.key.removeprefix(SUSPECTS)
            async for each in listed(self._service, SUSPECTS, self._page)
            if each.written < before
        }
        self._suspects |= names
        return {*names}

    async def _left(self, marker: str) -> set[str]:
        """All that was saved in the span of a process that is gone."""
        span = marker.removeprefix(SPANS).rpartition("/")[0]
        objects = listed(self._service, f"{span}/", self._page)
        left = {each.key async for each in objects if _IDENTIFIER.fullmatch(each.key)}
        self._undecided[marker] = left
        if not left:
            await self._forget(marker)
        return left

    async def _forget(self, marker: str) -> None:
        await self._delete(marker)
        self._undecided.pop(marker, None)

    async def _delete(self, key: str) -> None:
        await self._service.ask(Call("DELETE", key))


async def abort_uploads(service: Service, before: int) -> None:
    """End uploads in parts that were begun before a moment, and that nobody ended. Those of others
    than pictd and pict-rs are let alone; what is beyond one listing is left to the next sweep."""
    listing = document(await service.ask(Call("GET", query={"uploads": ""})))
    begun = zip(
        texts(listing, "Upload/Key"),
        texts(listing, "Upload/UploadId"),
        texts(listing, "Upload/Initiated"),
        strict=True,
    )
    for key, upload, time in begun:
        if _IDENTIFIER.fullmatch(key) and moment(time) < before:
            await abort(service, key, upload)


def _is_older(identifier: str, moment: int) -> bool:
    """The first digits of an identifier of ours are its time."""
    return int(identifier.replace("/", "")[:12], 16) * _MILLISECOND < moment


def _is_over(marker: str, moment: int) -> bool:
    name = marker.removeprefix(SPANS)
    if _SPAN.fullmatch(name) is None:
        return False
    return end_of(name.rpartition("/")[0]) * _MILLISECOND <= moment
