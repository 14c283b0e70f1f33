"""What every repo promises of variants."""

from __future__ import annotations

from pictd.model.records import Variant
from tests.contracts.repo import TICK, RepoContract, details_at, hash_of


class VariantsContract(RepoContract):
    """``IVariants``; see ``tests.contracts.repo``."""

    async def add(self, key: str, identifier: str, accessed: int = 1) -> Variant | None:
        """To content 1."""
        return await self.repo.variants.add(
            hash_of(1), key, identifier, details_at(1), accessed * TICK
        )

    async def outdated(self, before: int, limit: int = 10) -> list[str]:
        """The keys of outdated variants, which are all of content 1."""
        found = await self.repo.variants.outdated(before * TICK, limit)
        self.assertEqual({hash for hash, _ in found} - {hash_of(1)}, set())
        return [key for _, key in found]

    async def test_finds_what_was_added(self) -> None:
        """Identifier and details, by hash and key."""
        await self.publish(1, "one")
        added = await self.add("thumbnail/96/webp", "v1")
        self.assertEqual(added, Variant("v1", details_at(1)))
        self.assertEqual(await self.repo.variants.find(hash_of(1), "thumbnail/96/webp"), added)
        self.assertEqual(await self.repo.details.find("v1"), details_at(1))

    async def test_finds_without_details(self) -> None:
        """Variants that were never measured are there all the same."""
        await self.publish(1, "one")
        await self.add("webp", "v1")
        await self.repo.details.remove("v1")
        self.assertEqual(await self.repo.variants.find(hash_of(1), "webp"), Variant("v1", None))

    async def test_unknown_variant(self) -> None:
        """Another key, or other content, is absence."""
        await self.publish(1, "one")
        await self.add("webp", "v1")
        self.assertIsNone(await self.repo.variants.find(hash_of(1), "png"))
        self.assertIsNone(await self.repo.variants.find(hash_of(2), "webp"))

    async def test_the_first_variant_stays(self) -> None:
        """The loser of a race is told of the winner, and its identifier is not recorded."""
        await self.publish(1, "one")
        await self.add("webp", "v1")
        self.assertEqual(await self.add("webp", "v2"), Variant("v1", details_at(1)))
        self.assertFalse(await self.repo.refers_to("v2"))
        self.assertIsNone(await self.repo.details.find("v2"))

    async def test_adds_nothing_to_gone_content(self) -> None:
        """None, and no details either."""
        self.assertIsNone(await self.add("webp", "v1"))
        self.assertIsNone(await self.repo.details.find("v1"))

    async def test_lists_by_key(self) -> None:
        """Identifiers of this content only."""
        await self.publish(1, "one")
        await self.publish(2, "two")
        await self.add("webp", "v1")
        await self.add("png", "v2")
        await self.repo.variants.add(hash_of(2), "webp", "other", details_at(1), 1)
        self.assertEqual(
            dict(await self.repo.variants.of_hash(hash_of(1))), {"webp": "v1", "png": "v2"}
        )
        self.assertEqual(dict(await self.repo.variants.of_hash(hash_of(3))), {})

    async def test_removes_some(self) -> None:
        """Those named that are there; their bytes get jobs."""
        await self.publish(1, "one")
        for key in ("webp", "png", "gif"):
            await self.add(key, f"v-{key}")
        removed = await self.repo.variants.remove(hash_of(1), ["webp", "gif", "jxl"])
        self.assertEqual(removed, 2)
        self.assertEqual(dict(await self.repo.variants.of_hash(hash_of(1))), {"png": "v-png"})
        self.assertEqual(await self.doomed(), ["v-gif", "v-webp"])

    async def test_removes_none(self) -> None:
        """No keys are not all keys."""
        await self.publish(1, "one")
        await self.add("webp", "v1")
        self.assertEqual(await self.repo.variants.remove(hash_of(1), []), 0)
        self.assertIsNotNone(await self.repo.variants.find(hash_of(1), "webp"))

    async def test_removes_all(self) -> None:
        """The original stays."""
        await self.publish(1, "one")
        await self.add("webp", "v1")
        await self.add("png", "v2")
        self.assertEqual(await self.repo.variants.remove(hash_of(1)), 2)
        self.assertEqual(await self.repo.variants.remove(hash_of(1)), 0)
        self.assertEqual(await self.doomed(), ["v1", "v2"])
        self.assertIsNotNone(await self.repo.hashes.find(hash_of(1)))

    async def test_touch_passes_over_what_is_gone(self) -> None:
        """It makes no variants."""
        await self.publish(1, "one")
        await self.add("webp", "v1")
        await self.repo.variants.touch(
            {(hash_of(1), "webp"): 9 * TICK, (hash_of(2), "png"): 9 * TICK}
        )
        await self.repo.variants.touch({})
        self.assertIsNone(await self.repo.variants.find(hash_of(2), "png"))

    async def test_touch_never_goes_back(self) -> None:
        """Batches of several processes may arrive in any order."""
        await self.publish(1, "one")
        await self.add("webp", "v1", accessed=5)
        for moment in (9, 7):
            await self.repo.variants.touch({(hash_of(1), "webp"): moment * TICK})
        self.assertEqual([await self.outdated(9), await self.outdated(10)], [[], ["webp"]])

    async def test_outdated_is_what_nobody_asked_for_since(self) -> None:
        """Strictly before the moment, the oldest first."""
        await self.publish(1, "one")
        await self.add("a", "v1", accessed=7)
        await self.add("b", "v2", accessed=5)
        shown = [await self.outdated(before) for before in (5, 6, 7, 8)]
        self.assertEqual(shown, [[], ["b"], ["b"], ["b", "a"]])
        self.assertEqual(await self.outdated(8, limit=1), ["b"])

    async def test_removing_what_is_outdated(self) -> None:
        """Of those named; their bytes get jobs."""
        await self.publish(1, "one")
        for key in ("webp", "png", "gif"):
            await self.add(key, f"v-{key}", accessed=5)
        await self.publish(2, "two")
        await self.repo.variants.add(hash_of(2), "png", "other", details_at(1), 5 * TICK)
        places = [(hash_of(1), key) for key in ("webp", "gif", "jxl")] + [(hash_of(2), "png")]
        self.assertEqual(await self.repo.variants.remove_outdated(places, 6 * TICK), 3)
        self.assertEqual(dict(await self.repo.variants.of_hash(hash_of(1))), {"png": "v-png"})
        self.assertEqual(await self.doomed(), ["other", "v-gif", "v-webp"])
        self.assertEqual(await self.repo.variants.remove_outdated(places, 6 * TICK), 0)

    async def test_an_access_saves(self) -> None:
        """Between listing and removal."""
        await self.publish(1, "one")
        await self.add("webp", "v1", accessed=5)
        await self.add("png", "v2", accessed=5)
        await self.repo.variants.touch({(hash_of(1), "webp"): 6 * TICK})
        places = [(hash_of(1), key) for key in ("webp", "png")]
        self.assertEqual(await self.repo.variants.remove_outdated(places, 6 * TICK), 1)
        self.assertEqual(dict(await self.repo.variants.of_hash(hash_of(1))), {"webp": "v1"})
        self.assertEqual(await self.doomed(), ["v2"])
