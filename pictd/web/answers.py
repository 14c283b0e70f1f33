"""Small answers: JSON, and nothing at all."""

from __future__ import annotations

import json

from twisted.python.failure import Failure
from twisted.web.server import Request

from pictd.web.failures import problem

JSON_TYPE = b"application/json"


def send_json(request: Request, status: int, body: object) -> None:
    """Answer with a JSON document; a HEAD gets its length alone."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    request.setHeader(b"content-type", JSON_TYPE)
    _send(request, status, data)


def send_failure(request: Request, failure: Failure) -> None:
    """Answer with what ``web.failures`` has for it; headers set so far are taken back."""
    found = problem(failure)
    _forget_headers(request)
    for name, value in found.headers:
        request.setHeader(name, value)
    _send(request, found.status, found.body)


def send_empty(request: Request, status: int) -> None:
    """Answer without a body and without a content type."""
    request.setResponseCode(status)
    request.defaultContentType = None
    if status not in (204, 304):
        request.setHeader(b"content-length", b"0")
    request.finish()


def _send(request: Request, status: int, data: bytes) -> None:
    request.setResponseCode(status)
    request.setHeader(b"content-length", b"%d" % len(data))
    if request.method != b"HEAD":
        request.write(data)
    request.finish()


def _forget_headers(request: Request) -> None:
    """A media answer may have failed after its headers were set. What is said of every answer
    stays: its date, and who may read it."""
    for name, _ in list(request.responseHeaders.getAllRawHeaders()):
        kept = name.lower()
        if kept not in (b"date", b"vary") and not kept.startswith(b"access-control-"):
            request.responseHeaders.removeHeader(name)
