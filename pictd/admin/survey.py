"""``pictd check --data``: the database against itself, and against the store.

How it works: the walk takes the originals page by page, in an order that stays, and looks at some
of a page at once. What is lost meanwhile is found or not; what is deleted meanwhile is no finding.
Where it ends early it tells the place from which it can go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
from twisted.internet.interfaces import IReactorTime

from pictd.admin.findings import Finding, Findings
from pictd.admin.inspection import Inspection
from pictd.admin.paging import PAGE, all_uploads
from pictd.admin.samples import Lots, Share
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IStore
from pictd.model.carried import CarriedOriginal
from pictd.model.hashes import Hash
from pictd.model.records import Queue
from pictd.model.times import from_seconds
from pictd.progress import Progress
from pictd.together import together

AT_ONCE = 16
"""Originals that are looked at together: as many as a store answers well at a time."""

MOST_FORGOTTEN = 10_000
"""Details of nothing that one survey tells, or a few more."""


@attrs.frozen
class Order:
    """What is to be done.

    :ivar hashes: how many originals are read back; None: none.
    :ivar repair: heal records.
    :ivar after: the last original of an earlier walk, which this one goes on from.
    """

    hashes: Share | None = None
    repair: bool = False
    after: Hash | None = None


@attrs.define
class Survey:
    """One walk.

    :ivar say: writes one line.
    """

    repo: IRepo
    store: IStore
    clock: IReactorTime
    progress: Progress
    say: Callable[[str], None]
    _seen: int = 0
    _read: int = 0

    async def run(self, order: Order) -> int:
        """Tell every finding, and then how many there were.

        :return: the exit status: 1 where anything was found, healed or not.
        :raise RepoUnavailable: the walk ended there.
        :raise StoreUnavailable: likewise.
        """
        findings = Findings(self.say, order.repair)
        for line in await self.repo.unsound():
            await findings.note(Finding(f"database: {line}"))
        await self._details(findings)  # first: healing queues jobs
        await self._originals(order, findings)
        await self._uploads(findings)
        self.say(f"{self._seen} originals looked for, {self._read} read: {findings.told}")
        return 1 if findings.count else 0

    @property
    def _inspection(self) -> Inspection:
        return Inspection(self.repo, self.store)

    async def _originals(self, order: Order, findings: Findings) -> None:
        total = (await self.repo.records.tally()).originals
        lots = Lots(0 if order.hashes is None else order.hashes.of(total), total)
        after, ended = order.after, False
        self.progress.begin("originals", total if after is None else None)
        try:
            while page := await self.repo.records.originals(after, PAGE):
                await self._look_at(page, lots, findings)
                after = page[-1].record.hash
            ended = True
        finally:
            self.progress.end()
            if not ended and after is not None:
                self.say(f"the walk ended early; --after {after.hex} goes on from there")

    async def _look_at(
        self, page: Sequence[CarriedOriginal], lots: Lots, findings: Findings
    ) -> None:
        async def look(choice: tuple[CarriedOriginal, bool]) -> None:
            async for finding in self._inspection.of_original(*choice):
                await findings.note(finding)
            self._seen += 1
            self._read += choice[1]
            self.progress.advance()

        await together([(original, lots.draw()) for original in page], look, AT_ONCE)

    async def _uploads(self, findings: Findings) -> None:
        async for upload in all_uploads(self.repo):
            finding = await self._inspection.of_upload(upload)
            if finding is not None:
                await findings.note(finding)

    async def _details(self, findings: Findings) -> None:
        """Those of nothing. They are to be expected while something is to be cleaned up."""
        if await self.repo.jobs.length(Queue.CLEANUP):
            self.say("details of nothing are not looked for: clean-up jobs are queued")
            return
        for identifier in await self._forgotten():
            await findings.note(self._of_details(identifier))

    async def _forgotten(self) -> list[str]:
        found: list[str] = []
        after: str | None = None
        while len(found) < MOST_FORGOTTEN and (page := await self.repo.details.page(after, PAGE)):
            unknown = [identifier for identifier, known in page.items() if not known]
            found += [each for each in unknown if await self._is_forgotten(each)]
            after = list(page)[-1]
        return found

    async def _is_forgotten(self, identifier: str) -> bool:
        """Whether no clean-up was to come, and none has come meanwhile."""
        if await self.repo.jobs.length(Queue.CLEANUP):
            return False
        there = await self.repo.details.find(identifier) is not None
        return there and not await self.repo.refers_to(identifier)

    def _of_details(self, identifier: str) -> Finding:
        payload = {"Identifier": {"identifier": identifier}}
        now = from_seconds(self.clock.seconds())
        return Finding(
            f"details of {identifier}: nothing refers to them",
            lambda: self.repo.jobs.push(Queue.CLEANUP, payload, now, f"forgotten-{identifier}"),
            "a job removes them",
        )
