"""Query operations: their grammar, and the chain of steps that names a variant (spec media §4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import Enum
from typing import ClassVar

import attrs

from pictd.model.formats import Output

_UNSIGNED = re.compile(r"\+?[0-9]+", re.ASCII)
_FLOAT = re.compile(
    r"[+-]?([0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|inf|infinity|nan)",
    re.ASCII | re.IGNORECASE,
)
_MOST_ASPECT = 20
_U64 = 2**64 - 1


class BadOperation(ValueError):
    """A parameter that is no operation, or whose value its operation does not take.

    :ivar field: the name of the parameter, as the client spelled it.
    """

    def __init__(self, field: str) -> None:
        super().__init__(f"not a valid operation: {field}")
        self.field = field


class Filter(Enum):
    """Resampling filters; the value is the canonical spelling inside variant keys."""

    LANCZOS = "Lanczos"
    LANCZOS_SHARP = "LanczosSharp"
    LANCZOS2 = "Lanczos2"
    LANCZOS2_SHARP = "Lanczos2Sharp"
    MITCHELL = "Mitchell"
    ROBIDOUX_SHARP = "RobidouxSharp"


@attrs.frozen
class Thumbnail:
    """Fit inside a square of ``side`` pixels by averaging; never enlarges."""

    name: ClassVar[str] = "thumbnail"
    side: int

    @property
    def fragment(self) -> str:
        """The part of the variant key."""
        return f"thumbnail/{self.side}"

    @property
    def magick(self) -> tuple[str, ...]:
        """ImageMagick's arguments, as queued jobs carry them (spec storage §7.4)."""
        return ("-sample", f"{self.side}x{self.side}>")


@attrs.frozen
class Resize:
    """Fit inside a square of ``size`` pixels a side, or ``size`` pixels of area; never enlarges.

    :ivar filter: None where none was named, which is another key than naming the default.
    """

    name: ClassVar[str] = "resize"
    size: int
    filter: Filter | None = None
    by_area: bool = False

    @property
    def fragment(self) -> str:
        """The part of the variant key."""
        prefix = f"{self.filter.value}." if self.filter else "." if self.by_area else ""
        return f"resize/{prefix}{'a' if self.by_area else ''}{self.size}"

    @property
    def magick(self) -> tuple[str, ...]:
        """ImageMagick's arguments, as queued jobs carry them."""
        geometry = f"{self.size}@>" if self.by_area else f"{self.size}x{self.size}>"
        return ("-filter", (self.filter or Filter.LANCZOS2).value, "-resize", geometry)


@attrs.frozen
class Crop:
    """The largest centred part with this ratio of width to height."""

    name: ClassVar[str] = "crop"
    width: int
    height: int

    @property
    def fragment(self) -> str:
        """The part of the variant key."""
        return f"crop/{self.width}x{self.height}"

    @property
    def magick(self) -> tuple[str, ...]:
        """ImageMagick's arguments, as queued jobs carry them."""
        return ("-gravity", "center", "-crop", f"{self.width}:{self.height}+0+0")


@attrs.frozen
class Blur:
    """Gaussian, with this standard deviation in pixels."""

    name: ClassVar[str] = "blur"
    sigma: float

    @property
    def fragment(self) -> str:
        """The part of the variant key."""
        return f"blur/{_shortest(self.sigma)}"

    @property
    def magick(self) -> tuple[str, ...]:
        """ImageMagick's arguments, as queued jobs carry them."""
        return ("-gaussian-blur", f"0x{_shortest(self.sigma)}")


Operation = Thumbnail | Resize | Crop | Blur


@attrs.frozen
class Chain:
    """Operations in the order in which they apply; identities have vanished."""

    steps: tuple[Operation, ...] = ()

    def key(self, output: Output) -> str:
        """What names this variant of a hash (spec media §4.2)."""
        return "/".join([*(step.fragment for step in self.steps), output.value])

    def pairs(self) -> list[tuple[str, str]]:
        """The chain as query parameters that ``parse_chain`` reads back."""
        return [(step.name, step.fragment.split("/", 1)[1]) for step in self.steps]


def parse_chain(pairs: Iterable[tuple[str, str]]) -> Chain:
    """:raise BadOperation: a name is unknown, or a value is not in its operation's grammar."""
    steps = []
    for name, value in pairs:
        if name == "identity":
            continue
        parse = _PARSERS.get(name)
        step = parse(value) if parse else None
        if step is None:
            raise BadOperation(name)
        steps.append(step)
    return Chain(tuple(steps))


def parse_key(key: str) -> tuple[Chain, Output] | None:
    """The chain and output that a variant key was made of; None for keys of another grammar."""
    *fragments, last = key.split("/")
    try:
        output = Output(last)
        chain = parse_chain(zip(fragments[::2], fragments[1::2], strict=True))
    except ValueError:
        return None
    return chain, output


def allowed(pairs: Iterable[tuple[str, str]], filters: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs whose lower-cased name the configuration allows; others vanish in silence."""
    return [(name, value) for name, value in pairs if name.lower() in filters]


def _thumbnail(value: str) -> Thumbnail | None:
    side = _unsigned(value)
    return None if side is None else Thumbnail(side)


def _resize(value: str) -> Resize | None:
    head, dot, rest = value.partition(".")
    number = rest if dot else head
    by_area = bool(dot) and number.startswith("a")
    size = _unsigned(number.lstrip("a") if by_area else number)
    if size is None:
        return None
    named = [each for each in Filter if dot and each.value.lower() == head.lower()]
    return Resize(size, named[0] if named else None, by_area)


def _crop(value: str) -> Crop | None:
    sides = [_unsigned(part) for part in value.split("x")[:2]]
    if len(sides) == 2 and all(side and side <= _MOST_ASPECT for side in sides):
        return Crop(sides[0] or 0, sides[1] or 0)
    return None


def _blur(value: str) -> Blur | None:
    return Blur(float(value)) if _FLOAT.fullmatch(value) else None


_PARSERS = {"thumbnail": _thumbnail, "resize": _resize, "crop": _crop, "blur": _blur}


def _unsigned(text: str) -> int | None:
    if not _UNSIGNED.fullmatch(text) or len(text.lstrip("+0")) > 20:
        return None
    number = int(text)
    return number if number <= _U64 else None


def _shortest(number: float) -> str:
    """The shortest decimal that reads back as the same, without an exponent."""
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "inf" if number > 0 else "-inf"
    text = format(Decimal(repr(number)), "f")
    return text.removesuffix(".0")
