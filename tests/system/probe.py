"""A client in a process of its own that asks a server again and again how it is.

``python -m tests.system.probe PORT SECONDS`` writes a JSON list of seconds, one for each answer.
"""

from __future__ import annotations

import json
import socket
import sys
import time

_REQUEST = b"GET /livez HTTP/1.1\r\nhost: p\r\n\r\n"
_EVERY = 0.004
"""Seconds."""


def latencies(port: int, seconds: float) -> list[float]:
    """How long each answer took."""
    found = []
    end = time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < end:
            began = time.monotonic()
            connection.sendall(_REQUEST)
            if not connection.recv(4096).startswith(b"HTTP/1.1 204 "):
                raise SystemExit("it is not well")
            found.append(time.monotonic() - began)
            time.sleep(max(0.0, _EVERY - found[-1]))
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(latencies(int(sys.argv[1]), float(sys.argv[2]))))
