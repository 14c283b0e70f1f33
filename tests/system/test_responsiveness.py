"""The daemon answers at once, whatever else it is doing: its reactor is never held up."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.utils import getProcessOutput

from tests.support.process import ServerProcess
from tests.support.samples import detailed, saved, still
from tests.system.case import KEY, SystemTestCase

MEBIBYTE = 1024 * 1024
SECONDS = 6.0
MOST = 0.050
"""Seconds for 99 of 100 answers, on a machine whose processors others use as well."""


class ResponsivenessTests(SystemTestCase):
    """``/livez``, every few milliseconds, while everything is going on."""

    async def test_under_load(self) -> None:
        """Large uploads, variants, listings, deletions and downloads do not hold it up."""
        server = await self.started()
        self.large = saved(detailed(2000, 1500), "png", compress_level=1) + bytes(30 * MEBIBYTE)
        self.alias = await self.uploaded(server, saved(detailed(2000, 1500), "jpeg"))
        self.made = 0
        probing = self._probe(server)
        load = [self._uploads, self._small_uploads, self._variants, self._listings]
        crew = [Deferred.fromCoroutine(each(server, probing)) for each in load]
        found = sorted(json.loads(await probing))
        await gatherResults(crew)
        at = {share: found[int(len(found) * share)] for share in (0.5, 0.9, 0.99, 0.999)}
        told = ", ".join(f"{share:.1%} {1000 * value:.1f} ms" for share, value in at.items())
        self.assertGreater(len(found), 200, told)
        self.assertLess(at[0.99], MOST, told)
        await self.assert_well(server)

    def _probe(self, server: ServerProcess) -> Deferred[bytes]:
        root = str(Path(__file__).parents[2])
        command = ["-m", "tests.system.probe", str(server.port), str(SECONDS)]
        environment = {**os.environ, "PYTHONPATH": root}
        clock = cast(Any, reactor)
        probing: Deferred[bytes] = getProcessOutput(
            sys.executable, command, environment, root, clock
        )
        return probing

    async def _uploads(self, server: ServerProcess, until: Deferred[bytes]) -> None:
        while not until.called:
            self.assertEqual((await self.upload(server, self.large)).status, 201)

    async def _small_uploads(self, server: ServerProcess, until: Deferred[bytes]) -> None:
        while not until.called:
            self.made += 1
            reply = await self.upload(server, still("jpeg", 200, 150, seed=self.made))
            path = f"/image/delete/{reply.entry['delete_token']}/{reply.entry['file']}"
            await self.ask(server, "DELETE", path)

    async def _variants(self, server: ServerProcess, until: Deferred[bytes]) -> None:
        while not until.called:
            self.made += 1
            path = f"/image/process.webp?src={self.alias}&resize={self.made}"
            self.assertEqual((await self.get(server, path)).status, 200)

    async def _listings(self, server: ServerProcess, until: Deferred[bytes]) -> None:
        while not until.called:
            await self.get(server, "/internal/hashes?limit=1000", headers=KEY)
            await self.get(server, f"/image/original/{self.alias}")
