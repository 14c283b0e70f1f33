"""All records of a database that pict-rs has written to."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from pictd.errors import BadRequest
from pictd.model.alias import Alias, DeleteToken
from pictd.model.carried import CarriedOriginal, Tally
from pictd.repo.postgres import departures
from tests.contracts.repo import hash_of, record_of, token_of
from tests.contracts.repo_records import FAILED, all_originals, bare, everything
from tests.repo.databases import new_database, repo_on
from tests.support.postgres import SHARED

_STRANGE = "A" * 51 + "z"
"""The text of 39 bytes of which the last is no format."""


class RecordsTests(TestCase):
    """``PostgresRecords`` beyond the contract."""

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        """Two originals are there."""
        self.database = await new_database()
        self.repo = repo_on(self.database)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.repo.close()))
        await self.repo.open()
        await self.repo.records.add_originals([everything(1), everything(2)])

    def execute(self, sql: str, *values: object) -> Sequence[tuple[object, ...]]:
        """What another program does."""
        return SHARED.cluster.execute(self.database, sql, *values)

    async def test_hashes_of_an_unknown_form_are_left_out(self) -> None:
        """With what hangs on them, from pages and counts; pages go on behind them."""
        for number, text in enumerate(("", "A" * 52 + "=", _STRANGE, "z" * 60, "not a hash")):
            self.execute("INSERT INTO hashes VALUES (%s, %s)", text, f"i{number}")
            self.execute("INSERT INTO aliases VALUES (%s, %s, 't')", f"a{number}", text)
            self.execute("INSERT INTO proxies VALUES (%s, %s)", f"u{number}", f"a{number}")
            self.execute(
                "INSERT INTO variants (hash, variant, identifier) VALUES (%s, 'v', 'x')", text
            )
        for limit in (1, 100):
            found = await all_originals(self.repo, limit)
            self.assertEqual({each.record.hash for each in found}, {hash_of(1), hash_of(2)})
        self.assertEqual(await self.repo.records.tally(), Tally(2, 4, 4, 4))
        told = await self.repo.unsound()
        self.assertEqual(
            [line.split()[:4] for line in told],
            [["5", "rows", "of", table] for table in ("hashes", "aliases", "variants")],
        )

    async def test_details_of_an_unknown_form_are_left_out(self) -> None:
        """The rest of the original is carried."""
        self.execute("UPDATE details SET json = '{\"format\": 7}' WHERE identifier = 'v/1/a'")
        (first,) = await self.repo.records.stored([hash_of(1)])
        self.assertEqual(set(first.details), set(everything(1).details) - {"v/1/a"})

    async def test_jobs_of_unknown_queues_are_left_out(self) -> None:
        """Nobody here could work on them."""
        self.execute("INSERT INTO job_queue (queue, job) VALUES ('other', '1'), ('process', '2')")
        (job,) = await self.repo.records.jobs(None, 10)
        self.assertEqual((job.payload, job.attempts_left), (2, 5))
        self.assertEqual((await self.repo.records.tally()).jobs, 1)

    async def test_batches_at_the_same_time(self) -> None:
        """However they overlap, each is added whole."""
        originals = [everything(number) for number in range(3, 40)]
        batches = [originals, originals[::-1], originals[10:], originals[20::-1]]
        add = self.repo.records.add_originals
        await gatherResults([Deferred.fromCoroutine(add(batch)) for batch in batches])
        found = {each.record.hash: each for each in await all_originals(self.repo)}
        self.assertEqual([found[each.record.hash] for each in originals], originals)

    async def test_what_can_not_be_stored(self) -> None:
        """Is refused, with its whole batch."""
        alias = Alias("a\x00b")
        wrong = CarriedOriginal(record_of(3), {alias: token_of("a")}, [], [], {})
        with self.assertRaises(BadRequest):
            await self.repo.records.add_originals([bare(4), wrong])
        self.assertEqual((await self.repo.records.tally()).originals, 2)

    async def test_a_pending_upload_of_unknown_bytes(self) -> None:
        """One that pict-rs queued, and whose job is gone, is carried as it is."""
        self.execute("INSERT INTO uploads (id, created_at) VALUES (%s, 'epoch')", FAILED.id)
        (upload,) = await self.repo.records.uploads(None, 10)
        self.assertEqual((upload.id, upload.identifier, upload.created), (FAILED.id, None, 0))

    async def test_spellings_stay(self) -> None:
        """What pict-rs spelled otherwise is carried as it is."""
        name = "C61422E1-9294-4F1F-977F-C696B7939467"
        self.execute("INSERT INTO aliases VALUES (%s, %s, 'T')", name, hash_of(1).text)
        (first,) = await self.repo.records.stored([hash_of(1)])
        self.assertEqual(first.aliases[Alias(name)], DeleteToken("T"))

    async def test_looks_up_by_index(self) -> None:
        """No page scans a table."""
        key, keys = hash_of(1).text, [hash_of(1).text]
        for sql, values in (
            (departures.KEYS, (key, key, 10)),
            (departures.ORIGINALS, (keys,)),
            (departures.ALIASES, (keys,)),
            (departures.PROXIES, (keys,)),
            (departures.VARIANTS, (keys,)),
        ):
            plan = self.execute(f"SET enable_seqscan = off; EXPLAIN {sql}", *values)
            text = "\n".join(str(row) for row in plan)
            self.assertNotIn("Seq Scan", text)
            self.assertIn("Index", text)
