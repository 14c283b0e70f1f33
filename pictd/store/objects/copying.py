"""A copy of an object on this machine."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.interfaces import IReactorThreads
from twisted.internet.threads import deferToThreadPool

from pictd.errors import StoreUnavailable
from pictd.interfaces.stores import IByteStream

_WRITE_AT = 1024 * 1024
"""Bytes gathered before they are written."""


async def copy(stream: IByteStream, path: Path, reactor: IReactorThreads) -> None:
    """Write all of a stream, which is closed, into a file. Where that fails, part of it may be
    there: the folder is the caller's.

    :raise StoreUnavailable: the stream ended early, or the file can't be written.
    """
    pieces: list[bytes] = []
    try:
        await _write(reactor, path, "wb", pieces)
        while piece := await stream.read():
            pieces.append(piece)
            if sum(map(len, pieces)) >= _WRITE_AT:
                await _write(reactor, path, "ab", pieces)
                pieces = []
        await _write(reactor, path, "ab", pieces)
    finally:
        stream.close()


async def _write(reactor: IReactorThreads, path: Path, mode: str, pieces: list[bytes]) -> None:
    """The file is opened for each write: a copy that is given up holds nothing open."""
    try:
        await deferToThreadPool(reactor, reactor.getThreadPool(), _put, path, mode, pieces)
    except OSError as error:
        raise StoreUnavailable(f"A copy can't be written: {error.strerror}") from error


def _put(path: Path, mode: str, pieces: list[bytes]) -> None:
    with path.open(mode) as file:
        file.writelines(pieces)
