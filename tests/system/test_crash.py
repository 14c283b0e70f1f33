"""SIGKILL, at any moment and to any process, loses nothing that was acknowledged."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import attrs
from PIL import Image
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.error import ConnectError
from twisted.web.client import ResponseFailed

from tests.support.process import ServerProcess, descendants
from tests.support.samples import detailed, saved, still
from tests.support.waiting import pause
from tests.system.case import (
    KEY,
    Reply,
    SystemTestCase,
    blobs,
    difference,
    markers,
    recorded,
    rows,
)

ROUNDS = 6
_GONE = (ConnectError, ResponseFailed)


@attrs.define
class Promises:
    """What the server has acknowledged.

    :ivar kept: delete token by alias.
    :ivar deleted: aliases.
    :ivar unsure: aliases whose deletion was asked for and not acknowledged.
    """

    kept: dict[str, str] = attrs.field(factory=dict)
    deleted: set[str] = attrs.field(factory=set)
    unsure: set[str] = attrs.field(factory=set)


class CrashTests(SystemTestCase):
    """The whole server dies, daemon and children at once."""

    def setUp(self) -> None:
        """Nothing is promised yet."""
        super().setUp()
        self.promises = Promises()
        self.made = 0

    async def test_kills(self) -> None:
        """Uploads, deletions and variants run while the server is killed, again and again. What
        was acknowledged holds; of the rest nothing is half there."""
        server = self.server()
        for number in range(ROUNDS):
            await server.restarted()
            crew = [self._uploader, self._uploader, self._deleter, self._viewer]
            work = [Deferred.fromCoroutine(self._until_gone(each, server)) for each in crew]
            await pause(0.5 + 0.17 * number)
            server.kill()
            await gatherResults(work, consumeErrors=True)
            self._check_visible(server)
        _end_leases(server)
        await server.restarted()
        await self._check_promises(server)
        await self.until(lambda: not rows(server, "SELECT * FROM jobs"), server.log)
        await self.assert_well(server)
        self.assertGreater(len(self.promises.kept), ROUNDS)
        self.assertGreater(len(self.promises.deleted), ROUNDS)

    def _check_visible(self, server: ServerProcess) -> None:
        """While it is down: a recorded file is there, and whole. Others carry a marker, or a job
        that removes them."""
        self.assertEqual(recorded(server) - blobs(server), set(), difference(server))
        loose = blobs(server) - recorded(server)
        marked = {name.replace("_", "/") for name in markers(server)}
        queued = "".join(str(row) for row in rows(server, "SELECT payload FROM jobs"))
        self.assertEqual({each for each in loose - marked if each not in queued}, set())

    async def _check_promises(self, server: ServerProcess) -> None:
        for alias in self.promises.kept:
            await self._check_kept(server, alias)
        for alias in self.promises.deleted:
            reply = await self.get(server, f"/image/original/{alias}")
            self.assertEqual(reply.status, 404, alias)

    async def _check_kept(self, server: ServerProcess, alias: str) -> None:
        reply = await self.get(server, f"/image/original/{alias}")
        if alias in self.promises.unsure and reply.status == 404:
            return
        self.assertEqual(reply.status, 200, alias)
        identifiers = await self.get(server, f"/internal/identifier?alias={alias}", headers=KEY)
        self.assertLess(identifiers.status, 500)
        self.assertEqual(reply.header("etag"), f'"{hashlib.sha256(reply.body).hexdigest()}"')

    async def _until_gone(
        self, act: Callable[[ServerProcess], Awaitable[None]], server: ServerProcess
    ) -> None:
        """Do it again and again, until the server is gone."""
        while server.is_running:
            try:
                await act(server)
            except _GONE:
                self.assertFalse(server.is_running, server.log())

    async def _uploader(self, server: ServerProcess) -> None:
        self.made += 1
        data = still("jpeg", 300, 200, seed=self.made // 3)  # some content comes more than once
        reply = await self.upload(server, data)
        self._acknowledged(reply, 201)
        self.promises.kept[reply.entry["file"]] = reply.entry["delete_token"]

    async def _deleter(self, server: ServerProcess) -> None:
        if len(self.promises.kept) < 15:
            await pause(0.02)
            return
        alias = next(each for each in self.promises.kept if each not in self.promises.unsure)
        self.promises.unsure.add(alias)
        token = self.promises.kept[alias]
        reply = await self.ask(server, "DELETE", f"/image/delete/{token}/{alias}")
        self._acknowledged(reply, 204)
        del self.promises.kept[alias]
        self.promises.deleted.add(alias)

    async def _viewer(self, server: ServerProcess) -> None:
        self.made += 1
        await pause(0.01)
        for alias in [*self.promises.kept][-1:]:
            size = 20 + self.made % 200
            reply = await self.get(server, f"/image/process.webp?src={alias}&resize={size}")
            self.assertIn(reply.status, (200, 404), reply.body[:200])

    def _acknowledged(self, reply: Reply, status: int) -> None:
        self.assertEqual(reply.status, status, reply.body[:500])


class ChildCrashTests(SystemTestCase):
    """Single children die; that costs one job."""

    async def test_imaging_child(self) -> None:
        """The upload whose child is killed is told so; the next one works."""
        server = await self.started()
        alias = await self.uploaded(server, saved(detailed(3000, 2000), "jpeg"))
        job = self._begin_slow(server, alias)
        children = await self._imaging_children(server)
        for each in children:
            os.kill(each, signal.SIGKILL)
        reply = await job
        self.assertIn(reply.status, (400, 500))
        self.assertEqual(reply.code, "command-failure")
        await self.uploaded(server, still("png"))
        await self.assert_well(server)

    async def test_fork_server(self) -> None:
        """The upload in it is told so; another one is started, and the next upload works."""
        server = await self.started()
        alias = await self.uploaded(server, saved(detailed(3000, 2000), "jpeg"))
        job = self._begin_slow(server, alias)
        await self._imaging_children(server)
        (fork_server,) = _direct(server)
        os.kill(fork_server, signal.SIGKILL)
        reply = await job
        self.assertEqual((reply.status, reply.code), (500, "command-failure"))
        await self.uploaded(server, still("png"))
        await self.assert_well(server)

    async def test_daemon_alone(self) -> None:
        """Its children go with it, in the middle of their work; the next start cleans up."""
        server = await self.started()
        alias = await self.uploaded(server, saved(detailed(3000, 2000), "jpeg"))
        job = self._begin_slow(server, alias)
        await self._imaging_children(server)
        children = server.children()
        os.kill(server.pid, signal.SIGKILL)
        await self.assertFailure(job, *_GONE)
        await self.until(lambda: not any(map(_exists, children)), lambda: children)
        await server.ended()
        await server.restarted()
        await self.assert_well(server)

    async def test_stopped_fork_server(self) -> None:
        """One that hangs is noticed, within the time of a job and a little."""
        server = await self.started(MEDIA__PROCESS_TIMEOUT="1")
        await self.uploaded(server, still("gif"))
        (fork_server,) = _direct(server)
        os.kill(fork_server, signal.SIGSTOP)
        reply = await self.upload(server, still("png"))
        self.assertEqual((reply.status, reply.code), (500, "command-failure"))
        self.assertLess(reply.seconds, 10)
        await self.uploaded(server, still("png"))
        await self.assert_well(server)

    async def test_too_slow(self) -> None:
        """A child at its deadline is killed with all that it started; the client is told."""
        server = await self.started(MEDIA__PROCESS_TIMEOUT="1", MEDIA__MAGICK__MEMORY="2000")
        reply = await self.upload(server, _slow_picture(), "?blur=40")
        self.assertEqual((reply.status, reply.code), (400, "command-timeout"), reply.body)
        self.assertLess(reply.seconds, 5)
        await self.assert_well(server)

    async def test_full_queue(self) -> None:
        """More jobs than may wait are turned away at once, and told when to come again; those who
        wait are served."""
        server = await self.started()
        alias = await self.uploaded(server, saved(detailed(1500, 1000), "jpeg"))
        most = 64 + len(os.sched_getaffinity(0))
        query = f"/image/process.jpg?src={alias}&resize=200&blur="
        work = [self.get(server, f"{query}{5 + n / 10}") for n in range(most + 12)]
        replies = await gatherResults([Deferred.fromCoroutine(each) for each in work])
        refused = [reply for reply in replies if reply.status != 200]
        self.assertEqual({reply.status for reply in refused}, {503})
        self.assertEqual({reply.code for reply in refused}, {"overloaded"})
        self.assertTrue(all(int(reply.header("retry-after") or 0) > 0 for reply in refused))
        self.assertLessEqual(len(refused), 12)
        await self.assert_well(server)

    def _begin_slow(self, server: ServerProcess, alias: str) -> Deferred[Reply]:
        path = f"/image/process.avif?src={alias}&blur=20"
        return Deferred.fromCoroutine(self.get(server, path))

    async def _imaging_children(self, server: ServerProcess) -> list[int]:
        """Of the fork server, once there are some."""
        (fork_server,) = _direct(server)
        await self.until(lambda: bool(descendants(fork_server)), server.log)
        return descendants(fork_server)


def _direct(server: ServerProcess) -> list[int]:
    """The daemon's own children, without theirs."""
    found = server.children()
    theirs = {each for child in found for each in descendants(child)}
    return [child for child in found if child not in theirs]


def _exists(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def _slow_picture() -> bytes:
    return saved(Image.effect_noise((6000, 6000), 60).convert("RGB"), "jpeg")


def _end_leases(server: ServerProcess) -> None:
    """What half a minute would do: jobs of dead workers may be taken again."""
    with closing(sqlite3.connect(server.database)) as connection, connection:
        connection.execute("UPDATE jobs SET leased_until = 0")
