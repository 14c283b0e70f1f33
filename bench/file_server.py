"""Somebody else's server: Twisted alone, with files of a folder."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.client import ask
from bench.server import START_DEADLINE, DidNotStart, free_port


@contextmanager
def offering(folder: Path) -> Iterator[int]:
    """A process that offers the files. :return: its port.

    :raise DidNotStart: it does not answer.
    """
    port = free_port()
    place = f"tcp:{port}:interface=127.0.0.1"
    command = (sys.executable, "-m", "twisted", "web", "--listen", place, "--path", str(folder))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    """:raise DidNotStart: nobody answers there in time."""
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        with suppress(OSError):
            ask(port, "GET", "/")
            return
        time.sleep(0.05)
    raise DidNotStart(f"nobody offers files at port {port}")
