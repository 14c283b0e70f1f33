"""``pictd check --data``, on a real database and real files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cached_property
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred

from pictd.admin.inspection import Inspection
from pictd.admin.paging import PAGE
from pictd.admin.samples import Share
from pictd.admin.survey import Order, Survey
from pictd.errors import StoreUnavailable
from pictd.interfaces.stores import IBlob
from pictd.model.hashes import Hash
from pictd.model.records import Queue
from pictd.model.uploads import Upload, UploadFailed
from pictd.store.filesystem import FilesystemStore
from tests.admin.admin_case import CLOCK, UPLOAD, AdminTestCase
from tests.contracts.repo import details_at, naming_of, record_of

ALL = Order(hashes=Share())
PLAIN, REPAIR = Order(), Order(repair=True)
NOT_NOW = "clean-up jobs are queued"


class Failing(FilesystemStore):
    """One that breaks down when it is asked for bytes.

    :ivar works: whether it says so.
    """

    works = True

    async def open(self, identifier: str) -> IBlob | None:
        """See ``IStore``."""
        raise StoreUnavailable("no such luck")

    async def check(self, read_only: bool = False) -> None:
        """See ``IStore``."""
        if not self.works:
            raise StoreUnavailable("away")


class Hanging(FilesystemStore):
    """One that answers so many questions, and no more.

    :ivar reached: fires when it hangs.
    """

    answers = 0

    @cached_property
    def reached(self) -> Deferred[None]:
        """Made when it is first asked for."""
        return Deferred()

    async def open(self, identifier: str) -> IBlob | None:
        """See ``IStore``."""
        self.answers -= 1
        if self.answers >= 0:
            return await super().open(identifier)
        CLOCK.callLater(0, self.reached.callback, None)
        return await Deferred()


class SurveyTestCase(AdminTestCase):
    """Runs surveys."""

    async def survey(self, order: Order = PLAIN) -> tuple[int, list[str]]:
        """The exit status, and what was found."""
        said: list[str] = []
        survey = Survey(self.repo, self.store, CLOCK, self.progress, said.append)
        try:
            status = await survey.run(order)
        finally:
            self.said = said
            self.assertEqual(self.progress.parts, 0)
        return status, [line for line in said[:-1] if not line.endswith(NOT_NOW)]

    async def found(self, order: Order = PLAIN) -> str:
        """The one thing that was."""
        status, said = await self.survey(order)
        self.assertEqual((status, len(said)), (1, 1), said)
        return said[0]

    async def assert_well(self) -> None:
        """Nothing is found, by reading everything."""
        self.assertEqual(await self.survey(ALL), (0, []))


class FindingTests(SurveyTestCase):
    """What is found."""

    async def test_nothing(self) -> None:
        """Of an empty database, and of one where all is there."""
        await self.assert_well()
        original = await self.uploaded(1)
        await self.varied(original)
        await self.stilled(original)
        await self.repo.uploads.begin(UPLOAD, await self.saved(b"raw"), "Payload", 1)
        await self.assert_well()
        self.assertEqual(self.said, ["1 originals looked for, 1 read: nothing is wrong"])

    async def test_lost_bytes(self) -> None:
        """Are told once, with the alias, and whatever hangs on the original is left aside."""
        original = await self.uploaded(1)
        await self.uploaded(2)
        self.lose([await self.varied(original), original.record.identifier])
        line = await self.found()
        self.assertIn(f"{original.record.identifier} (1.png): its bytes are missing", line)
        self.assertIn("prune-missing", line)

    async def test_another_size(self) -> None:
        """Is told without reading."""
        original = await self.uploaded(1)
        self.file(original.record.identifier).write_bytes(b"cut")
        self.assertIn("it is damaged: 3 bytes instead of 100", await self.found())

    async def test_another_content(self) -> None:
        """Of the same size, is told where it is read."""
        original = await self.uploaded(1)
        self.file(original.record.identifier).write_bytes(bytes(100))
        self.assertEqual(await self.survey(), (0, []))
        self.assertIn("another SHA-256", await self.found(ALL))

    async def test_a_sample(self) -> None:
        """So many are read, and no more."""
        for number in range(1, 11):
            await self.uploaded(number)
        await self.survey(Order(hashes=Share.parse("30%")))
        self.assertIn("10 originals looked for, 3 read", self.said[-1])

    async def test_what_can_not_be_read(self) -> None:
        """A file that can't, of a store that works, is a finding; the survey goes on."""
        for number in (1, 2):
            await self.uploaded(number)
        self.store = Failing(self.files, CLOCK)
        status, said = await self.survey()
        self.assertEqual((status, len(said)), (1, 2))
        self.assertIn("it can't be read: no such luck", said[0])

    async def test_a_store_that_is_away(self) -> None:
        """Ends the survey: nothing it says is true."""
        await self.uploaded(1)
        failing = self.store = Failing(self.files, CLOCK)
        failing.works = False
        with self.assertRaises(StoreUnavailable):
            await self.survey()
        self.assertEqual(self.said, [])

    async def test_what_another_program_broke(self) -> None:
        """The database itself is looked at."""
        await self.uploaded(1)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("DELETE FROM hashes")
            other.execute("DELETE FROM details")
        self.assertIn("database: 1 rows of aliases refer to hashes", await self.found())

    async def test_what_was_deleted_meanwhile(self) -> None:
        """Is no finding: the repo is asked again."""
        original = await self.uploaded(1)
        await self.varied(original)
        found = await self.stored(original.record.hash)
        await self.repo.uploads.begin(UPLOAD, await self.saved(b"raw"), "Payload", 1)
        (upload,) = await self.repo.records.uploads(None, 1)
        await self.repo.hashes.purge(original.record.hash)
        await self.repo.uploads.fail(UPLOAD, "", "")
        self.lose([*found.identifiers(), str(upload.identifier)])
        inspection = Inspection(self.repo, self.store)
        self.assertEqual([each async for each in inspection.of_original(found, True)], [])
        self.assertIsNone(await inspection.of_upload(upload))

    async def test_who_interrupts_it(self) -> None:
        """Is told how to go on: from behind the last page that was looked at whole."""
        for number in range(PAGE + 1):
            await self.repo.hashes.publish(
                record_of(number), details_at(number), naming_of(f"{number}.png")
            )
        hanging = self.store = Hanging(self.files, CLOCK)
        hanging.answers = PAGE
        working = Deferred.fromCoroutine(self.survey())
        await hanging.reached
        working.cancel()
        with self.assertRaises(CancelledError):
            await working
        self.assertIn("goes on from there", self.said[-1])
        hash = Hash.from_bytes(bytes.fromhex(self.said[-1].split()[5]))
        self.store = FilesystemStore(self.files, CLOCK)
        await self.survey(Order(after=hash))
        self.assertIn("1 originals looked for", self.said[-1])

    async def test_going_on(self) -> None:
        """From behind an original, as a survey that ended early told it."""
        hashes = sorted(
            [(await self.uploaded(number)).record.hash for number in range(1, 6)],
            key=lambda hash: hash.to_bytes(),
        )
        await self.survey(Order(after=hashes[2]))
        self.assertIn("2 originals looked for", self.said[-1])


