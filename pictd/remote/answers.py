"""What the head of an answer means for a download."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from http import HTTPStatus

from twisted.web.http_headers import Headers
from twisted.web.iweb import UNKNOWN_LENGTH, IResponse

from pictd.errors import FileTooLarge, UpstreamRefused, UpstreamUnreachable
from pictd.model.urls import WebUrl

MOST_RETRY_AFTER = 3600
"""Seconds: a longer wait is not believed."""

_REDIRECTS = (301, 302, 303, 307, 308)


def redirected(url: WebUrl, answer: IResponse) -> WebUrl | None:
    """Where to go on; None where the answer is no redirect, or leads nowhere. From https to http is
    a way like others: nothing secret is sent, and whoever controls the server may choose.

    :raise UpstreamUnreachable: it leads where nothing can be fetched.
    """
    location = _first(answer.headers, b"location")
    if answer.code not in _REDIRECTS or location is None:
        return None
    try:
        return url.onward(location.decode())
    except ValueError:
        raise UpstreamUnreachable(
            "The other server redirects to a URL that can't be downloaded from"
        ) from None


def refuse_failure(answer: IResponse, now: float) -> None:
    """Return where the answer is a success.

    :param now: seconds since the epoch.
    :raise UpstreamRefused: it is not.
    """
    if not 200 <= answer.code < 300:
        raise UpstreamRefused(
            f"Unable to download image, bad response {_told(answer.code)}",
            _wait(_first(answer.headers, b"retry-after"), now),
        )


def refuse_oversize(answer: IResponse, limit: int) -> None:
    """Return where the announced length, if any, is within the limit.

    :param limit: bytes.
    :raise FileTooLarge: it is not.
    """
    if answer.length is not UNKNOWN_LENGTH and answer.length > limit:
        raise FileTooLarge(limit=limit, actual=answer.length)


def _first(headers: Headers, name: bytes) -> bytes | None:
    return next(iter(headers.getRawHeaders(name, ())), None)


def _told(status: int) -> str:
    """The number and the standard phrase: what the server itself calls it is not repeated."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _wait(value: bytes | None, now: float) -> int | None:
    """Seconds, from either form of ``Retry-After`` (RFC 9110 §10.2.3)."""
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:10]), MOST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(int(until - now), 0), MOST_RETRY_AFTER)
