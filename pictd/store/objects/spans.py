"""Markers for what a process saves, one for each span of about a minute.

How it works. The first digits of an identifier are the time when it was saved, so that all that was
saved within a span has one prefix. Before its first object of a span a process puts an empty object
that names the span and the process. When the span is over, and the repo refers to all that the
process saved in it, the process deletes that marker; where it dies before, the marker stays, and by
it a sweep finds the span. A save costs no more than its own request, but for one in a minute.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime

from pictd.coalescing import Coalescer
from pictd.errors import ObjectStoreUnavailable
from pictd.patience import within
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Call
from pictd.store.paths import PRIVATE

SPANS = f"{PRIVATE}/spans/"
"""Prefix of markers: the span follows, and the process."""
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


class Spans:
    """What this process saved, and the repo may not refer to yet.

    :ivar process: its name in markers.
    """

    def __init__(self, service: Service, clock: IReactorTime) -> None:
        self.process = uuid4().hex
        self._service, self._clock = service, clock
        self._unkept: dict[str, set[str]] = {}
        self._marked: set[str] = set()
        self._making: Coalescer[None] = Coalescer(clock, lambda _: 0.0)
        self._tidying: Deferred[None] | None = None

    async def begin(self, identifier: str) -> None:
        """Note a new identifier, so that no crash leaves its object unnoted.

        :param identifier: made just now.
        :raise ObjectStoreUnavailable: it is not noted.
        """
        span = span_of(identifier)
        self._unkept.setdefault(span, set()).add(identifier)
        try:
            if span not in self._marked:
                await self._making.get(span, lambda: self._mark(span))
        except Exception:
            self.end(identifier)
            raise

    def end(self, identifier: str) -> None:
        """The repo refers to the object, or it is gone. Idempotent."""
        self._unkept.get(span_of(identifier), set()).discard(identifier)

    def unkept(self, marker: str) -> set[str] | None:
        """What was begun and not ended in the span of a marker; None where the marker is that of
        another process."""
        span, _, process = marker.removeprefix(SPANS).rpartition("/")
        return self._unkept.get(span) if process == self.process else None

    async def tidy(self, also_current: bool = False) -> None:
        """Delete markers that are needed no more. One that can't be deleted is left to a sweep.

        :param also_current: nothing is going to be saved any more.
        """
        latest = None if also_current else self._clock.seconds() * 1000 - SPAN_MILLISECONDS
        for span in [span for span, unkept in self._unkept.items() if not unkept]:
            if latest is None or end_of(span) < latest:
                self._unkept.pop(span, None)
                self._marked.discard(span)
                with suppress(ObjectStoreUnavailable):
                    await self._service.ask(Call("DELETE", self._marker(span)), attempts=1)

    async def close(self) -> None:
        """Leave markers only of what the repo may not refer to, if there is time."""
        with suppress(TimeoutError):
            await within(_GOODBYE, self._clock, self._close())

    async def _close(self) -> None:
        if self._tidying is not None:
            await self._tidying
        await self.tidy(also_current=True)

    async def _mark(self, span: str) -> None:
        await self._service.ask(Call("PUT", self._marker(span)))
        self._marked.add(span)
        if self._tidying is None or self._tidying.called:
            self._tidying = Deferred.fromCoroutine(self.tidy())  # nobody waits for it

    def _marker(self, span: str) -> str:
        return f"{SPANS}{span}/{self.process}"
