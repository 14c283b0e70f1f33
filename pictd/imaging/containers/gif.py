"""GIF (GIF89a): a screen, then blocks."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.pieces import numbers, piece
from pictd.imaging.failures import Unreadable
from pictd.model.formats import Format

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_PLAIN_TEXT, _CONTROL, _APPLICATION = 0x01, 0xF9, 0xFF
_LOOPS = (b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0")


@attrs.frozen
class _Block:
    """:ivar kind: ``_IMAGE``, or the label of an extension.
    :ivar data: all bytes of the block, without the introducer of an extension.
    """

    kind: int
    data: bytes


def accepts(data: bytes) -> bool:
    """Whether the bytes begin as a GIF does."""
    return data[:6] in (b"GIF87a", b"GIF89a")


def outline(data: bytes) -> Outline:
    """The screen is as large as it says, or as its frames need.

    :raise Unreadable: broken, or without an end.
    """
    blocks = list(_blocks(data))
    frames = [numbers("<HHHH", block.data, 1) for block in blocks if block.kind == _IMAGE]
    width, height = numbers("<HH", data, 6)
    width = max([width, *(x + w for x, _, w, _ in frames)])
    height = max([height, *(y + h for _, y, _, h in frames)])
    several = len(frames) if len(frames) > 1 else None
    plays = _plays(_repeats(blocks))
    return Outline(Format.ANIMATION_GIF, width, height, several, plays=plays)


def strip(data: bytes) -> bytes:
    """The frames with their times, and how often they repeat.

    :raise Unreadable: broken, or without an end.
    """
    blocks = list(_blocks(data))
    parts = [b"GIF89a", data[6 : _screen_end(data)], repetition(_repeats(blocks))]
    control = b""
    for block in blocks:
        if block.kind == _CONTROL:
            control = b"\x21\xf9\x04" + piece(block.data, 2, 4) + b"\0"
        elif block.kind == _IMAGE:
            parts += [control, block.data]
        if block.kind in (_IMAGE, _PLAIN_TEXT):
            control = b""
    return b"".join([*parts, b";"])


def first_image(data: bytes) -> bytes:
    """The first image block: descriptor, local table and compressed data.

    :raise Unreadable: there is none.
    """
    return next(block.data for block in _blocks(data) if block.kind == _IMAGE)


def global_table(data: bytes) -> bytes:
    """The colours that frames without a table of their own use; may be empty."""
    return data[13 : _screen_end(data)]


def repetition(repeats: int | None) -> bytes:
    """The extension that has an animation shown again so often; 0 for ever, None never."""
    if repeats is None:
        return b""
    return b"\x21\xff" + _LOOPS[0] + b"\3\1" + repeats.to_bytes(2, "little") + b"\0"


def _plays(repeats: int | None) -> int:
    return 1 if repeats is None else repeats and repeats + 1


def _repeats(blocks: list[_Block]) -> int | None:
    for block in blocks:
        if block.kind == _APPLICATION and block.data[1:13] in _LOOPS:
            size, kind = numbers("BB", block.data, 13) if len(block.data) > 14 else (0, 0)
            if size == 3 and kind & 7 == 1:
                return int.from_bytes(piece(block.data, 15, 2), "little")
    return None


def _screen_end(data: bytes) -> int:
    (flags,) = numbers("B", data, 10)
    return 13 + _table_size(flags)


def _table_size(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(data: bytes) -> Iterator[_Block]:
    at, images = _screen_end(data), 0
    while True:
        (kind,) = numbers("B", data, at)
        if kind == _TRAILER and images:
            return
        if kind == _IMAGE:
            (flags,) = numbers("B", data, at + 9)
            end = _sub_blocks_end(data, at + 11 + _table_size(flags))
            yield _Block(_IMAGE, data[at:end])
            images += 1
        elif kind == _EXTENSION:
            end = _sub_blocks_end(data, at + 2)
            yield _Block(data[at + 1], data[at + 1 : end])
        else:
            raise Unreadable("the GIF is broken, or holds no picture")
        at = end


def _sub_blocks_end(data: bytes, at: int) -> int:
    """Where a chain of sub-blocks ends, its terminator included."""
    try:
        while size := data[at]:
            at += size + 1
    except IndexError:
        raise Unreadable("the GIF is cut short") from None
    return at + 1
