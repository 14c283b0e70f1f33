"""What those who ask notice of a sweep through all that is outdated."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from bench import samples
from bench.client import Refused, get, upload
from bench.latency import slowest_of_hundred
from bench.server import running
from bench.table import Goal, Row
from bench.variants import thumbnail_path
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.times import SECOND

ORIGINALS, VARIANTS_OF_EACH = 20_000, 5
VARIANTS = ORIGINALS * VARIANTS_OF_EACH
# Of the variants: longer ago than the sweep allows, and than nothing does before it.
AGE = 24 * 3600
# Seconds.
LOAD_TIME = 10.0

# How much longer the slowest of a hundred requests may take while the sweep is at it.
TARGET = 1.5
NOTES = f"""\
  sweep       the same server and database at rest: the slowest of a hundred GETs of a variant,
              200 a second. {VARIANTS} variants of {ORIGINALS} originals are outdated; their files
              are gone already, so that clean-up jobs for them run, and remove nothing"""

_HASH = "INSERT INTO hashes (hash, identifier, created_at) VALUES (?, ?, ?)"
_VARIANT = "INSERT INTO variants (hash, variant, identifier, accessed) VALUES (?, ?, ?, ?)"
_COUNT = "SELECT count(*) FROM variants"


def row(folder: Path) -> Row:
    """In a database of its own."""
    database = folder / "pictd.sqlite3"
    with running(folder) as server:
        path = thumbnail_path(upload(server.port, samples.web_photo(0))[0])
        get(server.port, path)
    fill(database)
    with running(folder) as server:
        floor = slowest_of_hundred(server.port, path, LOAD_TIME)
    with running(folder, MEDIA__RETENTION__VARIANTS="1h") as server:
        before = count(database)
        figure = slowest_of_hundred(server.port, path, LOAD_TIME)
        refuse_unless_sweeping(before, count(database))
    name = "GET during a sweep, 99th of 100"
    return Row(name, "ms", figure, floor, Goal.AT_MOST, TARGET)


def fill(database: Path) -> None:
    """Add what is outdated, while no server runs. One ran a moment ago, so that the next one has
    no reason to give anything a day of grace."""
    moment = (int(time.time()) - AGE) * SECOND
    hashes = [made_up(number) for number in range(ORIGINALS)]
    with closing(sqlite3.connect(database)) as connection, connection:
        originals = ((hash, f"gone/{n}.png", moment) for n, hash in enumerate(hashes))
        connection.executemany(_HASH, originals)
        connection.executemany(_VARIANT, variants(hashes, moment))


def made_up(number: int) -> bytes:
    """The key of an original."""
    return Hash(sha256(b"%d" % number).digest(), number, Format.IMAGE_PNG).to_bytes()


def variants(hashes: list[bytes], moment: int) -> Iterator[tuple[bytes, str, str, int]]:
    """Rows, in the order in which they become outdated: those of an original are not together."""
    for size in range(VARIANTS_OF_EACH):
        for number, hash in enumerate(hashes):
            yield hash, f"resize/{size + 1}/webp", f"gone/{number}-{size}.webp", moment + size


def count(database: Path) -> int:
    """Variants that are recorded."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(_COUNT).fetchone()[0])


def refuse_unless_sweeping(before: int, after: int) -> None:
    """:raise Refused: there was no sweep all the time, so that the figure says nothing."""
    if not 1 < after < before:
        raise Refused(f"of {before} variants {after} are left: that was no sweep")
