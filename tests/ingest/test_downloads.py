"""Files from other servers, on their way into scratch."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import TestCase

from pictd.errors import FileTooLarge, StoreUnavailable, UpstreamRefused, UpstreamUnreachable
from pictd.ingest.downloads import Downloads
from pictd.ingest.session import Received
from tests.support.remote import PlainRemote
from tests.support.scratch import SynchronousScratch
from tests.support.waiting import until

URL = "http://pictures.example/a.png"
"""Nobody asks the network for it."""


class FullScratch(SynchronousScratch):
    """There is no room for another folder."""

    def new(self) -> Path:
        """See ``IScratch``."""
        raise StoreUnavailable


class DownloadsTests(TestCase):
    """``Downloads``; files are written in threads."""

    def setUp(self) -> None:
        """Another server, and scratch."""
        root = Path(self.mktemp())
        root.mkdir()
        self.scratch, self.remote = SynchronousScratch(root), PlainRemote()
        self.downloads = Downloads(self.remote, self.scratch, 10)

    def begin(self) -> Deferred[Received]:
        """Begin to download."""
        return Deferred.fromCoroutine(self.downloads.received(URL))

    def assert_nothing_left(self) -> None:
        """No file, and no stream is open."""
        self.assertEqual(self.scratch.live, set())
        self.assertEqual([each.closed for each in self.remote.streams if not each.closed], [])

    async def test_a_file(self) -> None:
        """It lies in scratch, whole; the stream is closed."""
        self.remote.pages[URL] = b"0123456789"
        received = await self.begin()
        self.assertEqual(received.path.read_bytes(), b"0123456789")
        self.assertEqual(self.scratch.live, {received.folder})
        self.assertTrue(self.remote.streams[0].closed)

    async def test_nothing(self) -> None:
        """An empty file is a file: whether it is taken is not decided here."""
        self.remote.pages[URL] = b""
        self.assertEqual((await self.begin()).path.read_bytes(), b"")

    async def test_failures(self) -> None:
        """They are passed on, and leave nothing."""
        failures = (b"0" * 11, FileTooLarge), (UpstreamRefused("403"), UpstreamRefused)
        for page, error in failures:
            self.remote.pages[URL] = page
            await self.assertFailure(self.begin(), error)
            self.assert_nothing_left()

    async def test_a_stream_that_breaks_off(self) -> None:
        """After some of it was written."""
        self.remote.pages[URL] = b"012345"
        self.remote.breaks = UpstreamUnreachable()
        await self.assertFailure(self.begin(), UpstreamUnreachable)
        self.assertEqual(len(self.remote.streams), 1)
        self.assert_nothing_left()

    async def test_no_room(self) -> None:
        """The stream is closed all the same."""
        self.remote.pages[URL] = b"012345"
        full = Downloads(self.remote, FullScratch(self.scratch.root), 10)
        await self.assertFailure(Deferred.fromCoroutine(full.received(URL)), StoreUnavailable)
        self.assertTrue(self.remote.streams[0].closed)

    async def test_nobody_waits_for_an_answer(self) -> None:
        """Of the other server: nothing was begun."""
        self.remote.gate = Deferred()
        waiting = self.begin()
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)
        self.assertEqual((self.remote.streams, self.scratch.live), ([], set()))

    async def test_nobody_waits_for_the_file(self) -> None:
        """When it was just begun, and while the other server sends it."""
        self.remote.pages[URL] = b"012345"
        self.remote.pause = Deferred()
        for reads in (0, 1):
            reading = self.begin()
            await self.until_read(reads)
            reading.cancel()
            await self.assertFailure(reading, CancelledError)
            self.assert_nothing_left()

    async def until_read(self, times: int) -> None:
        """Of the last stream."""

        async def is_read() -> bool:
            return self.remote.streams[-1].reads == times

        await until(is_read, 5, lambda: "nobody reads")
