"""What is sent: a few bytes, or part of a file, which is read while it goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Cooperator
from twisted.web.client import FileBodyProducer

from pictd.store.objects.signing import EMPTY

_PIECE = 64 * 1024


@attrs.frozen
class Payload:
    """The body of a request; it can be sent again.

    :ivar length: bytes.
    :ivar digest: SHA-256, in hexadecimal.
    :ivar open: something with ``read`` and ``close``.
    """

    length: int
    digest: str
    open: Callable[[], Any]

    @classmethod
    def of_bytes(cls, data: bytes) -> Self:
        """Of something small."""
        return cls(len(data), hashlib.sha256(data).hexdigest(), lambda: BytesIO(data))

    @classmethod
    def of_file(cls, path: Path, first: int, count: int) -> Self:
        """Reads it once for the digest, and therefore blocks.

        :raise OSError: it can't be read.
        """
        digest, window = hashlib.sha256(), Window(path, first, count)
        try:
            while piece := window.read(_PIECE):
                digest.update(piece)
        finally:
            window.close()
        return cls(count, digest.hexdigest(), lambda: Window(path, first, count))

    def producer(self, clock: IReactorTime) -> FileBodyProducer:
        """For one attempt to send it."""
        cooperator = Cooperator(scheduler=lambda tick: clock.callLater(0, tick))
        producer = FileBodyProducer(self.open(), cooperator, _PIECE)
        producer.length = self.length
        return producer


NOTHING = Payload(0, EMPTY, lambda: BytesIO(b""))


class Window:
    """Part of a file, from which it is read as from a whole one."""

    def __init__(self, path: Path, first: int, count: int) -> None:
        """:raise OSError: it can't be opened."""
        self._file = path.open("rb", buffering=0)
        self._file.seek(first)
        self._left = count

    def read(self, most: int) -> bytes:
        """The next piece; empty at the end."""
        piece = self._file.read(min(most, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Idempotent."""
        self._file.close()
