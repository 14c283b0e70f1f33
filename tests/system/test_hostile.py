"""A running server takes more than a thousand hostile files, and stays well."""

from __future__ import annotations

import hashlib
import io
import operator
from collections.abc import Iterator
from typing import Any

from PIL import Image
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import deferToThread

from pictd.imaging.containers.registry import is_clean
from tests.support.movies import decoded
from tests.support.process import ServerProcess
from tests.support.samples import SECRET
from tests.support.waiting import pause
from tests.system.case import KEY, Reply, SystemTestCase, blobs, memory
from tests.system.hostile.corpus import corpus
from tests.system.hostile.good import Named

TIMEOUT = 15
"""``media.process_timeout``; seconds."""
AT_ONCE = 3
SLACK = 10.0
"""Seconds for waiting for others."""
_PAGE = 1000
_NO_MEDIA = (SECRET, b"<script", b"<?php")

Details = dict[str, Any]


class HostileTests(SystemTestCase):
    """Only 201, or 4xx that say why; and nothing is left."""

    timeout = 300.0
    maxDiff = None

    def setUp(self) -> None:
        """Nothing is known yet."""
        super().setUp()
        self.wrong: list[str] = []
        self.taken: list[str] = []
        self.sent: set[bytes] = set()
        self.seen: set[str] = set()

    async def test_corpus(self) -> None:
        """Every file is taken or refused in time; what is taken is clean and decodes; the store
        holds what is listed, and nothing else."""
        server = await self.started(MEDIA__PROCESS_TIMEOUT=str(TIMEOUT))
        # Made beforehand: a server does not wait for clients that make files.
        left = iter(await deferToThread(list, corpus()))
        crew = [Deferred.fromCoroutine(self._work(server, left)) for _ in range(AT_ONCE)]
        await gatherResults(crew, consumeErrors=True)
        self.assertEqual("\n".join(self.wrong), "")
        self.assertGreaterEqual(len(self.sent), 1000)
        self.assertGreater(len(self.taken), 200, "most of the good ones with a tail are taken")
        self.assertNotIn("Traceback", server.log())
        await self.assert_well(server)
        self.assertEqual(len(blobs(server)), await self._count_listed(server))

    async def test_long_queries(self) -> None:
        """Hundreds of long requests, all different, leave no memory behind."""
        server = await self.started()
        long = "x" * 100_000
        await self.get(server, f"/image/process.webp?src=a.png&0={long}")
        before = memory(server.pid)["VmRSS"]
        for number in range(300):
            reply = await self.get(server, f"/image/process.webp?src=a.png&{number}={long}")
            self.assertEqual(reply.status, 404)
        self.assertLess(memory(server.pid)["VmRSS"] - before, 16 * 1024**2)

    async def _work(self, server: ServerProcess, left: Iterator[Named]) -> None:
        for name, data in left:
            self.sent.add(hashlib.sha256(data).digest())
            reply = await self._sent(server, data)
            problem = _told_wrong(reply)
            if reply.status == 201:
                self.taken.append(name)
                problem = await self._stored_wrong(server, reply)
            if problem:
                self.wrong.append(f"{name}: {problem}")

    async def _sent(self, server: ServerProcess, data: bytes) -> Reply:
        reply = await self.upload(server, data)
        while reply.status == 503 and reply.code == "overloaded":
            await pause(0.5)
            reply = await self.upload(server, data)
        return reply

    async def _stored_wrong(self, server: ServerProcess, reply: Reply) -> str:
        """Many files become the same one, which is looked at once."""
        entry = reply.entry
        stored = await self.get(server, f"/image/original/{entry['file']}")
        found = hashlib.sha256(stored.body).hexdigest()
        if stored.header("etag") != f'"{found}"':
            return "the bytes are not what the hash says"
        if found in self.seen:
            return ""
        self.seen.add(found)
        told: str = await deferToThread(_kept_wrong, stored.body, entry["details"])
        return told

    async def _count_listed(self, server: ServerProcess) -> int:
        """By going through all pages."""
        count, page = 0, ""
        while True:
            path = f"/internal/hashes?limit={_PAGE}{page}"
            told = (await self.get(server, path, headers=KEY)).json["page"]
            count += len(told["hashes"])
            if "next" not in told:
                return count
            page = f"&slug={told['next']}"


def _told_wrong(reply: Reply) -> str:
    if reply.seconds > TIMEOUT + SLACK:
        return f"took {reply.seconds:.1f} s"
    if reply.status == 201:
        return ""
    if not 400 <= reply.status < 500 or not reply.code or not reply.json["msg"]:
        return f"{reply.status} {reply.body[:200]!r}"
    return ""


def _kept_wrong(data: bytes, details: Details) -> str:
    if any(each in data for each in _NO_MEDIA) or not is_clean(data):
        return "the bytes hold what is no media"
    try:
        return (_film_wrong if details["format"] == "Video" else _picture_wrong)(data, details)
    except Exception as error:
        return f"stored, but does not decode: {error!r}"


def _picture_wrong(data: bytes, details: Details) -> str:
    """Of an animation the first frame was looked at. Frames of a GIF may reach beyond its canvas,
    which then is as large as they are together."""
    said = details["width"], details["height"]
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        size, frames = image.size, getattr(image, "n_frames", 1)
    fits = all(map(operator.le, size, said)) if image.format == "GIF" else size == said
    if fits and frames == (details["frames"] or 1):
        return ""
    return f"stored as {said} with {details['frames']} frames; it is {size} with {frames}"


def _film_wrong(data: bytes, details: Details) -> str:
    """Of a damaged one not all frames can be decoded."""
    said, found = (details["width"], details["height"]), decoded(data)
    counted = 0 < len(found) <= (details["frames"] or 1)
    if counted and set(found) == {said}:
        return ""
    return f"stored as {details['frames']} frames of {said}; they are {found}"
