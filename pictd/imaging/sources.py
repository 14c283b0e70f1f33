"""Files as tasks read them."""

from __future__ import annotations

import mmap
from pathlib import Path

from pictd.imaging.containers.pieces import Data
from pictd.imaging.containers.registry import is_video
from pictd.imaging.failures import Unreadable


def read_source(path: str) -> Data:
    """The file: mapped where it is a video, of which only parts are looked at; else in memory.

    :raise Unreadable: it is empty.
    """
    with Path(path).open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise Unreadable("the file is empty") from error
        return mapped if is_video(mapped) else file.read()


def read_picture(path: str) -> bytes:
    """The same, where only pictures are expected.

    :raise Unreadable: it is empty, or a video.
    """
    data = read_source(path)
    if not isinstance(data, bytes):
        raise Unreadable("a video is no picture")
    return data
