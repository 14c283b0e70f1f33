"""Several workers on one socket look like one server."""

from __future__ import annotations

import os
import signal
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.web.client import RequestTransmissionFailed

from tests.support.exchange import Caller
from tests.support.process import ServerProcess
from tests.support.samples import detailed, saved, still
from tests.support.waiting import pause
from tests.system.case import scratch
from tests.system.crew import GONE, Act
from tests.system.promises import PromiseTestCase, end_leases
from tests.system.test_slow_clients import END, PART, head
from tests.system.test_stop import refused
from tests.system.workforce_case import WorkforceTestCase, exists, workers

ENOUGH = 150
"""Acknowledged operations."""

LOST = (*GONE, RequestTransmissionFailed)
"""What a client sees whose worker was killed, before or after its request was sent."""

OURS = {"CLIENT__ALLOWED_NETWORKS": "127.0.0.0/8"}


class LoadTests(WorkforceTestCase, PromiseTestCase):
    """Everything that clients do at the same time."""

    async def work(self, server: ServerProcess) -> list[Deferred[None]]:
        """Let all begin."""
        self.is_over = False
        return [Deferred.fromCoroutine(self._again(act, server)) for act in self.crew.acts()]

    async def over(self, work: list[Deferred[None]], server: ServerProcess) -> None:
        """Wait until enough is done."""
        enough = sum(self.promises.count.values()) + ENOUGH
        await self.until(lambda: sum(self.promises.count.values()) > enough, server.log)
        self.is_over = True
        await gatherResults(work)

    async def _again(self, act: Act, server: ServerProcess) -> None:
        while not self.is_over:
            await pause(self.random.uniform(0, 0.02))
            try:
                await act(server)
            except LOST:
                self.losses += 1

    async def check(self, server: ServerProcess) -> None:
        """Everything that was acknowledged."""
        await self.check_queued(server)
        await self.check_promises(server)
        self.assertEqual(len(self.promises.count), len(self.crew.acts()), self.promises.count)

    losses = 0

    async def test_nothing_is_lost(self) -> None:
        """Whoever is asked knows what any of them did, and all of them work."""
        server = await self.at_work(**OURS)
        await self.over(await self.work(server), server)
        await self.check(server)
        await self.assert_unharmed(server)
        self.assertEqual(self.losses, 0)
        found = await self.figures()
        for name in ("pict_rs_request_end", "pict_rs_ingest_end"):
            told = {sample.labels["worker"] for sample in found[name].samples}
            self.assertEqual(told, {"1", "2"}, name)

    async def test_kill_of_one(self) -> None:
        """The other one serves on, and another takes its place; what was acknowledged holds. Of the
        rest nothing is left after the next start."""
        server = await self.at_work(**OURS)
        work = await self.work(server)
        await pause(1)
        victim = workers(server)[0]
        os.kill(victim, signal.SIGKILL)
        await self.over(work, server)
        await self.all_serve(server)
        self.assertNotIn(victim, workers(server))
        self.assertLess(self.losses, 2 * len(work))
        end_leases(server)
        await self.check(server)
        self.assertEqual((await self.figures())["pictd_worker_deaths"].samples[0].value, 1)
        self.assertEqual(await server.stop(), 0, server.log())
        await server.restarted()
        await self.assert_unharmed(server)


class EndTests(WorkforceTestCase):
    """However it ends, no process is left."""

    async def test_stop(self) -> None:
        """An upload under way is accepted to its end; the status is 0."""
        server = await self.at_work()
        everyone = server.children()
        caller = await self._connected(server)
        body = PART + still("png") + bytes(10_000) + END
        caller.transport.write(head(len(body)) + body[:-500])
        await self.until(lambda: bool(scratch(server)), server.log)
        server.tell_to_stop()
        await self.until(lambda: refused(server), server.log)
        caller.transport.write(body[-500:])
        answer = await caller.ended
        self.assertTrue(answer.startswith(b"HTTP/1.1 201 "), answer)
        self.assertEqual(await server.ended(), 0, server.log())
        self.assert_gone(server, everyone)
        self.assertNotIn("Traceback", server.log())

    async def test_second_signal(self) -> None:
        """It ends at once, whatever is under way."""
        server = await self.at_work()
        everyone = server.children()
        caller = await self._connected(server)
        caller.transport.write(head(10_000) + PART)
        await self.until(lambda: bool(scratch(server)), server.log)
        server.tell_to_stop()
        await self.until(lambda: "SIGTERM: stopping" in server.log(), server.log)
        server.tell_to_stop()
        self.assertEqual(await server.ended(), 1, server.log())
        await self.until(lambda: not any(map(exists, everyone)), server.log)

    async def test_all_are_told(self) -> None:
        """As from a terminal, or from a service manager that tells every process: in order, too."""
        server = await self.at_work()
        everyone = server.children()
        for each in (*workers(server), server.pid):
            os.kill(each, signal.SIGTERM)
        self.assertEqual(await server.ended(), 0, server.log())
        self.assert_gone(server, everyone)
        self.assertNotIn("Traceback", server.log())

    async def test_kill_of_the_supervisor(self) -> None:
        """Its workers go with it, in the middle of their work; the next start cleans up."""
        server = await self.at_work()
        alias = await self.uploaded(server, saved(detailed(2000, 1500), "jpeg"))
        job = self.get(server, f"/image/process.avif?src={alias}&blur=10")
        working = Deferred.fromCoroutine(job)
        await self.until(lambda: bool(scratch(server)), server.log)
        everyone = server.children()
        os.kill(server.pid, signal.SIGKILL)
        await self.assertFailure(working, *GONE)
        await self.until(lambda: not any(map(exists, everyone)), lambda: everyone)
        await server.ended()
        await server.restarted()
        await self.all_serve(server)
        await self.assert_unharmed(server)

    async def test_one_that_is_told_to_end(self) -> None:
        """It ends in order, and another takes its place."""
        server = await self.at_work()
        victim = workers(server)[0]
        os.kill(victim, signal.SIGTERM)
        await self.until(lambda: not exists(victim), server.log)
        await self.all_serve(server)
        self.assertEqual(await server.stop(), 0, server.log())

    async def _connected(self, server: ServerProcess) -> Caller:
        endpoint = TCP4ClientEndpoint(cast(Any, reactor), "127.0.0.1", server.port)
        caller: Caller = await connectProtocol(endpoint, Caller())
        self.addCleanup(caller.transport.abortConnection)
        return caller
