"""``pictd prune-missing``: removing records whose bytes are gone, while somebody looks on."""

from __future__ import annotations

from collections.abc import Callable

from pictd.jobs.prune import Prune
from pictd.progress import Progress


async def prune_missing(
    prune: Prune, dry_run: bool, progress: Progress, say: Callable[[str], None]
) -> int:
    """Prune as the server's own job does, with the same refusals, which are in the log.

    :param dry_run: only look.
    :return: the exit status: 1 where it refused, or stopped on its way.
    :raise StoreUnavailable: the store does not work; what went until then is gone.
    """
    total = await prune.repo.hashes.count()
    progress.begin("originals", total)
    try:
        pruned = await (prune.rehearse if dry_run else prune.run)(progress.advance)
    finally:
        progress.end()
    if pruned is None:
        return 1
    say(_told(pruned, total, dry_run))
    return 0


def _told(pruned: int, total: int, dry_run: bool) -> str:
    if dry_run:
        return f"{pruned} of {total} originals have lost their bytes; nothing was removed"
    return f"{pruned} of {total} originals had lost their bytes, and were removed"
