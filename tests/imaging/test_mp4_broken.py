"""Broken films are refused in words, whatever is wrong with them, and soon."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.isobmff import mp4
from pictd.imaging.containers.outline import Outline
from pictd.imaging.failures import Unreadable, Unsupported
from tests.support import movies
from tests.support.mp4 import TABLE, changed, overwritten, stored

BROKEN = (Unreadable, IndexError, KeyError, ValueError, OverflowError, struct.error)
MOST_SECONDS = 1.0


def outline(data: bytes) -> Outline | None:
    """As the registry asks for it; None where it is refused."""
    try:
        return mp4.outline(data) if mp4.accepts(data) else None
    except (*BROKEN, Unsupported):
        return None


class BrokenTests(SynchronousTestCase):
    """Small films of each kind, broken at many places."""

    def setUp(self) -> None:
        """Of each codec, with sound and without, whole and in fragments."""
        self.films = [
            *(stored(movies.movie("mp4", codec)) for codec in ("h264", "h265", "av1", "vp9")),
            movies.movie("mov", "h264", audio="aac"),
            movies.movie(
                "mp4", "h264", "-movflags", "frag_keyframe+empty_moov", "-g", "2", audio="aac"
            ),
        ]

    def assert_told(self, broken: Iterable[bytes]) -> list[Outline | None]:
        """Each of them is told or refused within the time."""
        found = []
        for data in broken:
            start = time.perf_counter()
            found.append(outline(data))
            mp4.is_clean(data)
            self.assertLess(time.perf_counter() - start, MOST_SECONDS)
        return found

    def test_cut(self) -> None:
        """A film of which the end is missing is not taken, wherever it ends."""
        for film in self.films:
            step = max(1, len(film) // 200)
            cuts = [*range(0, len(film) - 1, step), len(film) - 1]
            self.assertIsNotNone(outline(film))
            taken = self.assert_told(film[:size] for size in cuts)
            without_index = film.rindex(b"mfra") - 4 if b"mfra" in film else len(film)
            for size, found in zip(cuts, taken, strict=True):
                if size < without_index:
                    self.assertIsNone(found, (size, len(film)))

    def test_flipped(self) -> None:
        """One bit that is wrong, in many places of the headers, and here and there in the data."""
        for film in self.films:
            places = [*range(0, min(len(film), 2500), 3), *range(2500, len(film), 97)]
            self.assert_told(flipped(film, at, at % 8) for at in places)

    def test_large_numbers(self) -> None:
        """Counts and sizes that are far larger than the file."""
        for film in self.films:
            places = range(0, min(len(film) - 4, 2500), 11)
            for value in (b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\xff\xff\xff", bytes(4)):
                broken = (film[:at] + value + film[at + 4 :] for at in places)
                self.assert_told(broken)

    def test_samples_outside(self) -> None:
        """A place or a size that leads out of the file."""
        film = self.films[0]
        for table, at in ((b"stco", 8), (b"stsz", 12)):
            made = changed(film, (*TABLE, table), large(at))
            self.assertRaises(Unreadable, mp4.outline, made)

    def test_missing_samples(self) -> None:
        """Chunks that hold fewer samples than there are."""
        film = self.films[0]
        for change in (lambda found: found[:4] + bytes(4), large(4)):
            made = changed(film, (*TABLE, b"stsc"), change)
            self.assertRaises(Unreadable, mp4.outline, made)

    def test_many_equal_samples(self) -> None:
        """A count without a table of sizes costs no memory."""
        film = self.films[0]
        for size in (1, 0xFFFFFFFF):
            endless = struct.pack(">III", 0, size, 0xFFFFFFFF)
            made = changed(film, (*TABLE, b"stsz"), overwritten(0, endless))
            self.assertRaises(Unreadable, mp4.outline, made)

    def test_many_fragment_samples(self) -> None:
        """Fragments can't announce more samples than there are bytes."""
        film = movies.movie("mp4", "h264", "-movflags", "frag_keyframe+empty_moov")
        at = film.index(b"trun") + 4
        run = struct.pack(">IIi", 1, 0xFFFFFFFF, 0)
        made = film[:at] + run + film[at + 12 :]
        self.assertRaises(Unreadable, mp4.outline, made)

    def test_boxes_without_end(self) -> None:
        """A file of empty boxes is given up."""
        film = self.films[0]
        self.assertRaises(Unreadable, mp4.outline, b"\0\0\0\x08free" * 40_000 + film)


def flipped(data: bytes, at: int, bit: int) -> bytes:
    """The data with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def large(at: int) -> Callable[[bytes], bytes]:
    """A change to a number that is too large."""
    return lambda found: found[:at] + b"\x7f\xff\xff\xff" + found[at + 4 :]
