"""Files that the reverse proxy sends: nginx's ``X-Accel-Redirect``."""

from __future__ import annotations

import os
from urllib.parse import quote

import attrs

from pictd.interfaces.stores import IStore


@attrs.frozen
class Accel:
    """A location of nginx that only pictd leads to, on the folder of a store.

    :ivar prefix: of the location, without a slash at its end.
    :ivar files: the store.
    """

    prefix: str
    files: IStore

    async def place(self, identifier: str) -> bytes | None:
        """Where nginx finds the bytes; None where they are not in this folder."""
        blob = await self.files.open(identifier)
        if blob is None:
            return None
        blob.close()
        return f"{self.prefix}/{quote(os.fsencode(identifier))}".encode("ascii")
