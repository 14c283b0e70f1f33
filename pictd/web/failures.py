"""The one table from errors to HTTP statuses, and the JSON that tells them (spec http-api §5)."""

from __future__ import annotations

import json
from uuid import uuid4

import attrs
from twisted.internet.defer import CancelledError
from twisted.logger import Logger
from twisted.python.failure import Failure

from pictd import errors

STATUSES: dict[type[errors.PictdError], int] = {
    errors.BadRequest: 400,
    errors.MediaTimeout: 400,
    errors.ValidatorFailed: 400,
    errors.InvalidApiKey: 401,
    errors.InvalidDeleteToken: 403,
    errors.BlockedAddress: 403,
    errors.AliasNotFound: 404,
    errors.ProxyNotFound: 404,
    errors.RequestTimeout: 408,
    errors.FileTooLarge: 413,
    errors.RangeNotSatisfiable: 416,
    errors.BytesLost: 500,
    errors.UrlAlreadyProxied: 500,
    errors.UploadGone: 500,
    errors.MediaFailed: 500,
    errors.ToolMissing: 500,
    errors.UpstreamUnreachable: 502,
    errors.UpstreamRefused: 502,
    errors.UpstreamTooSlow: 504,
    errors.Overloaded: 503,
    errors.StoreUnavailable: 503,
    errors.RepoUnavailable: 503,
}
"""A class stands for its subclasses too, unless they are here themselves."""

_RETRY_SECONDS = 5

_log = Logger()


@attrs.frozen
class Problem:
    """An answer that tells an error.

    :ivar headers: (name, value) pairs, without those of framing.
    :ivar body: JSON.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def status_of(kind: type[errors.PictdError]) -> int | None:
    """The status of an error class; None where the table has forgotten it."""
    return next((STATUSES[each] for each in kind.__mro__ if each in STATUSES), None)


def as_json(error: errors.PictdError) -> bytes:
    """The object of spec http-api §2.5."""
    return json.dumps({"code": error.code, "msg": str(error), **error.extra}).encode()


def problem(failure: Failure) -> Problem:
    """The answer to any failure. What nobody foresaw is logged under an incident id, and the
    client is told that id alone."""
    error = failure.value
    if isinstance(error, errors.PictdError):
        return _known(error)
    if failure.check(CancelledError):
        return _problem(503, errors.PictdError("The request was abandoned"))
    incident = str(uuid4())
    _log.failure("a request failed unexpectedly (incident {incident})", failure, incident=incident)
    return _problem(500, errors.PictdError(incident=incident))


def _known(error: errors.PictdError) -> Problem:
    status = status_of(type(error)) or 500
    if status >= 500:
        _log.warn("a request failed: {code}: {text}", code=error.code, text=str(error))
    return _problem(status, error)


def _problem(status: int, error: errors.PictdError) -> Problem:
    headers = [(b"content-type", b"application/json")]
    if status == 503:
        headers.append((b"retry-after", b"%d" % _RETRY_SECONDS))
    return Problem(status, tuple(headers), as_json(error))
