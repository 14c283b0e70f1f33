"""Bytes from a stream into a scratch file, a piece at a time."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.threads import deferToThread

from pictd.errors import StoreUnavailable
from pictd.ingest.session import Received
from pictd.interfaces.stores import IByteStream, IScratch

WRITE_AT = 1024 * 1024
"""Bytes gathered before they are written: what an upload costs in memory."""


async def receive(stream: IByteStream, scratch: IScratch) -> Received:
    """Take a stream to its end. Nothing is left behind where it fails or is cancelled.

    :raise StoreUnavailable: the temporary directory is full.
    :raise PictdError: whatever reading the stream raises.
    """
    folder = scratch.new()
    received = Received(folder, folder / "upload")
    whole = False
    try:
        await _copy(stream, received.path)
        whole = True
    finally:
        if not whole:
            await scratch.discard(folder)
    return received


async def _copy(stream: IByteStream, path: Path) -> None:
    pieces: list[bytes] = []
    gathered = 0
    await _append(path, pieces)
    while piece := await stream.read():
        pieces.append(piece)
        gathered += len(piece)
        if gathered >= WRITE_AT:
            await _append(path, pieces)
            pieces, gathered = [], 0
    await _append(path, pieces)


async def _append(path: Path, pieces: list[bytes]) -> None:
    """The file is opened for each write: a cancelled upload then holds nothing open."""
    try:
        await deferToThread(_write, path, pieces)
    except OSError as error:
        raise StoreUnavailable(f"the upload can't be written: {error.strerror}") from error


def _write(path: Path, pieces: list[bytes]) -> None:
    with path.open("ab") as file:
        file.writelines(pieces)
