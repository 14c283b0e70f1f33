"""What every repo promises of remote URLs."""

from __future__ import annotations

from pictd.errors import AliasAlreadyExists, UrlAlreadyProxied
from pictd.model.alias import Alias
from tests.contracts.repo import (
    TICK,
    RepoContract,
    details_at,
    hash_of,
    naming_of,
    record_of,
    token_of,
)

CAT = "https://example.com/cat.png"
DOG = "https://example.com/dog.png"


class ProxiesContract(RepoContract):
    """``IProxies``; see ``tests.contracts.repo``."""

    async def proxy(self, alias: str, url: str, accessed: int, number: int = 1) -> None:
        """Content number so-and-so is published under an alias that is kept for a URL."""
        naming = naming_of(alias, url, accessed * TICK)
        await self.repo.hashes.publish(record_of(number), details_at(number), naming)

    async def outdated(self, before: int, limit: int = 10) -> list[str]:
        """The names of outdated aliases."""
        found = await self.repo.proxies.outdated(before * TICK, limit)
        self.assertEqual([token for _, token in found], [token_of(str(each)) for each, _ in found])
        return [str(alias) for alias, _ in found]

    async def test_finds_what_was_published(self) -> None:
        """For new content, and for content that was there."""
        await self.proxy("cat", CAT, 5)
        await self.proxy("dog", DOG, 5)
        found = [await self.repo.proxies.find(url) for url in (CAT, DOG)]
        self.assertEqual(found, [Alias("cat"), Alias("dog")])

    async def test_finds_what_was_added(self) -> None:
        """Another name of stored content may be kept for a URL, too."""
        await self.publish(1, "one")
        self.assertTrue(await self.repo.aliases.add(naming_of("cat", CAT), hash_of(1)))
        self.assertEqual(await self.repo.proxies.find(CAT), Alias("cat"))

    async def test_unknown_url(self) -> None:
        """A URL that was never proxied has no alias, and neither has what is no URL."""
        await self.publish(1, "one")
        for url in (CAT, "", "one", "\udcff"):
            self.assertIsNone(await self.repo.proxies.find(url))

    async def test_content_that_is_gone(self) -> None:
        """The URL stays free."""
        self.assertFalse(await self.repo.aliases.add(naming_of("cat", CAT), hash_of(1)))
        self.assertIsNone(await self.repo.proxies.find(CAT))

    async def test_publish_refuses_a_url_that_is_proxied(self) -> None:
        """The alias stays the first one; nothing of the step is there."""
        await self.proxy("first", CAT, 5)
        with self.assertRaises(UrlAlreadyProxied):
            await self.proxy("second", CAT, 9, number=2)
        self.assertEqual(await self.repo.proxies.find(CAT), Alias("first"))
        self.assertIsNone(await self.repo.aliases.find(Alias("second")))
        self.assertIsNone(await self.repo.hashes.find(hash_of(2)))
        self.assertIsNone(await self.repo.details.find(record_of(2).identifier))
        self.assertEqual(await self.outdated(6), ["first"])

    async def test_add_refuses_a_url_that_is_proxied(self) -> None:
        """The name stays free."""
        await self.proxy("first", CAT, 5)
        with self.assertRaises(UrlAlreadyProxied):
            await self.repo.aliases.add(naming_of("second", CAT), hash_of(1))
        self.assertIsNone(await self.repo.aliases.find(Alias("second")))

    async def test_a_taken_name_leaves_the_url_free(self) -> None:
        """Nothing was written."""
        await self.publish(1, "one")
        with self.assertRaises(AliasAlreadyExists):
            await self.proxy("one", CAT, 5)
        self.assertIsNone(await self.repo.proxies.find(CAT))

    async def test_a_url_goes_with_its_alias(self) -> None:
        """It may be proxied anew; other URLs stay."""
        await self.proxy("cat", CAT, 5)
        await self.proxy("dog", DOG, 5)
        await self.repo.aliases.remove(Alias("cat"))
        self.assertIsNone(await self.repo.proxies.find(CAT))
        self.assertEqual(await self.repo.proxies.find(DOG), Alias("dog"))
        await self.proxy("cat", CAT, 6)

    async def test_purge_takes_all_urls(self) -> None:
        """Of every alias of the content."""
        await self.proxy("cat", CAT, 5)
        await self.proxy("dog", DOG, 5)
        await self.repo.hashes.purge(hash_of(1))
        self.assertEqual([await self.repo.proxies.find(url) for url in (CAT, DOG)], [None, None])

    async def test_outdated_is_what_nobody_asked_for_since(self) -> None:
        """Strictly before the moment; the oldest come first; uploads are never among them."""
        await self.publish(1, "upload")
        await self.proxy("dog", DOG, 7)
        await self.proxy("cat", CAT, 5)
        shown = [await self.outdated(before) for before in (5, 6, 7, 8)]
        self.assertEqual(shown, [[], ["cat"], ["cat"], ["cat", "dog"]])
        self.assertEqual(await self.outdated(8, limit=1), ["cat"])

    async def test_touch_keeps_a_proxy(self) -> None:
        """The last access counts; what is not proxied is passed over."""
        await self.proxy("cat", CAT, 5)
        await self.proxy("dog", DOG, 6)
        await self.repo.proxies.touch({CAT: 9 * TICK, "https://example.com/unknown": 9 * TICK})
        await self.repo.proxies.touch({})
        self.assertEqual(await self.outdated(9), ["dog"])
        self.assertEqual(await self.outdated(10), ["dog", "cat"])
        self.assertIsNone(await self.repo.proxies.find("https://example.com/unknown"))

    async def test_touch_never_goes_back(self) -> None:
        """Batches of several processes may arrive in any order."""
        await self.proxy("cat", CAT, 5)
        for moment in (9, 7):
            await self.repo.proxies.touch({CAT: moment * TICK})
        self.assertEqual(await self.outdated(9), [])

    async def test_removing_what_is_outdated(self) -> None:
        """Alias, URL and content go, and the bytes get a job."""
        await self.proxy("cat", CAT, 5)
        self.assertTrue(await self.repo.proxies.remove_outdated(Alias("cat"), 6 * TICK))
        self.assertIsNone(await self.repo.proxies.find(CAT))
        self.assertIsNone(await self.repo.aliases.find(Alias("cat")))
        self.assertEqual(await self.doomed(), ["identifier/1.png"])
        self.assertFalse(await self.repo.proxies.remove_outdated(Alias("cat"), 6 * TICK))

    async def test_an_access_saves(self) -> None:
        """Between listing and removal."""
        await self.proxy("cat", CAT, 5)
        self.assertEqual(await self.outdated(6), ["cat"])
        await self.repo.proxies.touch({CAT: 6 * TICK})
        self.assertFalse(await self.repo.proxies.remove_outdated(Alias("cat"), 6 * TICK))
        self.assertEqual(await self.repo.proxies.find(CAT), Alias("cat"))
        self.assertEqual(await self.doomed(), [])

    async def test_what_is_no_proxy_is_never_outdated(self) -> None:
        """An upload's alias stays; so does content that others uploaded."""
        await self.publish(1, "upload")
        self.assertFalse(await self.repo.proxies.remove_outdated(Alias("upload"), 99 * TICK))
        await self.proxy("cat", CAT, 5)
        self.assertTrue(await self.repo.proxies.remove_outdated(Alias("cat"), 99 * TICK))
        self.assertIsNotNone(await self.repo.aliases.find(Alias("upload")))
        self.assertEqual(await self.doomed(), [])
