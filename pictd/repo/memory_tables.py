"""What the memory repo keeps, and the changes that several of its facets make."""

from __future__ import annotations

import json
from collections.abc import Iterator

import attrs

from pictd.metrics import Metrics
from pictd.model.alias import Alias, DeleteToken
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Job, Queue
from pictd.model.uploads import Upload, UploadResult
from pictd.repo.wakeups import Wakeups


@attrs.define
class StoredProxy:
    """The alias of a remote URL."""

    alias: Alias
    accessed: int


@attrs.define
class StoredVariant:
    """A derived file."""

    identifier: str
    accessed: int


@attrs.define
class StoredJob:
    """A job, and who has it until when."""

    job: Job
    due: int
    unique_key: str | None
    worker: str | None = None
    leased_until: int = 0


@attrs.define
class Tables:
    """One dict per table; aliases stay in the order in which they were added."""

    metrics: Metrics
    hashes: dict[Hash, HashRecord] = attrs.field(factory=dict)
    aliases: dict[Alias, tuple[DeleteToken, Hash]] = attrs.field(factory=dict)
    proxies: dict[str, StoredProxy] = attrs.field(factory=dict)
    variants: dict[tuple[Hash, str], StoredVariant] = attrs.field(factory=dict)
    details: dict[str, Details] = attrs.field(factory=dict)
    uploads: dict[str, Upload] = attrs.field(factory=dict)
    settings: dict[str, bytes] = attrs.field(factory=dict)
    jobs: dict[str, StoredJob] = attrs.field(factory=dict)
    claims: dict[str, int] = attrs.field(factory=dict)
    wakeups: Wakeups = attrs.field(factory=Wakeups)
    pushed: int = 0

    def aliases_of(self, hash: Hash) -> list[Alias]:
        """All names of the content."""
        return [alias for alias, (_, named) in self.aliases.items() if named == hash]

    def variants_of(self, hash: Hash) -> dict[str, str]:
        """Identifier by variant key."""
        return {key: it.identifier for (of, key), it in self.variants.items() if of == hash}

    def identifiers_of(self, hash: Hash) -> Iterator[str]:
        """Of the original, its still frame and its variants."""
        record = self.hashes.get(hash)
        if record is not None:
            yield record.identifier
            if record.motion is not None:
                yield record.motion
        yield from self.variants_of(hash).values()

    def refers_to(self, identifier: str) -> bool:
        """See ``IRepo``."""
        return any(identifier == upload.identifier for upload in self.uploads.values()) or any(
            identifier in self.identifiers_of(hash) for hash in self.hashes
        )

    def remove_alias(self, alias: Alias) -> None:
        """The name, and the proxy relations to it."""
        del self.aliases[alias]
        for url in [url for url, it in self.proxies.items() if it.alias == alias]:
            del self.proxies[url]

    def remove_named(self, alias: Alias) -> bool:
        """See ``IAliases.remove``."""
        if alias not in self.aliases:
            return False
        _, hash = self.aliases[alias]
        self.remove_alias(alias)
        self.remove_unnamed(hash)
        return True

    def remove_unnamed(self, hash: Hash) -> bool:
        """Remove content that has no alias. False: it has one."""
        if self.aliases_of(hash):
            return False
        doomed = list(self.identifiers_of(hash))
        for key in self.variants_of(hash):
            del self.variants[hash, key]
        self.hashes.pop(hash, None)
        for identifier in doomed:  # last, for it wakes workers, who look at once
            self.push_cleanup(identifier)
        return True

    def is_pending(self, id: str) -> bool:
        """Whether there is an upload of this id that has no result."""
        return id in self.uploads and self.uploads[id].result is None

    def complete(self, id: str, result: UploadResult) -> None:
        """Of a pending upload, which lets go of its raw bytes."""
        upload = self.uploads[id]
        self.uploads[id] = attrs.evolve(upload, identifier=None, result=result)
        if upload.identifier is not None:
            self.push_cleanup(upload.identifier)
        self.wakeups.wake([id])

    def push_cleanup(self, identifier: str) -> None:
        """Queue the removal of an identifier's bytes and details; due at once."""
        self.push(Queue.CLEANUP, {"Identifier": {"identifier": identifier}}, 0, None)

    def push(self, queue: Queue, payload: object, due: int, unique_key: str | None) -> bool:
        """False: a job has this key."""
        taken = unique_key is not None and any(
            stored.unique_key == unique_key for stored in self.jobs.values()
        )
        self.metrics.pushes.add(queue=queue.value, completed=not taken)
        if taken:
            return False
        self.pushed += 1
        stored = json.loads(json.dumps(payload))  # what is no JSON fails here as in a database
        job = Job(str(self.pushed), queue, stored, attempts_left=5)
        self.jobs[job.id] = StoredJob(job, due, unique_key)
        self.wakeups.wake([queue])
        return True
