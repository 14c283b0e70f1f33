"""Rows that mean nothing to pictd, which leaves them alone."""

from __future__ import annotations

from collections.abc import Sequence

from pictd.repo.postgres.departures import sound
from pictd.repo.postgres.sessions import Step

_TABLES = ("hashes", "aliases", "variants")


async def unsound(step: Step) -> Sequence[str]:
    """See ``IRepo.unsound``."""
    found = []
    for table in _TABLES:
        ((count,),) = await step.rows(f"SELECT count(*) FROM {table} WHERE NOT {sound('hash')}")
        if count:
            found.append(f"{count} rows of {table} have a hash that is none, and are left alone")
    return found
