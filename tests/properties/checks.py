"""What a server shows, held against the model."""

from __future__ import annotations

import hashlib
from collections import Counter

from pictd.model.alias import Alias
from pictd.model.records import Original, Queue
from pictd.model.settings import GRACE_ENDS
from pictd.model.uploads import Upload, Uploaded
from tests.properties.model import Model, Name
from tests.properties.world import LIFETIMES, World

ALL = 2**62
MOST = 10_000


class Checks:
    """Looks past the gates."""

    def __init__(self, model: Model, world: World) -> None:
        self.model, self.world = model, world
        self._finish, self._repo, self._store = world.ground.finish, world.bare, world.ground.store

    def visible(self) -> None:
        """Every alias that clients know of is there, or is not, as the model has it; so are the
        uploads that they may claim, and the variants."""
        for alias, name in self.model.names.items():
            self._name(alias, name)
        for id, queued in self.model.queued.items():
            if not queued.gone and not queued.doubts:
                upload = self._finish(self._repo.uploads.find(id))
                assert upload is not None, f"upload {id} of {queued.content!r} is lost"
                self._result(upload, queued.content)
        self._variants()

    def _name(self, alias: Alias, name: Name) -> None:
        found = self.model.look(alias)
        if name.gone:
            assert found is None, f"{alias} is there again"
        elif found is None:
            assert name.doubts, f"{alias} of {name.content!r} is lost"
        else:
            self._original(found, name.content)
            assert found.token == name.token, alias
        if name.url and not name.gone and not name.doubts:
            assert self._finish(self._repo.proxies.find(name.url)) == alias, name.url

    def _result(self, upload: Upload, content: bytes) -> None:
        if not isinstance(upload.result, Uploaded):
            return
        found = self.model.look(upload.result.alias)
        mark = self.model.queued[upload.id].mark
        assert found is not None or self.model.may_be_gone(content, mark), upload.id
        if found is not None:
            self._original(found, content)
            assert found.token == upload.result.token, upload.id

    def _original(self, found: Original, content: bytes) -> None:
        record, details = found.record, found.details
        assert record.hash.digest == hashlib.sha256(content).digest(), found.alias
        assert details is not None and (details.width, details.height) == (4, 3), found.alias
        assert record.blurhash == "BLUR", found.alias
        if content not in self.model.lost:
            assert self._bytes(record.identifier) == content, found.alias

    def _variants(self) -> None:
        page = self._finish(self._repo.hashes.page(None, MOST))
        for entry in page.entries:
            made = self._finish(self._repo.variants.of_hash(entry.record.hash))
            for key, identifier in made.items():
                data = self._bytes(identifier)
                assert data is not None and data.endswith(key.encode()), key
                assert hashlib.sha256(data[: -len(key)]).digest() == entry.record.hash.digest
                assert self._finish(self._repo.details.find(identifier)) is not None, key

    def nothing_outdated(self, now: int) -> None:
        """After a sweep in which nothing else happened, unless things might not expire then.

        :param now: when it began.
        """
        ends = self._finish(self._repo.settings.get(GRACE_ENDS))
        if ends is not None and now < int(ends):
            return
        variants, proxies = self._repo.variants, self._repo.proxies
        assert not self._finish(variants.outdated(now - LIFETIMES.variants, MOST))
        assert not self._finish(proxies.outdated(now - LIFETIMES.proxies, MOST))
        assert not self._finish(self._repo.uploads.expired(now - LIFETIMES.uploads, MOST))

    def nothing_left(self) -> None:
        """At the end: the store holds what the repo refers to and nothing else, nobody works, and
        no alias is there that nobody could know of."""
        for queue in Queue:
            assert self._finish(self._repo.jobs.length(queue)) == 0, queue
        assert self.world.files.live == set(), "temporary files are left"
        assert self._finish(self._store.strays(ALL)) == [], "strays are left"
        referred = self._referred()
        lost = {each for each in referred - self._store.saved if not self._is_lost(each)}
        assert lost == set(), "bytes are lost"
        assert self._store.saved - referred == set(), "bytes are orphans"
        self._strangers()
        self._uploads()

    def _referred(self) -> set[str]:
        found: set[str] = set()
        for entry in self._finish(self._repo.hashes.page(None, MOST)).entries:
            assert entry.aliases, "content has no name"
            found.add(entry.record.identifier)
            found.update(self._finish(self._repo.variants.of_hash(entry.record.hash)).values())
        return found

    def _is_lost(self, identifier: str) -> bool:
        lost = {hashlib.sha256(content).digest() for content in self.model.lost}
        entries = self._finish(self._repo.hashes.page(None, MOST)).entries
        return any(
            entry.record.identifier == identifier and entry.record.hash.digest in lost
            for entry in entries
        )

    def _strangers(self) -> None:
        known = set(self.model.live()) | self._unclaimed() | self._proxied()
        strange: Counter[bytes] = Counter()
        for entry in self._finish(self._repo.hashes.page(None, MOST)).entries:
            strange[entry.record.hash.digest] += len(set(entry.aliases) - known)
        for content, count in self.model.strangers.items():
            strange[hashlib.sha256(content).digest()] -= count
        assert not any(count > 0 for count in strange.values()), "aliases that nobody knows"

    def _uploads(self) -> None:
        uploads = self._finish(self._repo.uploads.expired(ALL, MOST))
        assert all(upload.result is not None for upload in uploads), "an upload hangs"
        unknown = {upload.id for upload in uploads} - set(self.model.queued)
        assert len(unknown) <= self.model.unknown_uploads, "uploads that were taken back are there"

    def _unclaimed(self) -> set[Alias]:
        uploads = self._finish(self._repo.uploads.expired(ALL, MOST))
        return {each.result.alias for each in uploads if isinstance(each.result, Uploaded)}

    def _proxied(self) -> set[Alias]:
        found = {self._finish(self._repo.proxies.find(url)) for url in self.world.ground.pages}
        return found - {None}

    def _bytes(self, identifier: str) -> bytes | None:
        blob = self._finish(self._store.open(identifier))
        data: bytes | None = None
        if blob is not None:
            data = self._finish(blob.stream(0, blob.size).read())
        return data
