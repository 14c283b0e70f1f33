"""Holding what the repo knows against what the store has.

The repo refers to bytes only while they are there. So where bytes are absent and the repo, asked
after that, refers to them still, they are lost: what was deleted meanwhile is no finding.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import attrs

from pictd.admin.findings import Finding, named
from pictd.errors import StoreUnavailable
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IBlob, IStore
from pictd.model.carried import CarriedOriginal, CarriedVariant
from pictd.model.hashes import Hash
from pictd.model.uploads import Upload

_LOST = "The uploaded bytes are lost", "not-found"
"""Of a queued upload: text and code, as the server's own job has them."""


@attrs.frozen
class Inspection:
    """Looks at one thing at a time; changes nothing but by a finding's remedy."""

    repo: IRepo
    store: IStore

    async def of_original(self, original: CarriedOriginal, read: bool) -> AsyncIterator[Finding]:
        """What is wrong with it. Where its own bytes are lost, nothing else is looked for: it is
        the original that must come back, or go.

        :param read: read its bytes, and compare their hash.
        :raise StoreUnavailable: the store does not work at all.
        """
        trouble = await self._trouble(original, read)
        if trouble is not None:
            yield Finding(f"original {named(original)}: {trouble}")
            return
        for finding in (await self._of_still(original), await self._of_names(original)):
            if finding is not None:
                yield finding
        for variant in original.variants:
            if await self._is_lost(variant.identifier):
                yield self._of_variant(original, variant)
        if await self._is_misdescribed(original):
            yield self._of_details(original)

    async def of_upload(self, upload: Upload) -> Finding | None:
        """Whether a pending one can still be worked on."""
        if upload.identifier is None or not await self._is_lost(upload.identifier):
            return None
        return Finding(
            f"queued upload {upload.id}: its bytes are missing ({upload.identifier})",
            lambda: self.repo.uploads.fail(upload.id, *_LOST),
            "whoever claims it is told so",
        )

    async def _trouble(self, original: CarriedOriginal, read: bool) -> str | None:
        record = original.record
        try:
            found = await self._compared(record.identifier, record.hash, read)
        except StoreUnavailable as error:
            await self.store.check(read_only=True)
            found = f"it can't be read: {error}"
        if found is None or not await self.repo.refers_to(record.identifier):
            return None
        return found

    async def _compared(self, identifier: str, hash: Hash, read: bool) -> str | None:
        blob = await self.store.open(identifier)
        if blob is None:
            return "its bytes are missing; prune-missing removes such records"
        try:
            if blob.size != hash.size:
                return f"it is damaged: {blob.size} bytes instead of {hash.size}"
            if read and await _digest(blob) != hash.digest:
                return "it is damaged: its bytes have another SHA-256"
        finally:
            blob.close()
        return None

    async def _of_still(self, original: CarriedOriginal) -> Finding | None:
        hash, motion = original.record.hash, original.record.motion
        if motion is None or not await self._is_lost(motion):
            return None
        return Finding(
            f"still frame of {named(original)}: its bytes are missing ({motion})",
            lambda: self.repo.hashes.forget_motion(hash, motion),
            "it will be made again",
        )

    async def _of_names(self, original: CarriedOriginal) -> Finding | None:
        hash = original.record.hash
        if original.aliases or await self.repo.aliases.of_hash(hash):
            return None
        if await self.repo.hashes.find(hash) is None:
            return None
        return Finding(
            f"original {named(original)}: it has no alias, so nobody can ask for it",
            lambda: self.repo.hashes.collect(hash),
            "it was removed, and its bytes follow by job",
        )

    def _of_variant(self, original: CarriedOriginal, variant: CarriedVariant) -> Finding:
        return Finding(
            f"variant {variant.key} of {named(original)}: its bytes are missing"
            f" ({variant.identifier})",
            lambda: self._forget(original.record.hash, variant),
            "it will be made again when somebody asks for it",
        )

    async def _forget(self, hash: Hash, lost: CarriedVariant) -> None:
        """Unless it was made again meanwhile."""
        if (await self.repo.variants.of_hash(hash)).get(lost.key) == lost.identifier:
            await self.repo.variants.remove(hash, [lost.key])

    async def _is_misdescribed(self, original: CarriedOriginal) -> bool:
        record = original.record
        details = original.details.get(record.identifier)
        if details is None or details.format is record.hash.format:
            return False
        return await self.repo.refers_to(record.identifier)

    def _of_details(self, original: CarriedOriginal) -> Finding:
        record = original.record
        return Finding(
            f"details of {named(original)}: they are of another format than the file",
            lambda: self.repo.details.remove(record.identifier),
            "they will be measured again when somebody asks for them",
        )

    async def _is_lost(self, identifier: str) -> bool:
        blob = await self.store.open(identifier)
        if blob is None:
            return await self.repo.refers_to(identifier)
        blob.close()
        return False


async def _digest(blob: IBlob) -> bytes:
    digest, stream = hashlib.sha256(), blob.stream(0, blob.size)
    try:
        while piece := await stream.read():
            digest.update(piece)
    finally:
        stream.close()
    return digest.digest()
