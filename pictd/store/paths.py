"""Where an identifier's file is, and that it never lies outside of the root."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pictd.errors import StoreUnavailable

PRIVATE = ".pictd"
"""The folder in the root that is the store's own."""
_EXTENSION = re.compile(r"(\.[0-9A-Za-z]+)*")


def path_of(root: Path, identifier: str) -> Path:
    """Identifiers are relative paths, and otherwise opaque: several generations are in use.

    :raise StoreUnavailable: it would lead out of the root, into the store's own folder, or to no
        file at all. Nothing that pictd or pict-rs wrote does.
    """
    segments = identifier.split("/")
    if segments[0] == PRIVATE or not all(_is_name(segment) for segment in segments):
        raise StoreUnavailable(f"Not an identifier of this store: {identifier[:200]!r}")
    return root.joinpath(*segments)


def checked_extension(extension: str) -> str:
    """An extension that may become part of an identifier.

    :raise StoreUnavailable: it holds more than dots, letters and digits.
    """
    if not _EXTENSION.fullmatch(extension):
        raise StoreUnavailable(f"Not an extension: {extension[:200]!r}")
    return extension


def _is_name(segment: str) -> bool:
    if segment in ("", ".", "..") or "\0" in segment:
        return False
    try:
        os.fsencode(segment)
    except UnicodeEncodeError:
        return False
    return True
