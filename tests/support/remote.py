"""Other people's servers, without a network."""

from __future__ import annotations

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer

from pictd.errors import FileTooLarge, PictdError, UpstreamUnreachable
from pictd.interfaces import IByteStream, IRemote


@implementer(IByteStream)
@attrs.define
class Pieces:
    """:ivar pieces: still to come."""

    pieces: list[bytes]
    closed: bool = False

    async def read(self) -> bytes:
        """The next one."""
        return self.pieces.pop(0) if self.pieces else b""

    def close(self) -> None:
        """Note it."""
        self.closed = True


@implementer(IRemote)
@attrs.define
class PlainRemote:
    """Pages by URL.

    :ivar pages: bytes, or what asking for them raises.
    :ivar asked: URLs, in the order in which they were asked for.
    :ivar gate: where it is set, answers wait for it.
    :ivar streams: that were handed out.
    """

    pages: dict[str, bytes | PictdError] = attrs.field(factory=dict)
    asked: list[str] = attrs.field(factory=list)
    gate: Deferred[None] | None = None
    streams: list[Pieces] = attrs.field(factory=list)

    async def fetch(self, url: str, limit: int) -> IByteStream:
        """The page."""
        self.asked.append(url)
        if self.gate is not None:
            await self.gate
        page = self.pages.get(url, UpstreamUnreachable("there is no such page"))
        if isinstance(page, PictdError):
            raise page
        if len(page) > limit:
            raise FileTooLarge(limit=limit, actual=len(page))
        stream = Pieces([page[:2], page[2:]] if page else [])
        self.streams.append(stream)
        return stream
