"""Rows as values: which columns make a record, and in which order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
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


def details(column: object) -> Details | None:
    """Of the column ``details.json``; None where an outer join found none."""
    return None if column is None else Details.from_json(column)


def hot_details(text: str | None) -> Details | None:
    """As ``details``, of ``details.json::text``: what every request reads is parsed once."""
    return None if text is None else _parsed(text)


@lru_cache(4096)
def _parsed(text: str) -> Details:
    return Details.from_json(json.loads(text))
