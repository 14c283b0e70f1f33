"""SIGKILL, at any moment and to any process, loses nothing that was acknowledged."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from PIL import Image
from twisted.internet.defer import Deferred, gatherResults

from tests.support.process import ServerProcess, descendants
from tests.support.samples import detailed, saved, still
from tests.support.waiting import pause
from tests.system.case import (
    Reply,
    SystemTestCase,
    blobs,
    difference,
    markers,
    recorded,
    rows,
)
from tests.system.crew import GONE
from tests.system.promises import PromiseTestCase, end_leases

ROUNDS = 7
"""Kills, at least."""

ENOUGH = 240
"""Acknowledged operations."""


class CrashTests(PromiseTestCase):
    """The whole server dies, daemon and children at once."""

    async def test_kills(self) -> None:
        """Everything that clients do goes on while the server is killed, again and again. What was
        acknowledged holds; of the rest nothing is half there."""
        server = self.server(CLIENT__ALLOWED_NETWORKS="127.0.0.0/8")
        rounds = 0
        while rounds < ROUNDS or sum(self.promises.count.values()) < ENOUGH:
            await self._round(server)
            rounds += 1
        end_leases(server)
        await server.restarted()
        await self.check_queued(server)
        await self.check_promises(server)
        await self.until(lambda: not rows(server, "SELECT * FROM jobs"), server.log)
        await self.assert_well(server)
        self.assertEqual(len(self.promises.count), len(self.crew.acts()), self.promises.count)

    async def _round(self, server: ServerProcess) -> None:
        await server.restarted()
        acts = self.crew.acts()
        work = [Deferred.fromCoroutine(self.crew.work(act, server)) for act in acts]
        await pause(self.random.uniform(0.3, 2))
        server.kill()
        await gatherResults(work, consumeErrors=True)
        self._check_visible(server)

    def _check_visible(self, server: ServerProcess) -> None:
        """While it is down: a recorded file is there, and whole. Others carry a marker, or a job
        that removes them."""
        raw = rows(server, "SELECT identifier FROM uploads WHERE identifier IS NOT NULL")
        known = recorded(server) | {identifier for (identifier,) in raw}
        self.assertEqual(known - blobs(server), set(), difference(server))
        loose = blobs(server) - known
        marked = {name.replace("_", "/") for name in markers(server)}
        queued = "".join(str(row) for row in rows(server, "SELECT payload FROM jobs"))
        self.assertEqual({each for each in loose - marked if each not in queued}, set())


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
        await self.assertFailure(job, *GONE)
        await self.until(lambda: not any(map(_exists, children)), lambda: children)
        await server.ended()
        await server.restarted()
        await self.assert_well(server)

    async def test_stopped_fork_server(self) -> None:
        """One that hangs is noticed, within the time of a job and a little."""
        server = await self.started(MEDIA__PROCESS_TIMEOUT="3")
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
