"""Files that are broken without any plan."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.system.hostile.good import Named

_HEAD = 120
"""Bytes in which most headers end."""


def damaged(name: str, data: bytes) -> Iterator[Named]:
    """One file in every way."""
    yield from _cut(name, data)
    yield from _flipped(name, data)
    yield from _torn(name, data)
    yield from _longer(name, data)


def _cut(name: str, data: bytes) -> Iterator[Named]:
    """Ends too early."""
    size = len(data)
    parts = (size * part // 8 for part in range(1, 8))
    for at in sorted({4, 12, 30, *parts, size - 40, size - 12, size - 1}):
        yield f"{name} cut at {at}", data[:at]


def _flipped(name: str, data: bytes) -> Iterator[Named]:
    """Bits fall over: at the beginning, where headers are, and anywhere."""
    chance = random.Random(name)
    for number in range(16):
        made = bytearray(data)
        reach = _HEAD if number % 2 else len(data)
        for _ in range(1 + number // 4):
            made[chance.randrange(min(reach, len(data)))] ^= 1 << chance.randrange(8)
        yield f"{name} flipped {number}", bytes(made)


def _torn(name: str, data: bytes) -> Iterator[Named]:
    """A piece is missing, empty, there twice, or in another's place."""
    third = len(data) // 3
    first, second, last = data[:third], data[third : 2 * third], data[2 * third :]
    yield f"{name} without its middle", first + last
    yield f"{name} with an empty middle", first + bytes(third) + last
    yield f"{name} with two middles", first + second + second + last
    yield f"{name} in another order", first + last + second
    yield f"{name} without its first byte", data[1:]


def _longer(name: str, data: bytes) -> Iterator[Named]:
    """Something comes before or after."""
    yield f"a line and {name}", b"\n" + data
    yield f"{name} and a script", data + b"<script>alert(1)</script>"
    yield f"{name} and zeros", data + bytes(100_000)
    yield f"{name} and itself", data + data
