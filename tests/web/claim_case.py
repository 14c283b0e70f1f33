"""Claims over connections in memory, on a clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs

from pictd.jobs.uploads import QueuedUploads
from pictd.model.records import Job, Queue
from pictd.model.uploads import UploadQuery
from pictd.web.backgrounded import Backgrounded
from tests.support.exchange import Exchange
from tests.support.parts import SETTINGS, parts
from tests.support.remote import PlainRemote
from tests.support.services import ServicesTestCase

WORKER = "6a3c4c0b-9a41-4b8f-8c9e-1d7000000000"


@attrs.frozen
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class ClaimTestCase(ServicesTestCase):
    """With queued uploads, and those who claim them.

    :ivar settings: may be set by subclasses.
    """

    settings = SETTINGS

    def setUp(self) -> None:
        super().setUp()
        self.parts = parts(self.backends, PlainRemote(), self.settings, Path("unused"))
        self.routes = Backgrounded(self.parts)
        self.jobs = QueuedUploads(self.repo, self.store, self.scratch, self.parts.ingest)

    def queue(self, data: bytes = b"picture") -> str:
        """Queue a file; its upload id."""
        return self.successResultOf(self.parts.queueing.queue(self.received(data), UploadQuery()))

    def work(self) -> None:
        """Do the job that was queued first."""
        job: Job | None = self.result(self.repo.jobs.pop(Queue.PROCESS, WORKER, 2**62, 1))
        assert job is not None and isinstance(job.payload, dict)
        self.result(self.jobs.work(job.payload["Ingest"]))
        self.result(self.repo.jobs.finish(job, WORKER))

    def finished(self, data: bytes = b"picture") -> str:
        """A file that was queued and worked on; its upload id."""
        id = self.queue(data)
        self.work()
        return id

    def begin(self, id: str) -> Exchange:
        """A claimer asks."""
        exchange = Exchange(self.routes.claim)
        exchange.send(b"GET /x?upload_id=%b HTTP/1.1\r\n\r\n" % id.encode())
        return exchange

    def answer(self, exchange: Exchange) -> Answer | None:
        """What the claimer was told; None: nothing yet."""
        head, found, body = exchange.received().partition(b"\r\n\r\n")
        return Answer(int(head.split()[1]), body) if found else None

    def claim(self, id: str) -> Answer:
        """Ask for what is answered at once."""
        answer = self.answer(self.begin(id))
        assert answer is not None, "the claim waits"
        return answer

    def assert_waiting(self, *claimers: Exchange) -> None:
        """None was told anything."""
        self.assertEqual([self.answer(each) for each in claimers], [None] * len(claimers))

    def assert_gone(self, id: str) -> None:
        """It was claimed."""
        answer = self.claim(id)
        self.assertEqual((answer.status, answer.json["code"]), (400, "already-claimed"))
