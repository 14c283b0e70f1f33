"""Other people's servers, without a network."""

from __future__ import annotations

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer

from pictd.errors import FileTooLarge, PictdError, UpstreamUnreachable
from pictd.interfaces.remote import IRemote
from pictd.interfaces.stores import IByteStream


@implementer(IByteStream)
@attrs.define
class Pieces:
    """:ivar pieces: still to come.
    :ivar breaks: what reading beyond them raises.
    :ivar pause: where it is set, reading waits for it.
    :ivar reads: how often somebody began to read.
    """

    pieces: list[bytes]
    breaks: PictdError | None = None
    pause: Deferred[None] | None = None
    closed: bool = False
    reads: int = 0

    async def read(self) -> bytes:
        """The next one."""
        self.reads += 1
        if self.pause is not None:
            await self.pause
        if self.pieces or self.breaks is None:
            return self.pieces.pop(0) if self.pieces else b""
        raise self.breaks

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
    :ivar pause: where it is set, what is sent after the answer waits for it.
    :ivar breaks: what comes after the page, where it is set.
    :ivar streams: that were handed out.
    """

    pages: dict[str, bytes | PictdError] = attrs.field(factory=dict)
    asked: list[str] = attrs.field(factory=list)
    gate: Deferred[None] | None = None
    pause: Deferred[None] | None = None
    breaks: PictdError | None = None
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
        stream = Pieces(_pieces(page), self.breaks, self.pause)
        self.streams.append(stream)
        return stream


def _pieces(page: bytes) -> list[bytes]:
    return [piece for piece in (page[:2], page[2:]) if piece]
