"""From a host to the addresses that are connected to: once, and checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address

import attrs
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
)
from zope.interface import implementer

from pictd.errors import BlockedAddress, UpstreamUnreachable
from pictd.remote.addresses import AddressRules

MOST_ADDRESSES = 8
"""Of one name: nobody needs more, and each costs an attempt to connect."""

MOST_LOOKUPS = 4
"""At a time. Each holds a thread of the reactor until the system gives up, also where nobody waits
any more; without threads, stored files can't be read from the disk."""

Found = IPv4Address | IPv6Address


@attrs.frozen
class Resolving:
    """Looks names up, and refuses those that lead to closed addresses."""

    resolver: IHostnameResolver
    rules: AddressRules
    _places: DeferredSemaphore = attrs.field(
        factory=lambda: DeferredSemaphore(MOST_LOOKUPS), init=False
    )

    async def addresses(self, host: str, port: int) -> Sequence[Found]:
        """Where to connect; never empty. A name counts as closed if one of its addresses is: who
        gives both kinds has reason to hope for the wrong one.

        :param host: a name in ASCII, or a numeric address in its common form.
        :raise BlockedAddress: a closed address.
        :raise UpstreamUnreachable: there is no such name.
        """
        found = _numeric(host, port) or await self._looked_up(host, port)
        if not all(self.rules.admits(ip_address(each.host)) for each in found):
            raise BlockedAddress
        if not found:
            raise UpstreamUnreachable("The name of the other server is not known")
        return found[:MOST_ADDRESSES]

    async def _looked_up(self, host: str, port: int) -> Sequence[Found]:
        receiver = _Receiver(self._places.release)
        await self._places.acquire()
        self.resolver.resolveHostName(receiver, host, port)
        return await receiver.complete


def _numeric(host: str, port: int) -> Sequence[Found]:
    """Empty for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return ()
    kind = IPv4Address if address.version == 4 else IPv6Address
    return (kind("TCP", str(address), port),)


@implementer(IResolutionReceiver)
class _Receiver:
    """Collects the answer of a resolver.

    :param ended: called with its end.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._found: list[Found] = []
        self.complete: Deferred[Sequence[Found]] = Deferred()

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """It can't be given up: a thread waits for the system."""

    def addressResolved(self, address: IAddress) -> None:
        """Sockets of other kinds are not asked for."""
        assert isinstance(address, IPv4Address | IPv6Address)
        self._found.append(address)

    def resolutionComplete(self) -> None:
        """An empty answer is no name. A Deferred that was cancelled meanwhile takes no notice."""
        self._ended()
        self.complete.callback(self._found)
