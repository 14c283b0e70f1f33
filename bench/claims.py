"""How many queued uploads a second come to their end."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench import samples
from bench.client import upload, upload_and_claim
from bench.server import Server
from bench.table import Goal, Row

CLIENTS = 8
UPLOADS = 240

# Of the speed of plain uploads: a queued one takes two requests, two writes, and two jobs.
TARGET = 0.4
NOTES = f"""\
  claims      plain uploads of such pictures, POST /image, by as many clients ({CLIENTS})"""


def row(server: Server) -> Row:
    """Small pictures, each sent and then claimed."""
    figure = per_second(server, upload_and_claim, 0)
    floor = per_second(server, upload, UPLOADS)
    return Row("queued uploads of PNG, claimed", "/s", figure, floor, Goal.AT_LEAST, TARGET)


def per_second(server: Server, send: Callable[[int, bytes], object], first: int) -> float:
    """:param first: number of the first picture: none is sent twice."""
    pictures = [samples.icon(number) for number in range(first, first + UPLOADS)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        began = time.perf_counter()
        list(clients.map(lambda picture: send(server.port, picture), pictures))
        return UPLOADS / (time.perf_counter() - began)
