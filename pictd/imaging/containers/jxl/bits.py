"""Bit fields as JPEG XL lays them out: from the lowest bit of a byte up (ISO/IEC 18181-1 §B)."""

from __future__ import annotations

from pictd.imaging.failures import Unreadable


class Bits:
    """Reads fields one after the other."""

    def __init__(self, data: bytes) -> None:
        self._rest = int.from_bytes(data, "little")
        self._left = 8 * len(data)

    def take(self, width: int) -> int:
        """The next ``width`` bits as a number.

        :raise Unreadable: they are not all there.
        """
        if width > self._left:
            raise Unreadable("the file is cut short")
        value = self._rest & (1 << width) - 1
        self._rest >>= width
        self._left -= width
        return value

    def flag(self) -> bool:
        """The next bit."""
        return bool(self.take(1))

    def choice(self, *forms: tuple[int, int]) -> int:
        """Two bits pick one of four forms: (bits that follow, what is added to them)."""
        width, base = forms[self.take(2)]
        return base + self.take(width)