class RepairTests(SurveyTestCase):
    """What is healed; then nothing is found any more."""

    async def repaired(self) -> str:
        """What was found and healed."""
        line = await self.found(REPAIR)
        self.assertIn("repaired", line)
        await self.assert_well()
        return line

    async def test_a_variant(self) -> None:
        """Is forgotten; another one stays."""
        original = await self.uploaded(1)
        kept = await self.varied(original, "resize/10/png")
        self.lose([await self.varied(original)])
        self.assertIn("variant resize/9/png of", await self.repaired())
        found = await self.repo.variants.of_hash(original.record.hash)
        self.assertEqual(found, {"resize/10/png": kept})

    async def test_a_still_frame(self) -> None:
        """Is forgotten, with its details."""
        original = await self.uploaded(1)
        still = await self.stilled(original)
        self.lose([still])
        self.assertIn("still frame", await self.repaired())
        self.assertFalse(await self.repo.refers_to(still))

    async def test_an_upload(self) -> None:
        """Whoever claims it is told."""
        raw = await self.saved(b"raw")
        await self.repo.uploads.begin(UPLOAD, raw, "Payload", 1)
        self.lose([raw])
        await self.repaired()
        found = await self.repo.uploads.find(UPLOAD)
        assert isinstance(found, Upload)
        self.assertIsInstance(found.result, UploadFailed)

    async def test_details_of_another_format(self) -> None:
        """Go, and will be measured."""
        original = await self.uploaded(1)
        identifier = original.record.identifier
        await self.repo.details.remove(identifier)
        await self.repo.details.save(identifier, self.other_details())
        await self.repaired()
        self.assertIsNone(await self.repo.details.find(identifier))

    async def test_content_without_a_name(self) -> None:
        """Goes, and its bytes by job."""
        original = await self.uploaded(1)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("DELETE FROM aliases")
        self.assertIn("no alias", await self.repaired())
        self.assertIsNone(await self.repo.hashes.find(original.record.hash))
        self.assertEqual(await self.repo.jobs.length(Queue.CLEANUP), 1)

    async def test_details_of_nothing(self) -> None:
        """Go by job; while other such jobs are queued, nobody can tell which are too many."""
        for identifier in ("gone", "gone too"):
            await self.repo.details.save(identifier, self.other_details())
        status, said = await self.survey(REPAIR)
        self.assertEqual((status, len(said)), (1, 2))
        self.assertEqual(await self.repo.jobs.length(Queue.CLEANUP), 2)
        self.assertEqual(await self.survey(), (0, []))
        self.assertIn("details of nothing are not looked for", self.said[0])

    async def test_originals_are_only_named(self) -> None:
        """Those without bytes, and damaged ones."""
        lost, damaged = await self.uploaded(1), await self.uploaded(2)
        self.lose([lost.record.identifier])
        file = Path(self.file(damaged.record.identifier))
        file.write_bytes(bytes(100))
        status, said = await self.survey(Order(Share(), repair=True))
        self.assertEqual((status, len(said)), (1, 2))
        self.assertNotIn("repaired", "".join(said))
        self.assertEqual(await self.repo.hashes.count(), 2)
        self.assertEqual(file.read_bytes(), bytes(100))

    async def test_without_being_asked(self) -> None:
        """Nothing is changed."""
        original = await self.uploaded(1)
        self.lose([await self.varied(original)])
        for _ in range(2):
            self.assertIn("variant", await self.found())
