"""Range headers: what they ask for."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import RangeNotSatisfiable
from pictd.web.ranges import Part, Unsatisfiable, Whole, parse_range

SIZE = 1000
WHOLE = [
    b"bytes=9-5", b"garbage", b"bytes", b"bytes=", b"bytes=,", b"bytes=-", b"bytes=a-b",
    b"bytes=0 - 1", b"bytes=--1", b"bytes=0-1;", b"bytes=0x0-1", b"bytes:0-1", b"=0-1", b"items",
    b"items=", b"bytes=0-99999999999999999999999", b"bytes=18446744073709551616-", b"",
    b"bytes=-18446744073709551616", b"bytes=\xb2-",
]  # fmt: skip
PARTIAL = {
    b"bytes=0-99": (0, 99), b"bytes=100-": (100, 999), b"bytes=-50": (950, 999),
    b"bytes=0-0": (0, 0), b"bytes=00-01": (0, 1), b"bytes=0-99999999": (0, 999),
    b"bytes=-99999999": (0, 999), b"bytes=0-1,xyz": (0, 1), b"bytes=xyz,0-1": (0, 1),
    b"bytes=0-1,": (0, 1), b"bytes=,0-1": (0, 1), b"bytes= 0-1": (0, 1), b"bytes=+1-2": (1, 2),
    b"bytes=0-1,5-2": (0, 1), b"bytes=5-2,0-1": (0, 1), b"bytes=999-": (999, 999),
    b"bytes=0000000000000000000000000000000001-2": (1, 2),
}  # fmt: skip
OUTSIDE = [
    b"bytes=99999999-", b"bytes=1000-", b"bytes=-0", b"bytes=18446744073709551615-",
]  # fmt: skip
REFUSED = [
    b"bytes=0-0,5-9", b"bytes=0-0,5-5,7-7", b"bytes=0-1, 2-3", b"bytes=0-1,0-1",
    b"bytes=0-1,99999999-", b"items=0-5", b"Bytes=0-1", b"BYTES=0-1", b"bytes =0-1",
]  # fmt: skip


class ParseTests(SynchronousTestCase):
    """``parse_range``."""

    def test_absent(self) -> None:
        """Without a header everything is asked for."""
        self.assertEqual(parse_range(None, SIZE), Whole())

    def test_malformed(self) -> None:
        """A header that is not well-formed is ignored."""
        for header in WHOLE:
            self.assertEqual(parse_range(header, SIZE), Whole(), header)

    def test_partial(self) -> None:
        """One well-formed range selects its part, clamped to the file."""
        for header, (first, last) in PARTIAL.items():
            self.assertEqual(parse_range(header, SIZE), Part(first, last), header)

    def test_outside(self) -> None:
        """One range that lies outside the file is unsatisfiable."""
        for header in OUTSIDE:
            self.assertEqual(parse_range(header, SIZE), Unsatisfiable(), header)

    def test_empty_file(self) -> None:
        """No range of an empty file can be satisfied."""
        for header in (b"bytes=0-", b"bytes=-5", b"bytes=0-0"):
            self.assertEqual(parse_range(header, 0), Unsatisfiable(), header)

    def test_refused(self) -> None:
        """Several ranges, and foreign units, are refused."""
        for header in REFUSED:
            with self.assertRaises(RangeNotSatisfiable, msg=header):
                parse_range(header, SIZE)

    def test_length(self) -> None:
        """Both ends of a part count."""
        self.assertEqual(Part(3, 5).length, 3)
