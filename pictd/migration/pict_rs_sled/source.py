"""All that a database of pict-rs 0.5 knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pictd.migration.pict_rs_sled.failures import StoreMigrationInterrupted
from pictd.migration.pict_rs_sled.jobs import jobs
from pictd.migration.pict_rs_sled.originals import originals
from pictd.migration.pict_rs_sled.settings import settings
from pictd.migration.pict_rs_sled.skips import Reason, Skipped, Skips
from pictd.migration.pict_rs_sled.trees import WITHOUT_FACTS, Name, Trees, items
from pictd.migration.pict_rs_sled.uploads import uploads
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.uploads import Upload


class PictRs:
    """The facts in the order in which they are to be added: originals before all else. Each kind
    is for reading once; all reading blocks."""

    def __init__(self, trees: Trees, now: int) -> None:
        """
        :param now: the moment that stands for those that pict-rs did not record.
        :raise StoreMigrationInterrupted: the files lie in two stores.
        """
        if next(items(trees, Name.MOVED), None) is not None:
            raise StoreMigrationInterrupted
        self._trees = trees
        self._now = now
        self._skips = Skips()
        known = {name.value for name in Name} | WITHOUT_FACTS
        for name in trees.trees():
            if name not in known:
                self._skips.add(Reason.TREE_UNKNOWN, name)

    def originals(self) -> Iterator[CarriedOriginal]:
        """By their hashes.

        :raise NoRoom: the folder for temporary files is full.
        """
        return originals(self._trees, self._now, self._skips)

    def uploads(self) -> Iterator[Upload]:
        """Those that are pending, and those that are to be claimed."""
        return uploads(self._trees, self._now, self._skips)

    def jobs(self) -> Iterator[CarriedJob]:
        """What the server has still to do, in the order of the queues.

        :raise NoRoom: the folder for temporary files is full.
        """
        return jobs(self._trees, self._now, self._skips)

    def settings(self) -> Mapping[str, bytes]:
        """What the server keeps for itself."""
        return settings(self._trees, self._skips)

    def tally(self) -> Tally:
        """How many records there are, those included that will be skipped."""
        return Tally(
            originals=self._count(Name.HASHES),
            aliases=self._count(Name.ALIASES),
            proxies=self._count(Name.PROXIES),
            variants=self._count(Name.VARIANTS),
            uploads=self._count(Name.UPLOADS),
            jobs=self._count(Name.QUEUE),
            settings=self._count(Name.SETTINGS),
        )

    def _count(self, name: Name) -> int:
        return sum(1 for _ in items(self._trees, name))

    @property
    def skipped(self) -> Skipped:
        """What was not carried, of all that was read so far."""
        return self._skips.account
