"""Files from other people's servers, on their way into scratch."""

from __future__ import annotations

import attrs

from pictd.ingest.receive import receive
from pictd.ingest.session import Received
from pictd.interfaces.remote import IRemote
from pictd.interfaces.stores import IScratch


@attrs.frozen
class Downloads:
    """:ivar most_bytes: of a file."""

    remote: IRemote
    scratch: IScratch
    most_bytes: int

    async def received(self, url: str) -> Received:
        """Download a file; nothing is left behind where that fails or is cancelled.

        :raise PictdError: whatever ``IRemote.fetch`` and ``receive`` raise.
        """
        stream = await self.remote.fetch(url, self.most_bytes)
        try:
            return await receive(stream, self.scratch)
        finally:
            stream.close()
