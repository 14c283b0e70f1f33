"""From a database of pict-rs into a repo (contract D4).

How it works: everything is carried over in batches, each of them one step of the repo's. What is
there already stays, so that a takeover that was ended in any way is finished by running it again.
Then all of the repo is read back, and held against what was told by counts and a digest over every
record. Where that differs, as in a repo that had more, the source is read again, and what differs
is named.
"""

from __future__ import annotations

import attrs

from pictd.interfaces.repos import IRepo
from pictd.migration.differences import Comparison
from pictd.migration.pict_rs_sled.reading import PAGE, Reading
from pictd.migration.pict_rs_sled.skips import Skipped
from pictd.migration.repos import Carrier, refuse_differences
from pictd.migration.seals import Seal, seal_of
from pictd.migration.sources import OfRepo
from pictd.model.carried import Tally
from pictd.progress import Progress


@attrs.frozen
class Taken:
    """What was carried, and what was not."""

    seal: Seal
    skipped: Skipped


async def take_over(reading: Reading, destination: IRepo, progress: Progress) -> Taken:
    """Carry everything, and see that it has arrived.

    :param reading: open.
    :raise TakeoverImpossible: the source can't be read to its end.
    :raise NotCarried: all that can be is carried; the message names what is not.
    :raise RepoUnavailable: of the destination; running it again goes on.
    """
    was_empty = await destination.records.tally() == Tally()
    await Carrier(reading, destination, progress).carry(await reading.tally())
    taken = Taken(reading.seal, reading.skipped)
    total = _walked(taken.seal)
    there = OfRepo(destination.records, PAGE)
    if await seal_of(there, progress, total, reading.in_thread) != taken.seal:
        await reading.begin_again()
        comparison = Comparison(reading, destination, progress)
        found = await comparison.compare(total)
        if was_empty and not found.count:
            await comparison.compare_counts(taken.seal.tally)
        refuse_differences(found)
    return taken


def _walked(seal: Seal) -> int:
    return sum(seal.counts[kind] for kind in ("originals", "uploads", "jobs"))
