"""Lists of what boxes may hold: everything that is not named is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pictd.imaging.containers.isobmff.boxes import boxes

Rule = Callable[[bytes], bool]
"""Whether the body of a box holds nothing but what it should."""


def inside(rules: Mapping[bytes, Rule], required: Sequence[bytes] = ()) -> Rule:
    """A body that is boxes, none of them twice.

    :param required: which of them have to be there.
    """
    return lambda body: only(body, 0, rules, required)


def only(data: bytes, at: int, rules: Mapping[bytes, Rule], required: Sequence[bytes] = ()) -> bool:
    """Whether from ``at`` on there are boxes that obey these rules, none of them twice.

    :raise Unreadable: there is something else than boxes.
    """
    found = boxes(data, at)
    kinds = {each.kind for each in found}
    known = len(kinds) == len(found) and set(required) <= kinds <= set(rules)
    return known and all(rules[each.kind](each.body) for each in found)


def exactly(*bodies: bytes) -> Rule:
    """One of these bodies."""
    return lambda body: body in bodies


def like(*patterns: bytes) -> Rule:
    """A body that is all of one of these patterns, in which a dot is any byte."""
    compiled = [re.compile(pattern, re.DOTALL) for pattern in patterns]
    return lambda body: any(pattern.fullmatch(body) for pattern in compiled)


def rows(size: int, *heads: bytes) -> Rule:
    """A table: one of these heads (version, flags and more), the number of rows, the rows."""
    return lambda body: any(
        body.startswith(head)
        and len(body) >= (at := len(head) + 4)
        and len(body) == at + size * int.from_bytes(body[at - 4 : at])
        for head in heads
    )
