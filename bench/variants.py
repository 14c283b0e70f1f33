"""How long a variant takes, and how many requests a second are answered once it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench import floors
from bench.bare_server import answering, write_answer
from bench.client import get
from bench.costs import floor_of, milliseconds
from bench.load import answers_per_second
from bench.server import Server
from bench.table import Goal, Row

THUMBNAIL = 256
RESIZE = 800
CONNECTIONS = 16
# Seconds.
LOAD_TIME = 3.0

# How much of the bare work's speed is to be left once everything else is done too; a variant may
# take some milliseconds more, for the child that it is made in.
COLD_TARGET = 1.3
COLD_ALLOWANCE = 10.0
HOT_TARGET = 0.5
NOTES = """\
  thumbnail   decode as small as pictd does, average over boxes (Pillow), encode
  resize      decode as small as pictd does, Lanczos2 (ImageMagick, by Wand), encode
  hot GET     Twisted alone, sending the same headers and bytes from memory"""


def thumbnail_path(alias: str) -> str:
    """Of the variant as WebP."""
    return f"/image/process.webp?src={alias}&thumbnail={THUMBNAIL}"


def resize_path(alias: str) -> str:
    """Of the variant as JPEG."""
    return f"/image/process.jpg?src={alias}&resize={RESIZE}"


def cold_rows(server: Server, aliases: Sequence[str], files: Sequence[Path]) -> list[Row]:
    """Both variants.

    :param files: what was uploaded under the aliases.
    """
    small = [partial(floors.thumbnail, file, THUMBNAIL) for file in files]
    large = [partial(floors.resize, file, RESIZE) for file in files]
    thumbnails, resizes = list(map(thumbnail_path, aliases)), list(map(resize_path, aliases))
    return [
        cold_row(server, f"thumbnail={THUMBNAIL} webp", thumbnails, small),
        cold_row(server, f"resize={RESIZE} jpg", resizes, large),
    ]


def cold_row(
    server: Server, name: str, paths: Sequence[str], work: Sequence[Callable[[], object]]
) -> Row:
    """A variant that nobody has asked for before, of a different original each time."""
    get(server.port, paths[0])
    figure = milliseconds([get(server.port, path).seconds for path in paths[1:]])
    goal = (Goal.AT_MOST, COLD_TARGET, COLD_ALLOWANCE)
    return Row(f"cold {name}", "ms", figure, floor_of(work).wall, *goal)


def hot_rows(server: Server, alias: str, folder: Path) -> list[Row]:
    """The original and a variant."""
    return [
        hot_row(server, "original", f"/image/original/{alias}", folder),
        hot_row(server, "variant", thumbnail_path(alias), folder),
    ]


def hot_row(server: Server, name: str, path: str, folder: Path) -> Row:
    """Something that is there already, beside Twisted sending the same from memory."""
    answer = get(server.port, path)
    canned = folder / "canned"
    write_answer(canned, answer.headers, answer.body)
    figure = answers_per_second(server.port, path, CONNECTIONS, LOAD_TIME)
    with answering(canned) as port:
        floor = answers_per_second(port, path, CONNECTIONS, LOAD_TIME)
    return Row(f"hot GET of {name}", "/s", figure, floor, Goal.AT_LEAST, HOT_TARGET)
