"""One line for every answered request (spec configuration 6.2).

What a client writes after the question mark is left out, and so are delete tokens: lines are kept,
and read by more people than may delete. A client that leaves before its answer is whole has no
line. 304 says that a client has the file already, which is no redirection but success.
"""

from __future__ import annotations

import re
from uuid import uuid4

from twisted.logger import Logger, LogLevel

from pictd.web.request import PictdRequest

NAMESPACE = "pictd.web.request_log"
"""Of the lines: what a filter calls them."""

_MOST_PATH = 500
_TOKEN = re.compile(r"(/delete/)[^/]+", re.IGNORECASE)
_log = Logger(NAMESPACE)


class RequestLog:
    """Looks on at requests.

    :param successes: whether they have a line too; None: one for those who debug, which takes
        more time than all else that watches a request.
    """

    def __init__(self, successes: LogLevel | None) -> None:
        self._successes = successes

    def begun(self, request: PictdRequest) -> None:
        """Nothing yet."""

    def ended(self, request: PictdRequest) -> None:
        """Tell it."""
        status = request.code
        if status < 300 or status == 304:
            if self._successes is not None:
                self._tell(request, self._successes, "completed")
        elif status < 400:
            self._tell(request, LogLevel.info, "redirected")
        elif status < 500:
            self._tell(request, LogLevel.warn, "client error")
        else:
            self._tell(request, LogLevel.error, "server error")

    def _tell(self, request: PictdRequest, level: LogLevel, outcome: str) -> None:
        if request.has_left:
            return
        _log.emit(
            level,
            "{outcome}: {method} {path} {status}, {milliseconds} ms, {bytes} bytes ({request_id})",
            outcome=outcome,
            method=request.method.decode(errors="replace"),
            path=shown_path(request.path),
            route=request.route,
            status=request.code,
            milliseconds=round(request.seconds * 1000, 1),
            bytes=request.sentLength,
            request_id=str(uuid4()),
        )


def shown_path(path: bytes) -> str:
    """One line of bounded length, without the token that deletes."""
    text = _TOKEN.sub(r"\1***", path.decode(errors="backslashreplace"))[:_MOST_PATH]
    return text if text.isprintable() else repr(text)[1:-1]
