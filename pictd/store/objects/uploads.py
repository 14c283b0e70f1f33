"""Putting files into the bucket: small ones at once, large ones in parts (spec storage §6.4).

An object is visible whole or not at all. Of a file in parts, a few parts are under way at a time,
and of each no more is in memory than a connection takes. There is no empty last part, and an upload
that comes to nothing is aborted (contract C11).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import escape

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.threads import deferToThreadPool

from pictd.errors import ObjectStoreUnavailable, StoreUnavailable
from pictd.store.objects.answers import document, text
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Call
from pictd.store.objects.payloads import Payload
from pictd.store.objects.presence import size_of
from pictd.together import all_or_none

PART = 8 * 1024 * 1024
"""Bytes; services take no smaller parts than 5 MiB, but for the last."""
_IN_FLIGHT = 4
_MOST_PARTS = 10_000


@attrs.frozen
class Source:
    """What is to be stored.

    :ivar size: bytes.
    """

    path: Path
    size: int
    media_type: str


class Uploads:
    """:param part: bytes; larger files go in parts of this size."""

    def __init__(self, service: Service, reactor: IReactorThreads, part: int = PART) -> None:
        self._service, self._reactor, self._part = service, reactor, part

    async def put(self, key: str, source: Source) -> None:
        """Store the file; afterwards it is there, or nothing of it will be."""
        if source.size < self._part:
            payload = await self.payload(source.path, 0, source.size)
            kind = {"content-type": source.media_type}
            await self._service.ask(Call("PUT", key, headers=kind, payload=payload))
        else:
            await self._put_in_parts(key, source)

    async def payload(self, path: Path, first: int, count: int) -> Payload:
        """Part of a file, ready to be sent.

        :raise StoreUnavailable: it can't be read.
        """
        pool = self._reactor.getThreadPool()
        try:
            return await deferToThreadPool(self._reactor, pool, Payload.of_file, path, first, count)
        except OSError as error:
            raise StoreUnavailable(f"{StoreUnavailable.text}: {error}") from error

    async def _put_in_parts(self, key: str, source: Source) -> None:
        kind = {"content-type": source.media_type}
        begun = await self._service.ask(Call("POST", key, {"uploads": ""}, kind))
        upload = text(document(begun), "UploadId")
        complete = False
        try:
            tags = await self._send_parts(key, upload, source)
            await self._complete(key, upload, tags, source.size)
            complete = True
        finally:
            if not complete:
                await abort(self._service, key, upload)

    async def _send_parts(self, key: str, upload: str, source: Source) -> dict[int, str]:
        """The tags that the service gave the parts, by number."""
        tags: dict[int, str] = {}
        parts = enumerate(_parts(source.size, self._part), 1)

        async def work() -> None:
            for number, (first, count) in parts:
                payload = await self.payload(source.path, first, count)
                query = {"partNumber": str(number), "uploadId": upload}
                answer = await self._service.ask(Call("PUT", key, query, payload=payload))
                tags[number] = answer.header("etag")

        await all_or_none([Deferred.fromCoroutine(work()) for _ in range(_IN_FLIGHT)])
        return tags

    async def _complete(self, key: str, upload: str, tags: dict[int, str], size: int) -> None:
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tags[number])}</ETag></Part>"
            for number in sorted(tags)
        )
        wanted = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        payload = Payload.of_bytes(wanted)
        try:
            await self._service.ask(Call("POST", key, {"uploadId": upload}, payload=payload))
        except ObjectStoreUnavailable:
            # The first attempt may have done it, and its answer been lost.
            if await size_of(self._service, key) != size:
                raise


async def abort(service: Service, key: str, upload: str) -> None:
    """Give up an upload in parts. Where that fails too, the sweep of strays finds it."""
    with suppress(ObjectStoreUnavailable):
        await service.ask(Call("DELETE", key, {"uploadId": upload}), attempts=1)


def _parts(size: int, part: int) -> Iterator[tuple[int, int]]:
    """Offset and length of each; none is empty."""
    step = max(part, -(-size // _MOST_PARTS))
    return ((first, min(step, size - first)) for first in range(0, size, step))
