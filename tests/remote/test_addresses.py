"""Which addresses may be connected to."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from twisted.trial.unittest import SynchronousTestCase

from pictd.remote.addresses import AddressRules

CLOSED = (
    # this network, private
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255",
    "192.168.0.0", "192.168.255.255",
    # loopback, link-local, carrier
    "127.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254",
    "169.254.255.255", "100.64.0.0", "100.127.255.255",
    # protocol assignments, documentation, relays, benchmarking
    "192.0.0.0", "192.0.0.170", "192.0.0.255", "192.0.2.0", "192.0.2.255", "198.51.100.7",
    "203.0.113.255", "192.88.99.1", "198.18.0.0", "198.19.255.255",
    # multicast, reserved, broadcast
    "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255",
    # unspecified, loopback, unique local, link-local, site-local, multicast
    "::", "::1", "fc00::", "fdff::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "feff::1",
    "ff02::1", "ff0e::1",
    # mapped, compatible, NAT64, 6to4, Teredo
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0",
    "::127.0.0.1", "::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
    "64:ff9b:1::808:808", "2002:7f00:1::", "2002:808:808::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    # ISATAP
    "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1", "fe80::5efe:8.8.8.8",
    # discard-only, protocol assignments, benchmarking, ORCHID, documentation, segment routing
    "100::1", "100:0:0:1::1", "2001:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1",
    "2001:db8::1", "3fff::1", "3fff:fff::1", "5f00::1",
    # not given to anybody
    "200::1", "400::1", "1fff::1", "4000::1", "8000::1", "fbff::1", "fe00::1",
)  # fmt: skip

OPEN = (
    "1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "11.0.0.1", "100.63.255.255",
    "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
    "172.15.255.255", "172.32.0.0", "172.32.0.1", "191.255.255.255", "192.0.1.0", "192.0.1.255",
    "192.0.3.0", "192.0.3.1", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "198.20.0.1", "198.51.99.255", "198.51.101.0",
    "203.0.112.255", "203.0.114.0", "223.255.255.255",
    "2000::1", "2001:200::1", "2001:db7::1", "2001:db9::1", "2001:4860::8888", "2003::1",
    "2606:4700::1111", "2606:4700::5eff:10.0.0.1", "2606:4700::5efe:8.8.8.8", "3ffe::1",
    "3fff:1000::1", "::ffff:8.8.8.8", "::ffff:172.32.0.1",
)  # fmt: skip
"""Neighbours of what is closed, among others."""


class PublicTests(SynchronousTestCase):
    """Where the operator has opened nothing."""

    def test_closed(self) -> None:
        """What is not public is refused, and so is what leads there."""
        for text in CLOSED:
            self.assertFalse(AddressRules().admits(ip_address(text)), text)

    def test_open(self) -> None:
        """What only looks like it is not."""
        for text in OPEN:
            self.assertTrue(AddressRules().admits(ip_address(text)), text)


class AllowedTests(SynchronousTestCase):
    """What the operator has opened."""

    def assert_opens(self, network: str, opened: tuple[str, ...], closed: tuple[str, ...]) -> None:
        """The network opens some, and not others."""
        rules = AddressRules((ip_network(network),))
        for text in (*opened, "8.8.8.8", "2606:4700::1111"):
            self.assertTrue(rules.admits(ip_address(text)), text)
        for text in (*closed, "192.168.0.1", "fc00::1"):
            self.assertFalse(rules.admits(ip_address(text)), text)

    def test_a_network(self) -> None:
        """Also as a mapped address and behind ISATAP, but in no other disguise."""
        self.assert_opens(
            "10.0.0.0/8",
            ("10.0.0.1", "10.255.255.255", "::ffff:10.0.0.1", "2606:4700::5efe:10.0.0.1"),
            ("127.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"),
        )

    def test_one_address(self) -> None:
        """Its neighbours stay closed."""
        self.assert_opens("127.0.0.1/32", ("127.0.0.1",), ("127.0.0.2", "127.0.0.0", "::1"))

    def test_networks_of_version_six(self) -> None:
        """NAT64, say, where the operator's network has it."""
        self.assert_opens("64:ff9b::/96", ("64:ff9b::808:808",), ("::1", "8::", "127.0.0.1"))
