"""What an upload costs, from the first byte sent until nothing of it is left to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench import floors, samples
from bench.accounting import cpu_seconds
from bench.client import upload
from bench.costs import Cost, floor_of, milliseconds
from bench.server import Server
from bench.table import Goal, Row

# Of each kind, beside a first one that is not counted.
JPEGS, PNGS, HEICS, GIFS, MOVIES = 7, 7, 3, 14, 4
# Seconds.
SETTLE = 1.0

# How much of the bare work's speed is to be left once everything else is done too.
JPEG_TARGET = 1.6
PNG_TARGET = 2.0
HEIC_TARGET = 1.2
# Milliseconds of processor time.
GIF_TARGET = 80.0
MOVIE_TARGET = 250.0
NOTES = """\
  upload      decode (Pillow; a JPEG at an eighth), SHA-256, one file written and fsynced
  HEIC        decode (pi_heif), encode as JPEG (Pillow) as finely as pictd does
  GIF, MP4    none: nothing of them is encoded, and little is decoded"""


def photos() -> list[bytes]:
    """The JPEGs, of which variants are made, too."""
    return [samples.photo(number) for number in range(JPEGS + 1)]


def measure(server: Server, files: Sequence[bytes]) -> tuple[list[str], Cost]:
    """Upload one after the other; the first is not counted.

    :return: the aliases, and the cost of one. Work that goes on after the answer counts too.
    """
    aliases = [upload(server.port, files[0])[0]]
    time.sleep(SETTLE)
    before = cpu_seconds(server.pid)
    answers = [upload(server.port, file) for file in files[1:]]
    time.sleep(SETTLE)
    used = cpu_seconds(server.pid) - before
    wall = milliseconds([seconds for _, seconds in answers])
    return aliases + [alias for alias, _ in answers], Cost(wall, used * 1000 / len(answers))


def beside(name: str, figure: Cost, floor: Cost, target: float) -> list[Row]:
    """Both costs beside those of the bare work."""
    return [
        Row(f"upload of {name}, wall", "ms", figure.wall, floor.wall, Goal.AT_MOST, target),
        Row(f"upload of {name}, CPU", "ms", figure.cpu, floor.cpu, Goal.AT_MOST, target),
    ]


def rows_of_photos(figure: Cost, pictures: Sequence[bytes], folder: Path) -> list[Row]:
    """JPEGs that were measured already."""
    floor = floor_of([partial(floors.take_in, each, folder) for each in pictures])
    return beside("12 MP JPEG", figure, floor, JPEG_TARGET)


def rows(server: Server, folder: Path) -> list[Row]:
    """Of all other kinds."""
    return [
        *png_rows(server, folder),
        *heic_rows(server),
        bare_row(server, "20 frames of GIF", made(samples.gif, GIFS), GIF_TARGET),
        bare_row(server, "5 s of 720p MP4", movies(folder), MOVIE_TARGET),
    ]


def png_rows(server: Server, folder: Path) -> list[Row]:
    """Decoded whole, and stored as they are."""
    pictures = made(samples.png, PNGS)
    floor = floor_of([partial(floors.take_in, each, folder) for each in pictures])
    return beside("2 MP PNG", measure(server, pictures)[1], floor, PNG_TARGET)


def heic_rows(server: Server) -> list[Row]:
    """Decoded, and stored as JPEGs."""
    pictures = made(samples.heic, HEICS)
    floor = floor_of([partial(floors.convert, each) for each in pictures])
    return beside("12 MP HEIC", measure(server, pictures)[1], floor, HEIC_TARGET)


def bare_row(server: Server, name: str, files: Sequence[bytes], target: float) -> Row:
    """Processor time that is held against a bound of its own."""
    used = measure(server, files)[1].cpu
    return Row(f"upload of {name}, CPU", "ms", used, None, Goal.AT_MOST, target)


def made(sample: Callable[[int], bytes], count: int) -> list[bytes]:
    """Samples to measure, and one that comes before them."""
    return [sample(number) for number in range(count + 1)]


def movies(folder: Path) -> list[bytes]:
    """Videos whose picture and sound can be stored as they are."""
    paths = [folder / f"{number}.mp4" for number in range(MOVIES + 1)]
    for number, path in enumerate(paths):
        samples.movie(path, number)
    return [path.read_bytes() for path in paths]
