"""Variants: found, or made once however many ask for it at the same time, on whichever node.

Crash windows: before ``store.save`` only scratch files exist; between ``save`` and ``add`` the
bytes are stray, and the next start removes them; after ``add`` the variant is whole.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred

from pictd.coalescing import Coalescer
from pictd.errors import AliasNotFound, BytesLost, OutcomeUnknown, PictdError
from pictd.generate.backends import Backends, leave_stray
from pictd.generate.motions import Motions
from pictd.model.claims import variant_claim
from pictd.model.details import Details
from pictd.model.formats import Kind, Output
from pictd.model.hashes import Hash
from pictd.model.operations import Chain
from pictd.model.records import Original, Rendered, Variant
from pictd.model.times import from_seconds


@attrs.frozen
class Recipe:
    """What makes a variant of an original; equal recipes make one variant."""

    chain: Chain
    output: Output

    @cached_property
    def key(self) -> str:
        """The variant key."""
        return self.chain.key(self.output)


REMEMBER_FAILURES = 60.0
"""Seconds."""


class Generate(Service):
    """Makes variants that are not there yet.

    :param remember: seconds in which one that can't be made is not tried again.
    """

    def __init__(self, backends: Backends, remember: float = REMEMBER_FAILURES) -> None:
        self._backends = backends
        self._motions = Motions(backends)
        self._makers: Coalescer[Variant] = Coalescer(
            backends.clock, lambda _: remember, lambda: backends.metrics.joined.add(work="generate")
        )

    async def find(self, hash: Hash, recipe: Recipe) -> Variant | None:
        """The variant, if it was made."""
        return await self._backends.repo.variants.find(hash, recipe.key)

    async def make(self, original: Original, recipe: Recipe) -> Variant:
        """The variant; made now if it is not there. Cancelling stops the waiting, not the making.

        :raise AliasNotFound: the original was removed meanwhile.
        :raise BytesLost: of the original.
        :raise PictdError: whatever ``IMedia.render`` raises; remembered for a short time.
        """
        # Not by hash: what was removed and came again does not wait for work on what is gone.
        key = (original.record.identifier, recipe.key)
        return await self._makers.get(key, lambda: self._find_or_make(original, recipe))

    def stopService(self) -> Deferred[None]:
        """Wait for the makers at work."""
        super().stopService()
        return self._makers.idle()

    async def _find_or_make(self, original: Original, recipe: Recipe) -> Variant:
        """A maker that ended between the caller's look and this one has made it already."""
        hash = original.record.hash
        return await self._backends.claiming.once(
            variant_claim(hash, recipe.key),
            lambda: self.find(hash, recipe),
            lambda: self._make(original, recipe),
        )

    async def _make(self, original: Original, recipe: Recipe) -> Variant:
        with self._backends.metrics.generates.running():
            return await self._made(original, recipe)

    async def _made(self, original: Original, recipe: Recipe) -> Variant:
        folder = self._backends.scratch.new()
        try:
            async with self._backends.store.expecting():
                rendered = await self._render(original, recipe, folder)
                return await self._record(original.record.hash, recipe, rendered)
        except PictdError:
            # A child can't read what is removed under its hands; nothing else may be wrong.
            if not await self._backends.repo.refers_to(original.record.identifier):
                raise AliasNotFound from None
            raise
        finally:
            await self._backends.scratch.discard(folder)

    async def _render(self, original: Original, recipe: Recipe, folder: Path) -> Rendered:
        record, media = original.record, self._backends.media
        if record.hash.format.kind is Kind.VIDEO:
            still = await self._motions.still(record, folder)
            return await media.render(still.path, still.format, folder, recipe.chain, recipe.output)
        source = await self._backends.store.local(record.identifier, folder)
        if source is None:
            raise BytesLost
        return await media.render(source, record.hash.format, folder, recipe.chain, recipe.output)

    async def _record(self, hash: Hash, recipe: Recipe, made: Rendered) -> Variant:
        store, format = self._backends.store, made.format
        identifier = await store.save(made.path, format.extension, format.media_type)
        now = from_seconds(self._backends.clock.seconds())
        details = Details(made.width, made.height, made.frames, format, now)
        settle = store.remove
        try:
            variant = await self._backends.repo.variants.add(
                hash, recipe.key, identifier, details, now
            )
            if variant is not None and variant.identifier == identifier:
                settle = store.keep
        except OutcomeUnknown:
            settle = leave_stray
            raise
        finally:
            await settle(identifier)
        if variant is None:
            raise AliasNotFound
        return variant
