"""A database of pict-rs into any repo: what arrives, and that nothing else passes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import attrs
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from pictd.jobs.presence import Presence
from pictd.migration.pict_rs_sled.failures import Damaged, NoRoom, TakeoverImpossible
from pictd.migration.pict_rs_sled.heeding import Abandoned
from pictd.migration.pict_rs_sled.reading import PAGE, Reading
from pictd.migration.pict_rs_sled.takeover import Taken, take_over
from pictd.migration.repos import NotCarried
from pictd.model.carried import CarriedOriginal
from pictd.model.settings import LAST_SEEN
from pictd.repo.memory import MemoryRepo
from pictd.repo.memory_records import MemoryRecords
from tests.migration.repos import KINDS, Quiet, content
from tests.support.installation import installation
from tests.support.takeover import NAMES, expected, unpacked

NOW = 1_763_800_000_000_000_000


class TakeoverTestCase(TestCase):
    """Reads what pict-rs has left."""

    timeout = 120

    async def reading(self, path: Path, forced: bool = False) -> Reading:
        """Open; closed when the test ends."""
        made = Reading(path, forced, NOW, cast(Any, reactor))
        self.addCleanup(lambda: Deferred.fromCoroutine(made.close()))
        await made.open()
        return made

    async def fixture(self, name: str) -> Reading:
        """One that a real pict-rs has made."""
        return await self.reading(unpacked(name, Path(self.mktemp())))

    async def repo(self, kind: str = "memory") -> Any:
        """Open; closed when the test ends."""
        made = await KINDS[kind](Path(self.mktemp()))
        await made.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(made.close()))
        return made


class ArrivalTests(TakeoverTestCase):
    """Where all is well."""

    async def test_into_every_kind_of_repo(self) -> None:
        """The same arrives, and all that there was; nothing had to be compared one by one."""
        for name in NAMES:
            seals = []
            for kind in KINDS:
                progress = Quiet()
                taken = await take_over(await self.fixture(name), await self.repo(kind), progress)
                self.assertNotIn("records compared", progress.parts)
                seals.append(taken.seal)
            self.assertEqual(seals, seals[:1] * len(KINDS))
            self.assertEqual(seals[0].counts["originals"], expected(name)["hash_count"])
            self.assertEqual(seals[0].counts["aliases"], expected(name)["alias_count"])

    async def test_again(self) -> None:
        """Changes nothing, and ends as well."""
        repo = await self.repo()
        first = await take_over(await self.fixture("killed"), repo, Quiet())
        before = await content(repo)
        self.assertEqual(await take_over(await self.fixture("killed"), repo, Quiet()), first)
        self.assertEqual(await content(repo), before)

    async def test_beside_what_is_there(self) -> None:
        """It stays, and what arrives is compared record by record."""
        repo, progress = await self.repo(), Quiet()
        await take_over(await self.fixture("splits"), repo, Quiet())
        await take_over(await self.fixture("clean"), repo, progress)
        self.assertIn("records compared", progress.parts)
        both = sum(expected(name)["hash_count"] for name in ("splits", "clean"))
        self.assertEqual((await repo.records.tally()).originals, both)

    async def test_nothing_expires_at_first(self) -> None:
        """Also where a server was there a moment ago (contract C13)."""
        repo = await self.repo()
        await repo.settings.set(LAST_SEEN, b"%d" % NOW)
        await take_over(await self.fixture("clean"), repo, Quiet())
        self.assertFalse(await Presence(repo).note(NOW + 1))

    async def test_what_is_not_carried_is_counted(self) -> None:
        """By its reason."""
        taken = await take_over(await self.fixture("killed"), await self.repo(), Quiet())
        counts = {reason.name: count for reason, count in taken.skipped.counts.items()}
        self.assertEqual(counts, {"LEFT_OVER": 2, "DETAILS_WITHOUT_FILE": 3})


class Forgetful(MemoryRecords):
    """Loses a variant of every original."""

    async def add_originals(self, originals: Sequence[CarriedOriginal]) -> None:
        """See ``IRecords``."""
        kept = [attrs.evolve(each, variants=each.variants[1:]) for each in originals]
        await super().add_originals(kept)


class FailureTests(TakeoverTestCase):
    """Where it is not."""

    async def test_what_is_missing_is_named(self) -> None:
        """Nothing passes for carried that is not there."""
        repo = MemoryRepo()
        await repo.open()
        repo.records = Forgetful(repo._tables)
        with self.assertRaises(NotCarried) as caught:
            await take_over(await self.fixture("clean"), repo, Quiet())
        self.assertIn("variant thumbnail/3/webp of original", str(caught.exception))

    async def test_damage(self) -> None:
        """Is told before anything is carried; whoever forces it gets the rest."""
        path = unpacked("splits", Path(self.mktemp()))
        log = path / "v0.5.0" / "db"
        data = bytearray(log.read_bytes())
        data[data.index(b"image/png", len(data) * 9 // 10)] ^= 1
        log.write_bytes(data)
        with self.assertRaises(Damaged):
            await self.reading(path)
        taken = await take_over(await self.reading(path, forced=True), await self.repo(), Quiet())
        self.assertLessEqual(taken.seal.counts["originals"], expected("splits")["hash_count"])

    async def test_no_database(self) -> None:
        """The text says what was looked for."""
        with self.assertRaises(TakeoverImpossible) as caught:
            await self.reading(Path(self.mktemp()))
        self.assertNotIsInstance(caught.exception, NoRoom)


class EndTests(TakeoverTestCase):
    """Told to end early."""

    async def begun(self) -> tuple[Reading, Deferred[Taken]]:
        """One that has carried a page."""
        reading = await self.reading(installation(Path(self.mktemp()), 3 * PAGE))
        first: Deferred[None] = Deferred()
        progress = Quiet()
        advance = progress.advance

        def advanced(count: int = 1) -> None:
            advance(count)
            if not first.called:
                first.callback(None)

        progress.advance = advanced  # type: ignore[method-assign]
        ended = Deferred.fromCoroutine(take_over(reading, await self.repo(), progress))
        await first
        return reading, ended

    async def test_abandoned(self) -> None:
        """It ends at the next record."""
        reading, ended = await self.begun()
        reading.abandon()
        with self.assertRaises(Abandoned):
            await ended

    async def test_closed(self) -> None:
        """Whoever reads is waited for, and pict-rs may have its database again."""
        reading, ended = await self.begun()
        await reading.close()
        with self.assertRaises(Abandoned):
            await ended
        await reading.close()
