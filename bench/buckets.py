"""What a bucket costs beside a folder, and what a move into one does."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path

from bench import samples
from bench.accounting import PROC
from bench.bare_bucket import BareBucket
from bench.client import DEADLINE, Refused, upload
from bench.costs import milliseconds, timed
from bench.server import Server, running, settings
from bench.table import Goal, Row
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from tests.support.buckets import Bucket
from tests.support.swift import new_bucket

PICTURES = 15
FILES, FILE_SIZE, AT_ONCE = 600, 100_000, 32
LARGE = 200 * 2**20
CHUNK = 2**20

# Of a bare PUT; and once the time of the smallest request.
UPLOAD_TARGET = 1.2
# Megabytes.
MEMORY_TARGET = 16.0
MOVE_TARGET = 0.6
NOTES = f"""\
  S3          OpenStack Swift on this machine. What an upload takes longer than on files, beside a
              bare PUT of the same picture; the allowance is the time of a HEAD. migrate-store, from
              its start on: {FILES} files of {FILE_SIZE // 1000} kB; bare PUTs, {AT_ONCE} at once"""

_HASH = "INSERT INTO hashes (hash, identifier, created_at) VALUES (?, ?, 1)"
_IDENTIFIER = "SELECT identifier FROM hashes LIMIT 1"


def rows(folder: Path) -> Iterator[Row]:
    """Each with a bucket of its own."""
    yield upload_row(folder)
    yield memory_row(folder / "large")
    yield move_row(folder / "move")


def upload_row(folder: Path) -> Row:
    """By turns, so that what else the machine does falls on all."""
    bucket = new_bucket()
    bare, pictures = BareBucket(bucket), [samples.web_photo(each) for each in range(PICTURES)]
    there, here, puts, looks = [], [], [], []
    with (
        running(folder / "in-bucket", **bucket.settings()) as remote,
        running(folder / "in-files") as local,
    ):
        for number, picture in enumerate(pictures):
            there.append(upload(remote.port, picture)[1])
            here.append(upload(local.port, picture)[1])
            puts.append(timed(partial(bare.put, f"bare/{number}", picture)))
            looks.append(timed(partial(bare.look, f"bare/{number}")))
    figure = milliseconds(there[1:]) - milliseconds(here[1:])
    goal = (Goal.AT_MOST, UPLOAD_TARGET, round(milliseconds(looks[1:]), 1))
    return Row("upload to S3, beyond files", "ms", figure, milliseconds(puts[1:]), *goal)


def memory_row(folder: Path) -> Row:
    """A large object in the place of a small one, sent to a client."""
    bucket = new_bucket()
    with running(folder, **bucket.settings()) as server:
        alias, _ = upload(server.port, samples.web_photo(0))
        with closing(sqlite3.connect(folder / "pictd.sqlite3")) as connection:
            (identifier,) = connection.execute(_IDENTIFIER).fetchone()
        BareBucket(bucket).put(identifier, os.urandom(CHUNK) * (LARGE // CHUNK))
        grown = growth(server, f"/image/original/{alias}")
    name = f"memory, {LARGE // 2**20} MiB from S3"
    return Row(name, "MB", grown / 1e6, None, Goal.AT_MOST, MEMORY_TARGET)


def growth(server: Server, path: str) -> int:
    """Bytes by which the daemon grows at most while it sends this.

    :raise Refused: it does not send all of it.
    """
    (PROC / str(server.pid) / "clear_refs").write_text("5")  # the peak is what there is now
    before = peak(server.pid)
    connection = HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE)
    connection.request("GET", path)
    answer, received = connection.getresponse(), 0
    while piece := answer.read(CHUNK):
        received += len(piece)
    connection.close()
    if received != LARGE:
        raise Refused(f"{received} of {LARGE} bytes")
    return peak(server.pid) - before


def peak(pid: int) -> int:
    """The most that was resident, in bytes."""
    lines = (PROC / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def move_row(folder: Path) -> Row:
    """The whole command, beside bare PUTs of the same files into another bucket."""
    with running(folder):
        pass
    files = fill(folder)
    bare = FILES / BareBucket(new_bucket()).put_files(files.items(), AT_ONCE)
    begin = time.perf_counter()
    move(folder, new_bucket())
    figure = FILES / (time.perf_counter() - begin)
    return Row("migrate-store to S3", "files/s", figure, bare, Goal.AT_LEAST, MOVE_TARGET)


def fill(folder: Path) -> Mapping[str, Path]:
    """Files of the store, as a server would have recorded them; by identifier."""
    files = {
        f"{each // 256:02x}/{each % 256:02x}.png": os.urandom(FILE_SIZE) for each in range(FILES)
    }
    hashes = [
        (Hash(sha256(content).digest(), FILE_SIZE, Format.IMAGE_PNG).to_bytes(), identifier)
        for identifier, content in files.items()
    ]
    with closing(sqlite3.connect(folder / "pictd.sqlite3")) as connection, connection:
        connection.executemany(_HASH, hashes)
    paths = {identifier: folder / "files" / identifier for identifier in files}
    for identifier, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[identifier])
    return paths


def move(folder: Path, bucket: Bucket) -> None:
    """:raise Refused: the command fails."""
    old = {"OLD_STORE__TYPE": "filesystem", "OLD_STORE__PATH": str(folder / "files")}
    environ = settings(folder, 0, {**bucket.settings(), **old})
    del environ["PICTD__STORE__PATH"]
    program = "from pictd.tap import main; main()"
    words = ("migrate-store", "--concurrency", str(AT_ONCE))
    done = subprocess.run(
        (sys.executable, "-c", program, *words), env=environ, capture_output=True, check=False
    )
    if done.returncode:
        raise Refused(done.stderr.decode(errors="replace")[-2000:])
