"""Files that a task leaves for its parent, and what it says of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pictd.imaging.containers.registry import measured_of, outline_of

_NAME = "result"


def write_result(data: bytes, folder: Path) -> dict[str, object]:
    """Write the file and measure it anew: what it is, is told by its bytes.

    :return: path, format, width, height, frames; digest (SHA-256, hexadecimal) and size of the
        bytes.
    """
    path = folder / _NAME
    path.write_bytes(data)
    measured = measured_of(outline_of(data), len(data))
    return {
        "path": str(path),
        "format": measured.format.as_json(),
        "width": measured.width,
        "height": measured.height,
        "frames": measured.frames,
        "digest": hashlib.sha256(data).hexdigest(),
        "size": len(data),
    }
