"""``make bench``: measure a real server on this machine, and what the bare work costs beside it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench import (
    buckets,
    claims,
    databases,
    memory,
    proxied,
    queues,
    sweeps,
    takeover,
    uploads,
    variants,
)
from bench.server import running
from bench.table import Row, render

NOTES = f"""\
Floors are the same work bare, in one warm process, without server, children and checks:
{uploads.NOTES}
{variants.NOTES}
{claims.NOTES}
{proxied.NOTES}
{queues.NOTES}
{sweeps.NOTES}
{databases.NOTES}
{takeover.NOTES}
{buckets.NOTES}
{memory.NOTES}"""


def measure(folder: Path) -> list[Row]:
    """Everything, in ``folder``."""
    pictures = uploads.photos()
    files = [folder / f"{number}.jpg" for number in range(len(pictures))]
    for file, picture in zip(files, pictures, strict=True):
        file.write_bytes(picture)
    with running(folder / "server") as server:
        rows = [memory.at_rest(server, "fresh")]
        aliases, cost = uploads.measure(server, pictures)
        rows += uploads.rows_of_photos(cost, pictures, folder)
        rows += uploads.rows(server, folder)
        rows += variants.cold_rows(server, aliases, files)
        rows += variants.hot_rows(server, aliases[0], folder)
        rows += [claims.row(server), proxied.row(server, folder)]
        rows.append(memory.at_rest(server, "after all this"))
    rows += [queues.row(folder), sweeps.row(folder / "sweep"), *databases.rows(folder)]
    rows += buckets.rows(folder)
    rows += takeover.rows(folder)
    return rows + memory.peak_rows(folder)


def main() -> None:
    """Measure in a directory that is gone afterwards, and print the table."""
    with tempfile.TemporaryDirectory(prefix="pictd-bench-") as folder:
        print(render(measure(Path(folder)), NOTES))


if __name__ == "__main__":
    main()
