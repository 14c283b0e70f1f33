"""The numbers of the format."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from pictd.sled.failures import Malformed
from pictd.sled.integers import encoded, i64, string, strings, u32, varint, varints

VECTORS = {
    0: "00",
    240: "f0",
    241: "f101",
    495: "f1ff",
    496: "f200",
    2287: "f8ff",
    2288: "f90000",
    67823: "f9ffff",
    67824: "faf00801",
    16777215: "faffffff",
    16777216: "fb00000001",
    4294967295: "fbffffffff",
    4294967296: "fc0000000001",
    2**64 - 667: "ff65fdffffffffffff",
}


class IntegersTests(SynchronousTestCase):
    """Spec sled §2."""

    def test_vectors(self) -> None:
        """Every worked number reads as it is, and ends where it ends."""
        for number, text in VECTORS.items():
            data = bytes.fromhex(text)
            self.assertEqual(varint(b"\xff" + data + b"\xff", 1), (number, 1 + len(data)))
            self.assertEqual(encoded(number), data)

    def test_cut_short(self) -> None:
        """A number that does not end is none."""
        for text in VECTORS.values():
            data = bytes.fromhex(text)
            self.assertRaises(Malformed, varint, data[:-1], 0)

    @given(st.integers(0, 2**64 - 1))
    def test_round_trip(self, number: int) -> None:
        """All numbers, not only the worked ones."""
        data = encoded(number)
        self.assertEqual(varint(data, 0), (number, len(data)))

    def test_fixed_sizes(self) -> None:
        """Numbers of four and eight bytes, the latter with a sign."""
        self.assertEqual(u32(bytes.fromhex("78563412"), 0), 0x12345678)
        self.assertEqual(i64(b"\xfe" + b"\xff" * 7, 0), -2)
        self.assertRaises(Malformed, u32, bytes(3), 0)
        self.assertRaises(Malformed, i64, bytes(8), 1)

    def test_strings(self) -> None:
        """Sizes come before the bytes, and may be larger than a byte."""
        long = bytes(300)
        data = b"\1a\0" + bytes.fromhex("f13c") + long + b"!"
        self.assertEqual(strings(data, 0, 3), ([b"a", b"", long], len(data) - 1))
        self.assertEqual(string(data, 0), (b"a", 2))

    def test_strings_cut_short(self) -> None:
        """Neither a size nor the bytes may be missing."""
        self.assertRaises(Malformed, strings, b"\1a", 0, 2)
        self.assertRaises(Malformed, strings, b"\2a", 0, 1)

    def test_a_count_that_lies(self) -> None:
        """A count costs no more than there is data."""
        self.assertRaises(Malformed, strings, bytes(10), 0, 2**60)
        self.assertRaises(Malformed, varints, bytes(10), 0, 2**60)
