"""What becomes of Matroska files that are damaged: they are read, or refused, at once."""

from __future__ import annotations

import contextlib
import random
import time

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.matroska import movie as matroska
from pictd.imaging.containers.matroska.clean import overwrites
from pictd.imaging.containers.outline import Outline
from pictd.imaging.failures import Unreadable, Unsupported
from tests.support.movies import CODECS, movie

FLIPS = 600
CUTS = 200


class DamageTests(SynchronousTestCase):
    """Of a small file of each codec, with sound."""

    def read(self, data: bytes) -> None:
        """Nothing but an outline or a refusal comes out, within a second."""
        before = time.process_time()
        self.assertIsInstance(matroska.accepts(data), bool)
        with contextlib.suppress(Unreadable, Unsupported):
            self.assertIsInstance(matroska.outline(data), Outline)
        self.assertIsInstance(matroska.is_clean(data), bool)
        with contextlib.suppress(Unreadable):
            overwrites(data)
        self.assertLess(time.process_time() - before, 1)

    def samples(self) -> list[bytes]:
        """A file of each codec; the sounds change."""
        sounds = ("opus", "vorbis", "aac")
        return [movie("matroska", c, audio=sounds[n % 3]) for n, c in enumerate(CODECS)]

    def test_cut(self) -> None:
        """At many places, and at all of the first."""
        for data in self.samples():
            places = {*range(300), *range(300, len(data), len(data) // CUTS)}
            for at in places:
                self.read(data[:at])

    def test_flipped(self) -> None:
        """One bit, at many places, and at all of the first."""
        chance = random.Random(7)
        for data in self.samples():
            for at in {*range(300), *chance.sample(range(len(data)), FLIPS)}:
                flipped = data[at] ^ 1 << chance.randrange(8)
                self.read(data[:at] + bytes([flipped]) + data[at + 1 :])

    def test_noise(self) -> None:
        """After a header that is in order."""
        chance = random.Random(8)
        head = movie("webm", "vp9")[:400]
        for size in range(0, 4000, 40):
            self.read(head + chance.randbytes(size))
            self.read(head[:60] + chance.randbytes(size))
