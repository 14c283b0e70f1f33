"""The floor of a GET: Twisted alone, sending the same bytes with the same headers from memory.

``python -m bench.bare_server FILE`` prints its port. FILE holds a JSON object of headers on its
first line, and the body after it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

# Twisted writes these itself, or they belong to one connection.
NOT_COPIED = ("date", "connection", "transfer-encoding", "content-length")


class Canned(Resource):
    """Answers everything with the same bytes."""

    isLeaf = True

    def __init__(self, headers: Mapping[str, str], body: bytes) -> None:
        """:param headers: of every answer."""
        super().__init__()
        self._headers = headers
        self._body = body

    def render_GET(self, request: Request) -> bytes:
        """The answer."""
        for name, value in self._headers.items():
            request.setHeader(name, value)
        return self._body


def write_answer(path: Path, headers: Mapping[str, str], body: bytes) -> None:
    """Write down what the server is to answer."""
    kept = {k.lower(): v for k, v in headers.items() if k.lower() not in NOT_COPIED}
    path.write_bytes(json.dumps(kept).encode() + b"\n" + body)


@contextmanager
def answering(path: Path) -> Iterator[int]:
    """A process that answers what ``path`` holds. :return: its port."""
    command = (sys.executable, "-m", "bench.bare_server", str(path))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def main(path: Path) -> None:
    """Serve until terminated."""
    headers, _, body = path.read_bytes().partition(b"\n")
    site = Site(Canned(json.loads(headers), body))
    listener = reactor.listenTCP(0, site, interface="127.0.0.1")  # type: ignore[arg-type]
    host = listener.getHost()
    assert isinstance(host, IPv4Address)
    print(host.port, flush=True)
    reactor.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
