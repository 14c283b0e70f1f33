"""Markers of what a process is saving, each for all that it saves within about a minute.

How it works. The first digits of an identifier are the time when it was made, so that all that was
saved within a span has one prefix. Before its first object of a span a process puts an empty object
that names the span. As soon as the repo refers to all that it saved there, it deletes this marker;
what comes later in the same span gets another, lest the end of the one meet the making of the
other. Where the process dies, the marker stays, and by it a sweep finds the span. Who saves after
longer work says so before it: then the marker is there in time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from uuid import uuid4

import attrs
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime

from pictd.coalescing import Coalescer
from pictd.errors import ObjectStoreUnavailable
from pictd.model.identifiers import new_identifier
from pictd.patience import within
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Call
from pictd.store.paths import PRIVATE

SPANS = f"{PRIVATE}/spans/"
"""Prefix of markers: the span follows, then the process and a number."""
SPAN_MILLISECONDS = 1 << 16
_GOODBYE = 5.0
"""Seconds."""
_LENGTH = len("01/90/4b/2c")


def span_of(identifier: str) -> str:
    """The beginning that all identifiers of a span have."""
    return identifier[:_LENGTH]


def end_of(span: str) -> int:
    """Milliseconds since the epoch."""
    return (int(span.replace("/", ""), 16) + 1) * SPAN_MILLISECONDS


@attrs.define(eq=False)
class _Note:
    """What was saved in one span, and the repo may not refer to yet.

    :ivar key: of the marker.
    :ivar is_made: whether that is known to be in the bucket.
    :ivar expected: how many are going to save something.
    """

    key: str
    unkept: set[str] = attrs.field(factory=set)
    is_made: bool = False
    expected: int = 0


class Spans:
    """What this process is saving."""

    def __init__(self, service: Service, clock: IReactorTime) -> None:
        self._service, self._clock = service, clock
        self._process, self._numbers = uuid4().hex, count()
        self._notes: dict[str, _Note] = {}
        self._making: Coalescer[None] = Coalescer(clock, lambda _: 0.0)

    @asynccontextmanager
    async def expecting(self) -> AsyncIterator[None]:
        """Something is likely to be saved within; the marker is made meanwhile."""
        span = span_of(new_identifier(int(self._clock.seconds() * 1000), bytes(10), ""))
        note = self._note(span)
        note.expected += 1
        Deferred.fromCoroutine(self._make(span, note)).addErrback(lambda _: None)  # begin tells
        try:
            yield
        finally:
            note.expected -= 1
            await self._drop_if_done(span, note)

    async def begin(self, identifier: str) -> None:
        """Note a new identifier, so that no crash leaves its object unnoted.

        :raise ObjectStoreUnavailable: it is not noted.
        """
        span = span_of(identifier)
        note = self._note(span)
        note.unkept.add(identifier)
        try:
            await self._make(span, note)
        except Exception:
            note.unkept.discard(identifier)
            await self._drop_if_done(span, note)
            raise

    async def end(self, identifier: str) -> None:
        """The repo refers to the object, or it is gone. Idempotent."""
        span = span_of(identifier)
        note = self._notes.get(span)
        if note is not None and identifier in note.unkept:
            note.unkept.discard(identifier)
            await self._drop_if_done(span, note)

    def unkept(self, marker: str) -> set[str] | None:
        """What was begun and not ended; nothing of a marker that is about to go. None where it is
        one of another process.

        :param marker: a key.
        """
        if not marker.rpartition("/")[2].startswith(self._process):
            return None
        own = (note.unkept for note in self._notes.values() if note.key == marker)
        return next(own, set())

    async def close(self) -> None:
        """Leave markers only of what the repo may not refer to, if there is time."""
        with suppress(TimeoutError):
            await within(_GOODBYE, self._clock, self._drop_all())

    async def _drop_all(self) -> None:
        for span, note in [*self._notes.items()]:
            note.expected = 0
            await self._drop_if_done(span, note)
        await self._making.idle()

    def _note(self, span: str) -> _Note:
        if span not in self._notes:
            self._notes[span] = _Note(f"{SPANS}{span}/{self._process}-{next(self._numbers)}")
        return self._notes[span]

    async def _make(self, span: str, note: _Note) -> None:
        if not note.is_made:
            await self._making.get(note.key, lambda: self._put(span, note))

    async def _put(self, span: str, note: _Note) -> None:
        await self._service.ask(Call("PUT", note.key))
        note.is_made = True
        if self._notes.get(span) is not note:  # it came too late for what was expected
            await self._delete(note)

    async def _drop_if_done(self, span: str, note: _Note) -> None:
        if note.unkept or note.expected > 0 or self._notes.get(span) is not note:
            return
        del self._notes[span]
        if note.is_made:
            await self._delete(note)

    async def _delete(self, note: _Note) -> None:
        """A marker that can't be deleted is left to a sweep."""
        with suppress(ObjectStoreUnavailable):
            await self._service.ask(Call("DELETE", note.key), attempts=1)
