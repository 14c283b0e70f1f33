"""Other people's servers."""

from __future__ import annotations

from zope.interface import Interface

from pictd.interfaces.stores import IByteStream


class IRemote(Interface):
    """Other people's servers. Their addresses, their answers and their pace are not trusted."""

    async def fetch(url: str, limit: int) -> IByteStream:
        """Begin to download; who gets the stream closes it. Cancelling leaves nothing behind.

        What goes wrong later is raised by the stream's ``read``: ``FileTooLarge``,
        ``UpstreamUnreachable`` or ``UpstreamTooSlow``. The one time limit is that of the whole
        download, so that a stream that nobody reads ends as well.

        :param limit: bytes; where more arrive, or are announced, the download ends.
        :raise UnusableUrl: it is no http or https URL, or carries a password.
        :raise BlockedAddress: it leads, or was redirected, to where nobody is to be sent.
        :raise UpstreamRefused: the answer is none of success.
        :raise UpstreamUnreachable: there is no answer, or no end to redirects.
        :raise UpstreamTooSlow: there is no answer yet.
        :raise FileTooLarge: the file is announced as larger than ``limit``.
        :raise Overloaded: too many wait for this server.
        """
