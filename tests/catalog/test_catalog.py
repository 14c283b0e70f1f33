"""Look-up, removal, access times."""

from __future__ import annotations

import attrs

from pictd.catalog.access import MOST_GATHERED, WRITE_EVERY, AccessLog
from pictd.catalog.lookup import Lookup
from pictd.catalog.removal import Removal
from pictd.errors import (
    AliasNotFound,
    BytesLost,
    InvalidDeleteToken,
    ProxyNotFound,
    ReadOnly,
    RepoUnavailable,
    UnreadableMedia,
)
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends, Filing, Ingested
from pictd.model.alias import Alias, DeleteToken
from pictd.model.hashes import Hash
from pictd.model.records import Original, Queue
from pictd.model.uploads import UploadQuery
from tests.support.services import ServicesTestCase

NOBODY = Alias.parse("nobody.png")


class CatalogTestCase(ServicesTestCase):
    """With a way to have something stored."""

    def setUp(self) -> None:
        super().setUp()
        self.ingest = Ingest(Backends(*self.backends))

    def upload(self, data: bytes = b"picture", name: str | None = None) -> Ingested:
        """Store a file."""
        declared = None if name is None else Alias.parse(name)
        return self.successResultOf(
            self.ingest.ingest(self.received(data), UploadQuery(), Filing(declared))
        )

    def original(self, alias: Alias) -> Original:
        """What the alias names, which must exist."""
        found = self.find(alias)
        assert found is not None
        return found


class LookupTests(CatalogTestCase):
    """From names to what is stored."""

    def setUp(self) -> None:
        super().setUp()
        self.lookup = Lookup(*self.backends)

    def unmeasured(self) -> Original:
        """As a database of pict-rs may hold it."""
        original = self.original(self.upload().alias)
        self.result(self.repo.details.remove(original.record.identifier))
        record = attrs.evolve(original.record, blurhash=None)
        return attrs.evolve(original, details=None, record=record)

    def purge(self, original: Original) -> None:
        """Let it go, under all its names."""
        self.result(self.repo.hashes.purge(original.record.hash))

    def test_missing_details_are_measured_and_kept(self) -> None:
        """Once."""
        original = self.unmeasured()
        details = self.result(self.lookup.details(original))
        self.assertEqual((details.width, details.height), (4, 3))
        kept = self.result(self.repo.details.find(original.record.identifier))
        self.assertEqual(kept, details)
        self.assertEqual(self.scratch.live, set())

    def test_a_read_only_server_measures_nothing(self) -> None:
        """For it could not keep what it finds."""
        lookup = attrs.evolve(self.lookup, read_only=True)
        error = self.failureOf(lookup.details(self.unmeasured()))
        self.assertIsInstance(error, ReadOnly)

    def test_lost_bytes_can_not_be_measured(self) -> None:
        """Nor have a blurhash."""
        original = self.unmeasured()
        self.result(self.store.remove(original.record.identifier))
        self.assertIsInstance(self.failureOf(self.lookup.details(original)), BytesLost)
        self.assertIsInstance(self.failureOf(self.lookup.blurhash(original)), BytesLost)

    def test_what_is_removed_meanwhile(self) -> None:
        """Is unknown, as it is to everybody who comes later; nothing is kept of it."""
        original = self.unmeasured()
        self.purge(original)
        self.result(self.store.remove(original.record.identifier))
        self.assertIsInstance(self.failureOf(self.lookup.details(original)), AliasNotFound)
        self.assertIsInstance(self.failureOf(self.lookup.blurhash(original)), AliasNotFound)
        self.assertEqual(self.scratch.live, set())

    def test_what_is_removed_while_it_is_looked_at(self) -> None:
        """Likewise, though the file was still there when work on it began."""
        original = self.unmeasured()

        self.media.on_work = lambda: self.purge(original)
        self.media.failure = UnreadableMedia()
        self.assertIsInstance(self.failureOf(self.lookup.details(original)), AliasNotFound)
        self.assertEqual(self.scratch.live, set())

    def test_what_can_not_be_measured(self) -> None:
        """Keeps its own error."""
        original = self.unmeasured()
        self.media.failure = UnreadableMedia()
        self.assertIsInstance(self.failureOf(self.lookup.blurhash(original)), UnreadableMedia)

    def test_a_missing_blurhash_is_made_and_kept(self) -> None:
        """A read-only server makes it and keeps nothing (contract C5)."""
        original = self.unmeasured()
        kept: list[str] = []

        async def keep(hash: Hash, blurhash: str) -> None:
            kept.append(blurhash)

        self.repo.hashes.set_blurhash = keep  # type: ignore[method-assign]
        read_only = attrs.evolve(self.lookup, read_only=True)
        self.assertEqual(self.result(read_only.blurhash(original)), "BLUR")
        self.assertEqual(kept, [])
        self.assertEqual(self.result(self.lookup.blurhash(original)), "BLUR")
        self.assertEqual(kept, ["BLUR"])

    def test_the_not_found_picture(self) -> None:
        """Is there once chosen, under any name, and goes with its alias."""
        self.assertIsNone(self.result(self.lookup.not_found_picture()))
        for name in ("404.png", "41424344-4546-4748-494a-4b4c4d4e4f50.png"):
            alias = self.upload(b"picture", name).alias
            self.result(self.lookup.choose_not_found_picture(alias))
            shown = self.result(self.lookup.not_found_picture())
            self.assertEqual(shown, self.original(alias))
            self.result(self.repo.aliases.remove(alias))
            self.assertIsNone(self.result(self.lookup.not_found_picture()))

    def test_an_unknown_url(self) -> None:
        """Is told as such."""
        error = self.failureOf(self.lookup.proxied("http://example.com/a.png"))
        self.assertIsInstance(error, ProxyNotFound)


