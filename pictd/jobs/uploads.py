"""Jobs of the ``process`` queue that ingest queued uploads (spec storage §7.4, §7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs
from twisted.internet.defer import CancelledError

from pictd.errors import PictdError, UploadGone
from pictd.ingest.service import Ingest
from pictd.ingest.session import Filing, Received
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IScratch, IStore
from pictd.jobs.worker import PASSING, Duty, NotUnderstood
from pictd.metrics import Metrics
from pictd.model.alias import Alias
from pictd.model.uploads import UploadQuery, query_from_json

_LOST = "The uploaded bytes are lost", "not-found"
_DEADLY = "Work on the upload was begun again and again, and never ended", "command-failure"
_OURS = "Request failed", "unknown-error"


@attrs.frozen
class _Order:
    """A job as its payload has it."""

    upload: str
    identifier: str
    query: UploadQuery
    declared: Alias | None

    @classmethod
    def parse(cls, argument: object) -> _Order:
        """:raise NotUnderstood: not the payload of such a job."""
        if not isinstance(argument, dict):
            raise NotUnderstood(f"not an upload: {argument!r}")
        try:
            operations = argument.get("operations")
            ordered = None if operations is None else [(str(n), str(v)) for n, v in operations]
            query = query_from_json(argument.get("upload_query"), ordered)
            declared = argument.get("declared_alias")
            alias = None if declared is None else Alias.parse(str(declared))
            return cls(str(argument["upload_id"]), str(argument["identifier"]), query, alias)
        except (KeyError, TypeError, ValueError) as error:
            raise NotUnderstood(f"not an upload: {argument!r}") from error


@attrs.frozen
class QueuedUploads:
    """Ingests what was queued, and completes the uploads.

    A crash at any step leaves either a pending upload, on which the next attempt begins anew, or a
    completed one, which it leaves alone: publishing completes it in the same step.
    """

    repo: IRepo
    store: IStore
    scratch: IScratch
    ingest: Ingest
    metrics: Metrics = attrs.field(factory=Metrics)

    def duties(self) -> Mapping[str, Duty]:
        """By the name of the kind of job."""
        return {"Ingest": Duty(self.work, self.give_up)}

    async def work(self, argument: object) -> None:
        """Ingest one. What is wrong with the file is told to whoever claims the upload; what
        passes by itself is tried again."""
        order = _Order.parse(argument)
        found = await self.repo.uploads.find(order.upload)
        if found is None or found.result is not None:
            return
        try:
            with self.metrics.queued_ingests.running():
                await self._ingest(order)
        except (*PASSING, CancelledError):
            raise
        except UploadGone:
            return
        except PictdError as error:
            await self.repo.uploads.fail(order.upload, str(error), error.code)
        except Exception:
            await self.repo.uploads.fail(order.upload, *_OURS)
            raise

    async def give_up(self, argument: object) -> None:
        """Tell that it will never be done."""
        await self.repo.uploads.fail(_Order.parse(argument).upload, *_DEADLY)

    async def _ingest(self, order: _Order) -> None:
        folder = self.scratch.new()
        path = await self._raw(order.identifier, folder)
        if path is None:
            await self.scratch.discard(folder)
            await self.repo.uploads.fail(order.upload, *_LOST)
            return
        filing = Filing(order.declared, upload=order.upload)
        await self.ingest.ingest(Received(folder, path), order.query, filing)

    async def _raw(self, identifier: str, folder: Path) -> Path | None:
        """The bytes as they came; nothing is left in scratch where the store is away."""
        there = False
        try:
            path = await self.store.local(identifier, folder)
            there = True
        finally:
            if not there:
                await self.scratch.discard(folder)
        return path
