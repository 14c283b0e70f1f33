"""How long pict-rs's own database takes to be taken over, and in how much memory."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import Process
from pathlib import Path

from bench.table import Goal, Row
from tests.support.installation import RECORDS_EACH, installation

ORIGINALS = 100_000
COMMAND = (sys.executable, "-c", "from pictd.tap import main; main()", "migrate-repo")

# A second.
RECORDS_TARGET = 30_000.0
# Megabytes, of the command as a whole.
MEMORY_TARGET = 300.0
NOTES = f"""\
  takeover    `pictd migrate-repo sled … sqlite …` as a whole, its start included: all checksums,
              then everything carried, then all of it read back. {ORIGINALS} originals, each with
              an alias, a variant, a proxied URL and details of both files: what is counted are
              these {RECORDS_EACH}, as pictd keeps them; in sled they are 16 or more"""
_COUNT = "SELECT count(*) FROM hashes"


def rows(folder: Path) -> Iterator[Row]:
    """In a folder of its own."""
    source, place = folder / "sled", folder / "taken.sqlite3"
    # what this process ever held would count as the command's
    made = Process(target=installation, args=(source, ORIGINALS))
    made.start()
    made.join()
    began = time.monotonic()
    memory = peak(source, place)
    rate = ORIGINALS * RECORDS_EACH / (time.monotonic() - began)
    refuse_unless_taken(place)
    name = "takeover of pict-rs's sled"
    yield Row(name, "records/s", rate, None, Goal.AT_LEAST, RECORDS_TARGET)
    yield Row(f"{name}, memory", "MB", memory, None, Goal.AT_MOST, MEMORY_TARGET)


def peak(source: Path, place: Path) -> float:
    """Megabytes that the command held at most.

    :raise ChildProcessError: it failed.
    """
    words = [*COMMAND, "sled", "-p", str(source), "sqlite", "-p", str(place)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ChildProcessError(f"the takeover ended with {process.returncode}")
    return used.ru_maxrss * 1024 / 1e6


def refuse_unless_taken(place: Path) -> None:
    """:raise AssertionError: it is not all there."""
    with closing(sqlite3.connect(place)) as connection:
        ((found,),) = connection.execute(_COUNT).fetchall()
    assert found == ORIGINALS, f"{found} originals instead of {ORIGINALS}"
