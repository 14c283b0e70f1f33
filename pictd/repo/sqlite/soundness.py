"""Whether the database file is what it should be."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pictd.repo.sqlite.reader import fetch

_DAMAGE = "PRAGMA integrity_check(100)"
_DANGLING = """
    SELECT count(*) || ' rows of ' || "table" || ' refer to ' || parent || ' that are gone'
    FROM pragma_foreign_key_check GROUP BY "table", parent
"""


def unsound(db: sqlite3.Connection) -> Sequence[str]:
    """See ``IRepo.unsound``. Reads every page of the file."""
    lines = [line for (text,) in fetch(db, _DAMAGE) for line in text.splitlines() if line != "ok"]
    return lines + [line for (line,) in fetch(db, _DANGLING)]
