"""Remote URLs that are shown as if they were uploads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from pictd.claiming import AmongNodes
from pictd.errors import (
    Overloaded,
    PictdError,
    ProxyNotFound,
    UnreadableMedia,
    UpstreamRefused,
    UpstreamUnreachable,
)
from pictd.ingest.downloads import Downloads
from pictd.ingest.proxies import LONGEST_MEMORY, Proxies
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends, Filing, Ingested, Received
from pictd.model.records import Original
from pictd.model.times import SECOND
from pictd.model.uploads import UploadQuery
from tests.support.remote import PlainRemote
from tests.support.services import ServicesTestCase

URL = "http://pictures.example/a.png"
OTHER = "http://pictures.example/b.png"
REMEMBER = 60.0


class SynchronousDownloads(Downloads):
    """Without threads."""

    async def received(self, url: str) -> Received:
        """See ``Downloads``."""
        stream = await self.remote.fetch(url, self.most_bytes)
        folder = self.scratch.new()
        received = Received(folder, folder / "upload")
        with received.path.open("wb") as file:
            while piece := await stream.read():
                file.write(piece)
        return received


class ProxiesTestCase(ServicesTestCase):
    """With other people's servers."""

    def setUp(self) -> None:
        super().setUp()
        self.remote = PlainRemote({URL: b"picture", OTHER: b"other picture"})
        self.ingest = Ingest(Backends(*self.backends))
        downloads = SynchronousDownloads(self.remote, self.scratch, 1000)
        self.proxies = Proxies(self.repo, self.ingest, downloads, self.clock, REMEMBER)

    def begin(self, url: str = URL) -> Deferred[Original]:
        """Somebody wants to see it."""
        return Deferred.fromCoroutine(self.proxies.original(url))

    def shown(self, url: str = URL) -> Original:
        """What is shown at once."""
        return self.successResultOf(self.begin(url))

    def hold(self) -> Deferred[None]:
        """Let the other server take its time."""
        self.remote.gate = gate = Deferred[None]()
        return gate

    def by_another_node(self) -> Ingested:
        """The same URL, fetched elsewhere."""
        received = self.received(b"as another node got it")
        return self.successResultOf(self.ingest.ingest(received, UploadQuery(), Filing(url=URL)))


class NodesTests(ProxiesTestCase):
    """Two nodes on the same facts."""

    def node(self) -> Proxies:
        """One more."""
        downloads = SynchronousDownloads(self.remote, self.scratch, 1000)
        claiming = AmongNodes(self.repo.claims, self.clock)
        return Proxies(self.repo, self.ingest, downloads, self.clock, REMEMBER, claiming=claiming)

    def test_a_download_of_both(self) -> None:
        """Is one: the second node waits for the first."""
        gate = self.hold()
        asked = [Deferred.fromCoroutine(self.node().original(URL)) for _ in range(2)]
        for _ in range(40):
            self.clock.advance(1)
        gate.callback(None)
        one, other = (self.successResultOf(each) for each in asked)
        self.assertEqual((one.alias, self.remote.asked), (other.alias, [URL]))


class FetchTests(ProxiesTestCase):
    """What is downloaded, and when."""

    def test_the_first_request_fetches(self) -> None:
        """Later ones find what was stored, and never ask again."""
        originals = [self.shown() for _ in range(3)]
        self.assertEqual(self.read(originals[0].record.identifier), b"picture")
        self.assertEqual([each.alias for each in originals], [originals[0].alias] * 3)
        self.assertEqual(self.remote.asked, [URL])
        self.assertEqual(self.scratch.live, set())

    def test_many_requests_at_the_same_time(self) -> None:
        """One download, one alias; another URL does not wait for it."""
        gate = self.hold()
        waiting = [self.begin() for _ in range(5)]
        self.remote.gate = None
        self.shown(OTHER)
        gate.callback(None)
        aliases = {self.successResultOf(each).alias for each in waiting}
        self.assertEqual(len(aliases), 1)
        self.assertEqual(self.remote.asked, [URL, OTHER])

    def test_the_same_content_under_two_urls(self) -> None:
        """Each has an alias of its own; the bytes are stored once."""
        self.remote.pages[OTHER] = b"picture"
        one, other = self.shown(), self.shown(OTHER)
        self.assertNotEqual(one.alias, other.alias)
        self.assertEqual(one.record, other.record)

    def test_one_who_leaves(self) -> None:
        """Stops no download: others wait, or it is there for the next one."""
        gate = self.hold()
        leaving, staying = self.begin(), self.begin()
        leaving.cancel()
        self.failureResultOf(leaving, CancelledError)
        gate.callback(None)
        self.successResultOf(staying)

    def test_all_leave(self) -> None:
        """It is there for the next one."""
        gate = self.hold()
        leaving = self.begin()
        leaving.cancel()
        self.failureResultOf(leaving, CancelledError)
        gate.callback(None)
        self.shown()
        self.assertEqual(self.remote.asked, [URL])

    def test_another_node_is_quicker(self) -> None:
        """Its file is shown; of the own download nothing stays."""
        gate = self.hold()
        waiting = self.begin()
        theirs = self.by_another_node()
        gate.callback(None)
        self.assertEqual(self.successResultOf(waiting).alias, theirs.alias)
        self.assertEqual(list(self.result(self.store.strays(2**63))), [])
        self.assertEqual(self.result(self.repo.hashes.count()), 1)
        self.assertEqual(self.scratch.live, set())

    def test_the_end_of_its_alias(self) -> None:
        """Is that of the relation: the next request fetches anew."""
        first = self.shown()
        self.result(self.repo.aliases.remove(first.alias))
        self.assertIsNone(self.result(self.repo.proxies.find(URL)))
        self.assertNotEqual(self.shown().alias, first.alias)
        self.assertEqual(self.remote.asked, [URL, URL])

    def test_the_life_of_a_relation_begins(self) -> None:
        """With the download, and so an unused one ends."""
        alias = self.shown().alias
        now = round(self.clock.seconds()) * SECOND
        self.assertFalse(self.result(self.repo.proxies.remove_outdated(alias, now)))
        self.assertTrue(self.result(self.repo.proxies.remove_outdated(alias, now + 1)))

    def test_stopping(self) -> None:
        """Waits for the downloads at hand, also where nobody else does."""
        gate = self.hold()
        leaving = self.begin()
        leaving.cancel()
        self.failureResultOf(leaving, CancelledError)
        stopped = self.proxies.stopService()
        self.assertNoResult(stopped)
        gate.callback(None)
        self.successResultOf(stopped)
        self.assertIsNotNone(self.result(self.repo.proxies.find(URL)))


