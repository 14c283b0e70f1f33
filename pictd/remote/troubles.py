"""What went wrong with another server, in words that tell nothing of addresses and networks."""

from __future__ import annotations

from OpenSSL import SSL
from twisted.internet import defer, error

from pictd.errors import PictdError, UpstreamTooSlow, UpstreamUnreachable

_SLOW = (TimeoutError, defer.TimeoutError, error.TimeoutError)


def trouble(cause: Exception) -> PictdError:
    """What the client is told."""
    innermost = _innermost(cause)
    if isinstance(innermost, PictdError):
        return innermost
    if isinstance(innermost, _SLOW):
        return UpstreamTooSlow()
    if isinstance(innermost, error.ConnectError):
        return UpstreamUnreachable("The other server can't be connected to")
    if isinstance(innermost, SSL.Error):
        return UpstreamUnreachable("The other server has no valid certificate, or no fitting TLS")
    return UpstreamUnreachable("The other server broke off, or does not speak HTTP")


def _innermost(cause: Exception) -> BaseException:
    """Twisted wraps what went wrong in lists of failures."""
    reasons = getattr(cause, "reasons", None)
    return reasons[0].value if reasons else cause
