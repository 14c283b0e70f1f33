"""Lists and scripts under the names of media: a running server reads no other file for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.inotify import IN_ACCESS, IN_OPEN, INotify
from twisted.python.filepath import FilePath

from tests.support.line import Line
from tests.support.movies import movie
from tests.system.case import SystemTestCase
from tests.system.hostile.playlists import film_elsewhere, lists_of_files

_NAMES = ("a.mp4", "a.png", "a.webm", "a.jpeg", "a.m3u8")


class ListTests(SystemTestCase):
    """Each list names a film beside the server's folder, and an address."""

    def setUp(self) -> None:
        """Watch the film and the address."""
        super().setUp()
        self.film = Path(self.mktemp()).absolute()
        self.film.write_bytes(movie("mp4", "h264"))
        self.read: list[object] = []
        watch = INotify(cast(Any, reactor))
        watch.startReading()
        self.addCleanup(watch.loseConnection)
        watch.watch(FilePath(str(self.film)), IN_OPEN | IN_ACCESS, callbacks=[self.note])
        self.line = Line(self)

    def note(self, *event: object) -> None:
        """Somebody has opened the film."""
        self.read.append(event)

    async def test_lists(self) -> None:
        """They are refused under every name; the film is not opened, and nobody is called."""
        server = await self.started()
        for number, (name, data) in enumerate(lists_of_files(str(self.film), self.line.url)):
            called = _NAMES[number % len(_NAMES)]
            reply = await self.upload(server, data, name=called)
            self.assertEqual(reply.status, 400, (name, reply.body))
            self.assertTrue(reply.code)
        await self.assert_well(server)
        self.assertEqual((self.read, self.line.called), ([], []))

    async def test_samples_elsewhere(self) -> None:
        """A film that names another one for its samples gets none of them."""
        server = await self.started()
        reply = await self.upload(server, film_elsewhere(str(self.film)), name="a.mov")
        self.assertLess(reply.status, 500)
        self.assertEqual(self.read, [])

    async def test_watch(self) -> None:
        """A look at the film would have been seen."""
        self.film.read_bytes()
        await self.until(lambda: bool(self.read), lambda: "nobody told")
