"""Rows as values: which columns make a record, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pictd.model.details import Details
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord

RECORD = "h.hash, h.identifier, h.created_at, h.blurhash, h.motion"
"""Columns of ``hashes AS h`` that ``record`` takes."""
DETAILS = "d.width, d.height, d.frames, d.format, d.created_at"
"""Columns of ``details AS d`` that ``details`` takes."""
WIDTH = 5
"""How many columns each of the two is."""
_FORMATS = {each.code: each for each in Format}


def record(row: Sequence[Any]) -> HashRecord:
    """Of the columns ``RECORD``."""
    return HashRecord(hash_of(row[0]), *row[1:])


def details(row: Sequence[Any]) -> Details | None:
    """Of the columns ``DETAILS``; None where an outer join found none."""
    width, height, frames, code, created_at = row
    return None if width is None else Details(width, height, frames, _FORMATS[code], created_at)


def hash_of(key: bytes) -> Hash:
    """The hash that a stored key is; the schema vouches for its length."""
    return Hash(key[:32], int.from_bytes(key[32:38], "big"), _FORMATS[key[38]])
