"""The numbers and byte strings of the format, out of bytes that may lie (spec sled §2)."""

from __future__ import annotations

from struct import Struct

from pictd.sled.failures import Malformed

_I64 = Struct("<q")
_U32 = Struct("<I")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends.

    :raise Malformed: it is cut short.
    """
    try:
        first = data[at]
        if first <= 240:
            return first, at + 1
        if first <= 248:
            return 240 + 256 * (first - 241) + data[at + 1], at + 2
        if first == 249:
            return 2288 + 256 * data[at + 1] + data[at + 2], at + 3
    except IndexError:
        raise Malformed("a number is cut short") from None
    end = at + first - 246
    if end > len(data):
        raise Malformed("a number is cut short")
    return int.from_bytes(data[at + 1 : end], "little"), end


def i64(data: bytes, at: int) -> int:
    """Eight bytes with a sign: positions in the log, and numbers of blobs.

    :raise Malformed: they are not all there.
    """
    if at + 8 > len(data):
        raise Malformed("a number is cut short")
    return int(_I64.unpack_from(data, at)[0])


def u32(data: bytes, at: int) -> int:
    """Four bytes: checksums.

    :raise Malformed: they are not all there.
    """
    if at + 4 > len(data):
        raise Malformed("a checksum is cut short")
    return int(_U32.unpack_from(data, at)[0])


def strings(data: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    """``count`` byte strings one after the other, and where they end.

    :raise Malformed: they are not all there.
    """
    found = []
    try:
        for _ in range(count):
            size = data[at]
            at += 1
            if size > 240:
                size, at = varint(data, at - 1)
            found.append(data[at : at + size])
            at += size
    except IndexError:
        raise Malformed("a byte string is cut short") from None
    if at > len(data):
        raise Malformed("a byte string is cut short")
    return found, at


def string(data: bytes, at: int) -> tuple[bytes, int]:
    """A byte string, and where it ends.

    :raise Malformed: it is not all there.
    """
    (found,), end = strings(data, at, 1)
    return found, end


def varints(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    """``count`` numbers one after the other, and where they end.

    :raise Malformed: they are not all there.
    """
    found = []
    for _ in range(count):
        number, at = varint(data, at)
        found.append(number)
    return found, at


def encoded(number: int) -> bytes:
    """The bytes of a number, as ``varint`` reads them."""
    if number <= 240:
        return bytes([number])
    if number <= 2287:
        high, low = divmod(number - 240, 256)
        return bytes([high + 241, low])
    if number <= 67_823:
        return b"\xf9" + (number - 2288).to_bytes(2, "big")
    size = max(3, (number.bit_length() + 7) // 8)
    return bytes([247 + size]) + number.to_bytes(size, "little")
