"""Frames of VP8 (RFC 6386 §9.1) and VP9 (bitstream specification, §6.2 and annex B)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

import attrs

from pictd.imaging.containers.pieces import Data
from pictd.model.codecs import VideoCodec


@attrs.frozen
class Packet:
    """What one block holds of one frame.

    :ivar at: where in the file it begins.
    :ivar end: where it ends.
    :ivar before: bytes that come before those in the file.
    """

    data: Data = attrs.field(repr=False)
    at: int
    end: int
    before: bytes = b""

    def __len__(self) -> int:
        return len(self.before) + self.end - self.at

    def __getitem__(self, index: int) -> int:
        """The byte at ``index``, which has to be inside."""
        missing = index - len(self.before)
        return self.before[index] if missing < 0 else self.data[self.at + missing]


def one(packet: Packet) -> int:
    """Of a codec of which a packet is a frame."""
    return int(len(packet) > 0)


def shown_by_vp8(packet: Packet) -> int:
    """Whether the packet is a frame that is shown."""
    return packet[0] >> 4 & 1 if len(packet) else 0


def shown_by_vp9(packet: Packet) -> int:
    """How many frames of the packet are shown: it may be several, with an index at its end."""
    return sum(_is_shown(packet, at, end) for at, end in _vp9_frames(packet))


SHOWN: dict[VideoCodec, Callable[[Packet], int]] = {
    VideoCodec.VP8: shown_by_vp8,
    VideoCodec.VP9: shown_by_vp9,
}
"""How to count the frames of a packet that are shown, where it is not always one."""


def _is_shown(packet: Packet, at: int, end: int) -> bool:
    """By the first bits of a frame: marker, profile, whether it shows another, kind, shown."""
    head = packet[at] << 8 | (packet[at + 1] if at + 1 < end else 0)
    if head >> 14 != 2:
        return False
    reserved = int(head >> 12 & 3 == 3)
    shows_another, shows = head >> 11 - reserved & 1, head >> 9 - reserved & 1
    return bool(shows_another or shows)


def _vp9_frames(packet: Packet) -> list[tuple[int, int]]:
    """Where the frames that have any bytes begin and end."""
    size = len(packet)
    marker = packet[size - 1] if size else 0
    count, width = (marker & 7) + 1, (marker >> 3 & 3) + 1
    index = size - 2 - count * width
    if marker >> 5 != 6 or index < 0 or packet[index] != marker:
        return [(0, size)] if size else []
    lengths = [
        sum(packet[entry + byte] << 8 * byte for byte in range(width))
        for entry in range(index + 1, size - 1, width)
    ]
    ends = list(accumulate(lengths))
    return [(e - n, e) for e, n in zip(ends, lengths, strict=True) if n and e <= index]
