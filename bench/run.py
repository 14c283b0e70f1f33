"""``make bench``: measure a real server on this machine, and what the bare work costs beside it."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import attrs

from bench import floors
from bench.accounting import cpu_seconds, memory_bytes
from bench.bare_server import answering, write_answer
from bench.client import get, upload
from bench.load import answers_per_second
from bench.samples import photo
from bench.server import Server, running
from bench.table import Goal, Row, render

UPLOADS = 7
THUMBNAIL = 256
RESIZE = 800
CONNECTIONS = 16
# Seconds.
LOAD_TIME = 3.0
SETTLE = 1.0

# How much of the bare work's speed is to be left once everything else is done too; a variant may
# take some milliseconds more, for the child that it is made in.
UPLOAD_TARGET = 1.6
VARIANT_TARGET = 1.3
VARIANT_ALLOWANCE = 10.0
GET_TARGET = 0.5
# What the floors are.
NOTES = """\
Floors are the same work bare, in one warm process, without server, children and checks:
  upload      decode at an eighth (Pillow), SHA-256, one file written and fsynced
  thumbnail   decode as small as pictd does, average over boxes (Pillow), encode
  resize      decode as small as pictd does, Lanczos2 (ImageMagick, by Wand), encode
  hot GET     Twisted alone, sending the same headers and bytes from memory"""
# Megabytes, of the daemon and all its children together.
MEMORY_TARGET = 150.0


@attrs.frozen
class Cost:
    """Of one piece of work, in milliseconds."""

    wall: float
    cpu: float


def milliseconds(seconds: Sequence[float]) -> float:
    """The median."""
    return statistics.median(seconds) * 1000


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def floor_of(work: Sequence[Callable[[], object]]) -> Cost:
    """The cost of work done in this process; the first is done twice, and once not counted."""
    work[0]()
    began = time.process_time()
    wall = milliseconds([timed(one) for one in work])
    return Cost(wall, (time.process_time() - began) * 1000 / len(work))


def memory(server: Server, when: str) -> Row:
    """What the server holds while nobody asks anything."""
    time.sleep(SETTLE)
    held = memory_bytes(server.pid) / 1e6
    return Row(f"memory at rest, {when}", "MB", held, None, Goal.AT_MOST, MEMORY_TARGET)


def measure_uploads(server: Server, pictures: Sequence[bytes]) -> tuple[list[str], Cost]:
    """Upload one after the other; the first is not counted.

    :return: the aliases, and the cost of one. Work that goes on after the answer counts too.
    """
    aliases = [upload(server.port, pictures[0])[0]]
    time.sleep(SETTLE)
    before = cpu_seconds(server.pid)
    answers = [upload(server.port, picture) for picture in pictures[1:]]
    time.sleep(SETTLE)
    used = cpu_seconds(server.pid) - before
    wall = milliseconds([seconds for _, seconds in answers])
    return aliases + [alias for alias, _ in answers], Cost(wall, used * 1000 / len(answers))


def upload_rows(figure: Cost, pictures: Sequence[bytes], folder: Path) -> list[Row]:
    """Beside decoding at an eighth, hashing and writing."""
    floor = floor_of([partial(floors.take_in, picture, folder) for picture in pictures])
    name = "upload of 12 MP JPEG"
    return [
        Row(f"{name}, wall", "ms", figure.wall, floor.wall, Goal.AT_MOST, UPLOAD_TARGET),
        Row(f"{name}, CPU", "ms", figure.cpu, floor.cpu, Goal.AT_MOST, UPLOAD_TARGET),
    ]


def variant_row(
    server: Server, name: str, paths: Sequence[str], work: Sequence[Callable[[], object]]
) -> Row:
    """A variant that nobody has asked for before, of a different original each time."""
    get(server.port, paths[0])
    figure = milliseconds([get(server.port, path).seconds for path in paths[1:]])
    floor = floor_of(work).wall
    goal = (Goal.AT_MOST, VARIANT_TARGET, VARIANT_ALLOWANCE)
    return Row(f"cold {name}", "ms", figure, floor, *goal)


def get_row(server: Server, name: str, path: str, folder: Path) -> Row:
    """Something that is there already, beside Twisted sending the same from memory."""
    answer = get(server.port, path)
    canned = folder / "canned"
    write_answer(canned, answer.headers, answer.body)
    figure = answers_per_second(server.port, path, CONNECTIONS, LOAD_TIME)
    with answering(canned) as port:
        floor = answers_per_second(port, path, CONNECTIONS, LOAD_TIME)
    return Row(f"hot GET of {name}", "/s", figure, floor, Goal.AT_LEAST, GET_TARGET)


def measure(folder: Path) -> list[Row]:
    """Everything, in ``folder``."""
    pictures = [photo(number) for number in range(UPLOADS + 1)]
    files = [folder / f"{number}.jpg" for number in range(len(pictures))]
    for file, picture in zip(files, pictures, strict=True):
        file.write_bytes(picture)
    with running(folder / "server") as server:
        rows = [memory(server, "fresh")]
        aliases, cost = measure_uploads(server, pictures)
        rows += upload_rows(cost, pictures, folder)
        rows += cold_rows(server, aliases, files)
        rows += hot_rows(server, aliases[0], folder)
        rows.append(memory(server, "after all this"))
    return rows


def thumbnail_path(alias: str) -> str:
    """Of the variant as WebP."""
    return f"/image/process.webp?src={alias}&thumbnail={THUMBNAIL}"


def resize_path(alias: str) -> str:
    """Of the variant as JPEG."""
    return f"/image/process.jpg?src={alias}&resize={RESIZE}"


def cold_rows(server: Server, aliases: Sequence[str], files: Sequence[Path]) -> list[Row]:
    """Both variants."""
    small = [partial(floors.thumbnail, file, THUMBNAIL) for file in files]
    large = [partial(floors.resize, file, RESIZE) for file in files]
    return [
        variant_row(
            server, f"thumbnail={THUMBNAIL} webp", list(map(thumbnail_path, aliases)), small
        ),
        variant_row(server, f"resize={RESIZE} jpg", list(map(resize_path, aliases)), large),
    ]


def hot_rows(server: Server, alias: str, folder: Path) -> list[Row]:
    """The original and a variant."""
    return [
        get_row(server, "original", f"/image/original/{alias}", folder),
        get_row(server, "variant", thumbnail_path(alias), folder),
    ]


def main() -> None:
    """Measure in a directory that is gone afterwards, and print the table."""
    with tempfile.TemporaryDirectory(prefix="pictd-bench-") as folder:
        print(render(measure(Path(folder)), NOTES))


if __name__ == "__main__":
    main()
