"""Messages between the daemon and the fork server: a length (4 bytes, big-endian), then JSON."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

MOST = 4 * 1024 * 1024
"""Bytes of one message."""


def pack(message: object) -> bytes:
    """One message, ready to be written."""
    data = json.dumps(message).encode()
    return struct.pack(">I", len(data)) + data


def unpack(buffer: bytearray) -> Iterator[object]:
    """The complete messages at the start of ``buffer``, which they are taken from.

    :raise ValueError: no message, or too large.
    """
    while len(buffer) >= 4:
        length = int.from_bytes(buffer[:4], "big")
        if length > MOST:
            raise ValueError(f"a message of {length} bytes is above {MOST}")
        if len(buffer) < 4 + length:
            return
        data = bytes(buffer[4 : 4 + length])
        del buffer[: 4 + length]
        yield json.loads(data)
