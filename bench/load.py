"""A load generator: GETs of one path over connections that are kept alive.

``python -m bench.load PORT PATH CONNECTIONS SECONDS`` prints the answers per second. It runs as a
process of its own, so that it doesn't slow what it measures.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
# Not counted: the first answers may find something cold. Seconds.
WARM_UP = 0.5
# Beyond the measured time, until the process is given up. Seconds.
GRACE = 30


class Counter:
    """Whole answers, counted over a stretch of time."""

    def __init__(self) -> None:
        """Nothing is counted until ``counting`` is set."""
        self.counting = False
        self.answers = 0
        self.trouble = ""


class Asker(asyncio.Protocol):
    """Sends the same request again whenever an answer is complete."""

    def __init__(self, request: bytes, counter: Counter) -> None:
        """:param request: whole, as it goes over the wire."""
        self._request = request
        self._counter = counter
        self._head = b""
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Bodies are only measured, never kept."""
        if self._missing:
            self._take(len(data))
            return
        self._head += data
        head, end, body = self._head.partition(b"\r\n\r\n")
        if end:
            self._head = b""
            self._begin(head)
            self._take(len(body))

    def _begin(self, head: bytes) -> None:
        length = LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            self._counter.trouble = f"unexpected answer: {head[:300]!r}"
            self._transport.abort()
            return
        self._missing = int(length[1])

    def _take(self, count: int) -> None:
        self._missing -= count
        if self._missing == 0 and not self._counter.trouble:
            self._counter.answers += self._counter.counting
            self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server is to keep the connection."""
        if self._counter.counting and not self._counter.trouble:
            self._counter.trouble = f"connection lost: {exc}"


async def measure(port: int, path: str, connections: int, seconds: float) -> float:
    """:return: answers per second.
    :raise RuntimeError: an answer was not a 200 with a length, or a connection was closed.
    """
    counter = Counter()
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Asker(request, counter), "127.0.0.1", port)
    await asyncio.sleep(WARM_UP)
    counter.counting = True
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    counter.counting = False
    if counter.trouble:
        raise RuntimeError(counter.trouble)
    return counter.answers / (time.perf_counter() - began)


def answers_per_second(port: int, path: str, connections: int, seconds: float) -> float:
    """Measure from a process of its own.

    :raise subprocess.CalledProcessError: it failed; it has printed why.
    """
    command = (sys.executable, "-m", "bench.load", str(port), path, str(connections), str(seconds))
    deadline = seconds + GRACE
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=deadline, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    print(asyncio.run(measure(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))))
