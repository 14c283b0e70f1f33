"""Public names of files, and the secrets that delete them."""

from __future__ import annotations

import hmac
import re
from contextlib import suppress
from typing import Self
from uuid import UUID

import attrs

_HEX = "[0-9a-fA-F]"
_HYPHENATED = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_UUID = re.compile(
    rf"({_HYPHENATED})|({_HEX}{{32}})|\{{({_HYPHENATED})\}}|urn:uuid:({_HYPHENATED})"
)


def canonical(name: str) -> str:
    """A UUID in a common spelling becomes lower case and hyphenated; any other text stays.

    Only the four spellings of spec storage §1.3 count: ``uuid.UUID`` takes more.
    """
    match = _UUID.fullmatch(name)
    return str(UUID(match[match.lastindex or 0])) if match else name


@attrs.frozen
class Alias:
    """The public name of a file: an id, and an extension that is part of the name.

    :ivar name: canonical id, a UUID or any text without a dot.
    :ivar extension: from the first dot on, the dot included; empty for none.
    """

    name: str
    extension: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Every text names an alias; most name none that exists."""
        spelled = cls.spelled(text)
        return cls(canonical(spelled.name), spelled.extension)

    @classmethod
    def spelled(cls, text: str) -> Self:
        """As ``parse``, of a text that is canonical already, or is to stay as it is."""
        name, dot, rest = text.partition(".")
        return cls(name, dot + rest)

    def __str__(self) -> str:
        return self.name + self.extension

    def to_bytes(self) -> bytes:
        """16 bytes of a UUID or the UTF-8 of a name, then the extension (spec storage §1.3)."""
        head = UUID(self.name).bytes if _UUID.fullmatch(self.name) else self.name.encode()
        return head + self.extension.encode()


@attrs.frozen
class DeleteToken:
    """The secret of one alias."""

    text: str = attrs.field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Spellings of one UUID are one token; any other text is compared as it is."""
        return cls(canonical(text))

    def matches(self, other: DeleteToken) -> bool:
        """Constant in time, so that answers tell nothing of the secret."""
        return hmac.compare_digest(self.text.encode(), other.text.encode())


def from_stored_bytes(data: bytes) -> list[Alias]:
    """The aliases that a stored byte form may stand for, the likeliest first (spec storage §1.3).

    Sixteen random bytes may happen to be valid text; the caller asks the repo which one exists.
    """
    found = []
    with suppress(UnicodeDecodeError):
        found.append(Alias.parse(data.decode()))
    if len(data) >= 16:
        extension = data[16:].decode(errors="replace")
        found.append(Alias(str(UUID(bytes=data[:16])), extension))
    return found
