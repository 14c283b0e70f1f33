"""What the request line asks for: a canonical path, and a query."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_to_bytes

_SLASHES = re.compile(rb"//+")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_ESCAPE = re.compile(rb"((?:%[0-9A-Fa-f]{2})+)")
_KEPT = re.compile(rb"(%(?:2[Ff]|25|2[Bb]))")


class BadTarget(Exception):
    """The request target is no target of HTTP."""


def split_target(target: bytes) -> tuple[bytes, bytes]:
    """The canonical path, and the query as it came (spec http-api §2.2, contract A13).

    :return: the path is valid UTF-8; ``%2F``, ``%25`` and ``%2B`` are still encoded in it, and
        escapes that are none are literal.
    :raise BadTarget: a byte that is not ASCII, or a form that is neither origin nor absolute.
    """
    if not target.isascii():
        raise BadTarget()
    absolute = _ABSOLUTE.match(target)
    if absolute is not None:
        target = target[absolute.end() :]
    path, _, query = target.partition(b"#")[0].partition(b"?")
    if not path.startswith(b"/") and (path or absolute is None) and path != b"*":
        raise BadTarget()
    if b"%" in path:
        path = _ESCAPE.sub(_decode, path)
    return _SLASHES.sub(b"/", path) or b"/", query


def placeholder(text: str) -> str:
    """The value of a path segment: what routing left encoded is decoded now."""
    return unquote(text, errors="replace")


def _decode(escapes: re.Match[bytes]) -> bytes:
    """Decode a run of escapes, but for those that routing keeps."""
    pieces = _KEPT.split(escapes[1])
    pieces[::2] = [
        unquote_to_bytes(piece).decode(errors="replace").encode() for piece in pieces[::2]
    ]
    return b"".join(pieces)
