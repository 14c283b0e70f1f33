"""Serving stored bytes: headers, conditions, ranges, and the bytes themselves."""

from __future__ import annotations

from typing import Self

import attrs

from pictd.errors import AliasNotFound, BytesLost
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IBlob, IStore
from pictd.model.details import Details
from pictd.model.records import Original, Variant
from pictd.web.accel import Accel
from pictd.web.answers import send_empty
from pictd.web.bodies import send_stream
from pictd.web.conditions import Conditions, Validators
from pictd.web.ranges import Part, Unsatisfiable, parse_range
from pictd.web.request import PictdRequest

IMMUTABLE = "public, max-age=604800, immutable"
NOT_FOUND_CACHING = b"public, max-age=60"

_ON_ALL_MEDIA = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


@attrs.frozen
class Served:
    """What is to be sent.

    :ivar etag: strong, with its quotes: equal for equal bytes.
    """

    identifier: str
    details: Details
    etag: bytes

    @property
    def validators(self) -> Validators:
        """What conditions are held against."""
        return Validators(self.etag, self.details.created_at)

    @classmethod
    def original(cls, original: Original, details: Details) -> Self:
        """The etag is the digest: all aliases of the content share it."""
        etag = b'"%s"' % original.record.hash.digest.hex().encode()
        return cls(original.record.identifier, details, etag)

    @classmethod
    def variant(cls, variant: Variant, details: Details) -> Self:
        """The etag is the identifier, which no other bytes ever have."""
        name = variant.identifier.partition(".")[0].replace("/", "")
        return cls(variant.identifier, details, b'"%s"' % name.encode())


@attrs.frozen
class MediaSender:
    """
    :ivar cache_control: of media that were found.
    :ivar accel: who else sends files; None: nobody.
    """

    repo: IRepo
    store: IStore
    cache_control: bytes = IMMUTABLE.encode()
    accel: Accel | None = None

    async def send(self, request: PictdRequest, served: Served) -> None:
        """200, 206, 304 or 416, as the request's headers ask; 303 where the store says from where
        clients fetch the bytes themselves, whatever the headers ask. Where the reverse proxy sends
        them, ranges are its affair.

        :raise BytesLost: there is nothing to send.
        :raise AliasNotFound: it was removed meanwhile.
        :raise RangeNotSatisfiable: several ranges, or of another unit.
        """
        elsewhere = self.store.public_url(served.identifier)
        if elsewhere is not None:
            request.setHeader(b"location", elsewhere.encode("ascii"))
            return send_empty(request, 303)
        conditions = Conditions.of(request.requestHeaders)
        self._headers(request, served)
        if conditions.are_met_by(served.validators):
            return send_empty(request, 304)
        place = None if self.accel is None else await self.accel.place(served.identifier)
        if place is not None:
            request.setHeader(b"x-accel-redirect", place)
            return _send_no_length(request)
        blob = await self._open(served)
        try:
            ranged = conditions.allow_range(served.validators)
            await self._send_part(request, blob, request.first(b"range") if ranged else None)
        finally:
            blob.close()
        return None

    async def send_not_found(self, request: PictdRequest, served: Served) -> None:
        """404 with this picture, whole, whatever the request's headers ask (contract A5); without
        it where its bytes are gone."""
        blob = await self.store.open(served.identifier)
        if blob is None:
            return send_empty(request, 404)
        try:
            self._headers(request, served)
            request.responseHeaders.removeHeader(b"etag")
            request.responseHeaders.removeHeader(b"accept-ranges")
            request.setHeader(b"cache-control", NOT_FOUND_CACHING)
            await _send(request, 404, blob, 0, blob.size)
        finally:
            blob.close()
        return None

    async def _open(self, served: Served) -> IBlob:
        blob = await self.store.open(served.identifier)
        if blob is None:
            kept = await self.repo.refers_to(served.identifier)
            raise BytesLost if kept else AliasNotFound  # removed since it was looked up
        return blob

    async def _send_part(self, request: PictdRequest, blob: IBlob, asked: bytes | None) -> None:
        part = parse_range(asked, blob.size)
        if isinstance(part, Unsatisfiable):
            request.setHeader(b"content-range", b"bytes */%d" % blob.size)
            request.setHeader(b"cache-control", b"no-store")
            return send_empty(request, 416)
        if isinstance(part, Part):
            value = b"bytes %d-%d/%d" % (part.first, part.last, blob.size)
            request.setHeader(b"content-range", value)
            return await _send(request, 206, blob, part.first, part.last - part.first + 1)
        return await _send(request, 200, blob, 0, blob.size)

    def _headers(self, request: PictdRequest, served: Served) -> None:
        put = request.responseHeaders.setRawHeaders
        put(b"content-type", [served.details.content_type.encode()])
        put(b"cache-control", [self.cache_control])
        put(b"last-modified", [served.validators.last_modified])
        put(b"accept-ranges", [b"bytes"])
        put(b"etag", [served.etag])
        for name, value in _ON_ALL_MEDIA:
            put(name, [value])


def _send_no_length(request: PictdRequest) -> None:
    """An empty body, of which the head does not tell that it is: the proxy puts another in its
    place. One piece alone would be the whole, and have its length told."""
    request.write(b"")
    request.write(b"")
    request.finish()


async def _send(request: PictdRequest, status: int, blob: IBlob, first: int, count: int) -> None:
    request.setResponseCode(status)
    request.responseHeaders.setRawHeaders(b"content-length", [b"%d" % count])
    if request.method == b"HEAD":
        request.finish()
        return
    await send_stream(request, blob.stream(first, count))
