"""What every repo promises of aliases."""

from __future__ import annotations

from pictd.errors import AliasAlreadyExists
from pictd.model.alias import Alias
from pictd.model.records import Naming, Original
from tests.contracts.repo import (
    RepoContract,
    details_at,
    hash_of,
    naming_of,
    record_of,
    token_of,
)


class AliasesContract(RepoContract):
    """``IAliases``; see ``tests.contracts.repo``."""

    async def test_finds_what_was_published(self) -> None:
        """An alias leads to its token, the record and the details."""
        await self.publish(1, "cat.png")
        self.assertEqual(
            await self.repo.aliases.find(Alias.parse("cat.png")),
            Original(Alias("cat", ".png"), token_of("cat.png"), record_of(1), details_at(1)),
        )

    async def test_finds_without_details(self) -> None:
        """Originals that were never measured are there all the same."""
        await self.publish(1, "cat.png")
        await self.repo.details.remove(record_of(1).identifier)
        found = await self.repo.aliases.find(Alias.parse("cat.png"))
        assert found is not None
        self.assertIsNone(found.details)

    async def test_unknown_alias(self) -> None:
        """Ordinary absence is None."""
        self.assertIsNone(await self.repo.aliases.find(Alias("nothing")))

    async def test_hostile_alias(self) -> None:
        """Whatever a client may send as a name, it names nothing."""
        for text in ("\udcff", "a\x00b", "'; DROP TABLE aliases", "x" * 100_000, ""):
            self.assertIsNone(await self.repo.aliases.find(Alias.parse(text)))

    async def test_extension_is_part_of_the_name(self) -> None:
        """Its letter case, too."""
        await self.publish(1, "cat.png")
        self.assertIsNone(await self.repo.aliases.find(Alias.parse("cat.PNG")))
        self.assertIsNone(await self.repo.aliases.find(Alias.parse("cat")))

    async def test_lists_uuids_as_uuids(self) -> None:
        """A UUID whose bytes happen to be text is listed as a UUID (contract A25)."""
        text = "61616161-6161-4161-a161-616161616161.png"
        await self.publish(1, text)
        self.assertEqual(await self.repo.aliases.of_hash(hash_of(1)), [Alias.parse(text)])
        page = await self.repo.hashes.page(None, 1)
        self.assertEqual([str(alias) for alias in page.entries[0].aliases], [text])

    async def test_adds_another_name(self) -> None:
        """Both names lead to the content."""
        await self.publish(1, "one")
        added = await self.repo.aliases.add(naming_of("two"), hash_of(1))
        self.assertTrue(added)
        self.assertEqual(
            {str(alias) for alias in await self.repo.aliases.of_hash(hash_of(1))}, {"one", "two"}
        )
        found = await self.repo.aliases.find(Alias("two"))
        assert found is not None
        self.assertEqual((found.token, found.record), (token_of("two"), record_of(1)))

    async def test_adds_nothing_to_gone_content(self) -> None:
        """The answer is no, and the name stays free."""
        added = await self.repo.aliases.add(naming_of("two"), hash_of(1))
        self.assertFalse(added)
        await self.publish(1, "two")

    async def test_add_refuses_a_taken_name(self) -> None:
        """Whatever it names: the same content, other content, or for content that is gone."""
        await self.publish(1, "one")
        await self.publish(2, "two")
        for number in (1, 2, 3):
            with self.assertRaises(AliasAlreadyExists):
                await self.repo.aliases.add(Naming(Alias("one"), token_of("x")), hash_of(number))
        found = await self.repo.aliases.find(Alias("one"))
        assert found is not None
        self.assertEqual((found.token, found.record), (token_of("one"), record_of(1)))

    async def test_remove_leaves_other_names(self) -> None:
        """The content stays for as long as it has a name."""
        await self.publish(1, "one")
        await self.publish(1, "two")
        self.assertTrue(await self.repo.aliases.remove(Alias("one")))
        self.assertIsNone(await self.repo.aliases.find(Alias("one")))
        self.assertIsNotNone(await self.repo.aliases.find(Alias("two")))
        self.assertEqual(await self.doomed(), [])

    async def test_remove_of_the_last_name_removes_the_content(self) -> None:
        """Record and variants go; the bytes of each identifier get a job."""
        await self.publish(1, "one")
        await self.repo.variants.add(hash_of(1), "webp", "variant", details_at(1), 1)
        self.assertTrue(await self.repo.aliases.remove(Alias("one")))
        self.assertIsNone(await self.repo.hashes.find(hash_of(1)))
        self.assertIsNone(await self.repo.variants.find(hash_of(1), "webp"))
        self.assertEqual(await self.doomed(), ["identifier/1.png", "variant"])

    async def test_remove_keeps_details_for_the_job(self) -> None:
        """They go after the bytes, which the job removes first."""
        await self.publish(1, "one")
        await self.repo.aliases.remove(Alias("one"))
        self.assertIsNotNone(await self.repo.details.find(record_of(1).identifier))

    async def test_remove_of_an_unknown_name(self) -> None:
        """The answer is no, also the second time."""
        await self.publish(1, "one")
        await self.repo.aliases.remove(Alias("one"))
        self.assertFalse(await self.repo.aliases.remove(Alias("one")))

    async def test_content_can_come_back(self) -> None:
        """What was removed may be published anew, under a new identifier."""
        await self.publish(1, "one")
        await self.repo.aliases.remove(Alias("one"))
        published = await self.publish(1, "one")
        self.assertTrue(published.created)
