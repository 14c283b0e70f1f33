"""What PostgreSQL costs, beside the embedded database and as it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import attrs

from bench import samples
from bench.client import get, upload
from bench.latency import slowest_of_hundred
from bench.load import answers_per_second
from bench.server import Server, running
from bench.table import Goal, Row
from bench.variants import CONNECTIONS, LOAD_TIME, thumbnail_path
from tests.support.postgres import Cluster

FEW, MANY = 1_000, 1_000_000
API_KEY = "bench"
ROUNDS = 3
# Of one round. Seconds.
LATENCY_TIME = 4.0

HOT_TARGET = 0.6
GROWTH_TARGET = 1.2
NOTES = f"""\
  PostgreSQL  hot GET: the same server on SQLite. {MANY} originals: the same server on another
              database of {FEW}; the slowest of a hundred answers, 200 a second, the median of
              {ROUNDS} rounds by turns"""

_FILL = """
    WITH made AS (
        SELECT encode(sha256(number::text::bytea) || '\\x000000001000'::bytea || '\\x07'::bytea,
                      'base64') AS hash,
               'filled/' || number AS name,
               now() AT TIME ZONE 'UTC' - number * interval '1 second' AS moment
        FROM generate_series(1, %s) AS number
    ), kept AS (
        INSERT INTO hashes (hash, identifier, created_at) SELECT hash, name, moment FROM made
        RETURNING hash, identifier
    ), named AS (
        INSERT INTO aliases (alias, hash, token) SELECT gen_random_uuid() || '.png', hash, 'x'
        FROM kept RETURNING 1
    ), described AS (
        INSERT INTO details (identifier, json)
        SELECT identifier, (SELECT json FROM details LIMIT 1) FROM kept RETURNING 1
    ) SELECT count(*) FROM named, (SELECT count(*) FROM described) AS other
"""


@attrs.frozen
class Filled:
    """A server on a database of some size, and two things to ask of it."""

    server: Server
    original: str
    page: str = "/internal/hashes?limit=50"

    def slowest(self, path: str) -> float:
        """Milliseconds."""
        return slowest_of_hundred(self.server.port, path, LATENCY_TIME, f"X-Api-Token: {API_KEY}")


def rows(folder: Path) -> Iterator[Row]:
    """With a PostgreSQL server of its own."""
    cluster = Cluster()
    try:
        yield hot_row(cluster, folder)
        yield from growth_rows(cluster, folder)
    finally:
        cluster.remove()


def hot_row(cluster: Cluster, folder: Path) -> Row:
    """A variant that is there already."""
    url = cluster.url(cluster.create())
    with (
        running(folder / "on-postgres", REPO__TYPE="postgres", REPO__URL=url) as there,
        running(folder / "on-sqlite") as here,
    ):
        figure, floor = (hot(server) for server in (there, here))
    name = "hot GET of variant, PostgreSQL"
    return Row(name, "/s", figure, floor, Goal.AT_LEAST, HOT_TARGET)


def hot(server: Server) -> float:
    """Answers per second."""
    path = thumbnail_path(upload(server.port, samples.web_photo(0))[0])
    get(server.port, path)
    return answers_per_second(server.port, path, CONNECTIONS, LOAD_TIME)


def growth_rows(cluster: Cluster, folder: Path) -> Iterator[Row]:
    """An original, and a page of the listing."""
    with (
        filled(cluster, folder / "few", FEW) as few,
        filled(cluster, folder / "many", MANY) as many,
    ):
        yield growth_row("GET of original", many, few, lambda each: each.original)
        yield growth_row("page of hashes", many, few, lambda each: each.page)


def growth_row(what: str, many: Filled, few: Filled, path: Callable[[Filled], str]) -> Row:
    """By turns, so that what else the machine does falls on both."""
    rounds = [(many.slowest(path(many)), few.slowest(path(few))) for _ in range(ROUNDS)]
    figure, floor = (median(values) for values in zip(*rounds, strict=True))
    name = f"{what}, {MANY} originals, 99th of 100"
    return Row(name, "ms", figure, floor, Goal.AT_MOST, GROWTH_TARGET)


@contextmanager
def filled(cluster: Cluster, folder: Path, count: int) -> Iterator[Filled]:
    """A server on a database with so many originals more than it was given."""
    database = cluster.create()
    more = {"REPO__TYPE": "postgres", "REPO__URL": cluster.url(database)}
    with running(folder, SERVER__API_KEY=API_KEY, **more) as server:
        alias = upload(server.port, samples.web_photo(0))[0]
        cluster.execute(database, _FILL, count)
        cluster.execute(database, "VACUUM ANALYZE")
        yield Filled(server, f"/image/original/{alias}")
