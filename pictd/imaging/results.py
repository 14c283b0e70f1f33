"""Files that a task leaves for its parent, and what it says of them."""

from __future__ import annotations

from pathlib import Path

from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.registry import measured_of

_NAME = "result"


def write_result(data: bytes, outline: Outline, folder: Path) -> dict[str, object]:
    """Write the file.

    :param outline: of this very data: what it is, is told by its bytes.
    :return: path, format, width, height, frames.
    """
    path = folder / _NAME
    path.write_bytes(data)
    return result_of(path, outline, len(data))


def result_of(path: Path, outline: Outline, size: int) -> dict[str, object]:
    """What is said of a file that is there.

    :param size: bytes.
    """
    measured = measured_of(outline, size)
    return {
        "path": str(path),
        "format": measured.format.as_json(),
        "width": measured.width,
        "height": measured.height,
        "frames": measured.frames,
    }
