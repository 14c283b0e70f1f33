"""How far long work is: a bar on a terminal, a plain line now and then anywhere else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Never, TextIO

import attrs
from tqdm import tqdm

from pictd.progress import Progress

LINE_EVERY = 10.0
"""Seconds between plain lines."""


def progress_on(stream: TextIO, seconds: Callable[[], float]) -> Progress:
    """The kind that suits where it is written.

    :param seconds: the time, in seconds.
    """
    return Bars(stream) if stream.isatty() else Lines(partial(_write_line, stream), seconds)


def print_beside(line: str) -> None:
    """A line on standard output, where a bar may be on the same terminal."""
    tqdm.write(line)


class Bars:
    """For a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: tqdm[Never] | None = None

    def begin(self, what: str, total: int | None) -> None:
        """See ``Progress``."""
        self.end()
        self._bar = tqdm(desc=what, total=total, file=self._stream, dynamic_ncols=True)

    def advance(self, count: int = 1) -> None:
        """See ``Progress``."""
        if self._bar is not None:
            self._bar.update(count)

    def say(self, line: str) -> None:
        """See ``Progress``."""
        tqdm.write(line, file=self._stream)

    def end(self) -> None:
        """See ``Progress``."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None


@attrs.define
class _Part:
    """:ivar told: when the last line was written."""

    what: str
    total: int | None
    began: float
    told: float
    done: int = 0


class Lines:
    """For files, journals and scripts."""

    def __init__(self, write: Callable[[str], None], seconds: Callable[[], float]) -> None:
        """:param write: gets each line, without its end."""
        self._write = write
        self._seconds = seconds
        self._part: _Part | None = None

    def begin(self, what: str, total: int | None) -> None:
        """See ``Progress``."""
        self.end()
        now = self._seconds()
        self._part = _Part(what, total, now, now)

    def advance(self, count: int = 1) -> None:
        """See ``Progress``."""
        part, now = self._part, self._seconds()
        if part is not None:
            part.done += count
            if now - part.told >= LINE_EVERY:
                part.told = now
                self.say(_line(part, now))

    def say(self, line: str) -> None:
        """See ``Progress``."""
        self._write(line)

    def end(self) -> None:
        """See ``Progress``."""
        if self._part is not None:
            self.say(_line(self._part, self._seconds()))
        self._part = None


class Standing:
    """Passes all on, and can be asked meanwhile."""

    def __init__(self, inner: Progress) -> None:
        self._inner = inner
        self._part: tuple[str, int | None] | None = None
        self._done = 0

    @property
    def text(self) -> str | None:
        """As ``originals: 200 of 1000``; None: nothing is under way."""
        if self._part is None:
            return None
        what, total = self._part
        return f"{what}: {self._done} of {total}" if total else f"{what}: {self._done}"

    def begin(self, what: str, total: int | None) -> None:
        """See ``Progress``."""
        self._part, self._done = (what, total), 0
        self._inner.begin(what, total)

    def advance(self, count: int = 1) -> None:
        """See ``Progress``."""
        self._done += count
        self._inner.advance(count)

    def say(self, line: str) -> None:
        """See ``Progress``."""
        self._inner.say(line)

    def end(self) -> None:
        """See ``Progress``."""
        self._part = None
        self._inner.end()


def _write_line(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def _line(part: _Part, now: float) -> str:
    """As ``files: 200 of 1000 (20%), 4 a second, 0:03:20 to go``."""
    rate = part.done / max(now - part.began, 0.001)
    told = f"{part.what}: {part.done}"
    if part.total:
        told += f" of {part.total} ({100 * part.done // part.total}%)"
    told += f", {rate:.0f} a second"
    if part.total and 0 < part.done < part.total:
        told += f", {timedelta(seconds=int((part.total - part.done) / rate))} to go"
    return told
