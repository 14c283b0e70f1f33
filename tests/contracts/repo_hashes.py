"""What every repo promises of originals."""

from __future__ import annotations

import attrs

from pictd.errors import AliasAlreadyExists
from pictd.model.alias import Alias
from pictd.model.hashes import Hash
from pictd.model.records import Page
from tests.contracts.repo import TICK, RepoContract, details_at, hash_of, naming_of, record_of


class HashesContract(RepoContract):
    """``IHashes`` but for its pages; see ``tests.contracts.repo``."""

    async def test_publish_records_new_content(self) -> None:
        """The answer says that it is new, and everything given is there."""
        record = attrs.evolve(record_of(1), blurhash="L6P", motion="still")
        published = await self.repo.hashes.publish(record, details_at(5), naming_of("one"))
        self.assertTrue(published.created)
        self.assertEqual((published.record, published.details), (record, details_at(5)))
        self.assertEqual(await self.repo.hashes.find(hash_of(1)), record)
        self.assertEqual(await self.repo.details.find(record.identifier), details_at(5))

    async def test_publish_joins_known_content(self) -> None:
        """The earlier record and its details stay; the later identifier is not recorded."""
        await self.publish(1, "one")
        later = attrs.evolve(record_of(1), identifier="later", created_at=9)
        published = await self.repo.hashes.publish(later, details_at(9), naming_of("two"))
        self.assertFalse(published.created)
        self.assertEqual((published.record, published.details), (record_of(1), details_at(1)))
        self.assertFalse(await self.repo.refers_to("later"))
        self.assertIsNone(await self.repo.details.find("later"))
        self.assertIsNotNone(await self.repo.aliases.find(Alias("two")))

    async def test_publish_refuses_a_taken_name(self) -> None:
        """Nothing of the step is there: neither content nor details."""
        await self.publish(1, "one")
        with self.assertRaises(AliasAlreadyExists):
            await self.publish(2, "one")
        self.assertIsNone(await self.repo.hashes.find(hash_of(2)))
        self.assertIsNone(await self.repo.details.find(record_of(2).identifier))
        self.assertEqual(await self.repo.hashes.count(), 1)

    async def test_heal_points_at_the_new_copy(self) -> None:
        """The measured facts move, and the moment of the first upload with them."""
        await self.publish(1, "one")
        healed = await self.repo.hashes.heal(
            hash_of(1), record_of(1).identifier, "copy", details_at(99)
        )
        self.assertTrue(healed)
        self.assertEqual(
            await self.repo.hashes.find(hash_of(1)), attrs.evolve(record_of(1), identifier="copy")
        )
        self.assertEqual(await self.repo.details.find("copy"), details_at(1))
        self.assertIsNone(await self.repo.details.find(record_of(1).identifier))

    async def test_heal_loses_a_race(self) -> None:
        """A record that names another identifier by now stays as it is."""
        await self.publish(1, "one")
        healed = await self.repo.hashes.heal(hash_of(1), "other", "copy", details_at(99))
        self.assertFalse(healed)
        self.assertEqual(await self.repo.hashes.find(hash_of(1)), record_of(1))
        self.assertIsNone(await self.repo.details.find("copy"))

    async def test_heal_of_unknown_content(self) -> None:
        """The answer is no."""
        self.assertFalse(await self.repo.hashes.heal(hash_of(1), "a", "b", details_at(1)))

    async def test_the_still_frame_is_recorded_once(self) -> None:
        """Of two that are made at the same time the first stays."""
        await self.publish(1, "one")
        set_motion = self.repo.hashes.set_motion
        self.assertEqual(await set_motion(hash_of(1), None, "a", details_at(5)), "a")
        self.assertEqual(await set_motion(hash_of(1), None, "b", details_at(6)), "a")
        record = await self.repo.hashes.find(hash_of(1))
        self.assertEqual(record, attrs.evolve(record_of(1), motion="a"))
        self.assertEqual(await self.repo.details.find("a"), details_at(5))
        self.assertIsNone(await self.repo.details.find("b"))
        self.assertTrue(await self.repo.refers_to("a"))

    async def test_a_lost_still_frame_is_replaced(self) -> None:
        """The new one takes its place, and its facts go."""
        await self.publish(1, "one")
        set_motion = self.repo.hashes.set_motion
        await set_motion(hash_of(1), None, "a", details_at(5))
        self.assertEqual(await set_motion(hash_of(1), "a", "b", details_at(6)), "b")
        self.assertIsNone(await self.repo.details.find("a"))
        self.assertEqual(await self.repo.details.find("b"), details_at(6))

    async def test_the_still_frame_of_unknown_content(self) -> None:
        """Nothing is recorded."""
        set_motion = self.repo.hashes.set_motion
        self.assertIsNone(await set_motion(hash_of(1), None, "a", details_at(5)))
        self.assertIsNone(await self.repo.details.find("a"))

    async def test_a_lost_still_frame_is_forgotten(self) -> None:
        """With its facts, so that it is made again; one that is not the lost one stays."""
        await self.publish(1, "one")
        await self.repo.hashes.set_motion(hash_of(1), None, "a", details_at(5))
        self.assertFalse(await self.repo.hashes.forget_motion(hash_of(1), "b"))
        self.assertTrue(await self.repo.refers_to("a"))
        self.assertTrue(await self.repo.hashes.forget_motion(hash_of(1), "a"))
        self.assertEqual(await self.repo.hashes.find(hash_of(1)), record_of(1))
        self.assertIsNone(await self.repo.details.find("a"))
        self.assertFalse(await self.repo.hashes.forget_motion(hash_of(2), "a"))

    async def test_blurhash_overwrites(self) -> None:
        """The last one counts; unknown content is passed over."""
        await self.publish(1, "one")
        for blurhash in ("first", "second"):
            await self.repo.hashes.set_blurhash(hash_of(1), blurhash)
        await self.repo.hashes.set_blurhash(hash_of(2), "lost")
        record = await self.repo.hashes.find(hash_of(1))
        assert record is not None
        self.assertEqual(record.blurhash, "second")
        self.assertIsNone(await self.repo.hashes.find(hash_of(2)))

    async def test_purge_removes_everything(self) -> None:
        """All names and the content go; original, still frame and variants get jobs."""
        record = attrs.evolve(record_of(1), motion="still")
        await self.repo.hashes.publish(record, details_at(1), naming_of("one"))
        await self.publish(1, "two")
        await self.repo.variants.add(hash_of(1), "webp", "variant", details_at(1), 1)
        purged = await self.repo.hashes.purge(hash_of(1))
        self.assertEqual({str(alias) for alias in purged}, {"one", "two"})
        self.assertIsNone(await self.repo.aliases.find(Alias("two")))
        self.assertIsNone(await self.repo.hashes.find(hash_of(1)))
        self.assertEqual(await self.doomed(), ["identifier/1.png", "still", "variant"])

    async def test_purge_of_unknown_content(self) -> None:
        """There were no names, and there is nothing to clean."""
        self.assertEqual(list(await self.repo.hashes.purge(hash_of(1))), [])
        self.assertEqual(await self.doomed(), [])

    async def test_purge_leaves_other_content(self) -> None:
        """Its names and variants stay."""
        await self.publish(1, "one")
        await self.publish(2, "two")
        await self.repo.variants.add(hash_of(2), "webp", "variant", details_at(1), 1)
        await self.repo.hashes.purge(hash_of(1))
        self.assertIsNotNone(await self.repo.aliases.find(Alias("two")))
        self.assertIsNotNone(await self.repo.variants.find(hash_of(2), "webp"))

    async def test_collect_spares_what_has_a_name(self) -> None:
        """A re-upload that raced a delete keeps its content (contract C3)."""
        await self.publish(1, "one")
        self.assertFalse(await self.repo.hashes.collect(hash_of(1)))
        self.assertIsNotNone(await self.repo.aliases.find(Alias("one")))
        self.assertEqual(await self.doomed(), [])

    async def test_collect_of_gone_content(self) -> None:
        """It has no name: there is nothing left to do."""
        self.assertTrue(await self.repo.hashes.collect(hash_of(1)))
        self.assertEqual(await self.doomed(), [])