class RemovalTests(CatalogTestCase):
    """How things go."""

    def setUp(self) -> None:
        super().setUp()
        self.removal = Removal(self.repo, self.clock)

    def test_the_token_opens(self) -> None:
        """Another one does not, not even that of another alias of the same file."""
        first, second = self.upload(), self.upload()
        error = self.failureOf(self.removal.delete(first.alias, second.token))
        self.assertIsInstance(error, InvalidDeleteToken)
        self.result(self.removal.delete(first.alias, first.token))
        self.assertIsNone(self.find(first.alias))
        self.assertIsNotNone(self.find(second.alias))

    def test_what_is_gone_is_removed_already(self) -> None:
        """Whatever the token."""
        self.result(self.removal.delete(NOBODY, DeleteToken.parse("x")))
        self.assertFalse(self.result(self.removal.delete_without_token(NOBODY)))

    def test_purge_takes_all_names(self) -> None:
        """And lists them."""
        first, second = self.upload(), self.upload()
        aliases = self.result(self.removal.purge(first.alias))
        self.assertEqual(set(aliases), {first.alias, second.alias})
        self.assertIsNone(self.find(second.alias))
        self.assertIsInstance(self.failureOf(self.removal.purge(first.alias)), AliasNotFound)

    def test_dropping_all_variants_is_queued_once(self) -> None:
        """While it is queued."""
        for _ in range(3):
            self.result(self.removal.drop_all_variants())
        self.assertEqual(self.result(self.repo.jobs.length(Queue.CLEANUP)), 1)


class AccessTests(CatalogTestCase):
    """Access times in batches."""

    def setUp(self) -> None:
        super().setUp()
        self.log = AccessLog(self.repo, self.clock)
        self.written: list[dict[tuple[Hash, str], int]] = []
        self.failing = False
        self.repo.variants.touch = self.touch  # type: ignore[method-assign,assignment]
        self.hash = self.original(self.upload().alias).record.hash

    async def touch(self, accesses: dict[tuple[Hash, str], int]) -> None:
        """Note what is written."""
        if self.failing:
            raise RepoUnavailable
        self.written.append(accesses)

    def test_nothing_is_written_at_once(self) -> None:
        """But after a while, and the last access of each variant only."""
        self.log.startService()
        for _ in range(3):
            self.log.note(self.hash, "png")
            self.clock.advance(1)
        self.assertEqual(self.written, [])
        self.clock.advance(WRITE_EVERY)
        self.assertEqual(self.written, [{(self.hash, "png"): 1_700_000_002 * 10**9}])

    def test_stopping_writes_the_rest(self) -> None:
        """Before the repo closes."""
        self.log.startService()
        self.log.note(self.hash, "png")
        self.successResultOf(self.log.stopService())
        self.assertEqual(len(self.written), 1)

    def test_what_could_not_be_written_is_written_later(self) -> None:
        """A repo that is away costs nothing but time."""
        self.log.startService()
        self.log.note(self.hash, "png")
        self.failing = True
        self.clock.advance(WRITE_EVERY)
        self.failing = False
        self.clock.advance(WRITE_EVERY)
        self.assertEqual(len(self.written), 1)

    def test_memory_is_bounded(self) -> None:
        """Many variants are written before their time."""
        for n in range(MOST_GATHERED):
            self.log.note(self.hash, str(n))
        self.assertEqual(len(self.written), 1)

    def test_a_read_only_server_notes_nothing(self) -> None:
        """Contract C5."""
        log = AccessLog(self.repo, self.clock, read_only=True)
        log.note(self.hash, "png")
        self.result(log.write())
        self.assertEqual(self.written, [])
