"""A running server takes hundreds of hostile files, and stays well."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

from PIL import Image
from twisted.internet.defer import Deferred, gatherResults

from tests.support.process import ServerProcess
from tests.support.samples import SECRET
from tests.system.case import KEY, Reply, SystemTestCase, blobs, memory
from tests.system.hostile import Named, corpus

TIMEOUT = 15
"""``media.process_timeout``; seconds."""
AT_ONCE = 3
SLACK = 10.0
"""Seconds for waiting for others."""


class HostileTests(SystemTestCase):
    """Only 201, or 4xx that say why; and nothing is left."""

    async def test_corpus(self) -> None:
        """Every file is taken or refused in time; what is taken is clean and decodes; the store
        holds what is listed, and nothing else."""
        server = await self.started(MEDIA__PROCESS_TIMEOUT=str(TIMEOUT))
        files = list(corpus())
        self.assertGreaterEqual(len(files), 300)
        left = iter(files)
        self.wrong: list[str] = []
        self.taken: list[str] = []
        crew = [Deferred.fromCoroutine(self._work(server, left)) for _ in range(AT_ONCE)]
        await gatherResults(crew, consumeErrors=True)
        self.assertEqual(self.wrong, [])
        self.assertGreater(len(self.taken), 20, "most of the good ones with a tail are taken")
        await self.assert_well(server)
        listed = await self.get(server, "/internal/hashes?limit=1000", headers=KEY)
        self.assertEqual(len(blobs(server)), len(listed.json["page"]["hashes"]))

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
            reply = await self.upload(server, data)
            problem = _told_wrong(reply)
            if reply.status == 201:
                self.taken.append(name)
                problem = await self._stored_wrong(server, reply)
            if problem:
                self.wrong.append(f"{name}: {problem}")

    async def _stored_wrong(self, server: ServerProcess, reply: Reply) -> str:
        entry = reply.entry
        stored = await self.get(server, f"/image/original/{entry['file']}")
        if stored.header("etag") != f'"{hashlib.sha256(stored.body).hexdigest()}"':
            return "the bytes are not what the hash says"
        if SECRET in stored.body or b"<script" in stored.body or b"<?php" in stored.body:
            return "the bytes hold what is no picture"
        return _undecodable(stored.body, entry["details"])


def _told_wrong(reply: Reply) -> str:
    if reply.seconds > TIMEOUT + SLACK:
        return f"took {reply.seconds:.1f} s"
    if reply.status == 201:
        return ""
    if not 400 <= reply.status < 500 or not reply.code or not reply.json["msg"]:
        return f"{reply.status} {reply.body[:200]!r}"
    return ""


def _undecodable(data: bytes, details: dict[str, int]) -> str:
    said = details["width"], details["height"]
    try:
        with Image.open(io.BytesIO(data)) as image:
            found, size = getattr(image, "n_frames", 1), image.size
            image.load()
    except Exception as error:
        return f"stored, but does not decode: {error!r}"
    if size != said or found != (details["frames"] or 1):
        return f"stored as {said} with {details['frames']} frames; it is {size} with {found}"
    return ""
