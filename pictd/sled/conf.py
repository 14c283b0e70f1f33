"""The file ``conf``: how the log is cut, and who wrote it (spec sled §3)."""

from __future__ import annotations

import zlib

from pictd.sled.damage import Finding
from pictd.sled.failures import Malformed, NotADatabase, UnsupportedDatabase
from pictd.sled.files import Folder
from pictd.sled.integers import u32
from pictd.sled.ledger import Ledger

_NAME = "conf"
_CHECKSUM = 4  # bytes
_SMALLEST, _LARGEST = 256, 16_777_216
_VERSION = "0.34"

DEFAULT = 524_288
"""Bytes in a segment, where nothing else is said."""


def segment_size(folder: Folder, ledger: Ledger) -> int | None:
    """Bytes in a segment; None: there is no ``conf``, and sled would take ``DEFAULT``.

    :raise NotADatabase: the file is something else.
    :raise UnsupportedDatabase: made by another version, or with compression.
    """
    data = folder.content(_NAME) or b""
    if len(data) <= 2 * _CHECKSUM:
        ledger.add(Finding.CONF, f"{len(data)} bytes")
        return None
    body, stored = data[:-_CHECKSUM], u32(data, len(data) - _CHECKSUM)
    if zlib.crc32(body) != stored:
        ledger.add(Finding.CONF, "its checksum")
    try:
        return _checked(_parsed(body))
    except (Malformed, UnicodeDecodeError, KeyError, ValueError) as error:
        raise NotADatabase(f"{folder.path / _NAME} is not of sled: {error}") from None


def _parsed(body: bytes) -> dict[str, str]:
    found = {}
    for line in body.decode().splitlines():
        name, colon, value = line.partition(": ")
        if not colon:
            raise Malformed(f"the line {line[:80]!r}")
        found[name] = value
    return found


def _checked(settings: dict[str, str]) -> int:
    if settings["version"] != _VERSION:
        raise UnsupportedDatabase(f"made by sled {settings['version'][:20]}, not {_VERSION}")
    if settings["use_compression"] != "false":
        raise UnsupportedDatabase("the database is compressed, which pict-rs never asks for")
    size = int(settings["segment_size"])
    if not _SMALLEST <= size <= _LARGEST or size & (size - 1):
        raise Malformed(f"segments of {size} bytes")
    return size
