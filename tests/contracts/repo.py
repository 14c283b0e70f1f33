"""What every repo promises; backends mix these classes into trial's ``TestCase``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from pictd.interfaces.content import IAliases, IDetails, IHashes, IProxies, IVariants
from pictd.interfaces.queues import IJobs, IUploads
from pictd.interfaces.repos import IRecords, IRepo, ISettings
from pictd.model.alias import Alias, DeleteToken
from pictd.model.details import Details
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Naming, Published, Queue

if TYPE_CHECKING:
    Mixin = TestCase
else:
    Mixin = object

TICK = 1000
"""The shortest time that every repo tells apart; what builds and asks here counts in it."""

FAR = 10**18
"""A moment after all others here, in nanoseconds."""


def hash_of(number: int) -> Hash:
    """Content number so-and-so; greater numbers have greater bytes."""
    return Hash(number.to_bytes(2, "big") * 16, number, Format.IMAGE_PNG)


def details_at(moment: int) -> Details:
    """Of a picture that was measured at that moment."""
    return Details(640, 480, None, Format.IMAGE_PNG, moment * TICK)


def record_of(number: int, moment: int = 0) -> HashRecord:
    """Content number so-and-so, under an identifier of the same number."""
    return HashRecord(hash_of(number), f"identifier/{number}.png", (moment or number) * TICK)


def token_of(alias: str) -> DeleteToken:
    """A token that differs from those of other aliases."""
    return DeleteToken(f"token of {alias}")


def naming_of(
    alias: str, url: str | None = None, accessed: int = 0, upload: str | None = None
) -> Naming:
    """A name, with the token of that name.

    :param accessed: in nanoseconds.
    """
    return Naming(Alias.parse(alias), token_of(alias), url, accessed, upload)


class RepoContract(Mixin):
    """What the facets' contracts share."""

    repo: IRepo

    async def new_repo(self) -> IRepo:
        """An open and empty repo; the test closes it."""
        raise NotImplementedError

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        """Each test has a repo of its own."""
        self.repo = await self.new_repo()
        self.addCleanup(self.repo.close)

    async def publish(self, number: int, alias: str, moment: int = 0) -> Published:
        """Content number so-and-so gets an alias."""
        return await self.repo.hashes.publish(
            record_of(number, moment), details_at(moment or number), naming_of(alias)
        )

    async def doomed(self) -> list[str]:
        """The identifiers of all cleanup jobs, which this takes."""
        identifiers = []
        while job := await self.repo.jobs.pop(Queue.CLEANUP, "a worker", FAR, FAR):
            assert isinstance(job.payload, dict)
            identifiers.append(job.payload["Identifier"]["identifier"])
        return sorted(identifiers)


class WholeRepoContract(RepoContract):
    """The repo beside its facets."""

    async def test_provides_its_interfaces(self) -> None:
        """Repo and facets have every method of the contracts."""
        verifyObject(IRepo, self.repo)
        for interface, facet in (
            (IAliases, self.repo.aliases),
            (IProxies, self.repo.proxies),
            (IHashes, self.repo.hashes),
            (IVariants, self.repo.variants),
            (IDetails, self.repo.details),
            (IUploads, self.repo.uploads),
            (ISettings, self.repo.settings),
            (IJobs, self.repo.jobs),
            (IRecords, self.repo.records),
        ):
            verifyObject(interface, facet)

    async def test_check_passes(self) -> None:
        """An open repo can be read and written."""
        await self.repo.check()
        await self.repo.check(read_only=True)

    async def test_close_is_idempotent(self) -> None:
        """Closing twice is closing once."""
        await self.repo.close()
        await self.repo.close()

    async def test_refers_to_what_is_recorded(self) -> None:
        """Originals, still frames and variants count; anything else does not."""
        record = attrs.evolve(record_of(1), motion="still")
        await self.repo.hashes.publish(record, details_at(1), naming_of("a"))
        await self.repo.variants.add(record.hash, "webp", "variant", details_at(1), 1)
        named = [
            await self.repo.refers_to(identifier)
            for identifier in (record.identifier, "still", "variant", "webp", "")
        ]
        self.assertEqual(named, [True, True, True, False, False])

    async def test_details_keep_the_first_record(self) -> None:
        """A second record of the same identifier is dropped."""
        await self.repo.details.save("one", details_at(1))
        await self.repo.details.save("one", details_at(2))
        self.assertEqual(await self.repo.details.find("one"), details_at(1))

    async def test_details_keep_every_field(self) -> None:
        """What was saved is found, of every format."""
        for each in Format:
            saved = Details(65535, 1, 4_000_000_000, each, 1_700_000_000_123_456_789)
            await self.repo.details.save(each.name, saved)
            self.assertEqual(await self.repo.details.find(each.name), saved)

    async def test_details_are_removed_idempotently(self) -> None:
        """Removing what is not there does nothing."""
        await self.repo.details.save("one", details_at(1))
        await self.repo.details.remove("one")
        await self.repo.details.remove("one")
        self.assertIsNone(await self.repo.details.find("one"))

    async def test_details_go_page_by_page(self) -> None:
        """Every identifier once, and whether anything else is known of it."""
        record = attrs.evolve(record_of(1), motion="still")
        await self.repo.hashes.publish(record, details_at(1), naming_of("a"))
        await self.repo.variants.add(record.hash, "webp", "variant", details_at(1), 1)
        for identifier in ("still", "nobody", "nobody else"):
            await self.repo.details.save(identifier, details_at(1))
        found: dict[str, bool] = {}
        while page := await self.repo.details.page(max(found, default=None), 2):
            self.assertLessEqual(len(page), 2)
            self.assertFalse(set(page) & set(found))
            found.update(page)
        known = {record.identifier: True, "still": True, "variant": True}
        self.assertEqual(found, {**known, "nobody": False, "nobody else": False})

    async def test_a_sound_database(self) -> None:
        """Nothing is wrong with what pictd itself made."""
        await self.repo.hashes.publish(record_of(1), details_at(1), naming_of("a"))
        await self.repo.variants.add(hash_of(1), "webp", "variant", details_at(1), 1)
        self.assertEqual(list(await self.repo.unsound()), [])

    async def test_settings_overwrite(self) -> None:
        """The last value counts; bytes come back as they were."""
        self.assertIsNone(await self.repo.settings.get("404-alias"))
        await self.repo.settings.set("404-alias", b"before")
        await self.repo.settings.set("404-alias", b"\x00\xff")
        self.assertEqual(await self.repo.settings.get("404-alias"), b"\x00\xff")
