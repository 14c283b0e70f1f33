"""Objects on their way out."""

from __future__ import annotations

from zope.interface import implementer

from pictd.errors import ObjectStoreUnavailable
from pictd.figures import Ended
from pictd.interfaces.stores import IBlob, IByteStream
from pictd.store.objects.answers import Refused
from pictd.store.objects.arriving import Arriving
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Call

_MOST_RESUMED = 3
"""Times that one stream goes on after the service broke off."""


@implementer(IBlob)
class ObjectBlob:
    """One object. It holds nothing: each stream is a request."""

    def __init__(self, service: Service, key: str, size: int) -> None:
        self.size = size
        self._service, self._key = service, key

    def stream(self, first: int, count: int) -> IByteStream:
        """See ``IBlob``."""
        return ObjectStream(self._service, self._key, (first, count, self.size))

    def close(self) -> None:
        """See ``IBlob``."""


@implementer(IByteStream)
class ObjectStream:
    """Part of one object. Nothing is asked for before somebody reads; where the service breaks off,
    the stream asks for the rest.

    :param part: offset, bytes, and the size of the whole.
    """

    def __init__(self, service: Service, key: str, part: tuple[int, int, int]) -> None:
        self._service, self._key = service, key
        self._at, self._left, self._size = part
        self._body: Arriving | None = None
        self._ended: Ended = lambda complete: None
        self._closed = False
        self._resumed = 0

    async def read(self) -> bytes:
        """See ``IByteStream``."""
        while not self._closed and self._left > 0:
            try:
                return await self._piece()
            except Refused:
                raise
            except ObjectStoreUnavailable:
                self._let_go()
                self._resumed += 1
                if self._resumed > _MOST_RESUMED:
                    raise
        if self._closed:
            raise ObjectStoreUnavailable("The stream was closed")
        return b""

    def close(self) -> None:
        """See ``IByteStream``."""
        self._closed = True
        self._let_go()

    async def _piece(self) -> bytes:
        body = self._body or await self._begin()
        piece = await body.read()
        if not 0 < len(piece) <= self._left:
            raise ObjectStoreUnavailable(f"An object ended with {self._left} bytes to come")
        self._at += len(piece)
        self._left -= len(piece)
        return piece

    async def _begin(self) -> Arriving:
        answer, body = await self._service.fetch(Call("GET", self._key, headers=self._range()))
        right = answer.status == 200 if self._is_whole else self._is_part(answer.header(_RANGE))
        if self._closed or not right:
            body.close()
            raise ObjectStoreUnavailable("The object store sends another part than was asked for")
        self._body, self._ended = body, self._service.streams.begin()
        return body

    @property
    def _is_whole(self) -> bool:
        return self._left == self._size

    def _range(self) -> dict[str, str]:
        return {} if self._is_whole else {"range": f"bytes={self._at}-{self._last}"}

    def _is_part(self, told: str) -> bool:
        return told == f"bytes {self._at}-{self._last}/{self._size}"

    @property
    def _last(self) -> int:
        return self._at + self._left - 1

    def _let_go(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()
            self._ended(self._left == 0)


_RANGE = "content-range"
