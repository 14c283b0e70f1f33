"""Query strings as typed values (spec http-api §2.3, §2.4, §3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self
from urllib.parse import unquote_plus

import attrs

from pictd.errors import InvalidQuery
from pictd.model.alias import Alias
from pictd.model.formats import Kind
from pictd.model.limits import MEBIBYTE, Bounds
from pictd.model.times import from_rfc3339
from pictd.model.uploads import UploadQuery
from pictd.model.urls import normalised

U16, U32, U64 = 2**16 - 1, 2**32 - 1, 2**64 - 1
"""The largest values of the unsigned types."""

_KINDS = {
    "allow_image": Kind.IMAGE,
    "allow_animation": Kind.ANIMATION,
    "allow_video": Kind.VIDEO,
}
_BOUNDS = ("max_width", "max_height", "max_area", "max_frame_count", "max_file_size")
_OPERATIONS = frozenset(("blur", "crop", "identity", "resize", "thumbnail"))
_SELECTORS = frozenset(("src", "alias", "proxy"))
_DIGITS = re.compile(r"\+?[0-9]+", re.ASCII)
_UNENCODED = re.compile(rb"proxy=[A-Za-z][A-Za-z0-9+.-]*://", re.ASCII)


@attrs.frozen
class Source:
    """What a request is about: an alias, or a remote URL in its normal form."""

    alias: Alias | None = None
    proxy: str | None = None


@attrs.frozen
class Query:
    """Decoded parameters, in the order in which they were given.

    The getters raise ``InvalidQuery``, whose ``field`` is the name that they were asked for.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Every query string decodes; invalid UTF-8 is replaced. What an un-encoded ``proxy`` URL
        lost to the separator is given back to it (contract A14).

        :param raw: what follows the question mark.
        """
        items = [item for item in raw.split(b"&") if item]
        if b"proxy=" in raw:
            items = _rejoined(items)
        return cls(tuple(_decoded(item) for item in items))

    def text(self, name: str) -> str | None:
        """The value; None where there is none."""
        values = self._values(name)
        if len(values) > 1:
            raise InvalidQuery(f"duplicate field `{name}`", field=name)
        return values[0] if values else None

    def required(self, name: str) -> str:
        """The value, which must be there."""
        value = self.text(name)
        if value is None:
            raise InvalidQuery(f"missing field `{name}`", field=name)
        return value

    def unsigned(self, name: str, most: int) -> int | None:
        """Decimal digits, with leading zeros and a plus sign if the client likes."""
        value = self.text(name)
        return None if value is None else _unsigned(name, value, most)

    def boolean(self, name: str, default: bool) -> bool:
        """Exactly ``true`` or ``false``."""
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise InvalidQuery("provided string was not `true` or `false`", field=name)
        return default if value is None else value == "true"

    def moment(self, name: str) -> int | None:
        """An RFC 3339 moment as nanoseconds since the epoch."""
        value = self.text(name)
        try:
            return None if value is None else from_rfc3339(value)
        except (ValueError, OverflowError) as error:
            raise InvalidQuery(str(error), field=name) from None

    def upload(self, own: Iterable[str] = ()) -> UploadQuery:
        """The limits of an upload; whatever else there is, is an operation.

        :param own: names that the route takes for itself.
        """
        width, height = (self.unsigned(name, U16) for name in _BOUNDS[:2])
        area, frames = (self.unsigned(name, U32) for name in _BOUNDS[2:4])
        size = self.unsigned("max_file_size", U64)
        bytes_ = None if size is None else size * MEBIBYTE
        kinds = [kind for name, kind in _KINDS.items() if self.boolean(name, True)]
        taken = {*_BOUNDS, *_KINDS, *own}
        operations = tuple(pair for pair in self.pairs if pair[0] not in taken)
        bounds = Bounds(width, height, area, frames, bytes_)
        return UploadQuery(bounds, frozenset(kinds), operations)

    def alias_source(self) -> Source:
        """The selectors of family A: ``proxy`` if it is an absolute URL, else ``alias``."""
        proxy, alias = self._proxy(), self._selector("alias")
        if proxy is not None:
            return Source(proxy=proxy)
        if alias is None:
            raise _no_variant("AliasQuery")
        return Source(Alias.parse(alias))

    def process_source(self) -> Source:
        """The selectors of family P: ``src``, then ``alias``, then ``proxy``."""
        for name in ("src", "alias"):
            alias = self._selector(name)
            if alias is not None:
                return Source(Alias.parse(alias))
        proxy = self._proxy()
        if proxy is None:
            raise _no_variant("ProcessSource")
        return Source(proxy=proxy)

    def _values(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def _selector(self, name: str) -> str | None:
        """A selector that is given twice is not given at all."""
        values = self._values(name)
        return values[0] if len(values) == 1 else None

    def _proxy(self) -> str | None:
        """What is no absolute URL selects nothing."""
        given = self._selector("proxy")
        try:
            return None if given is None else normalised(given)
        except ValueError:
            return None


def _decoded(item: bytes) -> tuple[str, str]:
    name, _, value = item.decode("latin-1").partition("=")
    return unquote_plus(name, errors="replace"), unquote_plus(value, errors="replace")


def _rejoined(items: list[bytes]) -> list[bytes]:
    """Give unknown parameters after an un-encoded URL back to it; operations stay their own."""
    at = next((n for n, item in enumerate(items) if _UNENCODED.match(item)), None)
    if at is None:
        return items
    rest = items[at + 1 :]
    lost = [item for item in rest if not _is_known(item)]
    return [*items[:at], b"&".join([items[at], *lost]), *filter(_is_known, rest)]


def _is_known(item: bytes) -> bool:
    name = _decoded(item)[0]
    return name in _SELECTORS or name.lower() in _OPERATIONS


def _unsigned(name: str, value: str, most: int) -> int:
    if not value:
        raise InvalidQuery("cannot parse integer from empty string", field=name)
    if not _DIGITS.fullmatch(value):
        raise InvalidQuery("invalid digit found in string", field=name)
    if len(value.lstrip("+0")) > 20 or int(value) > most:
        raise InvalidQuery("number too large to fit in target type", field=name)
    return int(value)


def _no_variant(kind: str) -> InvalidQuery:
    return InvalidQuery(f"data did not match any variant of untagged enum {kind}", field="alias")
