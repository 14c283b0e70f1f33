"""What became of pict-rs's records, for people."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from pictd.migration.pict_rs_sled.skips import Skipped
from pictd.migration.pict_rs_sled.takeover import Taken
from pictd.model.carried import Tally

_NAMED = 5
"""Records of each reason that are named."""


def carried(taken: Taken) -> str:
    """One line, as ``carried 3 originals, 4 aliases, …``."""
    counts = taken.seal.counts
    kinds = [each.name for each in attrs.fields(Tally)] + ["details"]
    return f"carried {', '.join(f'{counts[kind]} {kind}' for kind in kinds)}"


def skipped(account: Skipped) -> Iterator[str]:
    """A line for each reason."""
    for reason, count in account.counts.items():
        names = account.examples.get(reason, ())[:_NAMED]
        more = ["…"] if names and count > len(names) else []
        told = f": {', '.join([*names, *more])}" if names else ""
        yield f"{count} x {reason.value}{told}"
