"""Rows as values: which columns make a record, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord
from pictd.repo.postgres.values import moment

RECORD = "h.hash, h.identifier, h.created_at, h.blurhash, h.motion_identifier"
"""Columns of ``hashes AS h`` that ``record`` takes."""
WIDTH = 5
"""How many columns a record is."""


def record(row: Sequence[Any]) -> HashRecord:
    """Of the columns ``RECORD``."""
    text, identifier, created_at, blurhash, motion = row
    return HashRecord(Hash.from_text(text), identifier, moment(created_at), blurhash, motion)


def details(json: object) -> Details | None:
    """Of the column ``details.json``; None where an outer join found none."""
    return None if json is None else Details.from_json(json)
