"""The still frame that variants of a video are drawn from: made once, and kept.

Crash windows are those of a variant: see ``generate.service``.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from pictd.coalescing import Coalescer
from pictd.errors import AliasNotFound, BytesLost, OutcomeUnknown, PictdError
from pictd.generate.backends import Backends, leave_stray
from pictd.model.claims import motion_claim
from pictd.model.details import Details
from pictd.model.formats import Format
from pictd.model.records import HashRecord, Rendered
from pictd.model.times import from_seconds


@attrs.frozen
class Still:
    """:ivar path: a file that holds the frame, which must not be changed."""

    path: Path
    format: Format


def _forgets(_: PictdError) -> float:
    """Whoever wants a variant remembers why it could not be made."""
    return 0.0


@attrs.define
class Motions:
    """Still frames of videos."""

    _backends: Backends
    _makers: Coalescer[str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._makers = Coalescer(self._backends.clock, _forgets)

    async def still(self, record: HashRecord, folder: Path) -> Still:
        """The frame of a video, made now if it is not there.

        :param folder: for a copy of it, where the store needs one.
        :raise BytesLost: of the video.
        :raise AliasNotFound: the video was removed meanwhile.
        """
        if record.motion is not None:
            path = await self._backends.store.local(record.motion, folder)
            if path is not None:
                return Still(path, await self._format(record.motion))
        identifier = await self._makers.get(record.identifier, lambda: self._find_or_make(record))
        path = await self._backends.store.local(identifier, folder)
        if path is None:
            raise AliasNotFound
        return Still(path, await self._format(identifier))

    async def _format(self, identifier: str) -> Format:
        """Old frames may have no details; what draws from them looks at their bytes."""
        details = await self._backends.repo.details.find(identifier)
        return Format.IMAGE_JPEG if details is None else details.format

    async def _find_or_make(self, record: HashRecord) -> str:
        return await self._backends.claiming.once(
            motion_claim(record.hash), lambda: self._find(record), lambda: self._make(record)
        )

    async def _find(self, record: HashRecord) -> str | None:
        """One that was recorded since the caller looked."""
        current = await self._backends.repo.hashes.find(record.hash)
        found = None if current is None else current.motion
        return None if found == record.motion else found

    async def _make(self, record: HashRecord) -> str:
        backends, folder = self._backends, self._backends.scratch.new()
        try:
            source = await backends.store.local(record.identifier, folder)
            if source is None:
                raise (
                    BytesLost if await backends.repo.refers_to(record.identifier) else AliasNotFound
                )
            made = await backends.media.motion(source, record.hash.format, folder)
            return await self._record(record, made)
        finally:
            await backends.scratch.discard(folder)

    async def _record(self, record: HashRecord, made: Rendered) -> str:
        store, format = self._backends.store, made.format
        identifier = await store.save(made.path, format.extension, format.media_type)
        now = from_seconds(self._backends.clock.seconds())
        details = Details(made.width, made.height, made.frames, format, now)
        settle = store.remove
        try:
            kept = await self._backends.repo.hashes.set_motion(
                record.hash, record.motion, identifier, details
            )
            if kept == identifier:
                settle = store.keep
        except OutcomeUnknown:
            settle = leave_stray
            raise
        finally:
            await settle(identifier)
        if kept is None:
            raise AliasNotFound
        return kept
