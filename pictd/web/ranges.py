"""Range headers (spec http-api §2.8, RFC 9110 §14.2)."""

from __future__ import annotations

import re

import attrs

from pictd.errors import RangeNotSatisfiable

_ITEM = re.compile(rb"(\+?[0-9]+)?-(\+?[0-9]+)?")
_U64 = 2**64 - 1


@attrs.frozen
class Whole:
    """Everything: there is no range, or none that counts."""


@attrs.frozen
class Part:
    """Offsets of the first and the last byte, both within the file."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Bytes in the part; at least one."""
        return self.last - self.first + 1


@attrs.frozen
class Unsatisfiable:
    """The one range lies outside the file."""


Selection = Whole | Part | Unsatisfiable
_Item = tuple[int | None, int | None]


def parse_range(header: bytes | None, size: int) -> Selection:
    """What of a file is asked for.

    A header that is not well-formed asks for everything, and so do malformed items for nothing.

    :param header: the value of the first ``Range`` header, without blanks around it.
    :param size: of the file, in bytes.
    :raise RangeNotSatisfiable: several ranges, or a unit other than ``bytes``.
    """
    if header is None:
        return Whole()
    unit, _, value = header.partition(b"=")
    if not unit or not value:
        return Whole()
    if unit != b"bytes":
        raise RangeNotSatisfiable()
    items = [item for item in map(_parse_item, value.split(b",")) if item]
    if len(items) > 1:
        raise RangeNotSatisfiable()
    return _select(items[0], size) if items else Whole()


def _parse_item(text: bytes) -> _Item | None:
    match = _ITEM.fullmatch(text.strip(b" \t"))
    if match is None or match[0] == b"-":
        return None
    if any(number and len(number.lstrip(b"+0")) > 20 for number in match.groups()):
        return None
    first, last = (None if number is None else int(number) for number in match.groups())
    if (first or 0) > _U64 or (last or 0) > _U64:
        return None
    if first is not None and last is not None and first > last:
        return None
    return first, last


def _select(item: _Item, size: int) -> Part | Unsatisfiable:
    first, last = item
    if first is None:
        first, last = max(size - (last or 0), 0), size - 1
    last = size - 1 if last is None else min(last, size - 1)
    return Part(first, last) if first < size else Unsatisfiable()
