"""Which IP addresses may be connected to on behalf of strangers (contract A12)."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import attrs

from pictd.config.addresses import Network

Address = IPv4Address | IPv6Address

_CLOSED_4 = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by the customers of a carrier
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_OPEN_6 = IPv6Network("2000::/3")
"""The only part of IPv6 that is public: beside it lie loopback, unique local, link-local,
site-local, multicast, discard-only, NAT64 and the IPv4-compatible addresses."""
_CLOSED_6 = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_ISATAP = (0x00005EFE, 0x02005EFE)
"""The second last 32 bits of an address whose last 32 are an IPv4 address."""


@attrs.frozen
class AddressRules:
    """Public addresses are admitted, and what the operator has opened beside them.

    :ivar allowed: networks that are open though they are not public. An IPv4-mapped address counts
        as its IPv4 address.
    """

    allowed: Sequence[Network] = ()

    def admits(self, address: Address) -> bool:
        """Whether it may be connected to."""
        plain = _plain(address)
        if any(plain in network for network in self.allowed):
            return True
        if isinstance(plain, IPv4Address):
            return not any(plain in network for network in _CLOSED_4)
        return self._admits_6(plain)

    def _admits_6(self, address: IPv6Address) -> bool:
        if address not in _OPEN_6 or any(address in network for network in _CLOSED_6):
            return False
        inner = _isatap(address)
        return inner is None or self.admits(inner)


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _isatap(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address behind an interface of ISATAP."""
    bits = int(address)
    return IPv4Address(bits & 0xFFFFFFFF) if (bits >> 32) & 0xFFFFFFFF in _ISATAP else None
