"""What the server holds at rest, and what its children take at their peak."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from bench import samples
from bench.accounting import memory_bytes
from bench.children import ForkServer, serving
from bench.server import Server
from bench.table import Goal, Row

# Seconds.
SETTLE = 1.0
RESIZE = 800
FEW, MANY = 90, 900
CONVERSIONS = (("gif", "webp"), ("gif", "apng"), ("apng", "webp"), ("gif", "avif"))

# Megabytes, of the daemon and all its children together.
REST_TARGET = 150.0
# Megabytes, of one child with what it shares with the others.
STILL_TARGET = 450.0
# How much more ten times as many frames may take.
FRAMES_TARGET = 1.3
NOTES = f"""\
Peaks are what one child held at most, with what it shares with the others (about 45 MB). Beside
those of {MANY} frames of 320x240, which are 276 MB together, stand those of {FEW} such frames."""


def at_rest(server: Server, when: str) -> Row:
    """What the server holds while nobody asks anything."""
    time.sleep(SETTLE)
    held = memory_bytes(server.pid) / 1e6
    return Row(f"memory at rest, {when}", "MB", held, None, Goal.AT_MOST, REST_TARGET)


def peak_rows(folder: Path) -> list[Row]:
    """Of the largest stills that are accepted, and of long animations."""
    with serving() as children:
        return [*still_rows(children, folder), *frame_rows(children, folder)]


def still_rows(children: ForkServer, folder: Path) -> Iterator[Row]:
    """40 megapixels each."""
    picture = samples.pixels(0, samples.HUGE, samples.FINE_GRAIN)
    for kind, quick in (("JPEG", {"quality": samples.QUALITY}), ("PNG", {"compress_level": 1})):
        path = folder / f"huge.{kind}"
        path.write_bytes(samples.saved(picture, kind, **quick))
        uploading = children.uploading(path)
        resizing = children.rendering(path, "jpeg", ("resize", str(RESIZE)))
        yield still_row(f"upload of 40 MP {kind}", uploading)
        yield still_row(f"resize={RESIZE} of 40 MP {kind}", resizing)


def still_row(name: str, peak: int) -> Row:
    """One peak, in bytes."""
    return Row(f"peak, {name}", "MB", peak / 1e6, None, Goal.AT_MOST, STILL_TARGET)


def frame_rows(children: ForkServer, folder: Path) -> Iterator[Row]:
    """Peaks follow the frames at work, not all that there are."""
    for source, output in CONVERSIONS:
        few, many = (
            children.rendering(moving(folder, source, frames), output) / 1e6
            for frames in (FEW, MANY)
        )
        name = f"peak, {MANY} frames of {source} to {output}"
        yield Row(name, "MB", many, few, Goal.AT_MOST, FRAMES_TARGET)


def moving(folder: Path, kind: str, frames: int) -> Path:
    """An animation, made when it is first needed."""
    path = folder / f"{frames}.{kind}"
    if not path.exists():
        samples.animation(path, kind, frames)
    return path
