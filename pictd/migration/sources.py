"""From where all that a repo knows is carried."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

import attrs

from pictd.interfaces.repos import IRecords
from pictd.migration import pages
from pictd.migration.pages import PAGE
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.uploads import Upload


class Source(Protocol):
    """Tells everything, page by page; none of them is empty. Each kind may be asked for again."""

    async def tally(self) -> Tally:
        """How many there are, as far as that is known before they are read."""

    async def settings(self) -> Mapping[str, bytes]:
        """All of them."""

    def originals(self) -> AsyncIterator[Sequence[CarriedOriginal]]:
        """By their hashes."""

    def uploads(self) -> AsyncIterator[Sequence[Upload]]:
        """In any order."""

    def jobs(self) -> AsyncIterator[Sequence[CarriedJob]]:
        """Those of one queue in its order."""


@attrs.frozen
class OfRepo:
    """A repo as a source.

    :ivar length: of a page.
    """

    records: IRecords
    length: int = PAGE

    async def tally(self) -> Tally:
        """See ``Source``."""
        return await self.records.tally()

    async def settings(self) -> Mapping[str, bytes]:
        """See ``Source``."""
        return await self.records.settings()

    def originals(self) -> AsyncIterator[Sequence[CarriedOriginal]]:
        """See ``Source``."""
        return pages.originals(self.records, self.length)

    def uploads(self) -> AsyncIterator[Sequence[Upload]]:
        """See ``Source``."""
        return pages.uploads(self.records, self.length)

    def jobs(self) -> AsyncIterator[Sequence[CarriedJob]]:
        """See ``Source``."""
        return pages.jobs(self.records, self.length)
