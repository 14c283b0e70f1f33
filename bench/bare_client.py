"""The floor of a download: Twisted's client alone, with a connection for each file.

``python -m bench.bare_client URL…`` prints how many seconds each took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import treq
from treq.client import HTTPClient
from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.web.client import Agent, HTTPConnectionPool

from bench.client import Refused
from bench.processes import output_of


async def download(client: HTTPClient, url: str) -> float:
    """Seconds until the file is in memory.

    :raise Refused: it is not there.
    """
    began = time.perf_counter()
    response = await client.get(url)
    await treq.content(response)
    if response.code != 200:
        raise Refused(f"{response.code} answered for {url}")
    return time.perf_counter() - began


async def download_all(reactor: Any, urls: Sequence[str]) -> None:
    """One after the other."""
    client = HTTPClient(Agent(reactor, pool=HTTPConnectionPool(reactor, persistent=False)))
    for url in urls:
        print(await download(client, url))


def seconds_of(urls: Sequence[str]) -> list[float]:
    """Download from a process of its own.

    :raise Refused: a file is not there.
    """
    return [float(line) for line in output_of("bare_client", *urls).splitlines()]


if __name__ == "__main__":
    react(lambda reactor, *urls: Deferred.fromCoroutine(download_all(reactor, urls)), sys.argv[1:])
