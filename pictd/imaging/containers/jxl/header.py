"""The beginning of a JPEG XL codestream (ISO/IEC 18181-1 §D): size, orientation, channels."""

from __future__ import annotations

from fractions import Fraction

import attrs

from pictd.imaging.containers.jxl.bits import Bits
from pictd.imaging.failures import Unreadable, Unsupported

SIGNATURE = b"\xff\x0a"

_ENOUGH = 64
_SIDES = ((9, 1), (13, 1), (18, 1), (30, 1))
_RATIOS = {
    1: Fraction(1),
    2: Fraction(12, 10),
    3: Fraction(4, 3),
    4: Fraction(3, 2),
    5: Fraction(16, 9),
    6: Fraction(5, 4),
    7: Fraction(2),
}
_WHOLE_DEPTHS = ((0, 8), (0, 10), (0, 12), (6, 1))
_FLOAT_DEPTHS = ((0, 32), (0, 16), (0, 24), (6, 1))
_COUNTS = ((0, 0), (0, 1), (4, 2), (12, 1))
_KINDS = ((0, 0), (0, 1), (4, 2), (6, 18))
_SHIFTS = ((0, 0), (0, 3), (0, 4), (3, 1))
_NAMES = ((0, 0), (4, 0), (5, 16), (10, 48))
_ALPHA = 0


@attrs.frozen
class Header:
    """:ivar size: pixels as coded, before the orientation is applied.
    :ivar orientation: as EXIF numbers it, 1 to 8.
    """

    size: tuple[int, int]
    orientation: int


def read_header(codestream: bytes) -> Header:
    """The header, as far as it tells what there is besides one picture.

    :raise Unreadable: no codestream, or cut short.
    :raise Unsupported: it moves, or holds a second picture: a preview, or channels that are neither
        colour nor transparency. Such a file could not be cleaned of it.
    """
    if not codestream.startswith(SIGNATURE):
        raise Unreadable("the JPEG XL is broken: it has no codestream")
    bits = Bits(codestream[len(SIGNATURE) : _ENOUGH])
    size = _size(bits)
    if bits.flag():
        return Header(size, 1)
    orientation = _orientation(bits) if bits.flag() else 1
    _skip_depth(bits)
    bits.flag()  # whether 16 bits are enough for decoders
    _check_channels(bits)
    return Header(size, orientation)


def _size(bits: Bits) -> tuple[int, int]:
    by_eight = bits.flag()
    height = _side(bits, by_eight)
    ratio = bits.take(3)
    width = int(height * _RATIOS[ratio]) if ratio else _side(bits, by_eight)
    return width, height


def _side(bits: Bits, by_eight: bool) -> int:
    return 8 * (bits.take(5) + 1) if by_eight else bits.choice(*_SIDES)


def _orientation(bits: Bits) -> int:
    orientation = bits.take(3) + 1
    if bits.flag():
        _size(bits)  # that it would like to be shown at
    if bits.flag():
        raise Unsupported("a JPEG XL with a preview is not taken")
    if bits.flag():
        raise Unsupported("an animated JPEG XL is not taken")
    return orientation


def _skip_depth(bits: Bits) -> None:
    is_float = bits.flag()
    bits.choice(*(_FLOAT_DEPTHS if is_float else _WHOLE_DEPTHS))
    if is_float:
        bits.take(4)


def _check_channels(bits: Bits) -> None:
    count = bits.choice(*_COUNTS)
    if count == 0 or (count == 1 and _is_plain_alpha(bits)):
        return
    raise Unsupported("a JPEG XL with other channels than colours and transparency is not taken")


def _is_plain_alpha(bits: Bits) -> bool:
    """Without a name, in which anything could stand."""
    if bits.flag():
        return True
    if bits.choice(*_KINDS) != _ALPHA:
        return False
    _skip_depth(bits)
    bits.choice(*_SHIFTS)
    return bits.choice(*_NAMES) == 0
