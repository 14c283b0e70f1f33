"""Everything from one repo to another, and back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from pictd.errors import RepoUnavailable
from pictd.interfaces.repos import IRepo
from pictd.migration.repos import NotCarried, SameRepo, migrate
from pictd.model.alias import Alias
from pictd.model.carried import CarriedOriginal, Tally
from pictd.model.records import Queue
from pictd.model.settings import HEALTH
from pictd.repo.memory import MemoryRepo
from pictd.repo.sqlite.database import SqliteRepo
from tests.contracts.repo import TICK, details_at, hash_of, naming_of, record_of, token_of
from tests.contracts.repo_records import DONE, PENDING, all_jobs, everything, job
from tests.migration.repos import KINDS, SETTINGS, Filling, FullDisk, Quiet, content, fill

PAGE = 2
"""Records that are carried at a time, so that there are several pages of everything."""


class MigrationTestCase(TestCase):
    """Makes repos."""

    timeout = 120

    async def new(self, kind: str) -> Any:
        """Open; closed when the test ends."""
        repo = await KINDS[kind](Path(self.mktemp()))
        await repo.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))
        return repo


class PairTests(MigrationTestCase):
    """Between any two kinds."""

    async def each_pair(self, check: Callable[[IRepo, IRepo], Coroutine[Any, Any, None]]) -> None:
        """Of a filled repo and an empty one."""
        for origin in KINDS:
            for target in KINDS:
                source = await self.new(origin)
                await fill(source)
                await check(source, await self.new(target))

    async def test_everything_is_carried(self) -> None:
        """And nothing else is there then; the source is as it was."""

        async def check(source: IRepo, destination: IRepo) -> None:
            before = await content(source)
            counted = await migrate(source, destination, Quiet(), PAGE)
            self.assertEqual(await content(destination), before)
            self.assertEqual(await content(source), before)
            self.assertEqual(counted, await source.records.tally())

        await self.each_pair(check)

    async def test_twice_is_once(self) -> None:
        """A second run finds everything there."""

        async def check(source: IRepo, destination: IRepo) -> None:
            await migrate(source, destination, Quiet(), PAGE)
            await migrate(source, destination, Quiet(), PAGE)
            self.assertEqual(await content(destination), await content(source))

        await self.each_pair(check)

    async def test_a_run_that_fails_is_finished_by_the_next(self) -> None:
        """Wherever it fails; what was carried by then is whole."""

        async def check(source: IRepo, destination: Any) -> None:
            records = destination.records
            for batches in (0, 1, 2, 3, 4):
                destination.records = Filling(records, batches)
                with self.assertRaises(FullDisk):
                    await migrate(source, destination, Quiet(), PAGE)
                mine = (await content(source))["originals"]
                theirs = (await content(destination))["originals"]
                assert isinstance(mine, dict) and isinstance(theirs, dict)
                self.assertEqual(theirs, {hash: mine[hash] for hash in theirs})
                self.assertEqual(len(theirs), min(5, batches * PAGE))
            destination.records = records
            await migrate(source, destination, Quiet(), PAGE)
            self.assertEqual(await content(destination), await content(source))

        await self.each_pair(check)

    async def test_there_and_back(self) -> None:
        """Nothing is lost on a journey through all of them."""
        first = await self.new("memory")
        await fill(first, 40)
        last = first
        for kind in ("sqlite", "postgres", "sqlite", "postgres", "memory"):
            following = await self.new(kind)
            await migrate(last, following, Quiet())
            last = following
        self.assertEqual(await content(last), await content(first))

    async def test_nothing(self) -> None:
        """An empty repo is carried as well."""
        for kind in KINDS:
            counted = await migrate(await self.new(kind), await self.new("sqlite"), Quiet())
            self.assertEqual(counted, Tally())


class SameTests(MigrationTestCase):
    """Two ways to one database."""

    async def test_refused(self) -> None:
        """Whatever they are called; nothing is written but the mark."""
        folder = Path(self.mktemp())
        link = folder.with_name("another")
        one, other = [await KINDS["sqlite"](each) for each in (folder, link)]
        await one.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(one.close()))
        link.symlink_to(folder.absolute())
        await other.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(other.close()))
        await fill(one)
        before = await content(one)
        with self.assertRaises(SameRepo):
            await migrate(one, other, Quiet())
        self.assertEqual(await content(one), before)

    async def test_postgres(self) -> None:
        """As well; a repo itself, too."""
        for kind in ("postgres", "memory"):
            repo = await self.new(kind)
            with self.assertRaises(SameRepo):
                await migrate(repo, repo, Quiet())


class ProgressTests(MigrationTestCase):
    """What is told on the way."""

    async def test_parts(self) -> None:
        """Each kind, and the comparison, to the end."""
        source, progress = await self.new("memory"), Quiet()
        await fill(source)
        await migrate(source, await self.new("memory"), progress, PAGE)
        expected = {
            "originals": (5, 5),
            "uploads": (3, 3),
            "jobs": (3, 3),
            "records compared": (11, 11),
        }
        self.assertEqual(progress.parts, expected)


class ComparisonTests(MigrationTestCase):
    """The end of a migration, and what happened to its databases meanwhile."""

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        """A filled source."""
        self.source, self.destination = MemoryRepo(), MemoryRepo()
        await fill(self.source)

    async def told_after(self, work: Callable[[], Coroutine[Any, Any, object]]) -> list[str]:
        """The differences that are named where this is done before the comparison; none is."""
        done: list[Deferred[object]] = []
        progress = Quiet(lambda: done.append(Deferred.fromCoroutine(work())))
        try:
            await migrate(self.source, self.destination, progress)
        except NotCarried as error:
            return str(error).split("\n  ")[1:]
        finally:
            await done[0]
        return []

    async def test_what_the_destination_lost(self) -> None:
        """Is named: whatever it is."""
        for lose in (
            lambda repo: repo.hashes.purge(hash_of(1)),
            lambda repo: repo.hashes.set_blurhash(hash_of(1), "x"),
            lambda repo: repo.aliases.remove(Alias.parse("name-1.png")),
            lambda repo: repo.variants.remove(hash_of(1), ["resize/20/webp"]),
            lambda repo: repo.details.remove("still/1"),
            lambda repo: repo.uploads.claim(DONE.id),
            lambda repo: repo.settings.set("404-alias", b"x"),
        ):
            self.destination = MemoryRepo()
            self.assertTrue(await self.told_after(partial(lose, self.destination)))

    async def test_what_is_lost_is_named(self) -> None:
        """As what an operator can look up."""
        for lose, line in (
            (lambda repo: repo.hashes.purge(hash_of(1)), f"original {hash_of(1).hex}"),
            (lambda repo: repo.details.remove("still/1"), "details of still/1"),
            (lambda repo: repo.uploads.claim(DONE.id), f"queued upload {DONE.id}"),
            (lambda repo: repo.settings.set("404-alias", b"x"), "setting 404-alias"),
        ):
            self.destination = MemoryRepo()
            self.assertEqual(await self.told_after(partial(lose, self.destination)), [line])

    async def test_names(self) -> None:
        """Of aliases and what hangs on them, without secrets."""
        alias = Alias.parse("name-1.png")
        told = await self.told_after(lambda: self.destination.aliases.remove(alias))
        self.assertEqual(told, ["alias name-1.png", "a remote URL of alias name-1.png"])

    async def test_a_job_that_is_gone(self) -> None:
        """Is named by its id."""

        async def take() -> None:
            job = await self.destination.jobs.pop(Queue.PROCESS, "w", 10**18, 1)
            assert job is not None
            await self.destination.jobs.finish(job, "w")

        self.assertEqual(await self.told_after(take), ["job 1"])

    async def test_what_the_source_gained(self) -> None:
        """A server that goes on writing there is found out; the next run carries that, too."""

        async def publish() -> None:
            naming = naming_of("late.png", "http://late/", 3 * TICK)
            await self.source.hashes.publish(record_of(99), details_at(9), naming)

        self.assertEqual(await self.told_after(publish), [f"original {hash_of(99).hex}"])
        await migrate(self.source, self.destination, Quiet())
        self.assertEqual(await content(self.destination), await content(self.source))

    async def test_what_the_source_lost(self) -> None:
        """Is there too much in a destination that was empty."""
        told = await self.told_after(lambda: self.source.uploads.claim(DONE.id))
        self.assertEqual(told, ["uploads: 3 instead of 2"])

    async def test_many_are_counted(self) -> None:
        """The first ten are named."""
        await fill(self.source, 40)

        async def purge() -> None:
            for each in await self.destination.records.originals(None, 100):
                await self.destination.hashes.purge(each.record.hash)

        told = await self.told_after(purge)
        count = len(await self.source.records.originals(None, 100))
        self.assertEqual((len(told), told[-1]), (11, f"and {count - 10} more"))

    async def test_a_destination_that_moved_on(self) -> None:
        """Later accesses, results and blurhashes are no loss."""
        await self.source.records.add_originals([_plain(70)])

        async def go_on() -> None:
            repo = self.destination
            await repo.proxies.touch({"https://example.org/1?a": 2 * 10**18})
            await repo.variants.touch({(hash_of(1), "resize/20/webp"): 2 * 10**18})
            await repo.uploads.fail(PENDING.id, "no", "code")
            await repo.hashes.set_blurhash(hash_of(70), "LKO2")
            await repo.hashes.set_motion(hash_of(70), None, "still", details_at(1))
            await repo.settings.set(HEALTH, b"another")

        self.assertEqual(await self.told_after(go_on), [])

    async def test_times_that_were_not_carried(self) -> None:
        """An access that the destination does not know of is a difference."""

        async def touch() -> None:
            await self.source.proxies.touch({"https://example.org/1?a": 2 * 10**18})
            await self.source.variants.touch({(hash_of(1), "resize/20/webp"): 2 * 10**18})

        variant = f"variant resize/20/webp of original {hash_of(1).hex}"
        expected = ["a remote URL of alias name-1.png", variant]
        self.assertEqual(await self.told_after(touch), expected)


def _plain(number: int) -> CarriedOriginal:
    return CarriedOriginal(record_of(number), {}, [], [], {})


class OccupiedTests(MigrationTestCase):
    """A destination that has something of its own."""

    async def test_both_are_there(self) -> None:
        """What it has, and what comes."""
        for kind in KINDS:
            source, destination = await self.new("memory"), await self.new(kind)
            await fill(source)
            own = everything(50)
            await destination.records.add_originals([own])
            await destination.records.add_jobs([job("own")])
            await migrate(source, destination, Quiet())
            tally, mine = await destination.records.tally(), await source.records.tally()
            self.assertEqual((tally.originals, tally.jobs), (mine.originals + 1, mine.jobs + 1))
            self.assertEqual(list(await destination.records.stored([hash_of(50)])), [own])

    async def test_what_stands_in_the_way(self) -> None:
        """Stays, and is named; the rest is carried."""
        for kind in KINDS:
            source, destination = await self.new("memory"), await self.new(kind)
            await fill(source)
            naming = naming_of("name-1.png")
            await destination.hashes.publish(record_of(50), details_at(5), naming)
            with self.assertRaises(NotCarried) as caught:
                await migrate(source, destination, Quiet())
            self.assertIn("alias name-1.png", str(caught.exception))
            original = await destination.aliases.find(Alias.parse("name-1.png"))
            self.assertEqual(original and original.record.hash, hash_of(50))
            self.assertEqual((await destination.records.tally()).originals, 6)
            self.assertEqual((await destination.records.tally()).uploads, 3)

    async def test_what_can_not_be_held(self) -> None:
        """One that PostgreSQL has no way to store is named; what shares its page is carried."""
        source, destination = await self.new("sqlite"), await self.new("postgres")
        await fill(source)
        wrong = attrs.evolve(_plain(60), aliases={Alias("a\x00b"): token_of("a")})
        await source.records.add_originals([wrong])
        progress = Quiet()
        with self.assertRaises(NotCarried) as caught:
            await migrate(source, destination, progress)
        self.assertIn(f"original {hash_of(60).hex}", str(caught.exception))
        self.assertEqual(len(progress.said), 1)
        self.assertEqual((await destination.records.tally()).originals, 5)

    async def test_jobs_that_do_the_same(self) -> None:
        """Are carried as one; that is no difference."""
        source, destination = await self.new("sqlite"), await self.new("sqlite")
        for _ in range(2):
            await source.jobs.push(Queue.CLEANUP, {"a": 1, "b": 2}, TICK)
        await migrate(source, destination, Quiet())
        self.assertEqual(len(await all_jobs(destination)), 1)

    async def test_settings_of_its_own(self) -> None:
        """Stay; that is a difference where the source says otherwise."""
        source, destination = await self.new("memory"), await self.new("memory")
        await fill(source)
        await destination.settings.set("last-path", b"mine")
        with self.assertRaises(NotCarried) as caught:
            await migrate(source, destination, Quiet())
        self.assertIn("setting last-path", str(caught.exception))
        self.assertEqual(await destination.settings.get("last-path"), b"mine")
        found = await destination.settings.get("404-alias")
        self.assertEqual(found, SETTINGS["404-alias"])


class ClosedTests(MigrationTestCase):
    """A database that goes away."""

    async def test_source_or_destination(self) -> None:
        """Is an error that can be told."""
        for gone in (0, 1):
            repos = [await self.new("sqlite"), await self.new("sqlite")]
            await fill(repos[0])
            closed = repos[gone]
            assert isinstance(closed, SqliteRepo)
            await closed.close()
            with self.assertRaises(RepoUnavailable):
                await migrate(repos[0], repos[1], Quiet())
