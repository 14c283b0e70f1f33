"""Where downloads are not sent, however somebody tries."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import BlockedAddress, UpstreamTooSlow, UpstreamUnreachable
from pictd.remote.addresses import AddressRules
from pictd.remote.certificates import Certificates
from pictd.remote.client import HttpRemote, Pace
from pictd.remote.connections import Ways
from pictd.remote.resolving import MOST_ADDRESSES, MOST_LOOKUPS, Resolving
from pictd.remote.turns import Turns
from tests.remote.test_client import moved
from tests.support.strangers import Names, RemoteTestCase, Silent, answered

PUBLIC, PRIVATE = "8.8.8.8", "10.0.0.1"

CLOSED = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.0.0.1.",
    "0.0.0.0", "%31%32%37.0.0.1", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "10.0.0.1", "169.254.169.254",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "100.64.0.1", "224.0.0.1",
)  # fmt: skip


class LiteralTests(RemoteTestCase):
    """Addresses in URLs."""

    async def test_closed_addresses(self) -> None:
        """However they are spelled, and though a server listens there. Nothing is looked up."""
        port = self.site(lambda stranger, _: stranger.say(answered(b"secret"))).split(":")[1]
        for host in CLOSED:
            for scheme in ("http", "https"):
                url = f"{scheme}://{host}:{port}/"
                await self.assert_fails(BlockedAddress, url, allowed=())
        self.assertEqual((self.sites[0].requests, self.names.asked), ([], []))

    async def test_an_allowed_address(self) -> None:
        """Its neighbour is not, and a redirect there is not followed."""
        secret = self.site(lambda stranger, _: stranger.say(answered(b"secret")), "127.0.0.2")
        url = self.says(moved(f"http://{secret}/"))
        await self.assert_fails(BlockedAddress, url, allowed=["127.0.0.1/32"])
        self.assertEqual((len(self.sites[0].requests), len(self.sites[1].requests)), (0, 1))

    async def test_a_second_redirect(self) -> None:
        """Is checked as well."""
        url = self.says(moved(self.says(moved("http://[::1]:9/secret"))))
        await self.assert_fails(BlockedAddress, url)


class NameTests(RemoteTestCase):
    """Names that lead astray."""

    async def test_an_allowed_name(self) -> None:
        """It is looked up once, and told to the server."""
        port = self.says(answered(b"picture")).split(":")[2]
        self.names = Names(pictures=[["127.0.0.1"]])
        self.assertEqual(await self.got(f"http://pictures.example:{port}"), b"picture")
        self.assertEqual(self.names.asked, ["pictures.example"])
        self.assertIn(b"pictures.example", self.sites[0].requests[0])

    async def test_a_private_name(self) -> None:
        """Is refused, and so is one that has a public address beside."""
        for addresses in ([PRIVATE], ["127.0.0.1", PRIVATE], [PRIVATE, "127.0.0.1"], ["::1"]):
            port = self.says(answered(b"picture")).split(":")[2]
            self.names = Names(pictures=[addresses])
            await self.assert_fails(BlockedAddress, f"http://pictures.example:{port}")
            self.assertEqual(self.sites[-1].requests, [])

    async def test_a_name_that_changes(self) -> None:
        """What was checked is what is connected to; the next request checks anew."""
        port = self.site(lambda stranger, _: stranger.say(moved("/again"))).split(":")[1]
        self.names = Names(pictures=[["127.0.0.1"], [PRIVATE]])
        await self.assert_fails(BlockedAddress, f"http://pictures.example:{port}")
        self.assertEqual(len(self.sites[0].requests), 1)
        self.assertEqual(self.names.asked, ["pictures.example"] * 2)


class ConnectingTests(SynchronousTestCase):
    """Which sockets are opened, in a world without any."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = MemoryReactorClock()

    def begin(self, host: str, *addresses: str) -> Deferred[object]:
        """A download from a name with these addresses."""
        resolving = Resolving(Names(pictures=[addresses]), AddressRules())
        ways = Ways(self.reactor, resolving, Certificates(), 5)
        remote = HttpRemote(ways, Pace(30), Turns())
        return Deferred.fromCoroutine(remote.fetch(f"https://{host}/", 100))

    def targets(self) -> list[tuple[str, int]]:
        """Every socket that was tried."""
        return [(each[0], each[1]) for each in self.reactor.tcpClients]

    def assert_nothing_left(self) -> None:
        """No timers, no attempts."""
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_the_checked_addresses(self) -> None:
        """Are connected to by number, one after the other."""
        download = self.begin("pictures.example", PUBLIC, "2606:4700::1111")
        self.assertEqual(self.targets(), [(PUBLIC, 443)])
        self.reactor.advance(1)
        self.assertEqual(self.targets(), [(PUBLIC, 443), ("2606:4700::1111", 443)])
        download.cancel()
        self.assertEqual(len(self.targets()), 2)
        self.failureResultOf(download)
        self.assert_nothing_left()

    def test_a_number(self) -> None:
        """Is connected to as it is."""
        download = self.begin("0x8.2056")
        self.assertEqual(self.targets(), [("8.0.8.8", 443)])
        download.cancel()
        self.failureResultOf(download)
        self.assert_nothing_left()

    def test_many_addresses(self) -> None:
        """Are not all tried, but all checked."""
        many = [f"8.8.8.{last}" for last in range(100)]
        download = self.begin("pictures.example", *many)
        for _ in range(40):
            self.reactor.advance(0.1)
        self.assertEqual(len(self.targets()), MOST_ADDRESSES)
        download.cancel()
        self.failureResultOf(download)
        self.failureResultOf(self.begin("pictures.example", *many, PRIVATE), BlockedAddress)
        self.assertEqual(len(self.targets()), MOST_ADDRESSES)
        self.assert_nothing_left()

    def test_nobody_answers(self) -> None:
        """The wait ends, and the attempts with it."""
        download = self.begin("pictures.example", PUBLIC)
        self.reactor.advance(19)
        self.assertNoResult(download)
        self.reactor.advance(1)
        self.failureResultOf(download, UpstreamTooSlow)
        self.assert_nothing_left()

    def test_a_resolver_that_does_not_answer(self) -> None:
        """Is waited for no longer; an answer that comes later does no harm."""
        silent = Silent()
        ways = Ways(self.reactor, Resolving(silent, AddressRules()), Certificates(), 5)
        remote = HttpRemote(ways, Pace(30), Turns())
        download = Deferred.fromCoroutine(remote.fetch("http://pictures.example/", 100))
        self.reactor.advance(20)
        self.failureResultOf(download, UpstreamTooSlow)
        self.assert_nothing_left()
        silent.receivers[0].resolutionComplete()
        self.assertEqual(self.targets(), [])

    def test_slow_resolvers(self) -> None:
        """Are asked little at a time. Who has given up still counts until the answer is there."""
        silent = Silent()
        ways = Ways(self.reactor, Resolving(silent, AddressRules()), Certificates(), 5)
        remote = HttpRemote(ways, Pace(30), Turns())
        downloads = [
            Deferred.fromCoroutine(remote.fetch(f"http://p{each}.example/", 100))
            for each in range(MOST_LOOKUPS + 1)
        ]
        downloads[0].cancel()
        self.failureResultOf(downloads[0], CancelledError)
        self.assertEqual(len(silent.receivers), MOST_LOOKUPS)
        silent.receivers[0].resolutionComplete()
        self.assertEqual(len(silent.receivers), MOST_LOOKUPS + 1)
        for each in downloads[1:]:
            each.cancel()
            self.failureResultOf(each, CancelledError)
        self.assert_nothing_left()

    def test_no_address(self) -> None:
        """Nothing is connected to."""
        self.failureResultOf(self.begin("pictures.example"), UpstreamUnreachable)
        self.assertEqual(self.targets(), [])
        self.assert_nothing_left()
