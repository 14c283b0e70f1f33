"""``pictd check``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import attrs
from twisted.internet import reactor
from twisted.trial.unittest import SynchronousTestCase, TestCase

from pictd.admin.check import Look, Workshop, check, exposed
from pictd.config.findings import ConfigError
from pictd.config.load import Loaded, load
from pictd.config.schema import Config
from pictd.model.limits import Bounds, Rules
from pictd.tools.forkserver import ChildSettings, ForkServerImaging
from pictd.tools.media import Media
from pictd.tools.settings import MediaSettings
from tests.tools.children import children_of


@attrs.define
class Lacking:
    """Children that work, on a machine with fewer codecs.

    :ivar codecs: what is missing.
    """

    codecs: Sequence[str] = ()

    async def look(self) -> None:
        """Nothing to wait for."""

    async def stop(self) -> None:
        """Nothing to end."""

    def missing(self) -> Sequence[str]:
        """As told."""
        return self.codecs


async def no_more(_: Config) -> Sequence[str]:
    """Nothing is found."""
    return ()


async def port(config: Config) -> Sequence[str]:
    """Something of the configuration is found."""
    return [f"port {config.server.address.port}"]


class CheckTestCase(TestCase):
    """Collects what is said, with every path in one folder."""

    def setUp(self) -> None:
        """Make the folder."""
        self.said: list[str] = []
        folder = Path(self.mktemp()).absolute()
        self.settings = {
            "PICTD__SERVER__TEMPORARY_DIRECTORY": str(folder),
            "PICTD__REPO__TYPE": "sqlite",
            "PICTD__REPO__PATH": str(folder / "pictd.sqlite3"),
            "PICTD__STORE__PATH": str(folder / "files"),
        }

    def loaded(self, **settings: str) -> Callable[[], Loaded]:
        """How the configuration is read, with these settings beside the paths."""
        return lambda: load(None, {**self.settings, **settings}, {})

    async def check(
        self,
        load: Callable[[], Loaded],
        workshop: Workshop | None = None,
        look: Look = no_more,
    ) -> int:
        """The exit status; of what is said, all but what depends on this kernel."""
        status = await check(load, lambda _: workshop or Lacking(), look, self.said.append)
        self.said = [line for line in self.said if not line.startswith("warning: this kernel")]
        return status


class FindingTests(CheckTestCase):
    """One line per finding; any finding is a failure (contract D2)."""

    async def test_nothing_to_find(self) -> None:
        """Says so."""
        self.assertEqual((await self.check(self.loaded()), self.said), (0, ["ok"]))

    async def test_a_warning(self) -> None:
        """Is a failure here, though the server would start."""
        status = await self.check(self.loaded(PICTD__NOPE="1"))
        self.assertEqual((status, len(self.said)), (1, 1))
        self.assertIn("nope", self.said[0])

    async def test_errors(self) -> None:
        """Each has its line."""

        def broken() -> Loaded:
            raise ConfigError(["one", "two"])

        self.assertEqual((await self.check(broken), self.said), (1, ["one", "two"]))

    async def test_a_place_that_cannot_be_used(self) -> None:
        """Is told with its key."""
        status = await self.check(self.loaded(PICTD__STORE__PATH="/dev/null/files"))
        self.assertEqual((status, len(self.said)), (1, 1))
        self.assertIn("store.path: /dev/null/files", self.said[0])

    async def test_what_else_is_looked_at(self) -> None:
        """Sees the configuration, and fails with the rest."""
        status = await self.check(self.loaded(), look=port)
        self.assertEqual((status, self.said), (1, ["port 8080"]))

    async def test_a_missing_codec(self) -> None:
        """Is named (contract D5)."""
        status = await self.check(self.loaded(), Lacking(["AVIF codec"]))
        self.assertEqual((status, self.said), (1, ["AVIF codec: it does not work here"]))


class RealChildrenTests(CheckTestCase):
    """The fork server itself, and a task in one of its children."""

    timeout = 60

    def children(self, tasks: str = "pictd.imaging.tasks") -> Media:
        """Not started yet."""
        settings = ChildSettings(seconds=20, tasks=tasks)
        imaging = ForkServerImaging(cast(Any, reactor), cast(Any, reactor), settings)
        rules = Rules(Bounds(), Bounds(), Bounds())
        return Media(imaging, MediaSettings(rules, ffmpeg=shutil.which("ffmpeg")))

    async def test_they_work(self) -> None:
        """All codecs of the supported formats are here, and none of the children stays."""
        before = children_of(os.getpid())
        status = await self.check(self.loaded(), self.children())
        self.assertEqual((status, self.said), (0, ["ok"]))
        self.assertEqual(children_of(os.getpid()), before)

    async def test_without_ffmpeg(self) -> None:
        """What can't be done without it is said."""
        imaging = ForkServerImaging(cast(Any, reactor), cast(Any, reactor), ChildSettings())
        rules = Rules(Bounds(), Bounds(), Bounds())
        status = await self.check(self.loaded(), Media(imaging, MediaSettings(rules)))
        self.assertEqual((status, self.said), (1, ["ffmpeg: it does not work here"]))

    async def test_a_server_that_does_not_start(self) -> None:
        """Is a finding, not an exception."""
        status = await self.check(self.loaded(), self.children("tests.tools.no_such_module"))
        self.assertEqual((status, len(self.said)), (1, 1))
        self.assertIn("imaging children do not work here", self.said[0])

    async def test_a_child_that_cannot_work(self) -> None:
        """Though the server starts: here its tasks are others."""
        status = await self.check(self.loaded(), self.children("tests.tools.misbehaviour"))
        self.assertEqual((status, len(self.said)), (1, 1))
        self.assertIn("imaging children do not work here", self.said[0])


class ExposedTests(SynchronousTestCase):
    """What a kernel does not offer is told."""

    def test_everything_is_there(self) -> None:
        """Nothing to tell."""
        self.assertEqual(list(exposed({"landlock": 7, "seccomp": True})), [])

    def test_old_kernels(self) -> None:
        """One line each."""
        (line,) = exposed({"landlock": 0, "seccomp": True})
        self.assertIn("Landlock", line)
        self.assertEqual(len(list(exposed({"landlock": 0, "seccomp": False}))), 2)