class RemovedTests(ProxiesTestCase):
    """Files that go while they are looked for: told as such, and not remembered."""

    def after(self, target: object, method: str, then: Callable[[], object]) -> None:
        """Let something happen once, after the next call of a backend's method."""
        real = getattr(target, method)

        async def call(*arguments: Any) -> object:
            setattr(target, method, real)
            found: object = await real(*arguments)
            then()
            return found

        setattr(target, method, call)

    def remove(self) -> None:
        """Remove what the URL leads to."""
        alias = self.result(self.repo.proxies.find(URL))
        assert alias is not None
        self.result(self.repo.aliases.remove(alias))

    def test_between_the_looks(self) -> None:
        """At the URL, and at its alias."""
        self.shown()
        self.after(self.repo.proxies, "find", self.remove)
        self.failureResultOf(self.begin(), ProxyNotFound)
        self.shown()

    def test_what_another_node_had_fetched(self) -> None:
        """And has removed before it was looked at."""
        gate = self.hold()
        waiting = self.begin()
        self.by_another_node()
        self.after(self.store, "remove", self.remove)  # the bytes that are not needed
        gate.callback(None)
        self.failureResultOf(waiting, ProxyNotFound)
        self.shown()


class FailureTests(ProxiesTestCase):
    """Servers in trouble are left alone for a while."""

    def let_fail(self, error: PictdError) -> None:
        """Let the other server fail once, and then be well."""
        self.remote.pages[URL] = error
        self.failureResultOf(self.begin(), type(error))
        self.remote.pages[URL] = b"picture"

    def assert_remembered(self, error: PictdError, seconds: float) -> None:
        """The same is told until then, without asking; afterwards it is tried again."""
        self.let_fail(error)
        asked = list(self.remote.asked)
        for passing in (0, seconds - 1):
            self.clock.advance(passing)
            failure = self.failureResultOf(self.begin(), type(error))
            self.assertEqual(str(failure.value), str(error))
        self.assertEqual(self.remote.asked, asked)
        self.clock.advance(1)
        self.shown()

    def test_a_failure(self) -> None:
        """Is remembered as long as was configured."""
        self.assert_remembered(UpstreamUnreachable("nobody is there"), REMEMBER)

    def test_longer_where_the_server_asks(self) -> None:
        """As its ``Retry-After`` says."""
        self.assert_remembered(UpstreamRefused("429", retry_after=600), 600)

    def test_not_shorter(self) -> None:
        """Nor for ever, whatever it asks for."""
        self.assert_remembered(UpstreamRefused("503", retry_after=1), REMEMBER)
        self.remove_all()
        self.assert_remembered(UpstreamRefused("503", retry_after=10**9), LONGEST_MEMORY)

    def remove_all(self) -> None:
        """Forget the file that was fetched."""
        self.result(self.repo.aliases.remove(self.shown().alias))

    def test_bad_files(self) -> None:
        """What comes of the download is remembered, too, and leaves nothing."""
        self.media.failure = UnreadableMedia()
        self.failureResultOf(self.begin(), UnreadableMedia)
        self.media.failure = None
        self.failureResultOf(self.begin(), UnreadableMedia)
        self.assertEqual((self.remote.asked, self.scratch.live), ([URL], set()))

    def test_what_passes(self) -> None:
        """Is not remembered."""
        self.let_fail(Overloaded())
        self.shown()

    def test_all_who_wait(self) -> None:
        """Are told the one failure."""
        self.remote.pages[URL] = UpstreamUnreachable()
        gate = self.hold()
        waiting = [self.begin() for _ in range(3)]
        gate.callback(None)
        for each in waiting:
            self.failureResultOf(each, UpstreamUnreachable)
        self.assertEqual(self.remote.asked, [URL])

    def test_other_urls(self) -> None:
        """Of the same server are asked for."""
        self.let_fail(UpstreamUnreachable())
        self.shown(OTHER)
