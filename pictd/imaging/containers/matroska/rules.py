"""Rules that say what an element of a clean file may hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from pictd.imaging.containers.matroska.ebml import Element, Reader, real
from pictd.imaging.containers.matroska.kinds import Kind

Rule = Callable[[Reader, Element], Iterable[Element]]
"""Gives what must not be there: of what the element holds, or the element itself."""


def holds(allowed: Mapping[int, Rule]) -> Rule:
    """Elements of these kinds, each by its rule, and no others, but for room that is empty."""
    rules = {Kind.VOID: zeros(), **allowed}

    def found(reader: Reader, element: Element) -> Iterable[Element]:
        for child in reader.children(element):
            yield from rules.get(child.kind, _forbidden)(reader, child)

    return found


def value(test: Callable[[bytes], bool]) -> Rule:
    """A body that passes the test."""
    return lambda reader, element: () if test(reader.body(element)) else (element,)


def exactly(*bodies: bytes) -> Rule:
    """One of these bodies."""
    return value(bodies.__contains__)


def whole(most: int, least: int = 0) -> Rule:
    """A whole number."""
    return value(lambda body: len(body) <= 8 and least <= int.from_bytes(body, "big") <= most)


def short(most: int) -> Rule:
    """A number of at most so many bytes, with a sign."""
    return value(lambda body: len(body) <= most)


def floating(most: float) -> Rule:
    """A number with a fraction, at most so far from 0."""
    return value(lambda body: math.isfinite(real(body)) and abs(real(body)) <= most)


def zeros() -> Rule:
    """Nothing but zeros."""
    return value(lambda body: not any(body))


def _forbidden(_: Reader, element: Element) -> Iterable[Element]:
    return (element,)
