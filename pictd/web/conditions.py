"""Conditional requests (contract A2, RFC 9110 §13)."""

from __future__ import annotations

import re
from typing import Self

import attrs
from twisted.web.http import datetimeToString, stringToDatetime
from twisted.web.http_headers import Headers

from pictd.model.times import SECOND

_TAG = re.compile(rb'(?:W/)?("[^"]*")')


@attrs.frozen
class Validators:
    """What tells one state of a resource from another.

    :ivar etag: strong, with its quotes.
    :ivar modified: nanoseconds since the epoch; only whole seconds count.
    """

    etag: bytes
    modified: int

    @property
    def last_modified(self) -> bytes:
        """The HTTP date."""
        return http_date(self.modified)


@attrs.frozen
class Conditions:
    """The conditions of a request; None where a header is absent."""

    if_none_match: bytes | None = None
    if_modified_since: bytes | None = None
    if_range: bytes | None = None

    @classmethod
    def of(cls, headers: Headers) -> Self:
        """Several lines of ``If-None-Match`` are one list; of the others the first counts."""
        tags = headers.getRawHeaders(b"if-none-match")
        since = headers.getRawHeaders(b"if-modified-since")
        ranged = headers.getRawHeaders(b"if-range")
        return cls(
            None if tags is None else b", ".join(tags),
            since[0] if since else None,
            ranged[0] if ranged else None,
        )

    def are_met_by(self, validators: Validators) -> bool:
        """Whether the answer is 304: the client has what it asks for (RFC 9110 §13.2.2)."""
        if self.if_none_match is not None:
            return _matches(self.if_none_match, validators.etag)
        if self.if_modified_since is None:
            return False
        since = parse_http_date(self.if_modified_since)
        return since is not None and since >= validators.modified // SECOND

    def allow_range(self, validators: Validators) -> bool:
        """Whether a ``Range`` header may be honoured (RFC 9110 §13.1.5)."""
        if self.if_range is None or self.if_range == validators.etag:
            return True
        if b'"' in self.if_range:
            return False
        return parse_http_date(self.if_range) == validators.modified // SECOND


def http_date(moment: int) -> bytes:
    """Nanoseconds since the epoch as an HTTP date; the fraction is dropped."""
    text: bytes = datetimeToString(moment // SECOND)
    return text


def parse_http_date(text: bytes) -> int | None:
    """Seconds since the epoch; None for what is no HTTP date."""
    try:
        return int(stringToDatetime(text))
    except (ValueError, LookupError, TypeError, OverflowError):
        return None


def _matches(tags: bytes, etag: bytes) -> bool:
    """The weak comparison of RFC 9110 §8.8.3.2."""
    return tags.strip() == b"*" or etag in _TAG.findall(tags)
