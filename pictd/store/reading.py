"""Reading stored files: from the page cache at once, from the disk in a thread."""

from __future__ import annotations

import errno
import os

from twisted.internet.interfaces import IReactorThreads
from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer

from pictd.errors import StoreUnavailable
from pictd.interfaces.stores import IBlob, IByteStream
from pictd.store.descriptors import OpenFile

PIECE = 128 * 1024
"""Bytes: copied in some 20 microseconds."""
_MUST_WAIT = (errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)
"""The bytes are on the disk, or the filesystem or kernel can't tell whether they are."""


@implementer(IBlob)
class FileBlob:
    """One stored file."""

    def __init__(self, file: OpenFile, size: int, reactor: IReactorThreads) -> None:
        self.size = size
        self._file: OpenFile | None = file
        self._reactor = reactor

    def stream(self, first: int, count: int) -> IByteStream:
        """See ``IBlob``.

        :raise StoreUnavailable: the blob was closed.
        """
        if self._file is None:
            raise StoreUnavailable("The blob was closed")
        return FileStream(self._file, first, count, self._reactor)

    def close(self) -> None:
        """See ``IBlob``."""
        self._file = None


@implementer(IByteStream)
class FileStream:
    """Part of one stored file."""

    def __init__(self, file: OpenFile, first: int, count: int, reactor: IReactorThreads) -> None:
        self._file: OpenFile | None = file
        self._at = first
        self._left = count
        self._reactor = reactor
        self._buffer = bytearray(min(count, PIECE))

    async def read(self) -> bytes:
        """See ``IByteStream``."""
        if self._file is None:
            raise StoreUnavailable("The stream was closed")
        if self._left <= 0:
            return b""
        piece = await self._piece(self._file, min(self._left, PIECE))
        if not piece:
            raise StoreUnavailable(f"A stored file ended early: {self._left} bytes are missing")
        self._at += len(piece)
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """See ``IByteStream``."""
        self._file = None

    async def _piece(self, file: OpenFile, count: int) -> bytes:
        try:
            return self._cached(file, count)
        except OSError as error:
            if error.errno not in _MUST_WAIT:
                raise StoreUnavailable(f"A stored file can't be read: {error}") from error
        pool = self._reactor.getThreadPool()
        return await deferToThreadPool(self._reactor, pool, _read, file, count, self._at)

    def _cached(self, file: OpenFile, count: int) -> bytes:
        """:raise OSError: the bytes are not in memory."""
        with memoryview(self._buffer)[:count] as room:
            got = os.preadv(file.descriptor, [room], self._at, os.RWF_NOWAIT)
            return bytes(room[:got])


def _read(file: OpenFile, count: int, at: int) -> bytes:
    """Blocks. It holds the file, which is therefore not closed under it."""
    try:
        return os.pread(file.descriptor, count, at)
    except OSError as error:
        raise StoreUnavailable(f"A stored file can't be read: {error}") from error
