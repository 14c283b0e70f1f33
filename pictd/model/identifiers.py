"""The store's keys: where the bytes of one file are."""

from __future__ import annotations


def new_identifier(milliseconds: int, random: bytes, extension: str) -> str:
    """A relative path made from a UUID of version 7 (RFC 9562 §5.7; spec storage §5.2).

    :param milliseconds: since the Unix epoch; files of one time lie in one folder.
    :param random: 10 bytes.
    :param extension: with its dot, or empty.
    :return: ten folders of two hex digits, then twelve digits and the extension.
    """
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(random[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"
    folders = "/".join(digits[at : at + 2] for at in range(0, 20, 2))
    return f"{folders}/{digits[20:]}{extension}"