class PagesContract(RepoContract):
    """The listing."""

    async def fill(self, count: int) -> None:
        """Content 1 (oldest) to ``count`` (newest)."""
        for number in range(1, count + 1):
            await self.publish(number, f"alias-{number}")

    def shown(self, page: Page) -> tuple[list[int], int | None, int | None]:
        """(entries, next, previous) as numbers."""
        return (
            [entry.record.hash.size for entry in page.entries],
            page.next.size if page.next else None,
            page.previous.size if page.previous else None,
        )

    async def pages(self, *asked: tuple[Hash | None, int]) -> list[object]:
        """What is shown from each start, with each limit."""
        return [self.shown(await self.repo.hashes.page(start, limit)) for start, limit in asked]

    async def test_empty(self) -> None:
        """No content, no entries, no way on."""
        self.assertEqual(await self.pages((None, 5), (None, 0)), [([], None, None)] * 2)

    async def test_entries_carry_everything(self) -> None:
        """Record, names and details."""
        await self.publish(1, "one")
        await self.publish(1, "two")
        (entry,) = (await self.repo.hashes.page(None, 5)).entries
        self.assertEqual((entry.record, entry.details), (record_of(1), details_at(1)))
        self.assertEqual({str(alias) for alias in entry.aliases}, {"one", "two"})

    async def test_walks_down_and_up_again(self) -> None:
        """``next`` goes on where the page ended; ``previous`` leads back by as much."""
        await self.fill(5)
        self.assertEqual(
            await self.pages((None, 2), (hash_of(3), 2), (hash_of(1), 2), (hash_of(4), 2)),
            [
                ([5, 4], 3, None),
                ([3, 2], 1, 5),
                ([1], None, 3),
                ([4, 3], 2, 5),
            ],
        )

    async def test_a_page_that_is_just_full_is_the_last(self) -> None:
        """There is a way on only where there is something."""
        await self.fill(2)
        self.assertEqual(await self.pages((None, 2)), [([2, 1], None, None)])

    async def test_limit_of_none(self) -> None:
        """No entries; ``next`` is the position itself."""
        await self.fill(3)
        self.assertEqual(
            await self.pages((None, 0), (hash_of(2), 0)), [([], 3, None), ([], 2, None)]
        )

    async def test_unknown_start(self) -> None:
        """The first page."""
        await self.fill(2)
        self.assertEqual(await self.pages((hash_of(9), 1)), [([2], 1, None)])

    async def test_large_pages(self) -> None:
        """No limit is too large."""
        await self.fill(3)
        self.assertEqual(
            await self.pages((None, 10_000), (hash_of(1), 2**64)),
            [([3, 2, 1], None, None), ([1], None, 3)],
        )

    async def test_equal_moments_are_in_order_of_hash(self) -> None:
        """Greater bytes first, and pages divide them like others."""
        for number in (2, 3, 1):
            await self.publish(number, f"alias-{number}", moment=7)
        self.assertEqual(
            await self.pages((None, 2), (hash_of(1), 2)), [([3, 2], 1, None), ([1], None, 3)]
        )

    async def test_before_a_moment(self) -> None:
        """Strictly before; the way back leads to what came later."""
        await self.fill(4)
        page = await self.repo.hashes.page_before(3 * TICK, 1)
        self.assertEqual(self.shown(page), ([2], 1, 3))

    async def test_before_everything(self) -> None:
        """An empty page (contract A22), with a way back."""
        await self.fill(2)
        page = await self.repo.hashes.page_before(1 * TICK, 5)
        self.assertEqual(self.shown(page), ([], None, 2))

    async def test_before_moments_beyond_all_clocks(self) -> None:
        """A client may name the year 1 or 9999."""
        await self.fill(2)
        later = await self.repo.hashes.page_before(253_402_300_799 * 10**9, 5)
        earlier = await self.repo.hashes.page_before(-62_135_596_800 * 10**9, 5)
        self.assertEqual(self.shown(later), ([2, 1], None, None))
        self.assertEqual(self.shown(earlier), ([], None, 2))

    async def test_count(self) -> None:
        """Originals, not aliases."""
        self.assertEqual(await self.repo.hashes.count(), 0)
        await self.fill(2)
        await self.publish(1, "another")
        self.assertEqual(await self.repo.hashes.count(), 2)
