"""How long the slowest of a hundred answers takes, at a steady rate of requests.

``python -m bench.latency PORT PATH SECONDS HEADER`` prints it, in milliseconds. Time counts from
when a request was due: where the server stalls, the requests that it keeps from being sent count
as well. The header, a line of its own, may be empty.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import Sequence

from bench.client import Refused
from bench.processes import output_of

CONNECTIONS = 4
# Seconds between the requests of one connection.
EVERY = 0.02
# Not counted. Seconds.
WARM_UP = 1.0


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that this share of all does not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


async def asked(port: int, head: str, seconds: float, first: float) -> list[float]:
    """Seconds of each answer on one connection.

    :param head: the request's, without its end.
    :param first: seconds until the first request.
    :raise Refused: an answer is no 200.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"{head}\r\n\r\n".encode()
    due, taken = time.perf_counter() + first, []
    end = due + WARM_UP + seconds
    counted_from = due + WARM_UP
    while due < end:
        await asyncio.sleep(due - time.perf_counter())
        writer.write(request)
        await answer(reader)
        if due >= counted_from:
            taken.append(time.perf_counter() - due)
        due += EVERY
    writer.close()
    return taken


async def answer(reader: asyncio.StreamReader) -> None:
    """Read one whole answer.

    :raise Refused: it is no 200.
    """
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise Refused(f"unexpected answer: {head[:300]!r}")
    _, _, rest = head.partition(b"\r\ncontent-length:")
    await reader.readexactly(int(rest.split(b"\r\n")[0]))


async def measure(port: int, path: str, seconds: float, header: str = "") -> float:
    """Milliseconds.

    :param header: a line of its own; empty: none.
    """
    apart = EVERY / CONNECTIONS
    head = "\r\n".join(filter(None, (f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", header)))
    each = [asked(port, head, seconds, number * apart) for number in range(CONNECTIONS)]
    taken = [one for many in await asyncio.gather(*each) for one in many]
    return percentile(taken, 0.99) * 1000


def slowest_of_hundred(port: int, path: str, seconds: float, header: str = "") -> float:
    """Measure from a process of its own. Milliseconds.

    :param header: a line that every request has; empty: none.
    :raise Refused: an answer is no 200.
    """
    return float(output_of("latency", str(port), path, str(seconds), header))


if __name__ == "__main__":
    print(asyncio.run(measure(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4])))
