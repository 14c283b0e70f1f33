"""``pictd migrate-store``: all bytes to another store (contract C8)."""

from __future__ import annotations

from collections.abc import Callable

from pictd.interfaces.repos import IRepo
from pictd.migration.blobs import Blob
from pictd.migration.outcomes import Fate, Outcomes
from pictd.migration.stores import Ends, Moving, StoreMove
from pictd.progress import Progress

_TOLD = (Fate.MISSING, Fate.DAMAGED, Fate.FAILED)
_MIB = 1024 * 1024


async def migrate_store(
    ends: Ends, moving: Moving, skip_missing: bool, progress: Progress, say: Callable[[str], None]
) -> int:
    """Copy, and tell what came of it. What could not be copied is named when it is found.

    :param skip_missing: what is missing at the source is no failure.
    :param say: writes one line of the result.
    :return: the exit status.
    """
    progress.begin("files", await _expected(ends.repo))

    def tell(blob: Blob, fate: Fate, why: str) -> None:
        if fate in _TOLD:
            progress.say(f"{blob.identifier}: {fate.value}{': ' if why else ''}{why}")
        progress.advance(int(blob.is_counted))

    try:
        outcomes = await StoreMove(ends, moving, tell).run()
    finally:
        progress.end()
    for line in summary(outcomes, moving.dry_run):
        say(line)
    return 0 if outcomes.is_well(skip_missing) else 1


def summary(outcomes: Outcomes, dry_run: bool) -> list[str]:
    """One line for each fate that there was; the first line always."""
    size = f"{outcomes.copied_bytes / _MIB:.1f} MiB"
    copied = "would be copied" if dry_run else Fate.COPIED.value
    lines = [f"{copied}: {outcomes.counts[Fate.COPIED]} files, {size}"]
    others = (fate for fate in Fate if fate is not Fate.COPIED and outcomes.counts[fate])
    return [*lines, *(f"{fate.value}: {outcomes.counts[fate]} files" for fate in others)]


async def _expected(repo: IRepo) -> int:
    """Still frames and raw uploads are not among them."""
    tally = await repo.records.tally()
    return tally.originals + tally.variants
